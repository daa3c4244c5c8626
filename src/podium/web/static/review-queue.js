// What was read, on its way to the server. Every batch is kept in the browser's storage until the server has taken it,
// under an id of its own: sending one twice is harmless, so whatever tab comes first sends what any tab left behind.

import { send } from "/static/acts.js";

const PREFIX = "podium-batch:";
const listeners = new Set();
let diff = null;
let open = null; // the batch that is being filled
let timer = 0;
let sending = false;
let state = "";

export function onSync(act) {
  listeners.add(act);
}

function tell(now) {
  if (now === state) return;
  state = now;
  for (const act of listeners) act(now);
}

const stamp = (at = Date.now()) => new Date(at).toISOString();

function batch() {
  if (!open) {
    const { task, run, round, who } = diff.dataset;
    open = { id: crypto.randomUUID(), task, run, by: who, round: Number(round), began: stamp(), ended: stamp(), marks: [], times: {} };
  }
  return open;
}

function keep() {
  if (!open) return;
  open.ended = stamp();
  try {
    localStorage.setItem(PREFIX + open.id, JSON.stringify(open));
  } catch { /* storage is full or forbidden: the batch still lives in this tab */ }
}

/** A mark, sent at once. */
export function addMark(hunk, mark) {
  batch().marks.push({ hunk, mark, at: stamp() });
  keep();
  plan(150);
}

/** Milliseconds that a hunk was on screen, visible and focused. */
export function addTime(hunk, milliseconds, began) {
  const own = batch();
  if (stamp(began) < own.began) own.began = stamp(began);
  own.times[hunk] = (own.times[hunk] ?? 0) + milliseconds / 1000;
  if (!timer) plan(10_000);
}

function plan(wait) {
  if (timer) clearTimeout(timer);
  timer = setTimeout(flush, wait);
}

/** Send all that waits, also what other tabs and earlier visits left. */
export async function flush() {
  clearTimeout(timer);
  timer = 0;
  keep();
  if (sending) {
    plan(400);
    return;
  }
  sending = true;
  const mine = open;
  open = null;
  try {
    for (const [key, each] of waiting(mine)) {
      const times = Object.entries(each.times).map(([hunk, seconds]) => ({ hunk, seconds }));
      try {
        await send("/act/review/reading", { ...each, times });
      } catch (error) {
        if (!error.status || error.status >= 500 || error.status === 403) {
          if (each === mine) remember(mine);
          tell(`${count()} marks wait for the connection`);
          plan(2500);
          return;
        }
        // The server understood it and will never take it (an id of another project, a broken entry): let it go.
      }
      forget(key);
    }
    tell("");
  } finally {
    sending = false;
  }
}

function remember(mine) {
  if (open && open !== mine) return; // it is in storage under its own id, and is found there
  try {
    if (localStorage.getItem(PREFIX + mine.id) === null) open = mine;
  } catch {
    open = mine;
  }
}

function waiting(mine) {
  const found = [];
  for (const key of stored()) {
    if (open && key === PREFIX + open.id) continue;
    try {
      found.push([key, JSON.parse(localStorage.getItem(key))]);
    } catch {
      forget(key);
    }
  }
  if (mine && !found.some(([key]) => key === PREFIX + mine.id)) found.push([PREFIX + mine.id, mine]);
  return found.sort((one, other) => (one[1].began < other[1].began ? -1 : 1));
}

function stored() {
  try {
    return Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));
  } catch {
    return []; // storage is forbidden: the batches live in their tabs
  }
}

function forget(key) {
  try {
    localStorage.removeItem(key);
  } catch { /* there was none */ }
}

function count() {
  return waiting(open).reduce((sum, [, each]) => sum + each.marks.length, 0);
}

export function start(element) {
  diff = element;
  flush();
  addEventListener("online", flush);
  addEventListener("pagehide", keep);
  document.addEventListener("visibilitychange", () => { if (document.hidden) flush(); });
}
