// The frame: one press, told to our server, or confirmed in a window of ours where one press isn't enough.
// The page around us is never told who presses. What it could fake is judged by the server, too.
const { body } = document, said = body.dataset, site = said.origin, page = location.search, [button, status] = body.children,
  [, label, number] = button.children, now = () => performance.now();
let { mode, ticket } = said, entered = 1e9, seen = 0, proven = false, undo, verifier, challenge, asking = 0, timer;

// Shows a state in words, on the button and for who listens.
const show = (state, fill) => {
  [, label.textContent, button.title] = said.texts.match(state + "~(.*)~(.*)").map((text) => text.replace("#", fill));
  status.textContent = button.title;
  body.className = state;
};
const rest = (own) => {
  button.ariaPressed = own > 0;
  show(own > 0 ? "thanked" : "idle", own);
};
const count = (told) => {
  number.textContent = told.shown;
  if (site) parent.postMessage({ k: "state", count: told.count }, site);
};
// What doesn't come to us, or isn't answered by ourselves, comes to nothing but a status.
const ask = async (way, sent) => {
  const answer = await fetch("/b/" + way, { method: "POST", body: JSON.stringify(sent) }).catch(() => 0);
  return { ...answer && await answer.json().catch(() => 0), status: answer.status };
};
const thank = (told) => {
  ({ mode, ticket, undo } = told);
  button.ariaPressed = true;
  count(told);
  show("undo", told.own);
  setTimeout(() => undo === told.undo && (undo = 0, rest(told.own)), 1e4);
};

// The window is ours alone: we hear of it by asking our server for the key that its click is worth. A secret is for one
// click, and its hash has to be there before a press, which may open a window at once or not at all.
const renew = async () => {
  const secret = crypto.randomUUID(), hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(secret));
  challenge = [...new Uint8Array(hash)].map((byte) => (byte + 256).toString(16).slice(1)).join("");
  verifier = secret;
};
const redeem = async () => {
  const told = asking && await ask("redeem", { verifier, page, site });
  if (!told.undo) return;
  asking = 0;
  thank(told);
  renew();
};
const askThere = () => {
  open(said.window + ticket + "/" + page + "&site=" + site + "&ch=" + challenge, "_blank", "popup,width=440,height=560");
  show("confirm");
  // For ten minutes, as somebody may log in first.
  asking = 600;
  timer ||= setInterval(() => asking && asking-- && !document.hidden && redeem(), 1e3);
};
const press = async (event) => {
  button.ariaDisabled = true;
  const told = await ask("click", {
    ticket, page, site, proven, hover: now() - entered | 0, seen: seen && now() - seen | 0, pointer: event.pointerType,
    x: 1e3 * event.clientX / innerWidth | 0, y: 1e3 * event.clientY / innerHeight | 0,
  });
  button.ariaDisabled = null;
  if (told.undo) return thank(told);
  const state = {
    400: "closed", 401: "login", 402: "budget", 403: "closed", 404: "closed", 409: "again", 410: "again", 429: "limit",
  }[told.status];
  if (state) mode = "window";
  show(state || "offline");
};
const takeBack = async () => {
  button.ariaDisabled = true;
  const told = await ask("undo", { click: undo });
  button.ariaDisabled = null;
  if (!told.shown) return show("offline");
  undo = 0;
  count(told);
  rest(told.own);
};

button.onpointerenter = () => entered = now();
button.onclick = (event) => {
  // A window that is opened before the hash is there could give no key.
  if (!event.isTrusted || button.ariaDisabled || !challenge) return;
  if (undo) takeBack();
  else if ((mode === "one" || mode === "proven" && proven) && event.detail === 1 && event.pointerType
    && [...location.ancestorOrigins || []].every((each) => each === site)) press(event);
  else askThere();
};
onfocus = document.onvisibilitychange = redeem;

new IntersectionObserver((entries) => {
  const { isVisible, intersectionRatio } = entries.pop();
  proven = !!isVisible;
  seen = intersectionRatio >= .98 && isVisible !== false ? seen || now() : 0;
}, { threshold: [0, .98, 1], trackVisibility: true, delay: 100 }).observe(button);

if (origin === "null") {
  // A sandbox without an origin: neither windows nor keys work there, so it is a plain link.
  const link = document.createElement("a");
  link.href = said.window.replace("c/", "pay") + page;
  link.target = "_blank";
  link.append(...button.children);
  button.replaceWith(link);
  // WordPress lets what it embeds lead on by this message alone.
  link.onclick = () => parent.postMessage({ message: "link", value: link.href, secret: location.hash.split("secret=")[1] }, "*");
} else renew();
rest(said.own);
status.textContent = "";
parent.postMessage({ k: "ready" }, "*");
