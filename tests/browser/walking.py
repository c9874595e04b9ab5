"""How people walk through pages in a browser, which are looked at one after the other.

With `SCREENSHOTS` set to a folder outside of the repository, each page is kept there for people to look at.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit

import pytest
from _pytest.mark import ParameterSet
from django.conf import settings
from django.core import mail
from playwright.sync_api import Browser, Page, Request

from tests.browser.axe import findings

OVERFLOWS: Final = "document.documentElement.scrollWidth > innerWidth"
PASSWORD: Final = "one slice per click"
_CODE: Final = re.compile(r"^[0-9A-Z]{4}-[0-9A-Z]{4}$", re.MULTILINE)
_HEIGHTS: Final = {390: 844, 1280: 900}


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """How somebody looks at pages: in a language, in a window so many CSS pixels wide, in a theme."""

    language: str
    width: int
    theme: Literal["light", "dark"]

    def __str__(self) -> str:
        return f"{self.language}-{self.width}-{self.theme}"


ALWAYS: Final = (
    Looks(language="en", width=1280, theme="light"),
    Looks(language="fr", width=390, theme="dark"),
)
"""Two that have each language, each width and each theme between them."""


def all_looks() -> list[ParameterSet]:
    """Return every look, as parameters of a test; all but two of them wait for somebody who wants pictures."""
    only_for_pictures = pytest.mark.skipif(
        not os.environ.get("SCREENSHOTS"), reason="two looks cover all; SCREENSHOTS=FOLDER walks in all eight"
    )
    every = [
        Looks(language=language, width=width, theme=theme)
        for language, _ in settings.LANGUAGES
        for width in _HEIGHTS
        for theme in ("light", "dark")
    ]
    return [pytest.param(each, id=str(each), marks=() if each in ALWAYS else only_for_pictures) for each in every]


@dataclass(kw_only=True)
class Walk:
    """One person's way: the page that they see, and what was wrong so far."""

    person: str
    looks: Looks
    page: Page
    origins: frozenset[str]
    stations: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    """What pages asked of others, complained about, or look like, each with where that was."""

    def look(self, station: str) -> None:
        """Note where the page isn't in the person's language, what axe finds, and whether something stands out of it.

        The page as it is goes into the folder that `SCREENSHOTS` names.
        """
        self.page.wait_for_load_state()
        self.stations.append(station)
        if folder := os.environ.get("SCREENSHOTS"):
            name = f"{self.person}-{len(self.stations):02}-{station}-{self.looks}.png"
            self.page.screenshot(path=Path(folder) / name, full_page=True)
        language = self.page.locator("html").get_attribute("lang")
        if language != self.looks.language:
            self.wrong.append(f"{station}: it is in the language {language}")
        self.wrong += [f"{station}: {found}" for found in findings(self.page)]
        if self.page.evaluate(OVERFLOWS):
            self.wrong.append(f"{station}: it is wider than the window")

    def go(self, path: str) -> None:
        """Open a page of ours by its address."""
        self.page.goto(settings.APP_URL + path)

    def send(self) -> None:
        """Press what the page's form is there for."""
        self.page.locator("main form button.big").click()

    def enter(self) -> None:
        """Send the first form of a page for signing up and logging in."""
        self.page.locator("main form button[type=submit]").first.click()

    def sign_up(self, email: str) -> None:
        """Sign up on the page for it, and type the code that an email brings."""
        self.look("sign-up")
        self.page.locator("#id_email").fill(email)
        self.page.locator("#id_password1").fill(PASSWORD)
        self.enter()
        self.page.locator("#id_code").wait_for()
        self.look("code")
        field_and_button = self.page.locator("#id_code, main .actions .actions > button:first-child")
        if len(set(field_and_button.evaluate_all("(both) => both.map((each) => each.offsetWidth)"))) > 1:
            self.wrong.append("code: its button is not as wide as its field")
        (code,) = _CODE.findall(str(mail.outbox[-1].body))
        self.page.locator("#id_code").fill(code)
        self.enter()
        self.page.wait_for_url("**/welcome/")

    def log_in(self, email: str, password: str) -> None:
        """Log in on the page for it, as far as a password leads."""
        self.page.locator("#id_login").fill(email)
        self.page.locator("#id_password").fill(password)
        self.enter()

    def note_request(self, request: Request) -> None:
        """Note what is asked of another origin."""
        url = urlsplit(request.url)
        if url.scheme in {"http", "https"} and f"{url.scheme}://{url.netloc}" not in self.origins:
            self.wrong.append(f"{self.page.url} asks {request.url}")

    def note_error(self, error: str) -> None:
        """Note what a page complains about."""
        self.wrong.append(f"{self.page.url} says: {error}")


@contextmanager
def walked(browser: Browser, looks: Looks, *, person: str) -> Iterator[Walk]:
    """Let somebody walk in a browser of their own; fail in the end where something was wrong."""
    with browser.new_context(
        locale={"en": "en-GB", "fr": "fr-FR"}[looks.language],
        viewport={"width": looks.width, "height": _HEIGHTS[looks.width]},
        color_scheme=looks.theme,
        reduced_motion="reduce",
    ) as context:
        origins = frozenset({settings.APP_URL, settings.EMBED_URL})
        walk = Walk(person=person, looks=looks, page=context.new_page(), origins=origins)
        context.on("request", walk.note_request)
        context.on("console", lambda told: walk.note_error(told.text) if told.type == "error" else None)
        context.on("weberror", lambda error: walk.note_error(str(error.error)))
        yield walk
        if walk.wrong:
            pytest.fail("\n".join(walk.wrong))
