// What a person does: a form with data-act is sent as JSON, its answer is told, and the page brought up to date.
// Without script the same form works by a redirect. data-confirm asks first.

import { toast } from "./toast.js";
import { refresh } from "./live.js";

/** Send an act; the answer's data. Throws an Error with `do` and `where` for what the server refuses. */
export async function send(address, values) {
  let answer;
  try {
    answer = await fetch(address, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/json" },
      body: JSON.stringify(values),
    });
  } catch {
    throw Object.assign(new Error("Podium cannot be reached: nothing was done"), { do: "Is podium up still running?" });
  }
  const data = await answer.json().catch(() => ({}));
  if (!answer.ok) {
    const error = data.error ?? { what: `the server said ${answer.status}`, where: "", do: "" };
    throw Object.assign(new Error(error.what), { where: error.where, do: error.do, status: answer.status });
  }
  return data.done;
}

export function tellError(error) {
  toast(error.message, { bad: true, more: [error.where, error.do].filter(Boolean).join("\n") });
}

export function values(form, button) {
  const found = {};
  for (const [name, value] of new FormData(form, button)) {
    if (name in found) found[name] = [].concat(found[name], value);
    else found[name] = value;
  }
  return found;
}

/** Ask in words; true when the person agrees. */
export function confirmed(question, yes) {
  const dialog = document.createElement("dialog");
  const text = document.createElement("h2");
  text.textContent = question;
  text.id = "confirm-title";
  dialog.setAttribute("aria-labelledby", text.id);
  const row = document.createElement("div");
  row.className = "acts";
  const no = document.createElement("button");
  no.textContent = "Cancel";
  const ok = document.createElement("button");
  ok.textContent = yes;
  ok.className = "main";
  row.append(no, ok);
  dialog.append(text, row);
  document.body.append(dialog);
  return new Promise((resolve) => {
    no.addEventListener("click", () => dialog.close("no"));
    ok.addEventListener("click", () => dialog.close("yes"));
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
    dialog.showModal();
    ok.focus();
  });
}

const busy = new WeakSet(); // forms whose act is on its way

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches?.("form[data-act]")) return;
  event.preventDefault();
  const button = event.submitter ?? form.querySelector("button");
  if (busy.has(form) || button?.getAttribute("aria-busy") === "true") return; // one act of a form at a time
  const question = button?.dataset.confirm ?? form.dataset.confirm;
  if (question && !(await confirmed(question, button?.dataset.says ?? "Yes"))) return;
  button?.setAttribute("aria-busy", "true");
  busy.add(form);
  const sent = [...form.querySelectorAll("input[type=text]")].map((field) => [field, field.value]);
  try {
    const done = await send(button?.hasAttribute("formaction") ? button.formAction : form.action, values(form, button));
    busy.delete(form);
    form.dispatchEvent(new CustomEvent("podium:done", { bubbles: true, detail: done }));
    if (done?.told) toast(done.told, { more: done.warn ?? "" });
    form.closest("details.with")?.removeAttribute("open");
    for (const [field, text] of sent) if (field.value === text) field.value = ""; // not what was typed meanwhile
    if (done?.go) location.assign(done.go);
    else await refresh();
  } catch (error) {
    tellError(error);
    busy.delete(form);
    button?.removeAttribute("aria-busy"); // at once: who corrects what was refused must not be ignored
    await refresh();
  } finally {
    button?.removeAttribute("aria-busy");
  }
});

document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(source.textContent.trim());
    toast("Copied");
  } catch {
    getSelection().selectAllChildren(source); // the browser does not let pages copy: one key is left to press
    toast("Selected: copy it with your keyboard");
  }
});
