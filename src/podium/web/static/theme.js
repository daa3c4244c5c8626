// The palette: what the system says, unless the person chose one. Kept in a cookie, so that the server sends the page
// in that palette from the first byte.

const ORDER = ["", "light", "dark"];
const NAMES = { "": "as the system", light: "light", dark: "dark" };
const root = document.documentElement;
const button = document.getElementById("theme");

function apply(theme) {
  if (theme) root.dataset.theme = theme;
  else delete root.dataset.theme;
  document.cookie = `podium-theme=${theme}; path=/; max-age=31536000; samesite=strict`;
  label(theme);
}

function label(theme) {
  button.textContent = theme === "dark" ? "Dark" : theme === "light" ? "Light" : "Auto";
  button.setAttribute("aria-label", `Palette: ${NAMES[theme]}`);
  button.title = `Palette: ${NAMES[theme]}`;
}

if (button) {
  label(root.dataset.theme ?? "");
  button.addEventListener("click", () => {
    apply(ORDER[(ORDER.indexOf(root.dataset.theme ?? "") + 1) % ORDER.length]);
  });
}
