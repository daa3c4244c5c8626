// The verdict: what an accept would sign, what stands against it, the points that would go back, and why not.

import { send, tellError } from "/static/acts.js";
import { flush } from "./review-queue.js";
import * as points from "./review-points.js";

const SECOND = "protected:two-reviewers:";
const READ = new Set(["unread", "unread-lane"]); // what is told in a terminal is of no use here
const dialog = document.getElementById("verdict");
let diff = null;
let opening = false;

export function start(element) {
  diff = element;
  document.getElementById("verdict-open").addEventListener("click", open);
}

function make(tag, values = {}, ...children) {
  const made = Object.assign(document.createElement(tag), values);
  made.append(...children);
  return made;
}

async function open() {
  if (opening || dialog.open && dialog.querySelector("#accept")) return; // a reason that is being typed stays
  opening = true;
  try {
    await show();
  } finally {
    opening = false;
  }
}

async function show() {
  await flush();
  await points.settle();
  let facts;
  try {
    const answer = await fetch(diff.address("verdict"), { headers: { accept: "application/json" } });
    facts = await answer.json();
    if (!answer.ok) throw Object.assign(new Error(facts.error.what), facts.error);
  } catch (error) {
    tellError(error);
    return;
  }
  const title = make("h2", { id: "verdict-title", textContent: `Verdict on ${diff.dataset.task}` });
  const close = make("button", { type: "button", className: "quiet", textContent: "Back to reading" });
  close.addEventListener("click", () => dialog.close());
  dialog.replaceChildren(title, ...accepting(facts), ...refining(), ...rejecting(), make("div", { className: "acts" }, close));
  if (!dialog.open) dialog.showModal();
}

const common = () => ({ run: diff.dataset.run, round: Number(diff.dataset.round), tree: diff.dataset.tree });

async function act(button, address, values, done) {
  if (button.getAttribute("aria-busy") === "true") return;
  button.setAttribute("aria-busy", "true");
  try {
    done(await send(address, { ...common(), ...values }));
  } catch (error) {
    dialog.close();
    tellError(error);
  } finally {
    button.removeAttribute("aria-busy");
  }
}

// --- accept ------------------------------------------------------------------------------------------------------

function accepting(facts) {
  const table = make("table", { className: "receipt" });
  const body = make("tbody");
  for (const [name, value] of facts.receipt) {
    const head = name ? make("th", { scope: "row", textContent: name }) : make("td");
    body.append(make("tr", {}, head, make("td", { className: "told", textContent: value })));
  }
  table.append(make("caption", { className: "hush", textContent: "The receipt that is signed" }), body);
  const list = make("ul", { className: "refusals" });
  const fields = [];
  for (const refusal of facts.refusals) {
    const entry = make("li", {},
      make("div", { className: "code", textContent: refusal.code + (refusal.waivable ? "" : " (cannot be waived)") }),
      make("div", { className: "told", textContent: refusal.message }),
      make("div", { className: "quiet told", textContent: READ.has(refusal.code) ? "Read them here: N goes to the next one." : refusal.do }));
    if (refusal.waivable) {
      const field = make("input", { type: "text", placeholder: "Waive it, with a reason that goes into the receipt" });
      field.setAttribute("aria-label", `Reason to waive ${refusal.code}`);
      field.dataset.code = refusal.code;
      fields.push(field);
      entry.append(field);
    }
    list.append(entry);
  }
  const sign = make("button", { type: "button", className: "main", id: "accept", textContent: facts.signs ? "Sign and accept" : "Accept, unsigned" });
  const hint = make("p", { className: "quiet" });
  const signing = sign.textContent;
  const check = () => {
    const empty = fields.filter((each) => !each.value.trim());
    const second = empty.filter((each) => each.dataset.code.startsWith(SECOND)); // a yes can be recorded all the same
    const open = facts.refusals.filter((each) => !each.waivable).length + empty.length - second.length;
    const yes = second.length > 0 && open === 0;
    sign.disabled = open > 0 || (yes && facts.approved);
    sign.textContent = yes ? "Record my yes" : signing;
    hint.textContent = open ? `${open} ${open === 1 ? "thing stands" : "things stand"} against it.`
      : !yes ? facts.owns
        : facts.approved ? "Your yes is recorded. It counts once a second person has accepted the same tree."
          : "A second person has to accept the same tree: until then your yes is recorded, and nothing is accepted.";
  };
  for (const field of fields) field.addEventListener("input", check);
  check();
  sign.addEventListener("click", () => act(sign, "/act/review/accept", {
    waivers: fields.filter((field) => field.value.trim()).map((field) => `${field.dataset.code}=${field.value.trim()}`),
    unsigned: facts.signs ? "" : "yes",
  }, accepted));
  return [
    make("h3", { textContent: "Accept" }), table,
    ...(facts.refusals.length ? [make("h3", { textContent: "Against an accept" }), list] : []),
    hint, make("div", { className: "acts" }, sign),
  ];
}

function accepted(done) {
  if (!done.accepted && !done.approved) {
    show(); // what stood against it has changed
    return;
  }
  const home = make("a", { href: "/", className: "button main", textContent: "To what needs you" });
  const said = done.approved
    ? [make("h2", { id: "verdict-title", textContent: "Your yes is recorded" }), make("p", { textContent: "A second person's is wanted before it counts." })]
    : [
      make("h2", { id: "verdict-title", textContent: `Accepted, ${done.signed ? "signed" : "unsigned"}` }),
      make("p", { className: "told", textContent: `Receipt ${done.receipt.id} by ${done.receipt.reviewer}. It is in the landing queue.` }),
    ];
  dialog.replaceChildren(...said, make("div", { className: "acts" }, home));
  home.focus();
}

// --- refine and reject -------------------------------------------------------------------------------------------

function refining() {
  const drafts = points.all();
  const list = make("ol", { className: "drafts" });
  for (const draft of drafts) {
    const place = draft.path ? `${draft.path}${draft.line ? `:${draft.line}` : ""}` : "";
    list.append(make("li", {}, make("span", { className: "mono quiet told", textContent: place }), make("span", { className: "told", textContent: draft.text })));
  }
  const more = make("textarea", { placeholder: "One more point, about the whole change", rows: 2 });
  more.setAttribute("aria-label", "One more point, about the whole change");
  const button = make("button", { type: "button", id: "refine" });
  const part = taking(drafts, more);
  const check = () => {
    const number = drafts.length + (more.value.trim() ? 1 : 0);
    button.disabled = number === 0;
    for (const each of part) each.disabled = number === 0;
    button.textContent = number ? `Send back with ${number} ${number === 1 ? "point" : "points"}` : "Send back";
  };
  more.addEventListener("input", check);
  check();
  button.addEventListener("click", () => act(button, "/act/review/refine", {
    drafts: drafts.map(({ id }) => id), points: more.value.trim() ? [more.value.trim()] : [],
  }, () => {
    points.sent();
    location.assign("/");
  }));
  return [make("h3", { textContent: "Send back" }), list, more, make("div", { className: "acts" }, button, ...part)];
}

/** Take all hunks but the flagged ones; the rest goes back with the points: at least one has to say what is wrong. */
function taking(drafts, more) {
  const leave = [...diff.hunks.values()].filter((hunk) => hunk.mark === "flagged").map(({ id }) => id);
  if (!leave.length || leave.length === diff.hunks.size) return [];
  const button = make("button", {
    type: "button", id: "part",
    textContent: `Take all but the ${leave.length} flagged, send the rest back`,
    title: "What you take is verified by itself, and you accept it then. A point has to say what is wrong with the rest",
  });
  button.addEventListener("click", () => act(button, "/act/review/part", {
    leave, drafts: drafts.map(({ id }) => id), points: more.value.trim() ? [more.value.trim()] : [],
  }, () => {
    points.sent();
    location.assign("/");
  }));
  return [button];
}

function rejecting() {
  const reason = make("input", { type: "text", placeholder: "Why the task is turned down for good" });
  reason.setAttribute("aria-label", "Why the task is turned down for good");
  const button = make("button", { type: "button", className: "danger", id: "reject", textContent: "Reject", disabled: true });
  reason.addEventListener("input", () => { button.disabled = !reason.value.trim(); });
  button.addEventListener("click", () => act(button, "/act/review/reject", { reason: reason.value.trim() }, () => location.assign("/")));
  return [make("h3", { textContent: "Reject" }), make("div", { className: "acts" }, reason, button)];
}
