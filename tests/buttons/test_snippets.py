"""What creators copy: each form is read as its reader will, and says what it was made for, whatever names contain."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit
from xml.etree import ElementTree as ET

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st
from justhtml import JustHTML
from markdown_it import MarkdownIt

from buttons import snippets
from buttons.snippets import FORMS, Order

APP: Final = "https://flattr.example"
EMBED: Final = "https://embed.flattr.example"
PAGE: Final = 'https://ada.example/a song?id=1&copy=2#"<x>'
PLAIN: Final = Order(app_url=APP, embed_url=EMBED, to="ada", name="Ada", text="Flattr Ada")
FULL: Final = replace(PLAIN, url=PAGE, size="large", theme="dark", lang="fr")

ATOM: Final = "{http://www.w3.org/2005/Atom}"
PODCAST: Final = "{https://podcastindex.org/namespace/1.0}"


def pinned(order: Order) -> str:
    """Return the pinned form."""
    return snippets.pinned_element(order, version="1.0.0", integrity="sha384-abc")


ALL: Final[dict[str, Callable[[Order], str]]] = {**FORMS, "pinned": pinned}

texts = (
    st.text(max_size=200)
    | st.text("\"'<>&[]()*_`\\{}|!#:;\n\t\0 -=%$", max_size=60)
    | st.sampled_from(["]]>", "--> <!-- /wp:html -->", "{{ .Site }}", "</script><b>", "](javascript:x)", "&amp;"])
)
every_form = pytest.mark.parametrize("form", ALL)


def html(text: str) -> Any:
    """Return a parsed fragment, with all that stands in it."""
    return JustHTML(text, sanitize=False, fragment=True)


def asked(address: str) -> dict[str, str]:
    """Return what an address of ours is asked by."""
    return dict(parse_qsl(urlsplit(address).query, strict_parsing=True))


def base(address: str) -> str:
    """Return an address without its query."""
    return address.partition("?")[0]


def markdown_images(text: str) -> Iterator[tuple[str, str, str]]:
    """Yield text, picture and link of each linked picture in a Markdown paragraph, and nothing else may be there."""
    (opening, inline, closing) = MarkdownIt().parse(text)
    assert (opening.type, inline.type, closing.type) == ("paragraph_open", "inline", "paragraph_close")
    (link, image, end) = inline.children or []
    assert (link.type, image.type, end.type) == ("link_open", "image", "link_close")
    yield image.content, str(image.attrs["src"]), str(link.attrs["href"])


def read_markdown(snippet: str) -> tuple[str, str]:
    """Return text and link of a linked picture."""
    ((text, _picture, link),) = markdown_images(snippet)
    # The parser leaves the escapes in a picture's text to who draws it.
    return "".join(token.content for token in (MarkdownIt().parseInline(text)[0].children or [])), link


def read_directive(snippet: str) -> tuple[str, str]:
    """Return text and link of a directive, whose options are taken as they are written."""
    lines = dict(re.findall(r"^   :(\w+): (.*)$", snippet, re.MULTILINE))
    return lines["alt"], lines["target"]


def read_feed(tag: str, text: str, link: str) -> Callable[[str], tuple[str, str]]:
    """Return what reads an element of a feed, by its attributes for text and link."""

    def reader(snippet: str) -> tuple[str, str]:
        element = ET.fromstring(snippet)  # noqa: S314  It is ours.
        assert element.tag == tag
        return (element.attrib[text] if text else element.text or ""), element.attrib[link]

    return reader


def read_data(snippet: str) -> tuple[str, str]:
    """Return name and target of an action."""
    (script,) = html(snippet).query("script")
    data = json.loads(script.to_text(strip=False))
    return data["name"], data["target"]["urlTemplate"]


def read_head(snippet: str) -> tuple[str, str]:
    """Return title and address of a link in a page's head."""
    (link,) = html(snippet).query("link")
    return link.attrs["title"], link.attrs["href"]


def read_frame(snippet: str) -> tuple[str, str]:
    """Return a frame's title, and the link that stands for the same page."""
    (frame,) = html(snippet).query("iframe")
    return frame.attrs["title"], f"{APP}/pay?{urlsplit(frame.attrs['src']).query}"


def read_linked_picture(snippet: str) -> tuple[str, str]:
    """Return text and link of a picture in HTML."""
    (image,), (link,) = html(snippet).query("img"), html(snippet).query("a")
    return image.attrs["alt"], link.attrs["href"]


READERS: Final[dict[str, Callable[[str], tuple[str, str]]]] = {
    "markdown": read_markdown,
    "shields": read_markdown,
    "rst": read_directive,
    "atom": read_feed("link", "title", "href"),
    "rss": read_feed(f"{ATOM}link", "title", "href"),
    "podcast": read_feed(f"{PODCAST}funding", "", "url"),
    "jsonld": read_data,
    "payment": read_head,
    "iframe": read_frame,
}
"""How each form is read, but for those that are a picture in a link."""


def read(form: str, snippet: str) -> tuple[str, str]:
    """Return the text and the link of a snippet, as whatever reads this form finds them."""
    return READERS.get(form, read_linked_picture)(snippet)


def expected(form: str, text: str) -> str:
    """Return what a text becomes in a form."""
    made = snippets.plain(text)
    return made[:128].strip() if form == "podcast" else made


@every_form
@given(text=texts.filter(snippets.plain))
@example(text="Ada \"the\" <b>Countess</b> & [Lovelace](x) *1815* `code` \\ 'end' {{ . }}")
def test_any_text_is_only_text(form: str, text: str) -> None:
    """Whatever a creator is called, the form holds it as it is, on one line, and nothing else comes of it."""
    if form == "funding":
        return
    snippet = ALL[form](replace(PLAIN, text=text, name=text))
    found, link = read(form, snippet)

    if form in {"markdown", "shields"}:
        # Spaces at a line's end and runs of them are one in Markdown's eyes.
        assert " ".join(found.split()) == " ".join(expected(form, text).split())
    else:
        assert found == expected(form, text)
    assert link == (f"{APP}/pay?to=ada&url={{{{ $url }}}}" if form == "hugo" else f"{APP}/pay?to=ada")
    if form not in {"markdown", "shields", "rst"}:
        names = {element.name for element in html(snippet).query("*")}
        assert names <= {
            "flattr-button", "a", "img", "script", "iframe", "link", "atom:link", "podcast:funding",
        }  # fmt: skip


@every_form
@given(url=texts, name=texts)
def test_any_address_is_only_an_address(form: str, url: str, name: str) -> None:
    """Whatever a page's address contains, the link asks for exactly that page of exactly that creator."""
    order = replace(PLAIN, url=snippets.plain(url), name=name)
    snippet = ALL[form](order)
    if form == "funding":
        (link,) = yaml.safe_load(snippet)["custom"]
    elif form == "hugo":
        assert snippet == ALL[form](replace(order, url=""))
        return
    else:
        _text, link = read(form, snippet)

    assert base(link) == f"{APP}/pay"
    assert asked(link) == {"to": "ada", **({"url": order.url} if order.url else {})}


def test_the_standard_form_is_short_where_nothing_is_chosen() -> None:
    """It is the one that most creators paste: an element around a link and a picture, and one script."""
    assert ALL["html"](PLAIN) == (
        f'<flattr-button to="ada"><a href="{APP}/pay?to=ada" rel="payment">'
        f'<img src="{EMBED}/ada.svg" width="132" height="28" alt="Flattr Ada"></a></flattr-button>\n'
        f'<script async src="{EMBED}/1.js"></script>'
    )


@pytest.mark.parametrize("form", ["html", "pinned", "wordpress", "hugo", "link"])
def test_what_was_chosen_reaches_the_loader(form: str) -> None:
    """By the attributes that it reads, on the element or as data on the link; the picture has the same box."""
    document = html(ALL[form](FULL))
    if form == "link":
        (link,) = document.query("a.flattr-button")
        given_to = {name.removeprefix("data-"): value for name, value in link.attrs.items() if "data-" in name}
    else:
        (button,) = document.query("flattr-button")
        given_to = dict(button.attrs)
    (image,), (script,) = document.query("img"), document.query("script")

    assert given_to == {
        "to": "ada",
        "url": "{{ $url }}" if form == "hugo" else PAGE,
        "size": "large",
        "theme": "dark",
        "lang": "fr",
    }
    assert (image.attrs["width"], image.attrs["height"]) == ("164", "44")
    if form != "hugo":
        assert base(image.attrs["src"]) == f"{EMBED}/ada.svg"
        assert asked(image.attrs["src"]) == {"url": PAGE, "size": "large", "theme": "dark"}
    else:
        assert image.attrs["src"] == f"{EMBED}/ada.svg?url={{{{ $url }}}}&size=large&theme=dark"
    assert "async" in script.attrs
    if form == "pinned":
        assert script.attrs["src"] == f"{EMBED}/1.0.0.js"
        assert (script.attrs["integrity"], script.attrs["crossorigin"]) == ("sha384-abc", "anonymous")
    else:
        assert script.attrs["src"] == f"{EMBED}/1.js"


def test_a_frame_has_all_that_it_needs() -> None:
    """Its box, its title, its page, the referrer that it is known by, and no border."""
    (frame,) = html(ALL["iframe"](FULL)).query("iframe")

    assert base(frame.attrs["src"]) == f"{EMBED}/b"
    assert asked(frame.attrs["src"]) == {"to": "ada", "url": PAGE, "size": "large", "theme": "dark", "lang": "fr"}
    del frame.attrs["src"]
    assert frame.attrs == {
        "width": "164",
        "height": "44",
        "title": "Flattr Ada",
        "frameborder": "0",
        "referrerpolicy": "strict-origin",
        "loading": "lazy",
    }


def test_a_block_of_wordpress_holds_the_standard_form() -> None:
    """Between the comments by which WordPress knows its blocks."""
    first, *middle, last = ALL["wordpress"](FULL).split("\n")

    assert (first, last) == ("<!-- wp:html -->", "<!-- /wp:html -->")
    assert "\n".join(middle) == ALL["html"](FULL)


def test_a_shortcode_of_hugo_asks_for_each_pages_address() -> None:
    """Commands stand only where they are ours: a name with braces is no command."""
    commands = re.findall(r"\{\{.*?\}\}", ALL["hugo"](replace(FULL, text="{{ .Site }}")))

    assert commands == [
        "{{- /* layouts/shortcodes/flattr.html */ -}}",
        '{{- $url := .Get "url" | default .Page.Permalink -}}',
        "{{ $url }}",
        "{{ $url }}",
        "{{ $url }}",
    ]


def test_shields_is_led_to_our_count() -> None:
    """Its picture names our JSON, which names the page."""
    ((_text, picture, _link),) = markdown_images(ALL["shields"](FULL))
    count = asked(picture)["url"]

    assert base(picture) == "https://img.shields.io/endpoint"
    assert (base(count), asked(count)) == (f"{EMBED}/ada.json", {"url": PAGE})


@pytest.mark.parametrize("form", ["payment", "atom", "rss"])
def test_programs_know_the_link_by_its_relation(form: str) -> None:
    """`payment`, and a page is behind it."""
    snippet = ALL[form](FULL)
    attributes = (
        html(snippet).query("link")[0].attrs if form == "payment" else ET.fromstring(snippet).attrib  # noqa: S314
    )

    assert (attributes["rel"], attributes["type"]) == ("payment", "text/html")


def test_search_engines_know_who_is_given_to() -> None:
    """A DonateAction names its recipient; on the creator's page the creator has it as what one may do."""
    (action,) = html(ALL["jsonld"](PLAIN)).query("script")
    (creator,) = html(snippets.creator_data(PLAIN)).query("script")
    whom = {"@type": "Person", "name": "Ada", "url": f"{APP}/@ada/"}
    target = {"@type": "EntryPoint", "urlTemplate": f"{APP}/pay?to=ada"}
    donate = {"@type": "DonateAction", "name": "Flattr Ada", "target": target}

    for script in (action, creator):
        assert script.attrs == {"type": "application/ld+json"}
    assert json.loads(action.to_text()) == {"@context": "https://schema.org", **donate, "recipient": whom}
    assert json.loads(creator.to_text()) == {"@context": "https://schema.org", **whom, "potentialAction": donate}
