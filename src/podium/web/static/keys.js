// The keyboard. An element says which key clicks it: <button data-key="a" data-says="Allow">. Inside of a list item
// (data-item) the key counts for the item that is chosen; j and k choose, Enter opens its data-open link.
// A module binds more with `bind`. `?` lists all that counts on this page.

const bound = new Map(); // key or sequence -> { says, act }
const PLACES = { a: "/", b: "/board", s: "/specs", l: "/landing", t: "/agents", m: "/machine", e: "/ledger" };
let first = ""; // the first key of a sequence
let forget = 0;

/** Run `act` when a key (such as "x" or "g x") is pressed and nobody is typing. */
export function bind(key, says, act) {
  bound.set(key, { says, act });
}

export function items() {
  return [...document.querySelectorAll("main [data-item]")].filter((each) => each.offsetParent !== null);
}

function chosen() {
  return document.activeElement?.closest?.("[data-item]") ?? document.querySelector("[data-item].at");
}

export function choose(item) {
  document.querySelectorAll("[data-item].at").forEach((each) => each.classList.remove("at"));
  if (!item) return;
  item.classList.add("at");
  item.tabIndex = -1;
  item.focus({ preventScroll: true });
  item.scrollIntoView({ block: "nearest" });
}

function move(step) {
  const all = items();
  const at = all.indexOf(chosen());
  choose(all[at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + step))]);
}

function shown(element) {
  return element.offsetParent !== null && !element.disabled;
}

function target(key) {
  const name = CSS.escape(key);
  const item = chosen();
  const own = item && [...item.querySelectorAll(`[data-key="${name}"]`)].find(shown);
  return own || [...document.querySelectorAll(`[data-key="${name}"]`)].find((each) => shown(each) && !each.closest("[data-item]"));
}

function press(key) {
  const found = bound.get(key);
  if (found) {
    found.act();
    return true;
  }
  if (key.startsWith("g ") && PLACES[key[2]]) {
    location.assign(PLACES[key[2]]);
    return true;
  }
  const element = target(key);
  if (!element) return false;
  if (element.matches("input, textarea, select")) element.focus();
  else element.click();
  if (element.matches("details[open] > summary")) {
    element.parentElement.querySelector("input:not([type=hidden]), button")?.focus(); // what was opened is gone on with
  }
  return true;
}

function typing(event) {
  return event.target.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]") !== null;
}

document.addEventListener("keydown", (event) => {
  const opened = event.key === "Escape" && event.target.closest?.("details.with[open]");
  if (opened) {
    opened.removeAttribute("open");
    opened.querySelector("summary").focus();
    return;
  }
  if (event.key === "Escape" && typing(event)) {
    event.target.blur();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || typing(event)) return;
  if (document.querySelector("dialog[open]")) return;
  clearTimeout(forget);
  const key = first ? `${first} ${event.key}` : event.key;
  first = "";
  if (press(key)) {
    event.preventDefault();
  } else if (event.key === "g" && key === "g") {
    first = "g";
    forget = setTimeout(() => { first = ""; }, 1500);
    event.preventDefault();
  }
});

bind("j", "Next in the list", () => move(1));
bind("k", "The one before", () => move(-1));
bind("?", "These keys", () => help());

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !event.target.matches?.("[data-item]")) return;
  event.target.querySelector("[data-open]")?.click();
});

function rows() {
  const found = new Map();
  for (const link of document.querySelectorAll(".places a")) {
    found.set(link.getAttribute("aria-keyshortcuts"), `Go to ${link.firstChild.textContent.trim()}`);
  }
  for (const [key, { says }] of bound) found.set(key, says);
  if (items().length) found.set("Enter", "Open the chosen one");
  for (const element of document.querySelectorAll("[data-key]")) {
    if (!found.has(element.dataset.key)) found.set(element.dataset.key, element.dataset.says ?? element.textContent.trim());
  }
  return found;
}

export function help() {
  const dialog = document.getElementById("keys-dialog");
  const list = document.createElement("dl");
  list.className = "keys";
  for (const [key, says] of rows()) {
    const term = document.createElement("dt");
    for (const part of key.split(" ")) {
      const mark = document.createElement("kbd");
      mark.textContent = part;
      term.append(mark);
    }
    const text = document.createElement("dd");
    text.textContent = says;
    list.append(term, text);
  }
  document.getElementById("keys-list").replaceChildren(list);
  dialog.showModal();
}

document.getElementById("keys")?.addEventListener("click", help);
