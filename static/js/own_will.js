// Lets a button be pressed only by somebody who sees it: not by the second of two clicks that were meant for another
// page, which swapped itself for this one in between. It stands in the head, so it is there before the button is.
(() => {
  const SEEN_MS = 700, MOVED_PIXELS = 4, STILL_MS = 3000, NAME = "[data-own-will]";
  let since = 0, from = null, allowed = false, pressed = false, timer = 0;
  // The button keeps its place in the order of the keyboard, so it is only marked as disabled.
  const set = (now) => {
    allowed = now;
    document.querySelector(NAME)?.setAttribute("aria-disabled", !now);
  };
  const restart = () => {
    since = document.visibilityState === "visible" && document.hasFocus() ? performance.now() : 0;
    from = null;
    pressed = false;
    set(false);
    // Who listens to the page or uses a switch may move no pointer and press no key that the page hears of.
    clearTimeout(timer);
    if (since) timer = setTimeout(set, STILL_MS, true);
  };
  const allow = (event) => {
    if (!event.isTrusted || !since || performance.now() - since < SEEN_MS) return;
    if (event.type === "pointermove") {
      from ??= event;
      if (Math.hypot(event.screenX - from.screenX, event.screenY - from.screenY) < MOVED_PIXELS) return;
    }
    set(true);
  };
  restart();
  for (const kind of ["focus", "blur", "resize"]) addEventListener(kind, restart);
  for (const kind of ["visibilitychange", "DOMContentLoaded"]) document.addEventListener(kind, restart);
  for (const kind of ["pointermove", "keydown", "touchstart"]) document.addEventListener(kind, allow, { passive: true });
  document.addEventListener("pointerdown", (event) => { pressed = Boolean(event.target.closest(NAME)); });
  // A press begins and ends on the button; a key has no beginning, and no count either.
  document.addEventListener("click", (event) => {
    if (event.target.closest(NAME) && (!allowed || event.detail && !pressed)) event.preventDefault();
  }, true);
})();
