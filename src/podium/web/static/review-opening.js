// A large diff while it is being prepared: it can be looked at and walked; the page is loaded anew once all is there.

import "./diff.js";
import { bind } from "/static/keys.js";

const diff = document.getElementById("diff");

bind("n", "Next hunk", () => diff.step(1));
bind("p", "The hunk before", () => diff.step(-1));
bind("]", "Next file", () => diff.stepFile(1));
bind("[", "The file before", () => diff.stepFile(-1));

async function ask() {
  try {
    const answer = await fetch(diff.address("ready"), { headers: { accept: "application/json" } });
    if (answer.ok && (await answer.json()).ready) {
      location.reload();
      return;
    }
  } catch { /* asked again */ }
  setTimeout(ask, 1000);
}

setTimeout(ask, 1000);
