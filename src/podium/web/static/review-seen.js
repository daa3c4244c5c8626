// Which hunks were read: all of their lines were on screen, in a visible and focused page with somebody at it, for long
// enough. Time is counted only then, and shared between the hunks that are on screen by how much of each is.

import { addMark, addTime } from "./review-queue.js";

const TICK = 250;
const AWAY = 120_000; // without a key, a wheel or a pointer nobody is reading any more

const covered = new Map(); // hunk -> { rows: Uint8Array, left, ms }
let last = performance.now();
let active = performance.now();

export function start(diff, change) {
  for (const kind of ["keydown", "pointermove", "pointerdown", "wheel", "scroll", "touchstart"]) {
    addEventListener(kind, () => { active = performance.now(); }, { passive: true, capture: true });
  }
  setInterval(() => tick(diff, change), TICK);
}

function tick(diff, change) {
  const now = performance.now();
  const passed = Math.min(now - last, 4 * TICK);
  last = now;
  if (document.visibilityState !== "visible" || !document.hasFocus() || now - active > AWAY) return;
  if (document.querySelector("dialog[open]")) return;
  const seen = onScreen(diff);
  const all = seen.reduce((sum, each) => sum + each.rows, 0);
  for (const { hunk, section, from, to, rows } of seen) {
    const known = coverage(hunk);
    for (let at = from; at < to; at += 1) {
      if (!known.rows[at]) {
        known.rows[at] = 1;
        known.left -= 1;
      }
    }
    const own = (passed * rows) / all;
    known.ms += own;
    addTime(hunk.id, own, Date.now() - passed);
    if (hunk.mark === "unseen" && !known.held && known.left <= 0 && known.ms >= hunk.least * 1000 && section) {
      addMark(hunk.id, "seen");
      change(hunk.id, "seen");
    }
  }
}

/** A person took a mark back: only they set it again. */
export function hold(hunk) {
  coverage(hunk).held = true;
}

function coverage(hunk) {
  let known = covered.get(hunk.id);
  if (!known) {
    const rows = Math.max(1, hunk.lineRows ?? 1);
    known = { rows: new Uint8Array(rows), left: rows, ms: 0, held: false };
    covered.set(hunk.id, known);
  }
  return known;
}

/** The hunks on screen, with the range of their rows whose whole height is in sight. */
function onScreen(diff) {
  const top = document.querySelector(".review-bar")?.getBoundingClientRect().bottom ?? 0;
  const found = [];
  for (const block of diff.shown) {
    const box = block.element.getBoundingClientRect();
    if (box.bottom <= top || box.top >= innerHeight) continue;
    for (const section of block.element.querySelectorAll("section.hunk")) {
      const own = section.getBoundingClientRect();
      if (own.bottom <= top) continue;
      if (own.top >= innerHeight) break;
      const hunk = diff.hunks.get(section.dataset.hunk);
      if (!hunk || hunk.folded) continue;
      hunk.lineRows = Number(section.dataset.rows);
      const rows = section.querySelectorAll(":scope > .l:not(.near), :scope > div.s, :scope > .note");
      const first = edge(rows, (row) => row.getBoundingClientRect().top >= top - 1 || tall(row, top));
      const end = edge(rows, (row) => row.getBoundingClientRect().bottom > innerHeight + 1 && !tall(row, top));
      if (first < end) {
        const offset = Number(section.dataset.first);
        found.push({ hunk, section, from: offset + first, to: offset + end, rows: end - first });
      }
    }
  }
  return found;
}

/** A row that is higher than the window counts once its end was in sight. */
function tall(row, top) {
  const box = row.getBoundingClientRect();
  return box.height > innerHeight - top && box.bottom > top && box.bottom <= innerHeight + 1;
}

/** The first index at which `test` holds; it holds from there on. */
function edge(rows, test) {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (test(rows[middle])) high = middle;
    else low = middle + 1;
  }
  return low;
}
