"""Emails as text and as HTML. The text is written once, and the HTML made of it, so both say the same."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

_URL: Final = re.compile(re.escape(settings.APP_URL) + r"(?=[/?#])[^\s<>\"]*[^\s<>\".,:;!?)”»]")
"""An address of ours. Others stand in what strangers wrote, such as names, and nothing of that leads away."""
_CODE: Final = re.compile(r"[0-9A-Z]{4}-[0-9A-Z]{4}")
"""What people type who confirm their address, as allauth makes it."""
_POINT: Final = "· "


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Some lines that belong together, and how they are shown: `text`, a `list`, a `link` or a `code` alone."""

    kind: str
    lines: list[SafeString]


def one_line(text: str) -> str:
    """Return a text of somebody's, such as a name, without line breaks: in emails and posts a line speaks for us."""
    return " ".join(text.split())


def add_html(message: EmailMultiAlternatives) -> None:
    """Add to an email what its text says, as HTML in our design, in the language of the moment."""
    blocks = list(_blocks(str(message.body)))
    # What mail programs show beside the subject: the first sentence that isn't a greeting.
    preview = next((text.replace("\n", " ") for text in str(message.body).split("\n\n")[1:] if text.strip()), "")
    page = render_to_string("emails/base.html", {"subject": message.subject, "preview": preview, "blocks": blocks})
    message.attach_alternative(page, "text/html")


def _blocks(text: str) -> Iterator[Block]:
    """Yield the parts of a text: lines that stand alone and mean something, and the others up to an empty line."""
    for paragraph in re.split(r"\n\s*\n", text.strip()):
        kind, lines = "", list[SafeString]()
        for line in filter(None, (line.strip() for line in paragraph.splitlines())):
            its_kind = _kind_of(line)
            if lines and (its_kind != kind or kind in {"link", "code"}):
                yield Block(kind=kind, lines=lines)
                lines = []
            kind = its_kind
            lines.append(
                _linked(line.removeprefix(_POINT)) if kind != "link" else SafeString(format_html("{}", line))
            )
        if lines:
            yield Block(kind=kind, lines=lines)


def _kind_of(line: str) -> str:
    if _URL.fullmatch(line):
        return "link"
    if _CODE.fullmatch(line):
        return "code"
    return "list" if line.startswith(_POINT) else "text"


def _linked(line: str) -> SafeString:
    """Return a line as HTML, with links where it has addresses."""
    ends = [0, *(end for found in _URL.finditer(line) for end in found.span()), len(line)]
    parts = [line[start:end] for start, end in pairwise(ends)]
    return format_html_join(
        "",
        "{}",
        ((format_html('<a href="{0}">{0}</a>', part) if place % 2 else part,) for place, part in enumerate(parts)),
    )
