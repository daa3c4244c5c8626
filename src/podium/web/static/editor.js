// Editing a spec or a plan: findings while typing, a draft that survives a crash or a reload, and saving that never
// overwrites a newer file (the server compares what was read with what is there).

import { send, tellError } from "./acts.js";
import { toast } from "./toast.js";

const form = document.getElementById("editor");
const field = document.getElementById("text");
const list = document.getElementById("findings");
const saved = document.getElementById("saved");
const note = document.getElementById("draft");
const name = form.elements.name.value;
const key = `podium-draft:${form.dataset.draft}`;
let clean = field.value;
let waiting = 0;
let asked = 0;
let saving = false;
let again = false;

function dirty() {
  return field.value !== clean;
}

function keep() {
  saved.textContent = dirty() ? "Not saved yet" : "";
  try {
    if (dirty()) localStorage.setItem(key, JSON.stringify({ text: field.value, blob: form.elements.blob.value }));
    else localStorage.removeItem(key);
  } catch {
    // a full or forbidden storage: the text is still in the page
  }
}

function offer() {
  let draft = null;
  try {
    draft = JSON.parse(localStorage.getItem(key) ?? "null");
  } catch {
    return;
  }
  if (!draft || draft.text === field.value) return;
  const back = document.createElement("button");
  back.type = "button";
  back.textContent = "Take it back";
  back.addEventListener("click", () => {
    field.value = draft.text;
    note.hidden = true;
    changed();
    field.focus();
  });
  const away = document.createElement("button");
  away.type = "button";
  away.className = "quiet";
  away.textContent = "Throw it away";
  away.addEventListener("click", () => { localStorage.removeItem(key); note.hidden = true; });
  const newer = draft.blob === form.elements.blob.value ? "" : " The file has changed since you wrote it.";
  note.replaceChildren(`There is text here that you did not save.${newer} `, back, away);
  note.hidden = false;
}

function row(finding) {
  const item = document.createElement("li");
  const go = document.createElement("button");
  go.type = "button";
  go.className = `quiet at-line ${finding.severity === "error" ? "bad" : "warn"}`;
  go.textContent = `Line ${finding.line}`;
  go.addEventListener("click", () => jump(finding.line));
  const text = document.createElement("span");
  text.className = "told";
  text.textContent = finding.message;
  const instead = document.createElement("span");
  instead.className = "told quiet-text";
  instead.textContent = finding.instead;
  item.append(go, text, instead);
  return item;
}

function jump(line) {
  const lines = field.value.split("\n");
  const start = lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0);
  field.focus();
  field.setSelectionRange(start, start + (lines[line - 1] ?? "").length);
  field.scrollTop = Math.max(0, (line - 6) * parseFloat(getComputedStyle(field).lineHeight));
}

async function lint() {
  const turn = ++asked;
  let done;
  try {
    done = await send(form.dataset.lint, { name, text: field.value });
  } catch {
    return; // the bar of the connection says so
  }
  if (turn !== asked) return;
  const shown = done.fault
    ? [{ line: 1, severity: "error", message: done.fault.what, instead: done.fault.do }]
    : done.findings;
  list.replaceChildren(...shown.map(row));
  if (!shown.length) {
    const item = document.createElement("li");
    item.className = "good";
    item.textContent = "Nothing found.";
    list.append(item);
  }
}

function changed() {
  keep();
  clearTimeout(waiting);
  waiting = setTimeout(lint, 300);
}

async function save() {
  again = saving; // the server would take a second one for a stranger's
  if (saving) return;
  saving = true;
  const text = field.value;
  try {
    const done = await send(form.action, { name, text, blob: form.elements.blob.value });
    form.elements.blob.value = done.blob;
    clean = text;
    keep();
    toast(done.told);
    saved.textContent = dirty() ? "Not saved yet" : "Saved";
  } catch (error) {
    tellError(error);
  } finally {
    saving = false;
    if (again && dirty()) save();
  }
}

field.addEventListener("input", changed);
form.addEventListener("submit", (event) => { event.preventDefault(); save(); });
document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === "s") {
    event.preventDefault();
    save();
  }
});
addEventListener("beforeunload", (event) => { if (dirty()) event.preventDefault(); });
offer();
lint();
