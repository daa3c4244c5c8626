// Short messages at the edge of the page. Errors and what has more to say stay until they are closed; the rest
// goes by itself.

const place = document.getElementById("toasts");

export function toast(what, { bad = false, more = "" } = {}) {
  const box = document.createElement("div");
  box.className = bad ? "toast bad" : "toast";
  const text = document.createElement("div");
  text.append(what);
  if (more) {
    const detail = document.createElement("pre");
    detail.textContent = more;
    text.append(detail);
  }
  const close = document.createElement("button");
  close.className = "quiet";
  close.textContent = "Close";
  close.addEventListener("click", () => box.remove());
  box.append(text, close);
  place.append(box);
  if (!bad && !more) setTimeout(() => box.remove(), 6000);
  while (place.children.length > 4) place.firstElementChild.remove();
}
