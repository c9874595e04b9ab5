"""What is wrong with a button on somebody's page, in plain words. It judges what was fetched, and fetches nothing."""

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from html.parser import HTMLParser
from typing import Final
from urllib.parse import parse_qs, urljoin, urlsplit

from django.utils.translation import gettext as _

from buttons import content_policy
from buttons.content_policy import Resource

_ELEMENT: Final = "flattr-button"
_LOADER: Final = re.compile(r"/(1|\d+\.\d+\.\d+)\.js")
_PICTURE: Final = re.compile(r"/([-a-zA-Z0-9_]+)\.svg")
_CREATOR: Final = re.compile(r"/@([-a-zA-Z0-9_]+)/?")
_BUTTON_PAGE: Final = re.compile(r"/b/[-a-zA-Z0-9_]+/(click/)?")
_INERT: Final = frozenset({"template", "noscript"})
"""What stands in these is no part of the page that a browser with scripts shows."""


class Problem(Enum):
    """What may be wrong."""

    TOO_LARGE = "too large"
    NO_BUTTON = "no button"
    WRONG_CREATOR = "wrong creator"
    NO_LOADER = "no loader"
    NO_CANONICAL = "no canonical address"
    ELSEWHERE = "an address elsewhere"
    POLICY = "a policy"
    MIXED_CONTENT = "mixed content"
    NOT_VERIFIED = "not verified"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong, what to do about it, and a line to copy where there is one."""

    problem: Problem
    text: str
    line: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedPage:
    """A page as it came: the address after all redirects, the headers as they were sent, the HTML or its start."""

    url: str
    headers: Sequence[tuple[str, str]]
    html: str
    is_whole: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """Whose button should be there, our addresses, and whether the page's site is verified for the creator."""

    creator: str
    app_url: str
    embed_url: str
    is_verified: bool


def check(page: FetchedPage, expected: Expected) -> list[Finding]:
    """Return what is wrong with the buttons on a page; nothing where all is well."""
    reader = _Reader(page.url, expected)
    reader.feed(page.html)
    reader.close()
    seen = reader.seen
    if not seen.buttons:
        return [*_cut(page), _found_nothing(expected), *_mixed_content(page, seen, expected)]
    return [
        *_cut(page),
        *_wrong_creator(seen, expected),
        *_missing_loader(seen, expected),
        *_wrong_address(page, seen),
        *_blocked(page, seen, expected),
        *_mixed_content(page, seen, expected),
        *_unverified(page, expected),
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Button:
    """A button on the page: the page that it names or nothing, and whether it wants the loader.

    `to` is whose it is, or None where a link doesn't tell.
    """

    to: str | None
    url: str
    wants_loader: bool = False


@dataclass(slots=True)
class _Seen:
    """What the page has of ours, and what else matters."""

    buttons: list[_Button] = field(default_factory=list)
    resources: list[Resource] = field(default_factory=list)
    insecure: list[str] = field(default_factory=list)
    policies: list[str] = field(default_factory=list)
    canonical: str = ""


class _Reader(HTMLParser):
    """Reads a page as far as buttons are concerned."""

    def __init__(self, url: str, expected: Expected) -> None:
        super().__init__()
        self._base = url
        self._app = _origin(expected.app_url)
        self._embed = _origin(expected.embed_url)
        self._inert: list[str] = []
        self._inside_element = 0
        self.seen = _Seen()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what an element is to us."""
        if tag in _INERT:
            self._inert.append(tag)
        if self._inert:
            return
        # Of an attribute that stands twice the first counts.
        given = {name: value or "" for name, value in reversed(attrs)}
        reader = {
            _ELEMENT: self._read_element,
            "a": self._read_link,
            "iframe": self._read_frame,
            "img": self._read_picture,
            "script": self._read_script,
            "link": self._read_head_link,
            "meta": self._read_meta,
            "base": self._read_base,
        }.get(tag)
        if reader is not None:
            reader(given)

    def handle_endtag(self, tag: str) -> None:
        """Note that an element ends."""
        if tag in _INERT and tag in self._inert:
            self._inert.remove(tag)
        if tag == _ELEMENT:
            self._inside_element = max(0, self._inside_element - 1)

    def _read_element(self, given: dict[str, str]) -> None:
        self._inside_element += 1
        self._add(given.get("to", ""), given.get("url", ""), wants_loader=True)

    def _read_link(self, given: dict[str, str]) -> None:
        if _ELEMENT in given.get("class", "").split() and "data-to" in given:
            self._add(given["data-to"], given.get("data-url", ""), wants_loader=True)
            return
        address = self._address(given, "href")
        # The link inside the element is the same button.
        if not self._inside_element and _origin(address) == self._app:
            path, asked = urlsplit(address).path, _asked(address)
            creator = _CREATOR.fullmatch(path)
            if path == "/pay":
                self._add(asked.get("to", ""), asked.get("url", ""))
            elif creator is not None and asked.get("url"):
                self._add(creator[1], asked["url"])
            elif _BUTTON_PAGE.fullmatch(path):
                self._add(None, "")

    def _read_frame(self, given: dict[str, str]) -> None:
        address = self._address(given, "src")
        if self._is_ours(address) and urlsplit(address).path == "/b":
            asked = _asked(address)
            self._add(asked.get("to", ""), asked.get("url", ""))
            self._use("frame-src", address)

    def _read_picture(self, given: dict[str, str]) -> None:
        address = self._address(given, "src")
        if self._is_ours(address) and _PICTURE.fullmatch(urlsplit(address).path):
            self._use("img-src", address)

    def _read_script(self, given: dict[str, str]) -> None:
        address = self._address(given, "src")
        if self._is_ours(address) and _LOADER.fullmatch(urlsplit(address).path):
            self._use(
                "script-src", address, nonce=given.get("nonce", ""), integrity=given.get("integrity", "").strip()
            )

    def _read_head_link(self, given: dict[str, str]) -> None:
        if "canonical" in given.get("rel", "").lower().split() and not self.seen.canonical:
            self.seen.canonical = self._address(given, "href")

    def _read_meta(self, given: dict[str, str]) -> None:
        if given.get("http-equiv", "").lower() == "content-security-policy":
            self.seen.policies += content_policy.split([given.get("content", "")])

    def _read_base(self, given: dict[str, str]) -> None:
        self._base = self._address(given, "href") or self._base

    def _add(self, to: str | None, url: str, *, wants_loader: bool = False) -> None:
        self.seen.buttons.append(_Button(to=to, url=url, wants_loader=wants_loader))

    def _use(self, wants: str, address: str, **proofs: str) -> None:
        if _origin(address) != self._embed:
            self.seen.insecure.append(address)
        mended = f"{self._embed}{urlsplit(address).path}"
        self.seen.resources.append(Resource(wants=wants, address=mended, **proofs))

    def _is_ours(self, address: str) -> bool:
        """Tell whether an address is on the host of our frames, be it without encryption."""
        origin = _origin(address)
        return origin == self._embed or origin.replace("http://", "https://", 1) == self._embed

    def _address(self, given: dict[str, str], name: str) -> str:
        """Return the whole address in an attribute, or nothing where it can't be one."""
        try:
            address = urljoin(self._base, given.get(name, "").strip())
            is_whole = bool(urlsplit(address).hostname) and urlsplit(address).port != 0
        except ValueError:
            return ""
        return address if given.get(name) and is_whole else ""


def _cut(page: FetchedPage) -> Iterator[Finding]:
    if not page.is_whole:
        text = _("The page is so long that we looked at its beginning alone, at %(number)d characters.")
        yield Finding(problem=Problem.TOO_LARGE, text=text % {"number": len(page.html)})


def _found_nothing(expected: Expected) -> Finding:
    return Finding(
        problem=Problem.NO_BUTTON,
        text=_(
            "There is no button on this page. If a script adds it later, this check can’t see it; else paste the"
            ' snippet into the page. It names you by to="%(creator)s".'
        )
        % {"creator": expected.creator},
    )


def _wrong_creator(seen: _Seen, expected: Expected) -> Iterator[Finding]:
    others = list(dict.fromkeys(each.to for each in seen.buttons if each.to is not None))
    if others and expected.creator not in others:
        text = _('The button is for “%(other)s”, not for you. Write to="%(creator)s" instead.')
        yield Finding(
            problem=Problem.WRONG_CREATOR,
            text=text % {"other": ", ".join(others), "creator": expected.creator},
            line=f'to="{expected.creator}"',
        )


def _missing_loader(seen: _Seen, expected: Expected) -> Iterator[Finding]:
    if _wants_loader(seen) and not _has(seen, "script-src"):
        yield Finding(
            problem=Problem.NO_LOADER,
            text=_("The script that makes a button of the link is missing. Until it is there, the link works alone."),
            line=f'<script async src="{expected.embed_url}/1.js"></script>',
        )


def _wrong_address(page: FetchedPage, seen: _Seen) -> Iterator[Finding]:
    canonical = seen.canonical
    if any(each.wants_loader and not each.url for each in seen.buttons) and not canonical:
        yield Finding(
            problem=Problem.NO_CANONICAL,
            text=_(
                "The page doesn’t say which of its addresses is the one. Opened by two addresses, it counts as two"
                " pages. Put this line into its head, or give the button a url."
            ),
            line=f'<link rel="canonical" href="{html.escape(page.url.partition("#")[0])}">',
        )
    for address in dict.fromkeys(each.url or (canonical if each.wants_loader else "") for each in seen.buttons):
        host = _host(address)
        if address and host != _host(page.url):
            text = _("The button counts for a page on %(other)s, and this one is on %(host)s.")
            yield Finding(problem=Problem.ELSEWHERE, text=text % {"other": host or address, "host": _host(page.url)})


def _blocked(page: FetchedPage, seen: _Seen, expected: Expected) -> Iterator[Finding]:
    resources = list(seen.resources)
    if _wants_loader(seen):
        # What isn't there yet, or is made by the loader alone, has to be let in as well.
        if not _has(seen, "script-src"):
            resources.append(Resource(wants="script-src", address=f"{expected.embed_url}/1.js"))
        resources.append(Resource(wants="frame-src", address=f"{expected.embed_url}/b"))
    in_headers = content_policy.split(
        value for name, value in page.headers if name.lower() == "content-security-policy"
    )
    places = [
        (in_headers, _("The header Content-Security-Policy of the page blocks us.")),
        (seen.policies, _("The meta element Content-Security-Policy of the page blocks us.")),
    ]
    found = [
        Finding(problem=Problem.POLICY, text=f"{where} {_advice(blocked.needs_nonce)}", line=blocked.line)
        for policies, where in places
        for policy in policies
        for resource in resources
        if (blocked := content_policy.judge(policy, resource, page=page.url)) is not None
    ]
    yield from dict.fromkeys(found)


def _advice(needs_nonce: bool) -> str:  # noqa: FBT001  It is what a dataclass of ours says.
    if needs_nonce:
        return _("Give our script the attribute nonce that your other scripts have; this directive asks for it:")
    return _("Let it have this directive:")


def _mixed_content(page: FetchedPage, seen: _Seen, expected: Expected) -> Iterator[Finding]:
    # In development we aren't encrypted ourselves.
    if urlsplit(expected.embed_url).scheme != "https":
        return
    if urlsplit(page.url).scheme != "https":
        yield Finding(
            problem=Problem.MIXED_CONTENT,
            text=_("The page isn’t encrypted. The button shows itself on pages with https alone; its link works."),
        )
        return
    for address in dict.fromkeys(seen.insecure):
        yield Finding(
            problem=Problem.MIXED_CONTENT,
            text=_("The page loads this without encryption, and browsers refuse it. Write https instead of http:"),
            line=address.replace("http://", "https://", 1),
        )


def _unverified(page: FetchedPage, expected: Expected) -> Iterator[Finding]:
    if not expected.is_verified:
        text = _(
            "You haven’t shown yet that %(host)s is yours. Until then each click is confirmed in a window of ours,"
            " and counts for your own page here."
        )
        yield Finding(problem=Problem.NOT_VERIFIED, text=text % {"host": _host(page.url)})


def _wants_loader(seen: _Seen) -> bool:
    return any(each.wants_loader for each in seen.buttons)


def _has(seen: _Seen, wants: str) -> bool:
    return any(each.wants == wants for each in seen.resources)


def _asked(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def _host(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def _origin(address: str) -> str:
    """Return scheme, host and port, or nothing where there is no host."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc.lower()}" if parts.netloc else ""
