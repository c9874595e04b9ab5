"""Makes the mark's files from its shapes: `python -m flattr.development.icons` writes all that `static/` has."""

import math
from io import BytesIO
from pathlib import Path
from typing import Final

from PIL import Image

from flattr import mark
from flattr.development.services import CHECKOUT
from flattr.mark import Sector

PNG_SIZES: Final = (180, 192, 512)
"""In pixels: of telephones' start pages (180 is Apple's), and of the web app manifest."""

_PAPER: Final = "#fffaf4"
_PADDING: Final = 0.18
"""How much of a PNG is paper on each side: telephones cut icons round, and may keep as little as 80 % of them."""


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
    paths = "".join(_path(sector) for sector in mark.SECTORS)
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {mark.SIDE} {mark.SIDE}">{paths}</svg>\n'


def _path(sector: Sector) -> str:
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
    image = Image.new("RGB", (size, size), _PAPER)
    padding = round(size * _PADDING)
    drawn = mark.picture(size - 2 * padding)
    image.paste(drawn, (padding, padding), drawn)
    file = BytesIO()
    image.save(file, "PNG", optimize=True)
    return file.getvalue()


if __name__ == "__main__":
    main()
