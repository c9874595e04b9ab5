// The frame: one press, told to our server, or confirmed in a window of ours where one press isn't enough.
// The page around us is never told who presses. What it could fake is judged by the server, too.
const said = document.body.dataset, texts = {}, site = said.origin || "",
  place = { page: location.search, site },
  button = document.querySelector("button"), label = document.querySelector("span"), number = document.querySelector("b"),
  status = document.querySelector("p"), now = () => performance.now(),
  hex = (bytes) => Array.from(bytes, (byte) => (byte + 256).toString(16).slice(1)).join(""),
  verifier = hex(crypto.getRandomValues(new Uint8Array(32)));
let mode = said.mode, ticket = said.ticket, entered = 1e9, seen = 0, proven = false, undo = "", challenge = "", asking = 0, timer = 0;

for (const text of said.texts.split("\n")) {
  const [state, ...words] = text.split("|");
  texts[state] = words;
}

// Shows a state in words, on the button and for who listens.
const show = (state, fill) => {
  document.body.className = state;
  [label.textContent, button.title] = texts[state].map((text) => text.replace("#", fill));
  status.textContent = button.title;
};
const rest = (own) => {
  button.ariaPressed = own > 0;
  show(+own ? "thanked" : "idle", own);
};
const count = (told) => {
  number.textContent = told.shown;
  if (site) parent.postMessage({ k: "state", count: told.count }, site);
};
const ask = (way, body) => fetch("/b/" + way, { method: "POST", body: JSON.stringify(body) });
const thank = (told) => {
  ticket = told.ticket;
  mode = told.mode;
  undo = told.undo;
  button.ariaPressed = true;
  count(told);
  show("undo", told.own);
  setTimeout(() => undo && told.undo === undo && (undo = "", rest(told.own)), 1e4);
};

// The window is ours alone: we hear of it by asking our server for the key that its click is worth.
const redeem = async () => {
  if (!asking) return;
  try {
    const answer = await ask("redeem", { verifier, ...place });
    if (answer.status === 200) asking = 0, thank(await answer.json());
  } catch { /* It is asked again. */ }
};
const askThere = () => {
  open(said.window + ticket + "/" + location.search + "&site=" + site + "&ch=" + challenge, "_blank", "popup,width=440,height=560");
  show("confirm");
  // For ten minutes, as somebody may log in first.
  asking = 600;
  timer ||= setInterval(() => asking && asking-- && !document.hidden && redeem(), 1e3);
};
const press = async (event) => {
  button.ariaDisabled = true;
  try {
    const box = button.getBoundingClientRect(), answer = await ask("click", {
      ticket, ...place, hover: Math.round(now() - entered), seen: seen && Math.round(now() - seen), proven, pointer: event.pointerType,
      x: Math.round(1e3 * event.clientX / box.width), y: Math.round(1e3 * event.clientY / box.height),
    }), told = await answer.json();
    if (answer.ok) thank(told);
    else {
      mode = "window";
      if (told.ticket) ticket = told.ticket;
      show({ 401: "login", 402: "budget", 409: "again", 410: "again", 429: "limit" }[answer.status] || "closed");
    }
  } catch {
    show("offline");
  }
  button.ariaDisabled = null;
};
const takeBack = async () => {
  const click = undo;
  undo = "";
  const answer = await ask("undo", { click }).catch(() => 0);
  if (!answer.ok) return show("offline");
  const told = await answer.json();
  count(told);
  rest(told.own);
};

button.addEventListener("pointerenter", () => { entered = now(); });
button.addEventListener("click", (event) => {
  if (!event.isTrusted || button.ariaDisabled) return;
  if (undo) return takeBack();
  const alone = [...location.ancestorOrigins || []].every((each) => each === site);
  if ((mode === "one" || mode === "proven" && proven) && alone && event.button === 0 && event.detail === 1 && event.pointerType) press(event);
  else askThere();
});
for (const kind of ["focus", "visibilitychange"]) addEventListener(kind, redeem, true);

new IntersectionObserver(([entry]) => {
  proven = entry.isVisible === true;
  seen = entry.intersectionRatio >= 0.98 && entry.isVisible !== false ? seen || now() : 0;
}, { threshold: [0, 0.98, 1], trackVisibility: true, delay: 100 }).observe(button);

if (origin === "null") {
  // A sandbox without an origin: neither windows nor keys work there, so it is a plain link.
  const link = document.createElement("a");
  link.href = said.window.replace("c/", "pay") + location.search;
  link.target = "_blank";
  link.append(...button.childNodes);
  button.replaceWith(link);
  // WordPress lets what it embeds lead on by this message alone.
  link.addEventListener("click", () => parent.postMessage({ message: "link", value: link.href, secret: location.hash.split("secret=")[1] }, "*"));
} else crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier)).then((hash) => { challenge = hex(new Uint8Array(hash)); });
rest(said.own);
status.textContent = "";
parent.postMessage({ k: "ready" }, "*");
