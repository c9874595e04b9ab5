// Closes the window that a frame opened, soon and by itself unless somebody does something here, or by its button.
const button = document.querySelector("[data-close]");
if (window.name || history.length <= 3) {
  button.hidden = false;
  button.addEventListener("click", () => close());
  const soon = setTimeout(() => close(), 2500);
  for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, () => clearTimeout(soon));
}
