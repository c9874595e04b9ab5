"""Firefox as people have it, driven by WebDriver BiDi (the W3C's draft), which it speaks by itself."""

import itertools
import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from websockets.sync.client import ClientConnection, connect

_START_SECONDS: Final = 90
_PREFERENCES: Final = {
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "app.normandy.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "intl.accept_languages": "en-GB",
    # Else a site whose window was opened gets its cookies for a while: that is to go, and we don't rely on it.
    "privacy.antitracking.enableWebcompat": False,
}


class Refused(RuntimeError):
    """Firefox refused a command."""


class Firefox:
    """A running Firefox. Pages, windows and frames are named by the ids of their browsing contexts."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._numbers = itertools.count(1)

    def do(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Do a command and return what it answers.

        :raises Refused: with Firefox's own words.
        """
        number = next(self._numbers)
        self._connection.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            answer = json.loads(self._connection.recv(timeout=60))
            if answer.get("id") != number:
                continue
            if answer["type"] == "error":
                raise Refused(answer["message"])
            result: dict[str, Any] = answer["result"]
            return result

    def open(self, address: str) -> str:
        """Open a page in a tab of its own and wait until it is loaded; return its context."""
        context = str(self.do("browsingContext.create", type="tab")["context"])
        self.do("browsingContext.navigate", context=context, url=address, wait="complete")
        return context

    def evaluate(self, context: str, expression: str) -> Any:
        """Return what an expression comes to, as text, number or truth."""
        answer = self.do("script.evaluate", expression=expression, target={"context": context}, awaitPromise=True)
        if answer["type"] == "exception":
            raise Refused(answer["exceptionDetails"]["text"])
        return answer["result"].get("value")

    def wait_for(self, context: str, expression: str, *, seconds: float = 20) -> Any:
        """Wait until an expression is true; return what it came to."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                found = self.evaluate(context, expression)
            except Refused:
                # The page is just going elsewhere.
                found = None
            if found:
                return found
            assert time.monotonic() < deadline, f"never true: {expression}"
            time.sleep(0.1)

    def pages(self) -> list[str]:
        """Return the contexts of all tabs and windows, oldest first."""
        return [each["context"] for each in self.do("browsingContext.getTree")["contexts"]]

    def frame(self, context: str) -> str:
        """Return the context of a page's only frame."""
        (tree,) = self.do("browsingContext.getTree", root=context)["contexts"]
        (frame,) = tree["children"]
        return str(frame["context"])

    def press(self, context: str, selector: str, *, hover_ms: int = 300) -> None:
        """Bring an element into view, move to its middle, stay there, and press."""
        self.evaluate(context, f"document.querySelector({selector!r}).scrollIntoView({{block: 'nearest'}})")
        box = f"document.querySelector({selector!r}).getBoundingClientRect()"
        x, y = (
            int(self.evaluate(context, f"Math.round({box}.{start} + {box}.{size} / 2)"))
            for start, size in (("left", "width"), ("top", "height"))
        )
        actions: list[dict[str, Any]] = [
            {"type": "pointerMove", "x": x - 8, "y": y},
            {"type": "pointerMove", "x": x, "y": y, "duration": 50},
            {"type": "pause", "duration": hover_ms},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        ]
        mouse = {"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": actions}
        self.do("input.performActions", context=context, actions=[mouse])

    def type(self, context: str, selector: str, text: str) -> None:
        """Write into a field."""
        self.evaluate(context, f"document.querySelector({selector!r}).focus()")
        keys = [{"type": kind, "value": key} for key in text for kind in ("keyDown", "keyUp")]
        self.do("input.performActions", context=context, actions=[{"type": "key", "id": "keys", "actions": keys}])


@contextmanager
def started(executable: str, folder: Path) -> Iterator[Firefox]:
    """Start Firefox with a new profile in a folder."""
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in _PREFERENCES.items()]
    (folder / "user.js").write_text("\n".join(lines))
    log = folder / "log"
    command = [executable, "--headless", "--no-remote", "--profile", str(folder), "--remote-debugging-port", "0"]
    with log.open("w") as told, subprocess.Popen(command, stdout=told, stderr=told) as process:
        try:
            address = _address(log, process)
            with connect(f"{address}/session", max_size=None) as connection:
                firefox = Firefox(connection)
                firefox.do("session.new", capabilities={})
                yield firefox
        finally:
            process.terminate()


def _address(log: Path, process: subprocess.Popen[bytes]) -> str:
    """Wait for the line in which Firefox says where it listens."""
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        for line in log.read_text().splitlines():
            if "BiDi listening on" in line:
                return line.rpartition(" ")[2]
        time.sleep(0.1)
    msg = f"Firefox didn't start:\n{log.read_text()}"
    raise RuntimeError(msg)
