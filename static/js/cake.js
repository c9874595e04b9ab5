// Sends the cake's forms without leaving the page. What comes back is the page itself, so all figures are the server's.
// Whatever goes wrong, the form is sent as it would be without a script: each click has its id, and an undo its click.
const told = document.querySelector("[data-told]");
let isBusy = false;
document.addEventListener("submit", async (event) => {
  const { target: form, submitter } = event, live = form.closest("[data-live]");
  if (!live || form.dataset.sentAlone) return;
  event.preventDefault();
  if (isBusy) return;
  isBusy = true;
  submitter?.setAttribute("aria-disabled", "true");
  try {
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("[data-live]"), news = [...page.querySelectorAll(".messages .message")];
    if (!fresh) throw new Error(answer.status);
    live.replaceWith(fresh);
    document.querySelector(".messages")?.remove();
    told.replaceChildren(...news.map((each) => Object.assign(document.createElement("p"), { className: each.className, textContent: each.textContent })));
    (document.getElementById(submitter?.id) ?? document.getElementById("slices")).focus();
  } catch {
    form.dataset.sentAlone = "1";
    form.submit();
  } finally {
    isBusy = false;
  }
});
