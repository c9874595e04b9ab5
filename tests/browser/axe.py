"""What axe-core finds wrong with a page, by all rules of WCAG 2.2 up to the level AA."""

from typing import Any, Final

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Frame, Page

_LEVELS: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
_RUN: Final = "([part, options]) => axe.run(part || document, options)"


def findings(where: Page | Frame, part: str = "", *, rules: list[str] | None = None) -> list[str]:
    """Return a line for each element that breaks a rule: of a page, a frame, or what `part` selects of it.

    Of a page that stays, the `rules` that a change could break are enough.
    """
    if not where.evaluate("'axe' in window"):
        where.evaluate(AXE_SCRIPT)
    only = {"type": "rule", "values": rules} if rules else {"type": "tag", "values": _LEVELS}
    options = {"runOnly": only, "resultTypes": ["violations"], "iframes": False}
    found: dict[str, Any] = where.evaluate(_RUN, [part, options])
    return [
        f"{rule['id']}: {node['html'][:120]} ({node['failureSummary']})"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]
