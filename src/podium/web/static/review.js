// The review page: its keys, its bar, and what happens between the diff, the marks, the points and the verdict.

import "./diff.js";
import { bind } from "/static/keys.js";
import { toast } from "/static/toast.js";
import * as queue from "./review-queue.js";
import * as seen from "./review-seen.js";
import * as points from "./review-points.js";
import * as verdict from "./review-verdict.js";
import * as find from "./review-find.js";
import * as why from "./review-why.js";

const diff = document.getElementById("diff");
const ORDERS = { risk: "risk", path: "path", tests: "tests first" };

// --- marks -------------------------------------------------------------------------------------------------------

function mark(name) {
  const hunk = diff.hunks.get(diff.current);
  if (!hunk) {
    toast("No hunk is chosen: n goes to the first one");
    return;
  }
  if (diff.going) {
    toast("The next hunk is not shown yet: nothing was marked");
    return;
  }
  const next = hunk.mark === name ? "unseen" : name;
  if (next === "unseen") seen.hold(hunk);
  diff.mark(hunk.id, next);
  queue.addMark(hunk.id, next);
  progress();
}

function progress() {
  const all = [...diff.hunks.values()].filter((hunk) => !hunk.folded || hunk.mark !== "unseen");
  const read = all.filter((hunk) => hunk.mark !== "unseen").length;
  document.getElementById("progress").max = Math.max(1, all.length);
  document.getElementById("progress").value = read;
  document.getElementById("progress-text").textContent = `${read} of ${all.length} read`;
  const flagged = all.filter((hunk) => hunk.mark === "flagged").length;
  if (flagged) document.getElementById("progress-text").textContent += `, ${flagged} flagged`;
}

// --- lines -------------------------------------------------------------------------------------------------------

function line() {
  return diff.querySelector(".l.at");
}

function moveLine(step) {
  const lines = [...diff.querySelectorAll(`section[data-hunk="${CSS.escape(diff.current)}"] .l[data-i]`)];
  if (!lines.length) return;
  const now = line();
  const at = lines.indexOf(now);
  const next = lines[Math.min(lines.length - 1, Math.max(0, at < 0 ? 0 : at + step))];
  now?.classList.remove("at");
  next.classList.add("at");
  next.scrollIntoView({ block: "nearest" });
}

function comment(at) {
  const hunk = diff.hunks.get(at?.closest("section.hunk").dataset.hunk ?? diff.current);
  if (hunk) points.write(hunk, at);
}

diff.addEventListener("click", (event) => {
  const row = event.target.closest(".l[data-i]");
  if (!row || event.target.closest("code") || getSelection()?.toString()) return;
  comment(row); // beside the code there is only the gutter
});

// --- keys --------------------------------------------------------------------------------------------------------

bind("n", "Next hunk", () => diff.step(1));
bind("p", "The hunk before", () => diff.step(-1));
bind("N", "Next unread hunk", () => unread());
bind("]", "Next file", () => diff.stepFile(1));
bind("[", "The file before", () => diff.stepFile(-1));
bind("j", "Next line of the hunk", () => moveLine(1));
bind("k", "The line before", () => moveLine(-1));
bind("m", "Mark as seen, or take the mark back", () => mark("seen"));
bind("u", "Understood: you could defend it yourself", () => mark("understood"));
bind("f", "Flag: something is wrong here", () => mark("flagged"));
bind("c", "Write a point at this line", () => comment(line()));
bind("e", "Why this hunk is here, and its evidence", () => why.toggle(diff.current));
bind("x", "Show more lines around the hunk", () => { diff.expand(diff.current, "up"); diff.expand(diff.current, "down"); });
bind("w", "Wrap long lines, or scroll them", () => diff.classList.toggle("nowrap"));

function unread() {
  const from = diff.order.indexOf(diff.current);
  const rest = [...diff.order.slice(from + 1), ...diff.order.slice(0, from + 1)];
  const next = rest.find((id) => diff.hunks.get(id).mark === "unseen" && !diff.hunks.get(id).folded);
  if (next) diff.go(next);
  else toast("Every hunk is read");
}

// --- the bar -----------------------------------------------------------------------------------------------------

const orderButton = document.getElementById("order");
const viewButton = document.getElementById("view");

function showOrder() {
  document.getElementById("order-name").textContent = ORDERS[diff.dataset.order];
}

function settle() {
  const address = new URL(location.href);
  address.searchParams.set("order", diff.dataset.order);
  address.searchParams.set("view", diff.dataset.view);
  history.replaceState(null, "", address);
}

orderButton.addEventListener("click", async () => {
  const names = Object.keys(ORDERS);
  await diff.reload({ order: names[(names.indexOf(diff.dataset.order) + 1) % names.length] });
  showOrder();
  settle();
});

viewButton.addEventListener("click", async () => {
  await diff.reload({ view: diff.dataset.view === "split" ? "unified" : "split" });
  viewButton.setAttribute("aria-pressed", String(diff.dataset.view === "split"));
  settle();
});

queue.onSync((text) => { document.getElementById("sync").textContent = text; });

// --- links to hunks and lines ------------------------------------------------------------------------------------

function follow(hash, number = 0) {
  const id = hash.startsWith("#hunk-") ? hash.slice(6) : "";
  if (!id) return false;
  goTo(id, number);
  return true;
}

async function goTo(id, number) {
  await diff.ready;
  const found = [...diff.hunks.keys()].find((each) => each === id || (id.length >= 8 && each.startsWith(id)));
  if (!found) {
    toast("This hunk is not in the candidate any more", { bad: true });
    return;
  }
  await diff.go(found);
  const row = number && diff.sections(found).map((each) => each.querySelector(`.l[data-n="${number}"]`)).find(Boolean);
  if (row) {
    line()?.classList.remove("at");
    row.classList.add("at");
    row.scrollIntoView({ block: "center" });
  }
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href^='#hunk-']");
  if (!link) return;
  event.preventDefault();
  history.replaceState(null, "", link.hash);
  follow(link.hash, Number(link.dataset.line ?? 0));
});
addEventListener("hashchange", () => follow(location.hash));

// --- a newer candidate -------------------------------------------------------------------------------------------

document.addEventListener("podium:fresh", () => {
  const now = document.getElementById("candidate");
  const bar = document.getElementById("replaced");
  if (!now || now.dataset.commit === diff.dataset.commit) return;
  if (!bar.hidden) return;
  bar.hidden = false;
  const link = document.createElement("a");
  link.href = location.pathname + location.search;
  link.textContent = "Load it";
  bar.replaceChildren(`There is a newer candidate: round ${now.dataset.round}. You are reading round ${diff.dataset.round}; `
    + "your marks and points are kept, and what did not change stays read. ", link);
});

// --- evidence that came late -------------------------------------------------------------------------------------

/** New evidence may change the reading order. Rows never move under the reader's eyes: they ask for it. */
function tellOrder() {
  const now = document.getElementById("candidate");
  const bar = document.getElementById("reordered");
  const same = !diff.key || now.dataset.rowsKey === diff.key || now.dataset.commit !== diff.dataset.commit;
  bar.hidden = same;
  if (same || bar.firstChild) return;
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Order anew";
  button.addEventListener("click", () => diff.reload());
  bar.replaceChildren("More evidence has come: it is among the facts, and the code may be in another order. ", button);
}

document.addEventListener("podium:fresh", tellOrder);
diff.addEventListener("podium:ready", tellOrder);

// --- start -------------------------------------------------------------------------------------------------------

queue.start(diff);
points.start(diff);
verdict.start(diff);
find.start(diff);
why.start(diff);
showOrder();
diff.addEventListener("podium:ready", () => {
  progress();
  const number = Number(new URLSearchParams(location.search).get("line") ?? 0);
  if (!diff.current && !follow(location.hash, number) && diff.order.length) diff.choose(diff.order[0]);
});
points.onDrafts((drafts) => {
  document.getElementById("verdict-open").firstChild.textContent = drafts.length ? `Verdict (${drafts.length} drafts) ` : "Verdict ";
});
seen.start(diff, (id, name) => {
  diff.mark(id, name);
  progress();
});
