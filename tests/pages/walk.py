"""All pages, as each role sees them: what is looked at by checkers of whole pages."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from justhtml import JustHTML

from tests.client import StrictClient
from tests.pages import world
from tests.pages.test_every_page import ANSWERS, address
from tests.pages.world import ROLES, World

LANGUAGES: Final = [code for code, _ in settings.LANGUAGES]


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
    client = StrictClient(headers={"accept-language": language})
    person = town.person(role)
    if person is not None:
        client.force_login(world.confirmed(person))
    for name, answers in ANSWERS.items():
        if not answers.split()[ROLES.index(role)].isdecimal():
            continue
        path = address(name, town)
        response = client.get(path)
        if response.headers["Content-Type"].startswith("text/html") and response.content:
            html, document = response.content.decode(), world.document(response)
            yield Seen(name=name, role=role, language=language, path=path, html=html, document=document)
