"""The cake as a drawing."""

import math
from collections.abc import Sequence
from typing import Any, Final

from django import template

register = template.Library()

_RADIUS: Final = 90.0
_COLOURS: Final = 8
_TEXT_AT: Final = 0.76
_TEXT_DOWN: Final = 5
"""Where the text of a part stands: so far from the middle, as a part of the radius, and so far below that."""


@register.inclusion_tag("components/cake.html")
def cake(parts: Sequence[tuple[str, int]], label: str) -> dict[str, Any]:
    """Draw parts, each a name and a weight, as slices of a cake with a text alternative."""
    total = sum(weight for _, weight in parts)
    slices: list[dict[str, Any]] = []
    start = 0.0
    for number, (name, weight) in enumerate(parts):
        fraction = weight / total if total else 0.0
        slices.append({"name": name, "path": _path(start, fraction), "colour": number % _COLOURS, "weight": weight})
        start += fraction
    return {"slices": slices, "label": label, "is_whole": len(slices) == 1}


@register.inclusion_tag("components/cake_story.html")
def cake_story(parts: Sequence[tuple[int, str]], label: str) -> dict[str, Any]:
    """Draw how a cake is cut: slice after slice, then each one's part drawn out with what it is worth.

    `parts` are the number of equal slices and the text of each part. Who wants no motion sees the end alone.
    """
    total = sum(count for count, _ in parts)
    drawn: list[dict[str, Any]] = []
    start = 0
    for number, (count, text) in enumerate(parts):
        middle = (start + count / 2) / total
        # The text stands in a slice, not on a cut.
        x, y = _point(middle if count % 2 else middle - 1 / (2 * total))
        drawn.append(
            {
                # Each part is drawn around the top and turned to its place, so that out is up for all of them.
                "turn": f"{360 * middle:.1f}",
                "paths": [_path((slice_ - count / 2) / total, 1 / total) for slice_ in range(count)],
                "colour": number % _COLOURS,
                "text": text,
                "x": f"{x * _TEXT_AT:.1f}",
                "y": f"{y * _TEXT_AT + _TEXT_DOWN:.1f}",
            }
        )
        start += count
    return {"parts": drawn, "label": label, "clicks": total}


def _path(start: float, fraction: float) -> str:
    """Return the outline of a slice as an SVG path, clockwise from the top; a drawing may use floats."""
    (x1, y1), (x2, y2) = _point(start), _point(start + fraction)
    large = 1 if fraction > 1 / 2 else 0
    return f"M0 0L{x1:.2f} {y1:.2f}A{_RADIUS:.0f} {_RADIUS:.0f} 0 {large} 1 {x2:.2f} {y2:.2f}Z"


def _point(turn: float) -> tuple[float, float]:
    angle = 2 * math.pi * turn
    return _RADIUS * math.sin(angle), -_RADIUS * math.cos(angle)
