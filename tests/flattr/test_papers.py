"""Papers: whatever they are given, they say it, page after page."""

from datetime import UTC, datetime
from typing import Final

import pytest
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from flattr.papers import Column, Paper
from tests import papers

NOW: Final = datetime(2026, 11, 15, 12, 0, tzinfo=UTC)
COLUMNS: Final = (Column("Button", 5), Column("Amount", 2, is_number=True))


def listing(*rows: tuple[str, str], title: str = "A list") -> bytes:
    """Return a paper with a table of these rows."""
    paper = Paper(title=title, made_at=NOW)
    paper.heading("All of it")
    paper.table(columns=COLUMNS, rows=rows, total=("Together", "all"))
    return paper.file()


def test_a_paper_tells_what_it_is() -> None:
    """Its title, which is shown instead of the file's name; language, date, and an outline of its parts."""
    with translation.override("fr"):
        read = papers.read(listing(title="Relevé d’octobre"))

    assert read.metadata.title == "Relevé d’octobre"
    assert read.metadata.creation_date == NOW
    assert read.trailer["/Root"]["/Lang"] == "fr"
    assert read.trailer["/Root"]["/ViewerPreferences"]["/DisplayDocTitle"]
    assert [each.title for each in read.outline] == ["All of it"]
    assert "Page 1 sur 1" in " ".join(papers.lines(read))


def test_a_long_table_goes_on_below_its_titles() -> None:
    """Each row comes once, in order; each page has the columns' titles, and says which of how many it is."""
    read = papers.read(listing(*[(f"Song {number}", f"€{number}.00") for number in range(200)]))
    said = papers.lines(read)
    pages = len(read.pages)

    assert [line for line in said if line.startswith("Song")] == [f"Song {n} €{n}.00" for n in range(200)]
    assert said.count("Button Amount") == pages > 2
    assert [line for line in said if "Page" in line] == [
        f"Page {number} of {pages} Flattr · A list" for number in range(1, pages + 1)
    ]


def test_letters_are_embedded_and_few() -> None:
    """A paper of a page is small: it brings the letters that it uses, and no others."""
    assert len(listing(("Étoile Ωμέγα Привет", "€1.00"))) < 60_000


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Étoile, Ωμέγα, Привет, Łódź", "Étoile, Ωμέγα, Привет, Łódź"),
        ("雪のピアノ", "□□□□□"),
        ("one\ntwo\tthree\x00\u2028four", "one two three four"),
        ("{nb} pages", "{nb} pages"),
        (f"{chr(0xFDD0) * 4} pages", "□□□□ pages"),
        ("**bold** <b>&amp;</b> \\n (a) [b]", "**bold** <b>&amp;</b> \\n (a) [b]"),
        ("\N{LEFT-TO-RIGHT OVERRIDE}a song", "a song"),
    ],
)
def test_a_text_is_said_as_far_as_the_font_can(text: str, said: str) -> None:
    """What the font lacks is a box, what would break the line is a space, and nothing is a command."""
    assert f"{said} €1.00" in papers.lines(papers.read(listing((text, "€1.00"))))


def test_a_text_without_a_space_is_broken_where_its_column_ends() -> None:
    """All of it is there, and so is the amount."""
    said = papers.lines(papers.read(listing(("m" * 300, "€1.00"))))

    assert sum(line.count("m") for line in said) == 300 + "Amount".count("m")
    assert "€1.00" in said


@settings(max_examples=25)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=80), max_size=12), st.text(max_size=20))
def test_no_text_breaks_a_paper(texts: list[str], title: str) -> None:
    """Whatever strangers call their works, the file can be read, and has a row for each."""
    said = papers.lines(papers.read(listing(*[(text, "€1.00") for text in texts], title=title)))

    assert sum(line.endswith("€1.00") for line in said) == len(texts)
