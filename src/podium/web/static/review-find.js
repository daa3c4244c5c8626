// Search over the whole diff, on the server: the browser's own search sees only the blocks that are drawn.

let diff = null;
let hits = [];
let at = -1;
let asked = "";

const form = document.getElementById("find");
const field = document.getElementById("find-text");
const count = document.getElementById("find-count");

export function start(element) {
  diff = element;
  document.getElementById("find-open").addEventListener("click", () => {
    form.hidden = false;
    field.focus();
    field.select();
  });
  document.getElementById("find-close").addEventListener("click", close);
  document.getElementById("find-back").addEventListener("click", () => step(-1));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    step(1);
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      event.stopPropagation();
      close();
    }
  });
}

function close() {
  form.hidden = true;
  clear();
  diff.section(diff.current)?.focus({ preventScroll: true });
}

function clear() {
  for (const each of diff.querySelectorAll(".hit")) each.classList.remove("hit");
}

async function step(by) {
  const text = field.value;
  if (!text.trim()) return;
  const key = `${text}\n${diff.dataset.order}\n${diff.dataset.view}`;
  if (key !== asked) {
    const answer = await fetch(diff.address("find", { q: text }), { headers: { accept: "application/json" } });
    if (!answer.ok) return;
    const found = await answer.json();
    hits = found.found;
    at = by > 0 ? -1 : 0;
    asked = key;
    count.dataset.more = found.more ? "+" : "";
  }
  if (!hits.length) {
    count.textContent = "Nothing found";
    return;
  }
  at = (at + by + hits.length) % hits.length;
  count.textContent = `${at + 1} of ${hits.length}${count.dataset.more}`;
  const [hunk, line, row] = hits[at];
  const element = await diff.go(hunk, { row, line, focus: false });
  clear();
  if (element && line >= 0) element.classList.add("hit");
}
