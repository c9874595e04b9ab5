"""Emails as HTML: each kind of ours and of allauth's says in it what its text says, and is valid."""

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import allauth
import pytest
from allauth.core import context as allauth_context
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.test import RequestFactory
from django.utils.translation import override
from justhtml import JustHTML

from accounts.adapter import AccountAdapter
from accounts.models import Notification
from accounts.operations import email_of
from flattr import emails
from tests import given
from tests.accounts.test_emails import CONTEXT
from tests.pages.test_valid_html import faults, java  # noqa: F401  It is a fixture.

pytestmark = pytest.mark.django_db

LANGUAGES: Final = [code for code, _ in settings.LANGUAGES]
OF_ALLAUTH: Final = sorted(
    f"{path.parent.parent.name}/email/{path.name.removesuffix('_message.txt')}"
    for path in Path(allauth.__file__).parent.glob("templates/*/email/*_message.txt")
    if path.name != "base_message.txt" and path.parent.parent.name in {"account", "mfa", "socialaccount"}
)
FROM_ALLAUTH: Final = {
    "activate_url": f"{settings.APP_URL}/confirm/key/",
    "password_reset_url": f"{settings.APP_URL}/reset/key/",
    "signup_url": f"{settings.APP_URL}/signup/",
    "code": "ABCD-EFGH",
    "ip": "192.0.2.1",
    "user_agent": "Firefox <128>",
    "timestamp": "2026-10-15",
    "provider": "GitHub",
}
URL: Final = re.compile(re.escape(settings.APP_URL) + r"\S*[^\s.,:]")


def ours(kind: str, language: str, moment: datetime) -> EmailMultiAlternatives:
    """Return an email of ours, to somebody whose name means something in HTML."""
    lines = [{"creator": "Eve & <Co>", "origin": "https://eve.example", "clicks": 2}, *CONTEXT["lines"]]  # type: ignore[misc]
    context = {**CONTEXT, "lines": CONTEXT["lines"] if kind == "alarm" else lines[:1], "more": 2}
    person = given.user("Ada <b> & Bob", language=language)
    owed = Notification(recipient=person, kind=kind, subject_key="key", context=context, created_at=moment)
    return email_of(owed)


def of_allauth(name: str, language: str) -> EmailMultiAlternatives:
    """Return an email of allauth's."""
    request = RequestFactory().get("/")
    context = {**FROM_ALLAUTH, "user": given.user("Ada"), "current_site": Site(), "request": request}
    with allauth_context.request_context(request), override(language):
        return AccountAdapter(request).render_mail(name, "ada@example.com", context)


class Site:
    """What allauth names in its emails."""

    name, domain = "Flattr", "flattr.example"


def html_of(message: EmailMultiAlternatives) -> str:
    """Return the part that is HTML, the only one beside the text."""
    ((html, kind),) = message.alternatives
    assert kind == "text/html"
    return str(html)


def words(text: str) -> list[str]:
    """Return the words, without the points of lists."""
    return [word for word in text.split() if word != "·"]


def assert_both_say_the_same(message: EmailMultiAlternatives, language: str) -> None:
    """Compare words and links, which lead to us alone, and look whether anything would be fetched."""
    html = html_of(message)
    page = JustHTML(html, strict=True, sanitize=False)
    (card,) = page.query(".card")
    shown = card.to_text(separator=" ")
    links = [(each.attrs or {})["href"] for each in page.query("a")]

    assert (page.query("html")[0].attrs or {})["lang"] == language
    for button in page.query("a.button"):
        shown = shown.replace(button.to_text(), " ", 1)
    assert words(re.sub(r"\s", " ", shown)) == words(f"{message.subject} {message.body}")
    assert links == URL.findall(str(message.body))
    assert page.query("img, link, script, iframe, [background]") == []
    assert "url(" not in html


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", Notification.Kind.values)
def test_every_email_of_ours_has_both_parts(kind: str, language: str, mid_october: datetime) -> None:
    """With the same words and links, in the recipient's language, and nothing that is fetched from anywhere."""
    assert_both_say_the_same(ours(kind, language, mid_october), language)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", OF_ALLAUTH)
def test_every_email_of_allauth_has_both_parts(name: str, language: str) -> None:
    """The same is true of what people get who sign up, or change how they log in."""
    assert_both_say_the_same(of_allauth(name, language), language)


@pytest.mark.processes
def test_every_email_is_valid(java: str, tmp_path: Path, mid_october: datetime) -> None:  # noqa: F811
    """By the W3C's checker."""
    for language in LANGUAGES:
        for name, message in [
            *((kind, ours(kind, language, mid_october)) for kind in Notification.Kind.values),
            *((name, of_allauth(name, language)) for name in OF_ALLAUTH),
        ]:
            (tmp_path / f"{name.replace('/', '-')}-{language}.html").write_text(html_of(message))

    assert len(list(tmp_path.iterdir())) > 80
    assert faults(java, tmp_path) == []


def blocks(text: str) -> Iterator[tuple[str, list[str]]]:
    """Yield kinds and lines of a text's parts."""
    yield from ((block.kind, [str(line) for line in block.lines]) for block in emails._blocks(text))


def test_a_text_is_cut_into_its_parts() -> None:
    """Addresses and codes that stand alone are buttons and large; points are lists; all else stays as it is."""
    ours = settings.APP_URL
    text = (
        f"Hello <Ada>,\n\nsee {ours}/x?y=1&z=2, or write.\nHere:\n{ours}/\n{ours}/b/\n\n"
        "· one\n· two\n\nABCD-EFGH\n\nYours"
    )

    assert list(blocks(text)) == [
        ("text", ["Hello &lt;Ada&gt;,"]),
        (
            "text",
            [
                f'see <a href="{ours}/x?y=1&amp;z=2">{ours}/x?y=1&amp;z=2</a>, or write.',
                "Here:",
            ],
        ),
        ("link", [f"{ours}/"]),
        ("link", [f"{ours}/b/"]),
        ("list", ["one", "two"]),
        ("code", ["ABCD-EFGH"]),
        ("text", ["Yours"]),
    ]


@pytest.mark.parametrize("end", ["", ".evil.example/", "@evil.example/", ":81/", "1/"])
def test_no_address_of_a_stranger_is_a_link(end: str) -> None:
    """It may be somebody's name, or a note, and an email of ours would lead there."""
    other = f"{settings.APP_URL}{end}" if end else "https://evil.example/login/"

    assert list(blocks(f"Look at {other}\n\n{other}")) == [("text", [f"Look at {other}"]), ("text", [other])]


def test_what_is_sent_has_both_parts(mid_october: datetime, mailoutbox: list[Any]) -> None:
    """The text is first, and comes as it did before there was HTML."""
    message = ours("payout_sent", "en", mid_october)
    parts: Any = message.message().get_payload()

    assert [part.get_content_type() for part in parts] == ["text/plain", "text/html"]
    assert mailoutbox == []
