// Offers the device's own share sheet where it has one, and remembers in this browser alone which server was typed.
const REMEMBERED = "mastodon-server";
function prepare(share) {
  const sheet = share.querySelector("[data-share]"), server = share.querySelector("[name=instance]");
  sheet.hidden = !navigator.share;
  try {
    server.value ||= localStorage.getItem(REMEMBERED) ?? "";
  } catch { /* A browser may be set up to remember nothing. */ }
}
document.querySelectorAll("details.share[open]").forEach(prepare);
// This event comes to nobody above its element, but it is seen on its way down.
document.addEventListener("toggle", ({ target }) => target.matches("details.share") && prepare(target), true);
document.addEventListener("submit", ({ target }) => {
  const server = target.querySelector("details.share [name=instance]");
  if (!server) return;
  try {
    localStorage.setItem(REMEMBERED, server.value);
  } catch { /* The same. */ }
});
document.addEventListener("click", async ({ target }) => {
  const sheet = target.closest("[data-share]");
  if (!sheet) return;
  try {
    await navigator.share({ text: sheet.dataset.text, url: sheet.dataset.share });
  } catch { /* Whoever closes the sheet changed their mind. */ }
});
