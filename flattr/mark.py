"""Our mark: a round cake from above, with one slice drawn out of it. Whoever draws it takes its shapes from here."""

from typing import Final, NamedTuple

from PIL import Image, ImageDraw

SIDE: Final = 32
"""How many units the mark is wide and high."""

_FINER: Final = 4
"""How many times finer the mark is drawn than it is shown, as Pillow's shapes have hard edges."""


class Sector(NamedTuple):
    """A sector of a circle, in units; its angles are in degrees, clockwise from the top."""

    x: float
    y: float
    radius: float
    start: int
    end: int
    colour: str


SECTORS: Final = (
    Sector(14.5, 17.5, 13, 120, 360, "#a3294d"),
    Sector(14.5, 17.5, 9, 120, 360, "#d6456f"),
    Sector(18, 14.5, 13, 0, 120, "#ffc145"),
    Sector(18, 14.5, 9, 0, 120, "#ffe0a1"),
)


def picture(pixels: int) -> Image.Image:
    """Return the mark so many pixels wide and high, on nothing."""
    large = Image.new("RGBA", (pixels * _FINER, pixels * _FINER), (0, 0, 0, 0))
    pen, unit = ImageDraw.Draw(large), pixels * _FINER / SIDE
    for each in SECTORS:
        ends = (each.x - each.radius, each.y - each.radius, each.x + each.radius, each.y + each.radius)
        # Pillow's angles begin at three o'clock.
        pen.pieslice([unit * end for end in ends], each.start - 90, each.end - 90, fill=each.colour)
    return large.resize((pixels, pixels), Image.Resampling.LANCZOS)
