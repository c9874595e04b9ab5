"""Translations are complete, right and stable."""

import re
import shutil
from pathlib import Path
from typing import Final

import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from flattr.development import messages
from flattr.development.services import CHECKOUT

TEMPLATE: Final = """\
<p>
  {% translate "Hello" %}
    {% translate "Open" context "door" as drawing %}{{ _("Constant")|title }}
</p>
{# Translators: a share of money #}
{% blocktranslate with fee=5 %}Of it, {{ fee }} % stay here.{% endblocktranslate %}
{% blocktranslate count count=1 %}{{ count }} click{% plural %}{{ count }} clicks{% endblocktranslate %}
"""

CODE: Final = """\
from django.utils.translation import gettext as _, gettext_lazy, ngettext, pgettext

def told(count, name):
    return [_("Plain"), gettext_lazy("Lazy " "and long"), ngettext("%(count)s fan", "%(count)s fans", count),
            pgettext("door", "Close"), _("For %(name)s") % {"name": name}]
"""

TRANSLATED: Final = {
    "Close": "Fermer",
    "Constant": "Constante",
    "For %(name)s": "Pour %(name)s",
    "Hello": "Bonjour",
    "Lazy and long": "Paresseux",
    "Of it, %(fee)s %% stay here.": "Dont %(fee)s %% restent ici.",
    "Open": "Ouvrir",
    "Plain": "Simple",
}


TORN: Final = re.compile("(?<!\N{NO-BREAK SPACE})(?:[:;!?](?!\\S)|»)|«(?!\N{NO-BREAK SPACE})|'")
"""Punctuation that could stand alone on a line, and typewriter's apostrophes."""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return a small tree of sources whose French is complete."""
    for name, text in {"app/apps.py": "", "app/views.py": CODE, "templates/page.html": TEMPLATE}.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    file = french(tmp_path)
    file.parent.mkdir(parents=True)
    file.touch()
    messages.main([], root=tmp_path)
    text = file.read_text()
    for source, translation in TRANSLATED.items():
        text = text.replace(f'msgid "{source}"\nmsgstr ""', f'msgid "{source}"\nmsgstr "{translation}"')
    for word in ("click", "fan"):
        text = re.sub(
            rf'({word}s"\nmsgstr\[0\] )""\n(msgstr\[1\] )""', rf'\1"%(count)s {word}"\n\2"%(count)s {word}s"', text
        )
    file.write_text(text)
    return tmp_path


def french(root: Path) -> Path:
    """Return the French file of a tree."""
    return root / "locale" / "fr" / "LC_MESSAGES" / "django.po"


def replace(file: Path, old: str, new: str) -> None:
    """Replace a text that stands in a file."""
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def found(root: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Return what the check prints, after making sure that it only looks."""
    capsys.readouterr()
    before = french(root).read_bytes()
    status = messages.main(["--check"], root=root)
    lines = [line.removeprefix("locale/fr/LC_MESSAGES/django.po: ") for line in capsys.readouterr().out.splitlines()]

    assert french(root).read_bytes() == before
    assert status == (1 if lines else 0)
    return lines


def test_the_french_is_complete() -> None:
    """Every text that a person can see has a usable French translation."""
    assert messages.problems(CHECKOUT, french(CHECKOUT)) == []


def test_french_punctuation_stays_with_its_word() -> None:
    """No French text can break a line before its punctuation, and none has a typewriter's apostrophe."""
    with french(CHECKOUT).open("rb") as stream:
        catalog = read_po(stream)
    texts = [
        text
        for message in catalog
        for text in ([message.string] if isinstance(message.string, str) else message.string or [])
        if message.id
    ]

    assert [text for text in texts if TORN.search(text)] == []


def test_an_update_of_the_own_files_changes_no_byte(tmp_path: Path) -> None:
    """An update after an update writes exactly the same."""
    for app in CHECKOUT.glob("*/apps.py"):
        shutil.copytree(app.parent, tmp_path / app.parent.name, ignore=shutil.ignore_patterns("__pycache__"))
    for folder in ("locale", "templates"):
        shutil.copytree(CHECKOUT / folder, tmp_path / folder)
    messages.main([], root=tmp_path)
    once = french(tmp_path).read_bytes()
    messages.main([], root=tmp_path)

    assert french(tmp_path).read_bytes() == once


def test_texts_of_code_and_templates_are_found(tree: Path) -> None:
    """Every way to mark a text is known, with its placeholders, plurals and contexts."""
    catalog = messages.extract_texts(tree)

    assert {(message.id, message.context) for message in catalog if message.id} == {
        ("Close", "door"),
        ("Constant", None),
        ("For %(name)s", None),
        ("Hello", None),
        ("Lazy and long", None),
        ("Of it, %(fee)s %% stay here.", None),
        ("Open", "door"),
        ("Plain", None),
        (("%(count)s click", "%(count)s clicks"), None),
        (("%(count)s fan", "%(count)s fans"), None),
    }
    assert {message.id for message in catalog if message.id and message.python_format} == {
        "For %(name)s",
        "Of it, %(fee)s %% stay here.",
        ("%(count)s click", "%(count)s clicks"),
        ("%(count)s fan", "%(count)s fans"),
    }


def test_the_file_says_nothing_of_time_and_place(tree: Path) -> None:
    """The header is what programs need, and a text's location is its file alone."""
    text = french(tree).read_text()
    header, _, rest = text.partition("\n\n")

    assert header == (
        'msgid ""\n'
        'msgstr ""\n'
        '"Language: fr\\n"\n'
        '"MIME-Version: 1.0\\n"\n'
        '"Content-Type: text/plain; charset=UTF-8\\n"\n'
        '"Content-Transfer-Encoding: 8bit\\n"\n'
        '"Plural-Forms: nplurals=2; plural=(n > 1);\\n"'
    )
    assert set(re.findall(r"^#: (.*)$", rest, re.MULTILINE)) == {"app/views.py", "templates/page.html"}


def test_a_complete_file_passes(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The check of a complete file finds nothing, before and after an update."""
    assert found(tree, capsys) == []
    messages.main([], root=tree)
    assert found(tree, capsys) == []


def test_a_new_text_is_missing_and_then_untranslated(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A text that the file doesn't know is reported, and still is once the file knows it untranslated."""
    replace(tree / "app" / "views.py", '"Plain"', '"Plainer"')

    assert found(tree, capsys) == ["missing: 'Plainer'", "obsolete: 'Plain'"]
    messages.main([], root=tree)
    assert found(tree, capsys) == ["untranslated: 'Plainer'"]


def test_an_obsolete_text_is_reported_until_an_update(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A translation whose text is gone is reported, and an update removes it."""
    replace(tree / "templates" / "page.html", '{% translate "Hello" %}', "")

    assert found(tree, capsys) == ["obsolete: 'Hello'"]
    messages.main([], root=tree)
    assert found(tree, capsys) == []
    assert "Hello" not in french(tree).read_text()


def test_half_a_plural_is_untranslated(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each plural form needs its text."""
    replace(french(tree), 'msgstr[1] "%(count)s fans"', 'msgstr[1] ""')

    assert found(tree, capsys) == ["untranslated: '%(count)s fan'"]


def test_a_guess_is_no_translation(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A translation that is marked as fuzzy is reported, since it would not be compiled."""
    replace(french(tree), 'msgid "Plain"', '#, fuzzy\nmsgid "Plain"')

    assert found(tree, capsys) == ["untranslated: 'Plain'"]


@pytest.mark.parametrize(
    ("translation", "reason"),
    [
        ("Pour %(nom)s", "unknown named placeholder 'nom'"),
        ("Pour %s", "the format strings are of different kinds"),
        ("Pour %(name)d", "incompatible format for placeholder 'name': 'd' and 's' are not compatible"),
        ("Pour vous, 100 %%", "it leaves out %(name)s"),
    ],
)
def test_a_broken_placeholder_is_wrong(
    translation: str, reason: str, tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A translation has exactly the placeholders of its text."""
    replace(french(tree), 'msgstr "Pour %(name)s"', f'msgstr "{translation}"')

    assert found(tree, capsys) == [f"wrong: 'For %(name)s': {reason}"]


def test_each_plural_form_needs_the_placeholder(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A form that leaves the number out is wrong."""
    replace(french(tree), 'msgstr[0] "%(count)s fan"', 'msgstr[0] "un fan"')

    assert found(tree, capsys) == ["wrong: '%(count)s fan': it leaves out %(count)s"]


@pytest.mark.django_db
def test_a_visitor_who_reads_french_gets_french(tmp_path: Path, settings: Settings, client: Client) -> None:
    """The compiled file makes pages French, amounts and plurals included."""
    target = tmp_path / "fr" / "LC_MESSAGES" / "django.mo"
    target.parent.mkdir(parents=True)
    with french(CHECKOUT).open("rb") as source, target.open("wb") as compiled:
        write_mo(compiled, read_po(source, locale="fr"))
    settings.LOCALE_PATHS = [tmp_path]

    page = client.get(reverse("landing"), headers={"Accept-Language": "fr"}).content.decode()

    assert '<html lang="fr">' in page
    assert "Donnez à tout ce que vous aimez, pour une somme fixe par mois." in page
    assert "2,50\N{NO-BREAK SPACE}€" in page
