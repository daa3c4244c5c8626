// A live transcript: when the stream says that it grew, ask for what changed, and put it in place. The page stays at the
// end while the reader is there, and stays where it is when they have scrolled up.

import { onGrowth, morph } from "./live.js";
import { tell } from "./times.js";

const list = document.getElementById("story");
const name = `${list.dataset.run}.${list.dataset.round}`;
const MOST = 3000; // items kept in the page
let newest = Number(list.dataset.newest);
let asking = false;
let again = false;

async function more() {
  if (asking) { again = true; return; }
  asking = true;
  const following = atEnd();
  try {
    const answer = await fetch(`/run/${encodeURIComponent(list.dataset.run)}/lines?round=${list.dataset.round}&after=${newest}`,
      { headers: { accept: "application/json" } });
    if (answer.ok) put(await answer.json(), following);
  } catch {
    // the bar of the connection says so; the next growth asks again from where we are
  } finally {
    asking = false;
  }
  if (again) { again = false; setTimeout(more, 100); }
}

function put({ html, newest: end, usage }, following) {
  const fresh = new DOMParser().parseFromString(`<ol>${html}</ol>`, "text/html");
  for (const item of [...fresh.querySelectorAll("li.e")]) {
    const known = document.getElementById(item.id);
    if (known) morph(known, item);
    else list.append(document.importNode(item, true));
  }
  newest = end;
  document.getElementById("no-story")?.remove();
  while (list.children.length > MOST) list.firstElementChild.remove();
  for (const [key, text] of Object.entries(usage)) {
    const place = document.getElementById(`usage-${key}`);
    if (place) place.textContent = text;
  }
  tell(list);
  if (following) list.lastElementChild?.scrollIntoView({ block: "nearest" });
}

function atEnd() {
  const last = list.lastElementChild;
  return !last || last.getBoundingClientRect().top < innerHeight + 40;
}

onGrowth((sizes) => { if (name in sizes) more(); });
document.addEventListener("podium:fresh", more);
