// Points that are being written. A draft is kept in this browser with every key, and on the server a moment later: a
// crash, a reload, another tab or a block that is drawn again loses none. They are sent together with the verdict.

import { send, tellError } from "/static/acts.js";
import { toast } from "/static/toast.js";

const drafts = new Map(); // id -> { id, text, path, line, hunk, revision, dirty }
const saving = new Map(); // id -> the last save of it that was asked for
const listeners = new Set();
let diff = null;
let prefix = "";

/** The drafts in the order of the page. */
export function all() {
  const at = (draft) => diff?.hunks.get(draft.hunk)?.start ?? Infinity;
  return [...drafts.values()].filter((draft) => draft.text.trim()).sort((one, other) => at(one) - at(other) || one.line - other.line);
}

export function onDrafts(act) {
  listeners.add(act);
}

function told() {
  for (const act of listeners) act(all());
}

export async function start(element) {
  diff = element;
  prefix = `podium-draft:${diff.dataset.task}:`;
  diff.addEventListener("podium:block", ({ detail }) => dress(detail.element));
  restore();
  await fetchAll();
  addEventListener("storage", ({ key }) => { if (key?.startsWith(prefix)) fetchAll(); });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) fetchAll(); });
}

function restore() {
  for (let at = 0; at < localStorage.length; at += 1) {
    const key = localStorage.key(at);
    if (!key.startsWith(prefix)) continue;
    try {
      const draft = JSON.parse(localStorage.getItem(key));
      drafts.set(draft.id, { ...draft, dirty: true });
    } catch {
      localStorage.removeItem(key);
    }
  }
}

async function fetchAll() {
  try {
    const answer = await fetch(diff.address("drafts"), { headers: { accept: "application/json" } });
    if (!answer.ok) return;
    const found = (await answer.json()).drafts;
    const ids = new Set(found.map(({ id }) => id));
    for (const [id, draft] of drafts) if (!draft.dirty && !ids.has(id)) forget(id);
    for (const draft of found) {
      const known = drafts.get(draft.id);
      if (!known) drafts.set(draft.id, { ...draft, dirty: false });
      else if (!known.dirty) Object.assign(known, draft); // the same draft: a box that shows it goes on with it
    }
    for (const draft of drafts.values()) if (draft.dirty) save(draft);
  } catch { /* what is in this browser is enough for now */ }
  for (const block of diff.shown) dress(block.element);
  told();
}

function forget(id) {
  drafts.delete(id);
  localStorage.removeItem(prefix + id);
  document.getElementById(`draft-${id}`)?.remove();
}

function remember(draft) {
  draft.dirty = true;
  try {
    localStorage.setItem(prefix + draft.id, JSON.stringify(draft));
  } catch { /* storage is full: the server still gets it */ }
  clearTimeout(draft.timer);
  draft.timer = setTimeout(() => save(draft), 400);
  told();
}

/** Save a draft, one save of it at a time: two would tell of the same revision, and the second be a stranger's. */
function save(draft) {
  clearTimeout(draft.timer);
  const next = (saving.get(draft.id) ?? Promise.resolve()).then(() => store(draft));
  saving.set(draft.id, next);
  return next;
}

async function store(draft) {
  if (!draft.text.trim() || !draft.dirty || !drafts.has(draft.id)) return;
  const text = draft.text;
  const { run, round } = diff.dataset;
  const { id, path, line, hunk, revision } = draft;
  try {
    await send("/act/review/draft", { run, round: Number(round), id, text, path, line, hunk, revision });
    draft.revision = revision + 1;
    if (!drafts.has(id)) return; // it was dropped meanwhile
    if (draft.text === text) {
      draft.dirty = false;
      localStorage.removeItem(prefix + id);
    } else remember(draft);
  } catch (error) {
    if (error.status === 409) {
      toast("This point was changed in another tab: yours is kept as one of its own", { bad: true });
      const copy = { ...draft, id: crypto.randomUUID(), revision: 1 };
      forget(id);
      drafts.set(copy.id, copy);
      remember(copy);
      await fetchAll();
    } else if (error.status === 400) tellError(error);
    else draft.timer = setTimeout(() => save(draft), 3000);
  }
}

/** Write a point at a line (an element of the diff), or at a hunk. */
export function write(hunk, line) {
  const section = line?.closest("section.hunk") ?? diff.section(hunk.id);
  if (!section) return;
  const at = line ?? section.querySelector(".l.a[data-n]") ?? section.querySelector(".l[data-n]");
  const number = Number(at?.dataset.n ?? 0);
  const known = [...drafts.values()].find((each) => each.hunk === hunk.id && each.line === number);
  const draft = known ?? {
    id: crypto.randomUUID(), text: "", path: diff.files[hunk.file], line: number, hunk: hunk.id, revision: 1, dirty: true,
  };
  drafts.set(draft.id, draft);
  const box = place(draft, section, true);
  box.querySelector("textarea").focus();
}

function dress(root) {
  for (const draft of drafts.values()) {
    if (!draft.hunk || document.getElementById(`draft-${draft.id}`)) continue;
    for (const section of root.querySelectorAll(`section[data-hunk="${CSS.escape(draft.hunk)}"]`)) {
      if (draft.line ? section.querySelector(`.l[data-n="${draft.line}"]`) : section.dataset.first === "0") place(draft, section, false);
    }
  }
}

function place(draft, section, editing) {
  document.getElementById(`draft-${draft.id}`)?.remove();
  const box = document.createElement("div");
  box.className = "said";
  box.id = `draft-${draft.id}`;
  const line = draft.line ? section.querySelector(`.l[data-n="${draft.line}"]`) : null;
  const row = line?.closest("div.s") ?? line ?? section.querySelector(":scope > .head");
  if (row) row.after(box);
  else section.append(box);
  if (editing) edit(box, draft);
  else show(box, draft);
  return box;
}

function button(text, act, kind = "") {
  const made = document.createElement("button");
  made.type = "button";
  made.className = kind;
  made.textContent = text;
  made.addEventListener("click", act);
  return made;
}

function acts(...buttons) {
  const row = document.createElement("div");
  row.className = "acts";
  row.append(...buttons);
  return row;
}

function show(box, draft) {
  const text = document.createElement("div");
  text.className = "told";
  text.textContent = draft.text;
  const kind = document.createElement("span");
  kind.className = "chip name";
  kind.textContent = "draft point";
  box.replaceChildren(kind, text, acts(button("Edit", () => edit(box, draft, true)), button("Drop", () => drop(draft.id), "quiet")));
}

function edit(box, draft, focus) {
  const label = document.createElement("label");
  label.className = "hush";
  label.htmlFor = `text-${draft.id}`;
  label.textContent = `Point at ${draft.path}${draft.line ? `, line ${draft.line}` : ""}`;
  const field = document.createElement("textarea");
  field.id = label.htmlFor;
  field.value = draft.text;
  field.placeholder = "What is to change, and why";
  field.addEventListener("input", () => {
    draft.text = field.value;
    remember(draft);
  });
  const leave = () => {
    if (draft.text.trim()) {
      save(draft);
      show(box, draft);
    } else drop(draft.id);
    const section = diff.section(draft.hunk);
    if (section) {
      section.tabIndex = -1;
      section.focus({ preventScroll: true });
    }
  };
  field.addEventListener("keydown", (event) => {
    if (event.key === "Escape" || (event.key === "Enter" && (event.ctrlKey || event.metaKey))) {
      event.preventDefault();
      event.stopPropagation();
      leave();
    }
  });
  box.replaceChildren(label, field, acts(button("Keep", leave, "main"), button("Drop", () => drop(draft.id), "quiet")));
  if (focus) field.focus();
}

export async function drop(id) {
  const draft = drafts.get(id);
  clearTimeout(draft?.timer);
  forget(id);
  told();
  try {
    await saving.get(id); // a save that is on its way must not bring it back
    await send("/act/review/undraft", { run: diff.dataset.run, ids: [id] });
  } catch (error) {
    if (error.status) tellError(error);
  }
}

/** All drafts were sent. */
export function sent() {
  for (const id of [...drafts.keys()]) forget(id);
  told();
}

/** Save now what is still only in this browser. */
export async function settle() {
  await Promise.all([...drafts.values()].filter((draft) => draft.dirty && draft.text.trim()).map(save));
}
