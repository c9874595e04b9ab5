"""All pages, as each role sees them: what is looked at by checkers of whole pages."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from justhtml import JustHTML

from tests.client import StrictClient
from tests.pages import world
from tests.pages.test_every_page import ANSWERS, address
from tests.pages.world import ROLES, World

LANGUAGES: Final = [code for code, _ in settings.LANGUAGES]
_files: Final = set[str]()
"""Names of what turned out to be a paper, a picture or data, whoever asks; made, they take longer than the pages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A page that somebody got."""

    name: str
    role: str
    language: str
    path: str
    html: str
    document: JustHTML

    @property
    def title(self) -> str:
        """Return a name of it for files and lists."""
        return f"{self.name.replace(':', '.')}-{self.role}-{self.language}"

    @property
    def structure(self) -> tuple[str, ...]:
        """Return its elements with their classes, in order: pages that differ in words and numbers alone have one."""
        named = ((each.name, each.attrs or {}) for each in self.document.query("*"))
        return tuple(f"{name} {attrs.get('class')} {attrs.get('type')}" for name, attrs in named)


def pages_of(town: World, role: str, language: str) -> Iterator[Seen]:
    """Yield each HTML page that a role gets, in a language."""
    client = client_of(town, role)
    for name, answers in ANSWERS.items():
        if answers.split()[ROLES.index(role)].isdecimal() and name not in _files:
            response = client.get(address(name, town), headers={"accept-language": language})
            if not response.headers["Content-Type"].startswith("text/html"):
                _files.add(name)
            elif response.content:
                yield seen_in(response, name=name, role=role, language=language)


def client_of(town: World, role: str) -> StrictClient:
    """Return a client of the town's person with that role."""
    client = StrictClient()
    person = town.person(role)
    if person is not None:
        client.force_login(world.confirmed(person))
    return client


def seen_in(response: Any, *, name: str, role: str, language: str) -> Seen:
    """Return the page that an answer is."""
    path, html = response.request["PATH_INFO"], response.content.decode()
    if response.request["QUERY_STRING"]:
        path += f"?{response.request['QUERY_STRING']}"
    return Seen(name=name, role=role, language=language, path=path, html=html, document=world.document(response))
