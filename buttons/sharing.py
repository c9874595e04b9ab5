"""Links that open a post on a network about a page of ours, and the token that tells whose link it was.

Pure: it knows no request, no database and no settings. The networks are asked for nothing; what they document
of their addresses is named beside each (looked up in November 2026).
"""

import re
import unicodedata
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlencode

VIA: Final = "via"
"""The parameter of our addresses that has the token of whoever shared them."""

_JOINER: Final = "\u200d"
_WORD_JOINER: Final = "\u2060"
_CALLS: Final = re.compile(r"[@#\uff03]|:(?=//)")
_MORE: Final = "…"
_EXTENDS: Final = (range(0xFE00, 0xFE10), range(0x1F3FB, 0x1F400), range(0xE0020, 0xE0080))
"""Variation selectors, colours of skin and tags, which belong to the character before them."""
_FLAG_LETTERS: Final = range(0x1F1E6, 0x1F200)
"""Two of these are one flag."""
_WEIGH_ONE: Final = (range(4352), range(8192, 8206), range(8208, 8224), range(8242, 8248))
"""Characters that X counts once; all others count twice."""


def _weight_on_x(text: str) -> int:
    """Count as X does (https://docs.x.com/fundamentals/counting-characters), an emoji of several parts for more."""
    return sum(1 if any(ord(each) in some for some in _WEIGH_ONE) else 2 for each in text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """A network and its address that opens a post with something in it.

    `fields` are the address's parameters, made of `{text}` and `{url}`. A post has `room` for a text and its link, as
    `weigh` counts them; a link counts for `link_weighs`, or for as long as it is where that is None.
    """

    name: str
    address: str
    fields: Mapping[str, str]
    room: int | None = None
    weigh: Callable[[str], int] = len
    link_weighs: int | None = None

    def link(self, *, text: str, url: str, server: str = "") -> str:
        """Return the address that opens a post of a text and the address of a page.

        A text that is too long is cut, and the page's address never is. `server` is the host that a network of many
        servers is asked by.
        """
        if self.room is not None:
            link_weighs = self.weigh(url) if self.link_weighs is None else self.link_weighs
            # One more for the space between them.
            text = cut(text, room=max(1, self.room - link_weighs - 1), weigh=self.weigh)
        values = {name: form.format(text=text, url=url) for name, form in self.fields.items()}
        # Spaces as `%20`: a plus sign means one in forms of browsers alone, and itself in an email (RFC 6068).
        return f"{self.address.format(server=server)}?{urlencode(values, safe='', quote_via=quote)}"


NETWORKS: Final = (
    # Only the page is taken, which tells title and picture (https://developers.facebook.com/docs/sharing/webmasters).
    # The address itself is in no document of theirs any more, though everybody uses it, as with LinkedIn and Reddit:
    # https://shkspr.mobi/blog/2025/08/what-about-using-relshare-url-to-expose-sharing-intents
    Network(name="Facebook", address="https://www.facebook.com/sharer/sharer.php", fields={"u": "{url}"}),
    # https://developer.x.com/en/docs/x-for-websites/tweet-button/guides/web-intent; any link counts for 23 there.
    Network(
        name="X",
        address="https://twitter.com/intent/tweet",
        fields={"text": "{text}", "url": "{url}"},
        room=280,
        weigh=_weight_on_x,
        link_weighs=23,
    ),
    # https://docs.bsky.app/docs/advanced-guides/intent-links: 300 grapheme clusters, each at least one character.
    Network(name="Bluesky", address="https://bsky.app/intent/compose", fields={"text": "{text} {url}"}, room=300),
    Network(name="LinkedIn", address="https://www.linkedin.com/sharing/share-offsite/", fields={"url": "{url}"}),
    # A title has 300 characters, and the link is none of them.
    Network(
        name="Reddit",
        address="https://www.reddit.com/submit",
        fields={"url": "{url}", "title": "{text}"},
        room=300,
        link_weighs=0,
    ),
    # https://faq.whatsapp.com/5913398998672934, the link without a number.
    Network(name="WhatsApp", address="https://wa.me/", fields={"text": "{text} {url}"}),
    # https://core.telegram.org/widgets/share#custom-buttons
    Network(name="Telegram", address="https://t.me/share/url", fields={"url": "{url}", "text": "{text}"}),
)

# `SharesController` of https://github.com/mastodon/mastodon, which other software of the fediverse has copied. A post
# has 500 characters unless a server allows more, and a link counts for 23: https://docs.joinmastodon.org/user/posting/
MASTODON: Final = Network(
    name="Mastodon",
    address="https://{server}/share",
    fields={"text": "{text} {url}"},
    room=500,
    link_weighs=23,
)

# RFC 6068, by which lines end as in emails.
EMAIL: Final = Network(name="", address="mailto:", fields={"subject": "{text}", "body": "{text}\r\n\r\n{url}"})


def cut(text: str, *, room: int, weigh: Callable[[str], int] = len) -> str:
    """Return a text, or as many of its words as there is room for; emoji and accents are kept whole or left out."""
    if weigh(text) <= room:
        return text
    # No character weighs nothing.
    end = _last_start(text[: room + 1])
    while end and weigh(text[:end] + _MORE) > room:
        end = _last_start(text[:end])
    kept = text[:end]
    words = kept if text[end].isspace() else kept.rpartition(" ")[0]
    # A language without spaces, or one very long word, is cut inside.
    return (words if 2 * len(words) >= len(kept) else kept).rstrip() + _MORE


def without_calls(text: str) -> str:
    """Return a text in which networks find nobody to call, no topic and no address: an unseen sign parts them.

    Whoever is called `@ada@social.example` or `https://…` would else be that in other people's posts.
    """
    return _CALLS.sub(f"\\g<0>{_WORD_JOINER}", text)


def _last_start(text: str) -> int:
    """Return where the last character begins as people see it."""
    start = len(text) - 1
    while start > 0 and (_extends(text[start]) or text[start - 1] == _JOINER or _is_half_of_flag(text, start)):
        start -= 1
    return start


def _extends(character: str) -> bool:
    return (
        character == _JOINER
        or unicodedata.combining(character) != 0
        or any(ord(character) in some for some in _EXTENDS)
    )


def _is_half_of_flag(text: str, place: int) -> bool:
    """Tell whether the flag's letter at a place is the second one: those before it in a row are odd in number."""
    before = place
    while before >= 0 and ord(text[before]) in _FLAG_LETTERS:
        before -= 1
    return place > before and (place - before) % 2 == 0


def token_in(text: str) -> uuid.UUID | None:
    """Return the token that an address or a form of ours brings, or None where it is no token."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def with_token(url: str, token: uuid.UUID | None) -> str:
    """Return the address of a page of ours as a person shares it; with None, as anybody does."""
    return url if token is None else f"{url}?{urlencode({VIA: token})}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A text to be posted, and the places in it, from and to, that lead to addresses."""

    text: str
    links: list[tuple[int, int, str]]


def listing(*, begins: str, links: Sequence[tuple[str, str]], ends: str, has_room_for_urls: bool) -> Post:
    """Return a post that lists names, each with its address.

    Where links count little, the addresses stand in the text; else the names are the links.
    """
    text, places = f"{begins}\n", []
    for name, url in links:
        text += "\n"
        start = len(text)
        text += f"{name}: {url}" if has_room_for_urls else name
        places.append((start, len(text), url))
    return Post(text=f"{text}\n{ends}".rstrip(), links=[] if has_room_for_urls else places)
