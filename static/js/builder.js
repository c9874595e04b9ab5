// Shows the snippet and the button anew while somebody chooses. Without a script the form is sent as it stands.
const form = document.querySelector("[data-builder]"), told = document.querySelector("[data-told]");
let timer = 0, newest = 0;
const renew = async () => {
  const address = "?" + new URLSearchParams(new FormData(form)), number = ++newest;
  const answer = await fetch(address);
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  // Answers may overtake one another.
  if (number !== newest) return;
  document.querySelector("[data-made]").replaceWith(page.querySelector("[data-made]"));
  history.replaceState(null, "", address);
  // Whoever listens hears what the new snippet is for, or that something isn't right.
  told.textContent = document.querySelector("[data-made] p").textContent;
};
form.addEventListener("input", () => {
  clearTimeout(timer);
  told.textContent = "";
  timer = setTimeout(renew, 300);
});
