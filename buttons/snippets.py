"""All that creators copy from us: the button in each of its forms, escaped as its language wants it.

Pure: it knows no request, no database and no settings. Which form is for what is in docs/button.md.
"""

import html
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from buttons.badge import SIZES

FUNDING_TEXT_MAX: Final = 128
"""How many characters the podcast namespace gives to the text of `podcast:funding`."""

_ATOM: Final = "http://www.w3.org/2005/Atom"
_PODCAST: Final = "https://podcastindex.org/namespace/1.0"
_SHIELDS: Final = "https://img.shields.io/endpoint"

_NEVER_IN_TEXTS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]+")
"""Line breaks, and what XML or YAML can't hold at all."""

_MARKDOWN: Final = re.compile(r"([\\`*_\[\]<>&~|])")
_IN_SCRIPTS: Final = {ord(each): f"\\u{ord(each):04x}" for each in "<>&"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a snippet is made of.

    `to` is the creator's slug and `name` what they are called. `text` is read by who doesn't see the picture.
    `url` is the page that the button is for: empty where each page is to find its own. `size`, `theme` and `lang`
    are empty where they are left to the button.
    """

    app_url: str
    embed_url: str
    to: str
    name: str
    text: str
    url: str = ""
    size: str = ""
    theme: str = ""
    lang: str = ""

    @property
    def link(self) -> str:
        """Return the address that asks for the click, where there is no script."""
        return _address(f"{self.app_url}/pay", {"to": self.to, "url": self.url})

    @property
    def picture(self) -> str:
        """Return the address of the badge."""
        return _address(f"{self.embed_url}/{self.to}.svg", {"url": self.url, "size": self.size, "theme": self.theme})

    @property
    def count(self) -> str:
        """Return the address of the count."""
        return _address(f"{self.embed_url}/{self.to}.json", {"url": self.url})

    @property
    def frame(self) -> str:
        """Return the address of the frame."""
        asked = {"to": self.to, "url": self.url, "size": self.size, "theme": self.theme, "lang": self.lang}
        return _address(f"{self.embed_url}/b", asked)

    @property
    def plain_text(self) -> str:
        """Return the text on one line, without what some form couldn't hold."""
        return plain(self.text)

    @property
    def box(self) -> dict[str, str]:
        """Return width and height in pixels, as attributes."""
        size = SIZES[self.size]
        return {"width": str(size.width), "height": str(size.height)}


def plain(text: str) -> str:
    """Return a text on one line, without control characters."""
    return _NEVER_IN_TEXTS.sub(" ", text).strip()


def element(order: Order) -> str:
    """Return the custom element around the link, which the newest loader turns into a frame."""
    return f"{_element(order)}\n{_loader(order)}"


def pinned_element(order: Order, *, version: str, integrity: str) -> str:
    """Return the same with one version of the loader, which browsers run only if its hash is this."""
    script = _attributes(src=f"{order.embed_url}/{version}.js", integrity=integrity, crossorigin="anonymous")
    return f"{_element(order)}\n<script async{script}></script>"


def marked_link(order: Order) -> str:
    """Return a link that the loader turns into a button, for editors that strip elements they don't know."""
    data = {
        f"data-{name}": value
        for name, value in (
            ("to", order.to),
            ("url", order.url),
            ("size", order.size),
            ("theme", order.theme),
            ("lang", order.lang),
        )
    }
    return f"{_linked_picture(order, **{'class': 'flattr-button', **data})}\n{_loader(order)}"


def frame(order: Order) -> str:
    """Return the frame alone: no script runs on the page, and where frames are blocked there is nothing."""
    attributes = _attributes(
        src=order.frame,
        **order.box,
        title=order.plain_text,
        # A style would be refused by strict policies.
        frameborder="0",
        referrerpolicy="strict-origin",
        loading="lazy",
    )
    return f"<iframe{attributes}></iframe>"


def linked_picture(order: Order) -> str:
    """Return a link around the badge: no script, no frame."""
    return _linked_picture(order)


def markdown(order: Order) -> str:
    """Return a link around the badge in Markdown."""
    return _markdown(order, order.picture)


def restructured_text(order: Order) -> str:
    """Return a link around the badge in reStructuredText, where options are taken as they are written."""
    box = order.box
    return (
        f".. image:: {order.picture}\n   :target: {order.link}\n   :alt: {order.plain_text}\n"
        f"   :width: {box['width']}\n   :height: {box['height']}"
    )


def hugo_shortcode(order: Order) -> str:
    """Return the file of a Hugo shortcode, by which each page has a button for its own address.

    Hugo escapes the address for the place where it stands.
    """
    given = {"size": order.size, "theme": order.theme, "lang": order.lang}
    options = "".join(f"&amp;{name}={value}" for name, value in given.items() if value and name != "lang")
    # Braces would begin a command of Hugo's.
    text = html.escape(order.plain_text).replace("{", "&#123;")
    return (
        "{{- /* layouts/shortcodes/flattr.html */ -}}\n"
        '{{- $url := .Get "url" | default .Page.Permalink -}}\n'
        f'<flattr-button to="{order.to}" url="{{{{ $url }}}}"{_attributes(**given)}>'
        f'<a href="{html.escape(order.app_url)}/pay?to={order.to}&amp;url={{{{ $url }}}}" rel="payment">'
        f'<img src="{html.escape(order.embed_url)}/{order.to}.svg?url={{{{ $url }}}}{options}"'
        f'{_attributes(**order.box)} alt="{text}"></a></flattr-button>\n'
        f"{_loader(order)}"
    )


def wordpress_block(order: Order) -> str:
    """Return a block of HTML, as WordPress keeps it in a post."""
    return f"<!-- wp:html -->\n{element(order)}\n<!-- /wp:html -->"


def head_link(order: Order) -> str:
    """Return the link by which programs find the button on a page (RFC 8288, relation `payment`)."""
    return f"<link{_payment(order)}>"


def atom_link(order: Order) -> str:
    """Return the same link for an Atom feed or an entry of it."""
    return f"<link{_payment(order)}/>"


def rss_link(order: Order) -> str:
    """Return the same link for an RSS feed or an item of it, which has it from Atom."""
    return f'<atom:link xmlns:atom="{_ATOM}"{_payment(order)}/>'


def podcast_funding(order: Order) -> str:
    """Return the element of the podcast namespace for a channel or an item."""
    text = html.escape(order.plain_text[:FUNDING_TEXT_MAX].strip(), quote=False)
    return f'<podcast:funding xmlns:podcast="{_PODCAST}"{_attributes(url=order.link)}>{text}</podcast:funding>'


def funding_file(order: Order) -> str:
    """Return the line for `.github/FUNDING.yml`."""
    # What JSON calls a string, YAML does, too.
    return f"custom: [{json.dumps(order.link)}]"


def donate_action(order: Order) -> str:
    """Return the button as a DonateAction of schema.org, in a script that is only data."""
    return script_of({"@context": "https://schema.org", **_donate_action(order), "recipient": _creator(order)})


def creator_data(order: Order) -> str:
    """Return who a creator is, with the button as what one may do for them, for the creator's own page."""
    return script_of({"@context": "https://schema.org", **_creator(order), "potentialAction": _donate_action(order)})


def shields(order: Order) -> str:
    """Return a badge in Markdown that shields.io draws of our count."""
    return _markdown(order, _address(_SHIELDS, {"url": order.count}))


FORMS: Final[Mapping[str, Callable[[Order], str]]] = {
    "html": element,
    "iframe": frame,
    "link": marked_link,
    "picture": linked_picture,
    "markdown": markdown,
    "rst": restructured_text,
    "shields": shields,
    "wordpress": wordpress_block,
    "hugo": hugo_shortcode,
    "payment": head_link,
    "atom": atom_link,
    "rss": rss_link,
    "podcast": podcast_funding,
    "funding": funding_file,
    "jsonld": donate_action,
}
"""The forms by the names that the builder's address has for them; the pinned one needs more than an order."""

FRAMED: Final = frozenset({"html", "pinned", "iframe", "link", "wordpress", "hugo"})
PICTURED: Final = frozenset({"picture", "markdown", "rst", "shields"})


def script_of(data: Mapping[str, object]) -> str:
    """Return a script element that holds JSON-LD, which no text in it can end."""
    return f'<script type="application/ld+json">{json.dumps(data).translate(_IN_SCRIPTS)}</script>'


def _element(order: Order) -> str:
    attributes = _attributes(to=order.to, url=order.url, size=order.size, theme=order.theme, lang=order.lang)
    return f"<flattr-button{attributes}>{_linked_picture(order)}</flattr-button>"


def _loader(order: Order) -> str:
    return f"<script async{_attributes(src=f'{order.embed_url}/1.js')}></script>"


def _linked_picture(order: Order, **attributes: str) -> str:
    link = _attributes(**attributes, href=order.link, rel="payment")
    picture = _attributes(src=order.picture, **order.box, alt=order.plain_text)
    return f"<a{link}><img{picture}></a>"


def _markdown(order: Order, picture: str) -> str:
    text = _MARKDOWN.sub(r"\\\1", order.plain_text)
    return f"[![{text}]({picture})]({order.link})"


def _payment(order: Order) -> str:
    return _attributes(rel="payment", type="text/html", href=order.link, title=order.plain_text)


def _creator(order: Order) -> dict[str, object]:
    return {"@type": "Person", "name": plain(order.name), "url": f"{order.app_url}/@{order.to}/"}


def _donate_action(order: Order) -> dict[str, object]:
    return {
        "@type": "DonateAction",
        "name": order.plain_text,
        "target": {"@type": "EntryPoint", "urlTemplate": order.link},
    }


def _address(address: str, asked: Mapping[str, str]) -> str:
    """Return an address with what it is asked by, without what is empty."""
    query = urlencode({name: value for name, value in asked.items() if value})
    return f"{address}?{query}" if query else address


def _attributes(**values: str) -> str:
    """Return attributes as HTML and XML both have them, without those that are empty."""
    return "".join(f' {name}="{html.escape(value)}"' for name, value in values.items() if value)
