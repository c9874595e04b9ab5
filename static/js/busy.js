// Shows that a form is on its way where that takes a while, and sends it once.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.dataset.busy) return;
  if (form.querySelector("[aria-busy]")) return event.preventDefault();
  const button = event.submitter ?? form.querySelector("button");
  button.dataset.idle = button.textContent;
  button.textContent = form.dataset.busy;
  button.setAttribute("aria-busy", "true");
});
// Who comes back finds the page as it was left.
addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll("[aria-busy]")) {
    button.textContent = button.dataset.idle;
    button.removeAttribute("aria-busy");
  }
});
