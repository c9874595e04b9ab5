"""No text escapes translation: everything that a page or an email says is a text that the catalogue has.

Translations are replaced by ones that mark each text. Whatever is shown without a mark was written into a template or
into code as it is, unless it is somebody's own words, a number or a name.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

import pytest
from django.contrib import admin
from django.utils import translation
from django.utils.functional import Promise
from justhtml import JustHTML

from accounts.models import Notification
from accounts.operations import render_notification
from tests import given
from tests.accounts.test_emails import CONTEXT
from tests.pages import walk
from tests.pages.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.walk]

OPENED, CLOSED = "⟦", "⟧"
SILENT: Final = {"script", "style", "noscript", "textarea"}
"""What is read by programs, or copied: snippets, and the two languages of what creators tell their readers."""

READ: Final = ("alt", "title", "aria-label", "placeholder")

OWN_WORDS: Final = re.compile(
    # People, their works and their addresses.
    r"Ada|Bob|Grace|Henry|Staff|Song & <dance>|A program|Hidden song|\S+@\S+|https?://\S+|[\w.-]+\.\w+"
    # What is called the same everywhere, as a copied button is.
    r"|Flattr( Ada)?|Mastodon|Bluesky|Facebook|X|LinkedIn|Reddit|WhatsApp|Telegram|Hacker News|English|Français"
    r"|Markdown|reStructuredText|Atom|RSS|Podcast|JSON-LD \(schema\.org|WordPress|Hugo|Shields\.io|GitHub|HTML|iframe"
    # Codes, which nobody reads as words.
    r"|[0-9a-f]{64}|[\w/+-]+/[\w /+-]+|[A-Z0-9]{2,32}(-\d)?"
)
"""Words that stay as they are in each language."""


@pytest.fixture
def _marked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each text come with a mark before and after it."""

    def plain(text: str) -> str:
        return f"{OPENED}{text}{CLOSED}" if text else ""

    def plural(one: str, many: str, number: int) -> str:
        return plain(one if number == 1 else many)

    for name, marked in {
        "gettext": plain,
        "ngettext": plural,
        "pgettext": lambda _context, text: plain(text),
        "npgettext": lambda _context, *texts: plural(*texts),
    }.items():
        # Its stub leaves the module out that does the work.
        monkeypatch.setattr(translation._trans, name, marked)  # type: ignore[attr-defined]


def said(page: JustHTML) -> list[str]:
    """Return what a page says to whoever reads or hears it, in order."""

    def walked(element: Any) -> Iterator[str]:
        if element.name in SILENT:
            return
        if element.name == "#text":
            yield str(element.data)
            return
        yield from (str(element.attrs[name]) for name in READ if (element.attrs or {}).get(name))
        for child in element.children or ():
            yield from walked(child)

    return list(walked(page.root))


def untranslated(texts: list[str]) -> list[str]:
    """Return what is said outside of all marks and has letters; a marked text may have elements in it."""
    found, depth = [], 0
    for text in texts:
        bare = ""
        for letter in text:
            depth += (letter == OPENED) - (letter == CLOSED)
            bare += letter if depth == 0 else ""
        words = (part.strip(" \t\n:·,–+-×()%“”0123456789.") for part in re.split(f"{CLOSED}|\n| – ", bare))
        found += [each for each in words if re.search(r"[^\W\d_]", each) and not OWN_WORDS.fullmatch(each)]
    assert depth == 0
    return found


@pytest.mark.usefixtures("_marked")
@pytest.mark.parametrize("role", ["anonymous", "fan", "creator"])
def test_no_page_has_a_text_of_its_own(role: str, town: World) -> None:
    """But names, numbers, addresses, what people wrote; only staff see Django's admin, only developers the design."""
    found = {
        page.name: untranslated(said(page.document))
        for page in walk.pages_of(town, role, "en")
        # It is for designers, in development alone.
        if page.name != "design"
    }

    assert len(found) > 20
    assert {name: texts for name, texts in found.items() if texts} == {}


@pytest.mark.usefixtures("_marked")
@pytest.mark.parametrize("kind", sorted(set(Notification.Kind) - {Notification.Kind.ALARM}))
def test_no_email_has_a_text_of_its_own(kind: Notification.Kind, mid_october: datetime) -> None:
    """But what people wrote; alarms are for staff, and told in the words of what is wrong."""
    owed = Notification(
        recipient=given.user("Ada"), kind=kind, subject_key="key", context=CONTEXT, created_at=mid_october
    )
    values = [str(each) for each in CONTEXT.values()]

    for text in render_notification(owed)[:2]:
        assert [each for each in untranslated(text.splitlines()) if each not in values] == []


def labels() -> Iterator[tuple[str, object]]:
    """Yield what the admin calls our models and the choices of their fields; the others are shown to nobody."""
    for model in admin.site._registry:
        if model.__module__.partition(".")[0] in {"accounts", "buttons", "payouts"}:
            place = model._meta.label
            yield place, model._meta.verbose_name
            yield f"{place} (plural)", model._meta.verbose_name_plural
            for field in model._meta.get_fields():
                yield from (
                    (f"{place}.{field.name}: {value}", label) for value, label in getattr(field, "flatchoices", ())
                )


def test_every_label_of_a_model_is_translated() -> None:
    """Names of models and of choices are texts of the catalogue; names of networks and languages stay as they are."""
    own = [
        place for place, label in labels() if not isinstance(label, Promise) and not OWN_WORDS.fullmatch(str(label))
    ]

    assert own == []
