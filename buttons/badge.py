"""The badge: a small SVG with the button's name and count, the form that needs no script.

It looks as the frame does before anybody pressed it, and has the same size: on pages it is what keeps the frame's
place.
"""

import base64
import functools
import hashlib
from dataclasses import dataclass
from typing import Final

NAME: Final = "Flattr"


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How large a button is, in pixels, and how its parts lie in it."""

    width: int
    height: int
    font: int
    padding: int
    gap: int


SIZES: Final = {
    "small": Size(width=96, height=20, font=10, padding=4, gap=4),
    "": Size(width=132, height=28, font=12, padding=9, gap=6),
    "large": Size(width=164, height=44, font=15, padding=9, gap=6),
}
"""What a page may ask for by `size`; whatever else it asks for is of the middle one, which has no name."""

_MARK_WIDTH: Final = 16
_BASELINE_PER_FONT: Final = 0.36
"""How far below the middle a line of text stands, so that its small letters are around it."""

_SHORT_WHOLE: Final = 10

_LIGHT: Final = "rect{fill:#fff;stroke:#b3405f}text{fill:#3b2a4a}"
_DARK: Final = "rect{fill:#2a2033;stroke:#ff8fab}text{fill:#f3ecf7}"
_EITHER: Final = f"{_LIGHT}@media(prefers-color-scheme:dark){{{_DARK}}}"

THEMES: Final = {"auto": _EITHER, "light": _LIGHT, "dark": _DARK}
"""The styles that a page may ask for by `theme`; without one, whoever looks at it chooses."""


def short_count(count: int) -> str:
    """Write a count in at most four characters: `999`, `1.2k`, `34k`, `1.2m`."""
    for unit, suffix in ((1_000_000, "m"), (1_000, "k")):
        if count >= unit:
            whole, tenths = divmod(count * 10 // unit, 10)
            return f"{whole}.{tenths}{suffix}" if tenths and whole < _SHORT_WHOLE else f"{whole}{suffix}"
    return str(count)


def badge(*, count: int, size: str = "", theme: str = "") -> str:
    """Return the badge as an SVG document, with the exact count for those who can't see it."""
    # All parts are ours, so nothing has to be escaped: that took a tenth of the time of a badge.
    return _drawing(size if size in SIZES else "", theme if theme in THEMES else "auto") % (count, short_count(count))


def style_hashes() -> list[str]:
    """Return the hashes of all styles that a badge may have, as a Content-Security-Policy has them."""
    digests = [hashlib.sha256(style.encode()).digest() for style in THEMES.values()]
    return [f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests]


@functools.cache
def drawing_id() -> str:
    """Return a short name that changes when badges are drawn in another way."""
    drawings = "".join(_drawing(size, theme) for size in SIZES for theme in THEMES)
    return hashlib.sha256(drawings.encode()).hexdigest()[:8]


@functools.cache
def _drawing(size: str, theme: str) -> str:
    """Return the drawing with places for the count, exact and short."""
    box = SIZES[size]
    width, height = box.width, box.height
    left, top = box.padding, (height - _MARK_WIDTH) // 2
    baseline = round(height / 2 + box.font * _BASELINE_PER_FONT)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" role="img">'
        f"<title>{NAME}: %d</title><style>{THEMES[theme]}</style>"
        f'<rect x=".5" y=".5" width="{width - 1}" height="{height - 1}" rx="5.5"/>'
        f'<g transform="translate({left} {top})"><path d="M7 3a6 6 0 1 0 6 6H7z" fill="#ffb703"/>'
        '<path d="M9 7V1a6 6 0 0 1 6 6z" fill="#ff8fab"/></g>'
        f'<g font-family="system-ui,sans-serif" font-size="{box.font}" font-weight="600">'
        f'<text x="{left + _MARK_WIDTH + box.gap}" y="{baseline}">{NAME}</text>'
        f'<text x="{width - left}" y="{baseline}" text-anchor="end">%s</text></g></svg>'
    )
