// Sends a click without leaving the page. Whatever goes wrong, the form is sent as it would be without a script.
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.dataset.atOnce || form.dataset.sentAlone) return;
  event.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  try {
    const answer = await fetch(form.dataset.atOnce, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    if (!answer.ok) throw new Error(answer.status);
    const page = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
    document.querySelector("main").replaceWith(page.querySelector("main"));
    const thanks = document.querySelector("[data-thanks]").content.firstChild;
    document.querySelector("main").prepend(thanks);
    thanks.focus();
  } catch {
    form.dataset.sentAlone = "1";
    form.submit();
  }
});
