"""Brings the translations in `locale/` up to date with the texts in code and templates, by Babel alone.

`python -m flattr.development.messages` rewrites the file of each language; with `--check` it only tells what
such a file lacks. An empty `locale/<language>/LC_MESSAGES/django.po` starts a language.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import Final

from babel.messages.catalog import PYTHON_FORMAT, Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po
from django.utils.translation import templatize

from flattr.development.services import CHECKOUT

_WIDTH: Final = 110
_SINGULAR: Final = None
_PLURAL: Final = (1, 2)
_IN_CONTEXT: Final = ((1, "c"), 2)
_PLURAL_IN_CONTEXT: Final = ((1, "c"), 2, 3)
_KEYWORDS: Final = {
    "_": _SINGULAR,
    "gettext": _SINGULAR,
    "gettext_lazy": _SINGULAR,
    "gettext_noop": _SINGULAR,
    "ngettext": _PLURAL,
    "ngettext_lazy": _PLURAL,
    "pgettext": _IN_CONTEXT,
    "pgettext_lazy": _IN_CONTEXT,
    "npgettext": _PLURAL_IN_CONTEXT,
    "npgettext_lazy": _PLURAL_IN_CONTEXT,
}
"""The functions that mark a text, and which of their arguments are texts (`c` is a context)."""

# Babel's own header has dates, addresses and its version: a change in every run, and nothing that is read.
_HEADER: Final = """\
msgid ""
msgstr ""
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plural_forms}\\n"

"""


def extract_texts(root: Path) -> Catalog:
    """Return every text that the apps' code and the templates under this folder mark for translation."""
    catalog = Catalog()
    for path in _sources(root):
        source = path.read_text(encoding="utf-8")
        python = source if path.suffix == ".py" else _as_python(source, origin=path)
        # Line numbers would change with every edit; the file alone is enough to find a text.
        locations = [(path.relative_to(root).as_posix(), 0)]
        found = extract("python", BytesIO(python.encode()), keywords=_KEYWORDS, comment_tags=["Translators:"])
        for _, text, comments, context in found:
            catalog.add(text, locations=locations, auto_comments=comments, context=context)
    return catalog


def catalog_files(root: Path) -> list[Path]:
    """Return the file of each language under this folder."""
    return sorted(root.glob("locale/*/LC_MESSAGES/django.po"))


def update(root: Path, file: Path) -> None:
    """Rewrite a language's file: new texts come in untranslated, texts that nobody uses any more go."""
    catalog = _merged(root, file)
    body = BytesIO()
    write_po(
        body,
        catalog,
        width=_WIDTH,
        omit_header=True,
        sort_by_file=False,
        sort_output=True,
        ignore_obsolete=True,
        include_lineno=False,
    )
    header = _HEADER.format(language=_language(file), plural_forms=catalog.plural_forms)
    file.write_text((header + body.getvalue().decode()).rstrip("\n") + "\n", encoding="utf-8")


def problems(root: Path, file: Path) -> list[str]:
    """Return what a language's file lacks, each with its kind and text; nothing is written."""
    known, merged = _read(file), _merged(root, file)
    found = [f"obsolete: {_label(message)}" for message in merged.obsolete.values()]
    for message in merged:
        if not message.id:
            continue  # The header.
        if known.get(message.id, message.context) is None:
            found.append(f"missing: {_label(message)}")
        elif message.fuzzy or not all(_forms(message)):
            # A fuzzy translation is a guess, so it is never compiled.
            found.append(f"untranslated: {_label(message)}")
        else:
            found += [f"wrong: {_label(message)}: {reason}" for reason in _faults(message, merged)]
    return sorted(found)


def main(arguments: Sequence[str] | None = None, *, root: Path = CHECKOUT) -> int:
    """Update every language, or only check it, and list what is left to do; a check that finds something fails."""
    parser = argparse.ArgumentParser(description="Bring locale/*.po up to date with the texts in the code.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail and list what is to be done")
    only_checks = parser.parse_args(arguments).check
    found = []
    for file in catalog_files(root):
        if not only_checks:
            update(root, file)
        found += [f"{file.relative_to(root)}: {problem}\n" for problem in problems(root, file)]
    sys.stdout.writelines(found)
    return 1 if found and only_checks else 0


def _sources(root: Path) -> Iterator[Path]:
    """Yield the files that may have texts, in an order that no file system changes."""
    for app in sorted(root.glob("*/apps.py")):
        # Migrations only repeat what the models said at their time.
        yield from (path for path in sorted(app.parent.rglob("*.py")) if "migrations" not in path.parts)
    for suffix in ("html", "txt"):
        yield from sorted(root.glob(f"templates/**/*.{suffix}"))


def _as_python(template: str, *, origin: Path) -> str:
    """Return calls of gettext functions in the place of a template's tags, in something like Python."""
    text = templatize(template, origin=str(origin))
    # Python's tokenizer would stumble over the indentation, which means nothing here.
    return "\n".join(line.lstrip() for line in text.splitlines())


def _read(file: Path) -> Catalog:
    with file.open("rb") as stream:
        return read_po(stream, locale=_language(file), domain="django")


def _merged(root: Path, file: Path) -> Catalog:
    """Return a language's texts as the code wants them, with the translations that the file has."""
    catalog = _read(file)
    catalog.update(extract_texts(root), no_fuzzy_matching=True, update_creation_date=False)
    return catalog


def _language(file: Path) -> str:
    return file.parent.parent.name


def _label(message: Message) -> str:
    text = message.id if isinstance(message.id, str) else message.id[0]
    return f"{text!r} ({message.context})" if message.context else repr(text)


def _forms(message: Message) -> list[str]:
    """Return the translation's forms: one, or one for each plural of its language."""
    return [message.string or ""] if isinstance(message.string, str | None) else list(message.string)


def _faults(message: Message, catalog: Catalog) -> Iterator[str]:
    """Yield what makes a translation unusable."""
    errors = message.check(catalog)
    yield from (str(error) for error in errors)
    if errors or not message.python_format:
        return
    # Babel lets a translation leave placeholders out; ours would then withhold an amount or a name.
    source = message.id if isinstance(message.id, str) else message.id[-1]
    lost = {each for form in _forms(message) for each in _placeholders(source) - _placeholders(form)}
    if lost:
        yield f"it leaves out {', '.join(sorted(lost))}"


def _placeholders(text: str) -> set[str]:
    return {match.group() for match in PYTHON_FORMAT.finditer(text)} - {"%%"}


if __name__ == "__main__":
    sys.exit(main())
