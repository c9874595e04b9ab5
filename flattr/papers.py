"""Papers: PDF files of ours on A4, with our mark, headings, facts, tables and numbered pages.

A paper tells its title and its language, and leads to its headings. Its tables can't be tagged, as fpdf2 has no way
for it, and a paper of which only a part is tagged is read as if the rest weren't there: so nothing is, and the text
stands in the order in which it is to be read. Signs that our font lacks are drawn as a box.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Final

from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from fpdf import FPDF
from fpdf.enums import MethodReturnValue
from fpdf.fonts import TTFFont
from fpdf.prefs import ViewerPreferences

from flattr import fonts

_FONT: Final = "dejavu"
_FONT_FILES: Final = {"": fonts.REGULAR, "B": fonts.BOLD}
_MARGIN: Final = 18.0
_FOOT: Final = 16.0
_GAP: Final = 3.0
_LINE: Final = 4.4
_PADDING: Final = 1.1
# How much of a line is below the letters' feet.
_BELOW: Final = 0.25
_SIZE: Final = 9
_LEAST_BELOW_HEADING: Final = 50.0
_TITLE_SIZE: Final = 18
_HEADING_SIZE: Final = 12
_INK: Final = (36, 26, 46)
_SOFT: Final = (98, 86, 111)
_RULE: Final = (228, 220, 234)
# The number of pages is written where this is. Unicode keeps it free of meaning, and what isn't ours never has it.
_PAGES: Final = chr(0xFDD0) * 4
_BOX: Final = "\N{WHITE SQUARE}"
_BREAKS: Final = frozenset({"Cc", "Zl", "Zp"})
_UNSEEN: Final = "Cf"
_MARKS: Final = "M"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its title, and how wide it is beside the others. Numbers stand at its right."""

    title: str
    width: float
    is_number: bool = False


_FACTS: Final = (Column("", 1), Column("", 2))


class _Sheets(FPDF):
    """The sheets of a paper, each with a foot."""

    foot = ""

    def footer(self) -> None:
        """Write what the paper is, and which page of it this is."""
        self.set_y(-_FOOT)
        self.set_font(_FONT, size=_SIZE - 1)
        self.set_text_color(*_SOFT)
        numbers = _("Page %(page)s of %(pages)s") % {"page": self.page_no(), "pages": _PAGES}
        # At the left: fpdf2 keeps more room than it needs for the number of pages, which isn't known yet.
        self.cell(self.epw / 3, _LINE, numbers)
        self.cell(self.epw * 2 / 3, _LINE, self.foot, align="R")


class Paper:
    """A paper in the reader's language that is written from its top to its end, all lengths in millimetres."""

    def __init__(self, *, title: str, made_at: datetime) -> None:
        self._sheets = _Sheets(format="A4")
        self._sheets.alias_nb_pages(_PAGES)
        self._sheets.set_margin(_MARGIN)
        self._sheets.set_draw_color(*_RULE)
        self._sheets.set_text_color(*_INK)
        self._sheets.set_auto_page_break(auto=False)
        self._sheets.c_margin = 0
        for style, file in _FONT_FILES.items():
            self._sheets.add_font(_FONT, style, file)
        added = (font for font in self._sheets.fonts.values() if isinstance(font, TTFFont))
        self._known = frozenset.intersection(*(frozenset(font.cmap) for font in added))
        self._sheets.foot = self._drawable(f"Flattr · {title}")
        self._sheets.set_title(title)
        self._sheets.set_lang(get_language() or settings.LANGUAGE_CODE)
        self._sheets.set_creator("Flattr")
        self._sheets.set_creation_date(made_at)
        self._sheets.viewer_preferences = ViewerPreferences(display_doc_title=True)
        self._sheets.add_page()
        self._put_mark()
        self._put_lines(title, size=_TITLE_SIZE, style="B")
        self._sheets.y += _GAP

    def heading(self, text: str) -> None:
        """Begin a part, which the paper's outline leads to; it has room for some lines on its page."""
        self._turn_unless_room(_LEAST_BELOW_HEADING)
        self._sheets.y += 2 * _GAP
        self._sheets.start_section(self._drawable(text))
        self._put_lines(text, size=_HEADING_SIZE, style="B")
        self._sheets.y += _GAP / 2

    def paragraph(self, text: str) -> None:
        """Write a text in as many lines as it needs."""
        self._put_lines(text, size=_SIZE)
        self._sheets.y += _GAP / 2

    def facts(self, facts: Iterable[tuple[str, str]]) -> None:
        """Write names and values below each other."""
        for fact in facts:
            self._put_row(fact, columns=_FACTS, styles=("", "B"), is_ruled=False)
        self._sheets.y += _GAP / 2

    def table(
        self, *, columns: Sequence[Column], rows: Iterable[Sequence[str]], total: Sequence[str] | None = None
    ) -> None:
        """Write rows below the titles of their columns, which stand on each page anew, and a sum below them."""
        self._put_titles(columns)
        for row in rows:
            self._put_row(row, columns=columns, titled=True)
        if total is not None:
            self._put_row(total, columns=columns, styles=_bold(columns), titled=True)
        self._sheets.y += _GAP / 2

    def file(self) -> bytes:
        """Return the finished paper."""
        return bytes(self._sheets.output())

    def _put_mark(self) -> None:
        """Draw our mark and name; beside the name it tells nothing more."""
        sheets = self._sheets
        sheets.image(settings.BASE_DIR / "static" / "img" / "mark.svg", x=_MARGIN, y=_MARGIN - 4, w=8)
        self._choose(size=_HEADING_SIZE, style="B")
        sheets.text(sheets.l_margin + 11, _MARGIN + 2, "Flattr")
        sheets.y = _MARGIN + 9

    def _put_lines(self, text: str, *, size: int, style: str = "") -> None:
        sheets, height = self._sheets, _LINE * size / _SIZE
        self._choose(size=size, style=style)
        for line in self._wrapped(self._drawable(text), sheets.epw):
            self._turn_unless_room(height)
            self._choose(size=size, style=style)
            sheets.text(sheets.l_margin, sheets.y + (1 - _BELOW) * height, line)
            sheets.y += height

    def _put_titles(self, columns: Sequence[Column]) -> None:
        self._put_row([column.title for column in columns], columns=columns, styles=_bold(columns))

    def _put_row(
        self,
        row: Sequence[str],
        *,
        columns: Sequence[Column],
        styles: Sequence[str] = (),
        is_ruled: bool = True,
        titled: bool = False,
    ) -> None:
        """Write a row; where it doesn't fit, on the next page, below the columns' titles where it is `titled`."""
        sheets = self._sheets
        cells = list(zip(columns, self._edges(columns), styles or _plain(columns), strict=True))
        wrapped = []
        for text, (_column, (left, right), style) in zip(row, cells, strict=True):
            self._choose(size=_SIZE, style=style)
            wrapped.append(self._wrapped(self._drawable(text), right - left))
        height = max(map(len, wrapped)) * _LINE + 2 * _PADDING
        if self._turn_unless_room(height) and titled:
            self._put_titles(columns)
        for lines, (column, (left, right), style) in zip(wrapped, cells, strict=True):
            self._choose(size=_SIZE, style=style)
            for place, line in enumerate(lines, start=1):
                x = right - self._width(line) if column.is_number else left
                sheets.text(x, sheets.y + _PADDING + (place - _BELOW) * _LINE, line)
        sheets.y += height
        if is_ruled:
            sheets.line(sheets.l_margin, sheets.y, sheets.l_margin + sheets.epw, sheets.y)

    def _edges(self, columns: Sequence[Column]) -> list[tuple[float, float]]:
        """Return where each column begins and ends, with a gap between them."""
        room = self._sheets.epw - _GAP * (len(columns) - 1)
        whole = sum(column.width for column in columns)
        starts = [self._sheets.l_margin]
        for column in columns:
            starts.append(starts[-1] + room * column.width / whole + _GAP)
        return [(start, end - _GAP) for start, end in pairwise(starts)]

    def _turn_unless_room(self, height: float) -> bool:
        """Go on to a new page where that much doesn't fit any more; return whether it was needed."""
        if self._sheets.y + height <= self._sheets.h - _FOOT - _GAP:
            return False
        self._sheets.add_page()
        return True

    def _choose(self, *, size: int, style: str) -> None:
        """Write in this size and style from now on."""
        sheets = self._sheets
        if (sheets.font_size_pt, sheets.font_style) != (size, style):
            sheets.set_font(_FONT, style, size)

    def _wrapped(self, text: str, width: float) -> list[str]:
        """Return a drawable text in lines of the chosen font that are at most that wide."""
        if self._width(text) <= width:
            return [text]
        found = self._sheets.multi_cell(width, _LINE, text, dry_run=True, output=MethodReturnValue.LINES)
        return [str(line) for line in found] if isinstance(found, list) else [text]

    def _width(self, text: str) -> float:
        """Return how wide a drawable text is in the chosen font; fpdf2's own way looks for much else in it."""
        sheets = self._sheets
        font = sheets.fonts[_FONT + sheets.font_style]
        return font.get_text_width(text, sheets.font_size_pt, None)[1] / sheets.k

    def _drawable(self, text: str) -> str:
        """Return the text in one line, with what our font can draw of it."""
        if text.isascii() and text.isprintable():
            return text
        return "".join(map(self._drawn, text))

    def _drawn(self, sign: str) -> str:
        """Return a sign, or what is drawn for it; a line has no breaks."""
        category = unicodedata.category(sign)
        if category in _BREAKS:
            return " "
        if category == _UNSEEN:
            return ""
        if ord(sign) in self._known:
            return sign
        return "" if category.startswith(_MARKS) else _BOX


def _plain(columns: Sequence[Column]) -> tuple[str, ...]:
    return ("",) * len(columns)


def _bold(columns: Sequence[Column]) -> tuple[str, ...]:
    return ("B",) * len(columns)
