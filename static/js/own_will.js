// Lets a button be pressed only by somebody who sees it: not by the second of two clicks that were meant for another
// page, which swapped itself for this one in between. It comes right after the button, before anything is shown.
(() => {
  const button = document.currentScript.previousElementSibling, SEEN_MS = 700, MOVED_PIXELS = 4;
  let since = 0, from = null, pressed = false;
  const isSeen = () => since && performance.now() - since >= SEEN_MS;
  const restart = () => {
    since = document.visibilityState === "visible" && document.hasFocus() ? performance.now() : 0;
    button.disabled = true;
    from = null;
    pressed = false;
  };
  const allow = (event) => {
    if (!event.isTrusted || !isSeen()) return;
    if (event.type === "pointermove") {
      from ??= event;
      if (Math.hypot(event.screenX - from.screenX, event.screenY - from.screenY) < MOVED_PIXELS) return;
    }
    button.disabled = false;
  };
  restart();
  for (const kind of ["focus", "blur", "resize"]) addEventListener(kind, restart);
  document.addEventListener("visibilitychange", restart);
  for (const kind of ["pointermove", "keydown", "touchstart"]) document.addEventListener(kind, allow, { passive: true });
  button.addEventListener("pointerdown", () => { pressed = true; });
  // A press begins and ends on the button; a key has no beginning, and no count either.
  button.addEventListener("click", (event) => {
    if (event.detail && !pressed) event.preventDefault();
  });
})();
