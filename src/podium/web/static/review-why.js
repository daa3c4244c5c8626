// Why a hunk is here: clause, the step that wrote it, tests, findings and what was there before. Asked for when wanted.

let diff = null;

export function start(element) {
  diff = element;
  diff.addEventListener("click", (event) => {
    const button = event.target.closest("button.why");
    if (button) toggle(button.closest("section.hunk").dataset.hunk);
    const cells = event.target.closest("button.notebook");
    if (cells) notebook(cells);
  });
}

export async function toggle(id) {
  const section = diff.section(id);
  const button = section?.querySelector(":scope > .head > button.why");
  if (!button) return;
  const open = section.querySelector(":scope > .pane.of-why");
  if (open) {
    open.remove();
    button.setAttribute("aria-expanded", "false");
    return;
  }
  const answer = await fetch(diff.address("why", { hunk: id }), { headers: { accept: "text/html" } });
  if (!answer.ok || section.querySelector(":scope > .pane.of-why")) return;
  const pane = document.createElement("div");
  pane.className = "pane of-why";
  pane.setAttribute("role", "region");
  pane.setAttribute("aria-label", "Why this hunk is here");
  pane.innerHTML = await answer.text();
  section.querySelector(":scope > .head").after(pane);
  button.setAttribute("aria-expanded", "true");
}

async function notebook(button) {
  const head = button.closest("header.file");
  const open = head.nextElementSibling?.matches(".pane.cells") ? head.nextElementSibling : null;
  if (open) {
    open.remove();
    button.setAttribute("aria-expanded", "false");
    return;
  }
  const section = head.nextElementSibling?.closest("section.hunk")
    ?? head.closest(".rows").nextElementSibling?.querySelector("section.hunk");
  if (!section) return;
  const answer = await fetch(diff.address("notebook", { hunk: section.dataset.hunk }), { headers: { accept: "text/html" } });
  if (!answer.ok) return;
  const pane = document.createElement("div");
  pane.className = "pane cells";
  const holder = document.createElement("template");
  holder.innerHTML = await answer.text();
  pane.append(...holder.content.querySelectorAll("div.s"));
  head.after(pane);
  button.setAttribute("aria-expanded", "true");
}
