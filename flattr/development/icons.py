"""Makes the mark's files from its shapes: `python -m flattr.development.icons` writes all that `static/` has of it.

The mark is a round cake from above, with one slice drawn out of it.
"""

import math
from io import BytesIO
from pathlib import Path
from typing import Final, NamedTuple

from PIL import Image, ImageDraw

from flattr.development.services import CHECKOUT

PNG_SIZES: Final = (180, 192, 512)
"""In pixels: of telephones' start pages (180 is Apple's), and of the web app manifest."""

_SIDE: Final = 32
_PAPER: Final = "#fffaf4"
_PADDING: Final = 0.18
"""How much of a PNG is paper on each side: telephones cut icons round, and may keep as little as 80 % of them."""
_OVERSAMPLING: Final = 4


class _Sector(NamedTuple):
    """A sector of a circle; its angles are in degrees, clockwise from the top."""

    x: float
    y: float
    radius: float
    start: int
    end: int
    colour: str


_MARK: Final = (
    _Sector(14.5, 17.5, 13, 120, 360, "#a3294d"),
    _Sector(14.5, 17.5, 9, 120, 360, "#d6456f"),
    _Sector(18, 14.5, 13, 0, 120, "#ffc145"),
    _Sector(18, 14.5, 9, 0, 120, "#ffe0a1"),
)


def files() -> dict[Path, bytes]:
    """Return the mark's files by where they belong."""
    folder = CHECKOUT / "static" / "img"
    made = {folder / f"icon-{size}.png": _png(size) for size in PNG_SIZES}
    return made | {folder / "mark.svg": _svg().encode()}


def main() -> None:
    """Write them."""
    for path, content in files().items():
        path.write_bytes(content)


def _svg() -> str:
    paths = "".join(_path(sector) for sector in _MARK)
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_SIDE} {_SIDE}">{paths}</svg>\n'


def _path(sector: _Sector) -> str:
    points = []
    for angle in (sector.start, sector.end):
        turn = math.radians(angle)
        points.append(
            f"{sector.x + sector.radius * math.sin(turn):.4g} {sector.y - sector.radius * math.cos(turn):.4g}"
        )
    is_large = int(sector.end - sector.start > 180)  # noqa: PLR2004  Half a turn.
    arc = f"A{sector.radius:g} {sector.radius:g} 0 {is_large} 1 {points[1]}"
    return f'<path d="M{sector.x:g} {sector.y:g}L{points[0]}{arc}z" fill="{sector.colour}"/>'


def _png(size: int) -> bytes:
    side = size * _OVERSAMPLING
    image = Image.new("RGB", (side, side), _PAPER)
    pen = ImageDraw.Draw(image)
    scale = side * (1 - 2 * _PADDING) / _SIDE
    for sector in _MARK:
        box = [
            side * _PADDING + scale * place
            for place in (
                sector.x - sector.radius,
                sector.y - sector.radius,
                sector.x + sector.radius,
                sector.y + sector.radius,
            )
        ]
        # Pillow's angles begin at three o'clock.
        pen.pieslice(box, sector.start - 90, sector.end - 90, fill=sector.colour)
    file = BytesIO()
    image.resize((size, size), Image.Resampling.LANCZOS).save(file, "PNG", optimize=True)
    return file.getvalue()


if __name__ == "__main__":
    main()
