"""The cake as a drawing."""

import math
from collections.abc import Sequence
from typing import Any, Final

from django import template

register = template.Library()

_RADIUS: Final = 90.0
_COLOURS: Final = 8


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


def _path(start: float, fraction: float) -> str:
    """Return the outline of a slice as an SVG path, clockwise from the top; a drawing may use floats."""
    (x1, y1), (x2, y2) = _point(start), _point(start + fraction)
    large = 1 if fraction > 1 / 2 else 0
    return f"M0 0L{x1:.2f} {y1:.2f}A{_RADIUS:.0f} {_RADIUS:.0f} 0 {large} 1 {x2:.2f} {y2:.2f}Z"


def _point(turn: float) -> tuple[float, float]:
    angle = 2 * math.pi * turn
    return _RADIUS * math.sin(angle), -_RADIUS * math.cos(angle)
