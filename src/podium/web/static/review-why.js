// Why a hunk is here: clause, the step that wrote it, tests, findings and what was there before. Asked for when wanted.

let diff = null;

export function start(element) {
  diff = element;
  diff.addEventListener("click", (event) => {
    const button = event.target.closest("button.why");
    if (button) toggle(button.closest("section.hunk").dataset.hunk);
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
