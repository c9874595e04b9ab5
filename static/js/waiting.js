// Looks again while something is awaited, and shows what came of it. The page isn't loaded anew for that: whoever reads
// it by ear or by a magnifier would begin at its top each time.
const look = async () => {
  const answer = await fetch(location.href).catch(() => ({}));
  const page = answer.ok && new DOMParser().parseFromString(await answer.text(), "text/html");
  if (!page || page.querySelector("[data-waiting]")) return setTimeout(look, 2000);
  document.querySelector("main").replaceWith(page.querySelector("main"));
  document.querySelector("main [tabindex]")?.focus();
};
setTimeout(look, 2000);
