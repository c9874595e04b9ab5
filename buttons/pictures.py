"""Pictures that networks show beside a link to a page of ours: some words and our cake, by Pillow."""

import hashlib
import io
import threading
from dataclasses import astuple, dataclass
from functools import cache, lru_cache
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from flattr import fonts, mark
from flattr.cache import ProcessCache

SIZE: Final = (1200, 630)
"""Width and height in pixels, as Facebook, X, LinkedIn and others want them."""

_DRAWING: Final = "2"
"""It changes when pictures of the same words are drawn in another way."""

_PAPER, _INK, _SOFT, _ACCENT = "#fffdf9", "#241a2e", "#62566f", "#a3294d"
_LEFT, _TOP, _WIDTH = 72, 72, 700
_TITLE: Final = ((76, 3), (60, 4), (48, 5))
"""Sizes of the title's letters in pixels, and how many lines of each there is room for; the first to fit counts."""
_LINE: Final = 1.22
"""How far lines are apart, for each pixel of their letters."""
_BYLINE_PIXELS, _BYLINE_GAP, _FIGURE_PIXELS, _NAME_PIXELS = 34, 24, 40, 40
_CAKE_PIXELS: Final = 320

_KEPT_SECONDS: Final = 24 * 3600
_KEPT: Final = ProcessCache("pictures", {"OPTIONS": {"MAX_ENTRIES": 300}})
"""The pictures drawn last, of some 20 kB each: drawing one takes a tenth of a second."""

_room = threading.BoundedSemaphore(2)
_pen = threading.Lock()


class TooManyPictures(Exception):
    """One picture is being drawn and another one waits: more of them would keep pages from being answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What a picture says: a title, who made it or what it is, and a short figure. Only the title is always there."""

    title: str
    byline: str = ""
    figure: str = ""

    @property
    def tag(self) -> str:
        """Return a name of the picture, which differs between any two."""
        return hashlib.sha256(repr((_DRAWING, *astuple(self))).encode()).hexdigest()[:32]


def png(card: Card) -> bytes:
    """Return the picture as a PNG, drawn once in each process as long as it is remembered.

    :raises TooManyPictures: if others are being drawn; whoever asks may come again in a moment.
    """
    known: bytes | None = _KEPT.get(card.tag)
    if known is not None:
        return known
    if not _room.acquire(blocking=False):
        raise TooManyPictures
    try:
        with _pen:
            drawn = _drawn(card)
    finally:
        _room.release()
    _KEPT.set(card.tag, drawn, timeout=_KEPT_SECONDS)
    return drawn


def _drawn(card: Card) -> bytes:
    image = Image.new("RGB", SIZE, _PAPER)
    draw = ImageDraw.Draw(image)
    bottom = SIZE[1] - _TOP
    y = float(_TOP)
    pixels, lines = _fitted(_known(card.title), _TITLE)
    for line in lines:
        draw.text((_LEFT, y), line, fill=_INK, font=_font(pixels, is_bold=True))
        y += pixels * _LINE
    if card.byline:
        y += _BYLINE_GAP
        # Two lines are left in the worst case, above the figure and our name.
        for line in _fitted(_known(card.byline), ((_BYLINE_PIXELS, 2),))[1]:
            draw.text((_LEFT, y), line, fill=_SOFT, font=_font(_BYLINE_PIXELS, is_bold=False))
            y += _BYLINE_PIXELS * _LINE
    (figure,) = _fitted(_known(card.figure), ((_FIGURE_PIXELS, 1),))[1] or [""]
    draw.text((_LEFT, bottom), figure, fill=_ACCENT, font=_font(_FIGURE_PIXELS, is_bold=True), anchor="ls")
    draw.text((SIZE[0] - _LEFT, bottom), "Flattr", fill=_INK, font=_font(_NAME_PIXELS, is_bold=True), anchor="rs")
    cake = _cake()
    image.paste(cake, (SIZE[0] - _LEFT - cake.width, _TOP + 20), cake)
    data = io.BytesIO()
    # Few colours are there, so a palette loses nothing that anybody sees, and halves what is sent.
    image.quantize(colors=128, dither=Image.Dither.NONE).save(data, "PNG", optimize=True)
    return data.getvalue()


@cache
def _cake() -> Image.Image:
    return mark.picture(_CAKE_PIXELS)


def _fitted(text: str, sizes: tuple[tuple[int, int], ...]) -> tuple[int, list[str]]:
    """Return the first size in which the text fits into its lines, and those; cut in the last size if in none."""
    for pixels, most in sizes:
        lines = _lines(text, pixels)
        if len(lines) <= most:
            return pixels, lines
    pixels, most = sizes[-1]
    kept = lines[:most]
    while _length(f"{kept[-1]}…", pixels) > _WIDTH:
        kept[-1] = kept[-1][:-1]
    kept[-1] = f"{kept[-1].rstrip()}…"
    return pixels, kept


def _lines(text: str, pixels: int) -> list[str]:
    """Return the text in lines no wider than there is room, cut between words, and inside those that are wider."""
    lines: list[str] = []
    for word in text.split():
        if lines and _length(f"{lines[-1]} {word}", pixels) <= _WIDTH:
            lines[-1] = f"{lines[-1]} {word}"
            continue
        lines.append("")
        for letter in word:
            if _length(lines[-1] + letter, pixels) > _WIDTH:
                lines.append("")
            lines[-1] += letter
    return lines


def _length(text: str, pixels: int) -> float:
    return _font(pixels, is_bold=True).getlength(text)


@lru_cache
def _font(pixels: int, *, is_bold: bool) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(fonts.BOLD if is_bold else fonts.REGULAR, pixels)


def _known(text: str) -> str:
    """Return the text without what the font can't draw, such as emoji: it would show boxes."""
    return "".join(letter for letter in text if letter.isspace() or _is_known(letter))


@lru_cache(maxsize=5000)
def _is_known(letter: str) -> bool:
    font = _font(_BYLINE_PIXELS, is_bold=True)
    # No letter ever has this number, so it is drawn as what stands for all that is missing.
    return bytes(font.getmask(letter)) != bytes(font.getmask("\U0010ffff"))
