"""The badge: a small SVG with the button's name and count, the form that needs no script."""

from typing import Final

_NAME: Final = "flattr"
_NAME_WIDTH: Final = 58
_DIGIT_WIDTH: Final = 7
_PADDING: Final = 14
_SHORT_WHOLE: Final = 10


def short_count(count: int) -> str:
    """Write a count in at most five characters: `999`, `1.2k`, `34k`, `1.2m`."""
    for unit, suffix in ((1_000_000, "m"), (1_000, "k")):
        if count >= unit:
            whole, tenths = divmod(count * 10 // unit, 10)
            return f"{whole}.{tenths}{suffix}" if tenths and whole < _SHORT_WHOLE else f"{whole}{suffix}"
    return str(count)


def badge(*, count: int) -> str:
    """Return the badge as an SVG document, 20 units high."""
    text = short_count(count)
    right = len(text) * _DIGIT_WIDTH + _PADDING
    width, inner, middle = _NAME_WIDTH + right, right - 5, _NAME_WIDTH + right // 2
    # All parts are ours, so nothing has to be escaped: that took a tenth of the time of a badge.
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="20" role="img"'
        f' aria-label="{_NAME}: {count}">'
        f'<rect width="{width}" height="20" rx="5" fill="#3b2a4a"/>'
        f'<path d="M{_NAME_WIDTH} 0h{inner}a5 5 0 0 1 5 5v10a5 5 0 0 1-5 5h-{inner}z" fill="#b3405f"/>'
        '<path d="M10 4a6 6 0 1 0 6 6h-6z" fill="#ffd166"/><path d="M12 8V2a6 6 0 0 1 6 6z" fill="#ff8fab"/>'
        '<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">'
        f'<text x="22" y="14">{_NAME}</text><text x="{middle}" y="14" text-anchor="middle">{text}</text></g></svg>'
    )
