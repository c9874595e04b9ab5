// Closes the window that a frame opened, soon and by itself, or by its button.
const button = document.querySelector("[data-close]");
if (window.name || history.length <= 3) {
  button.hidden = false;
  button.addEventListener("click", () => close());
  setTimeout(() => close(), 2500);
}
