// Shows the snippet and the button anew while somebody chooses. Without a script the form is sent as it stands.
const form = document.querySelector("[data-builder]");
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
};
form.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(renew, 300);
});
