"""Links that open a post: each network's is read back as the network documents it."""

import unicodedata
import uuid
from collections.abc import Mapping
from typing import Final
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buttons import sharing

BY_NAME: Final = {network.name: network for network in sharing.NETWORKS}
URL: Final = "https://flattr.example/b/abcdefghjkmn/?via=6f9619ff-8b86-d011-b42d-00c04fc964ff"
FAMILY: Final = "👩🏽\u200d👧🏽\u200d👦"
FLAGS: Final = "🇫🇷🇩🇪"
TEXTS: Final = {
    "plain": "Support “A song” by Ada on Flattr",
    "special": "50 % & <b>#1</b>? a+b=c; 'x' \"y\" /\\ %20 {url} ~",
    "accents": "Soutenez « L’été à Noël » de Cléo sur Flattr",
    "decomposed": unicodedata.normalize("NFD", "été à Noël"),
    "emoji": f"🎸 {FAMILY} {FLAGS} ❤️",
    "other scripts": "日本語の歌 и песня",
    "lines": "one\ntwo",
}


def asked(link: str) -> tuple[SplitResult, Mapping[str, list[str]]]:
    """Return a link's parts, and its parameters as a server that decodes strictly reads them."""
    assert "+" not in link
    assert link.isascii()
    assert " " not in link
    parts = urlsplit(link)
    return parts, parse_qs(parts.query, strict_parsing=True, keep_blank_values=True)


@pytest.mark.parametrize(
    ("name", "address", "parameters"),
    [
        ("Facebook", "https://www.facebook.com/sharer/sharer.php", {"u": "URL"}),
        ("X", "https://twitter.com/intent/tweet", {"text": "TEXT", "url": "URL"}),
        ("Bluesky", "https://bsky.app/intent/compose", {"text": "TEXT URL"}),
        ("LinkedIn", "https://www.linkedin.com/sharing/share-offsite/", {"url": "URL"}),
        ("Reddit", "https://www.reddit.com/submit", {"url": "URL", "title": "TEXT"}),
        ("WhatsApp", "https://wa.me/", {"text": "TEXT URL"}),
        ("Telegram", "https://t.me/share/url", {"url": "URL", "text": "TEXT"}),
    ],
)
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_network_gets_what_it_documents(name: str, address: str, parameters: dict[str, str], text: str) -> None:
    """Its address, its parameters and no others; text and page arrive as they are, whatever stands in them."""
    parts, got = asked(BY_NAME[name].link(text=text, url=URL))

    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == address
    assert got == {field: [form.replace("TEXT", text).replace("URL", URL)] for field, form in parameters.items()}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_any_mastodon_server_gets_the_text(text: str) -> None:
    """At the server that the person named."""
    parts, got = asked(sharing.MASTODON.link(text=text, url=URL, server="social.example"))

    assert (parts.scheme, parts.netloc, parts.path) == ("https", "social.example", "/share")
    assert got == {"text": [f"{text} {URL}"]}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_an_email_has_a_subject_and_a_body(text: str) -> None:
    """As RFC 6068 says: nobody is addressed, lines end by CR and LF, and a plus sign would be one."""
    link = sharing.EMAIL.link(text=text, url=URL)
    scheme, _, query = link.partition("?")
    headers = dict(each.split("=") for each in query.split("&"))

    assert scheme == "mailto:"
    assert {name: unquote(value) for name, value in headers.items()} == {
        "subject": text,
        "body": f"{text}\r\n\r\n{URL}",
    }


def weight_on_x(text: str) -> int:
    """Count as https://docs.x.com/fundamentals/counting-characters does where no emoji has several parts."""
    return sum(
        1 if ord(each) < 0x1100 or 0x2000 <= ord(each) <= 0x200D or 0x2010 <= ord(each) <= 0x201F else 2
        for each in text
    )


@pytest.mark.parametrize(
    "word", ["é", "song ", "été ", "日本", FAMILY, FLAGS, "🎸", unicodedata.normalize("NFD", "é"), "“x” "]
)
def test_long_texts_fit_and_the_page_stays(word: str) -> None:
    """X, Bluesky, Mastodon and Reddit take no more than so much; the text is cut, and the address never."""
    text = word * 600
    x, bluesky, reddit = (asked(BY_NAME[name].link(text=text, url=URL))[1] for name in ("X", "Bluesky", "Reddit"))
    mastodon = asked(sharing.MASTODON.link(text=text, url=URL, server="social.example"))[1]

    assert x["url"] == reddit["url"] == [URL]
    assert weight_on_x(x["text"][0]) + 1 + 23 <= 280
    assert bluesky["text"][0].endswith(f"… {URL}")
    assert len(bluesky["text"][0]) <= 300
    assert mastodon["text"][0].endswith(f"… {URL}")
    assert len(mastodon["text"][0]) - len(URL) + 23 <= 500
    assert len(reddit["title"][0]) <= 300
    for shown in (x["text"][0], reddit["title"][0]):
        assert shown.endswith("…")
        assert len(shown) > 60


@pytest.mark.parametrize(
    ("text", "room", "kept"),
    [
        ("one two three", 13, "one two three"),
        ("one two three", 12, "one two…"),
        ("one two three", 8, "one two…"),
        ("one two three", 7, "one…"),
        ("a verylongword", 10, "a verylon…"),
        (f"a {FAMILY}", 6, "a…"),
        (f"aaa{FLAGS}", 7, f"aaa{FLAGS}"),
        (f"aaa{FLAGS}", 6, "aaa🇫🇷…"),
        (f"aaa{FLAGS}", 5, "aaa…"),
        (unicodedata.normalize("NFD", "aaé") + "bb", 4, "aa…"),
        ("aa❤️bb", 4, "aa…"),
    ],
)
def test_a_text_is_cut_between_words_and_never_inside_a_character(text: str, room: int, kept: str) -> None:
    """Whole families, flags and accents stay or go."""
    assert sharing.cut(text, room=room) == kept


@given(text=st.text(max_size=60), room=st.integers(1, 60))
def test_what_is_cut_fits(text: str, room: int) -> None:
    """Whatever a title is made of, it is kept or cut to its room."""
    shown = sharing.cut(text, room=room)

    assert len(shown) <= room
    assert shown == text or (shown.endswith("…") and text.startswith(shown[:-1]))


@pytest.mark.parametrize("text", ["", "1", "not-a-token", "\x00", "é" * 40, "0" * 37])
def test_what_is_no_token_is_none(text: str) -> None:
    """Whatever an address brings."""
    assert sharing.token_in(text) is None


def test_a_token_survives_its_address() -> None:
    """It is found where it was put."""
    token = uuid.uuid4()
    (brought,) = parse_qs(urlsplit(sharing.with_token("https://flattr.example/@ada/", token)).query)[sharing.VIA]

    assert sharing.token_in(brought) == token
    assert sharing.with_token("https://flattr.example/@ada/", None) == "https://flattr.example/@ada/"
