// Copies the text that a button names, and says so, also to who listens. Without a script the style sheet hides these
// buttons.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const field = document.getElementById(button.dataset.copy), told = document.querySelector("[data-told]");
  told.textContent = "";
  try {
    await navigator.clipboard.writeText(field.value);
    told.textContent = button.textContent = button.dataset.done;
  } catch {
    // Whoever may not write to the clipboard copies it by hand.
    field.focus();
    field.select();
  }
});
