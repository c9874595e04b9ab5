"""The check of a creator's page: what is wrong with it, found in what was fetched."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from buttons import snippets
from buttons.checking import Expected, FetchedPage, Problem, check
from buttons.snippets import Order

APP: Final = "https://flattr.example"
EMBED: Final = "https://embed.flattr.example"
URL: Final = "https://ada.example/song?id=1"
EXPECTED: Final = Expected(creator="ada", app_url=APP, embed_url=EMBED, is_verified=True)
ORDER: Final = Order(app_url=APP, embed_url=EMBED, to="ada", name="Ada", text="Flattr Ada")
CANONICAL: Final = f'<link rel="canonical" href="{URL}">'
STANDARD: Final = snippets.element(ORDER)
LOADER: Final = f'<script async src="{EMBED}/1.js"></script>'

Headers = Sequence[tuple[str, str]]


def page(body: str, *, head: str = CANONICAL, url: str = URL, headers: Headers = ()) -> FetchedPage:
    """Return a page as it was fetched."""
    html = f"<!doctype html><html><head><title>Song</title>{head}</head><body>{body}</body></html>"
    return FetchedPage(url=url, headers=headers, html=html)


def found(fetched: FetchedPage, expected: Expected = EXPECTED) -> list[tuple[Problem, str]]:
    """Return problems and lines of what is wrong."""
    findings = check(fetched, expected)
    assert all(each.text for each in findings)
    return [(each.problem, each.line) for each in findings]


def policy(value: str) -> Headers:
    """Return the header with a policy, whatever the case of its name."""
    return [("content-type", "text/html"), ("content-security-policy", value)]


@pytest.mark.parametrize(
    "body",
    [
        STANDARD,
        snippets.marked_link(ORDER),
        snippets.pinned_element(ORDER, version="1.0.0", integrity="sha384-abc"),
        snippets.frame(replace(ORDER, url=URL)),
        snippets.linked_picture(replace(ORDER, url=URL)),
        snippets.wordpress_block(ORDER),
        f"<FLATTR-BUTTON TO=ada>{LOADER}",
        f'<a href="{APP}/@ada/?url=https%3A%2F%2Fada.example%2Fsong">Flattr</a>',
        f'<a href="{APP}/b/abc123/click/"><img src="{APP}/b/abc123/badge.svg"></a>',
        # A page of several authors.
        f'{STANDARD}<flattr-button to="bob"></flattr-button>',
    ],
)
def test_a_good_page_has_nothing_wrong(body: str) -> None:
    """In whichever form the button is there, for one of several creators, or without telling whose it is."""
    assert found(page(body)) == []


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<p>flattr-button to=ada</p>",
        f"<!-- {STANDARD} -->",
        f"<template>{STANDARD}</template>",
        f"<noscript>{STANDARD}</noscript>",
        f"<script>document.write('{STANDARD.splitlines()[0]}')</script>",
        f'<a href="{APP}/@ada/">My page</a>',
        '<a href="https://other.example/pay?to=ada">Pay</a>',
        f'<a href="{APP}.evil.example/pay?to=ada">Pay</a>',
        '<iframe src="https://other.example/b?to=ada"></iframe>',
        '<iframe src="https://[::1/b?to=ada"></iframe><a href="http://:99999/">x</a>',
    ],
)
def test_a_page_without_a_button(body: str) -> None:
    """What only looks like one is none; then nothing else is told."""
    assert found(page(body), replace(EXPECTED, is_verified=False)) == [(Problem.NO_BUTTON, "")]


@pytest.mark.parametrize(
    ("body", "other"),
    [
        (STANDARD.replace('to="ada"', 'to="bob"'), "bob"),
        (STANDARD.replace('to="ada"', 'to="Ada"'), "Ada"),
        (STANDARD.replace('to="ada"', ""), ""),
        (snippets.frame(replace(ORDER, to="bob", url=URL)), "bob"),
        (snippets.linked_picture(replace(ORDER, to="bob", url=URL)), "bob"),
    ],
)
def test_a_button_for_somebody_else(body: str, other: str) -> None:
    """It is named, with what to write instead."""
    (finding,) = check(page(body), EXPECTED)

    assert (finding.problem, finding.line) == (Problem.WRONG_CREATOR, 'to="ada"')
    assert f"“{other}”" in finding.text


@pytest.mark.parametrize(
    "body",
    [
        STANDARD.splitlines()[0],
        f'{STANDARD.splitlines()[0]}<script src="https://other.example/1.js"></script>',
        f'{STANDARD.splitlines()[0]}<script src="{EMBED}/other.js"></script>',
        snippets.marked_link(ORDER).splitlines()[0],
    ],
)
def test_a_missing_loader(body: str) -> None:
    """The line is what to paste."""
    assert found(page(body)) == [(Problem.NO_LOADER, LOADER)]


@pytest.mark.parametrize(
    ("head", "problems"),
    [
        ("", [(Problem.NO_CANONICAL, f'<link rel="canonical" href="{URL}">')]),
        ('<link rel="canonical">', [(Problem.NO_CANONICAL, f'<link rel="canonical" href="{URL}">')]),
        ('<link rel="canonical" href="https://other.example/song">', [(Problem.ELSEWHERE, "")]),
        ('<link rel="canonical" href="https://www.ada.example/song">', [(Problem.ELSEWHERE, "")]),
        ('<base href="https://other.example/"><link rel=canonical href="/song">', [(Problem.ELSEWHERE, "")]),
        ('<link rel="shortlink Canonical" href="/song">', []),
        ('<link rel="canonical" href="http://ada.example/song">', []),
    ],
)
def test_which_page_the_button_is_for(head: str, problems: list[tuple[Problem, str]]) -> None:
    """Where the button names none, the page has to, and on its own host."""
    assert found(page(STANDARD, head=head)) == problems
    assert found(page(snippets.element(replace(ORDER, url=URL)), head=head)) == []


@pytest.mark.parametrize("url", ["https://other.example/song", "/song"])
def test_a_button_for_a_page_elsewhere(url: str) -> None:
    """What the button itself names counts; half an address is none of this host's."""
    assert found(page(snippets.element(replace(ORDER, url=url)))) == [(Problem.ELSEWHERE, "")]


def test_a_line_to_copy_is_escaped() -> None:
    """The page's own address is a stranger's text."""
    assert found(page(STANDARD, head="", url='https://ada.example/?a="><b>&c=1#top')) == [
        (Problem.NO_CANONICAL, '<link rel="canonical" href="https://ada.example/?a=&quot;&gt;&lt;b&gt;&amp;c=1">')
    ]


SCRIPT_LINE: Final = f"script-src 'self' {EMBED}"
FRAME_LINE: Final = f"frame-src 'self' {EMBED}"
PICTURE_LINE: Final = f"img-src 'self' {EMBED}"


@pytest.mark.parametrize(
    ("body", "value", "lines"),
    [
        (STANDARD, "default-src 'self'", [PICTURE_LINE, SCRIPT_LINE, FRAME_LINE]),
        (STANDARD, f"default-src 'self'; script-src {EMBED}; img-src *", [FRAME_LINE]),
        (STANDARD, f"default-src {EMBED}", []),
        (STANDARD, "frame-ancestors 'none'", []),
        (snippets.frame(replace(ORDER, url=URL)), "default-src 'self'", [FRAME_LINE]),
        (snippets.linked_picture(replace(ORDER, url=URL)), "default-src 'self'", [PICTURE_LINE]),
        (f'<flattr-button to="ada">{LOADER}', "img-src 'self'", []),
    ],
)
def test_a_policy_that_blocks_us(body: str, value: str, lines: list[str]) -> None:
    """Each directive is told once, with the line to write, be the policy in a header or in the page."""
    wanted = [(Problem.POLICY, line) for line in lines]

    assert found(page(body, headers=policy(value))) == wanted
    meta = f'{CANONICAL}<meta http-equiv="content-security-policy" content="{value}">'
    assert found(page(body, head=meta)) == wanted
    assert found(page(body, headers=[*policy(value), *policy(value)])) == wanted


def test_a_finding_says_where_the_policy_is() -> None:
    """In a header or in the page; one that only reports blocks nothing."""
    meta = f"{CANONICAL}<meta http-equiv=Content-Security-Policy content=\"frame-src 'self'\">"
    only_reported = [("Content-Security-Policy-Report-Only", "default-src 'none'")]
    in_page, in_header = (
        check(each, EXPECTED)
        for each in (
            page(STANDARD, head=meta, headers=only_reported),
            page(STANDARD, headers=policy("frame-src 'self'")),
        )
    )

    assert ["meta element" in each.text for each in (*in_page, *in_header)] == [True, False]


def test_a_policy_that_wants_a_nonce() -> None:
    """The advice is the nonce, and a script that has it is let in."""
    value = "script-src 'nonce-abc' 'strict-dynamic'"
    (finding,) = check(page(STANDARD, headers=policy(value)), EXPECTED)

    assert (finding.line, "attribute nonce" in finding.text) == (value, True)
    assert found(page(STANDARD.replace("<script", '<script nonce="abc"'), headers=policy(value))) == []


def test_a_policy_is_told_with_a_loader_that_is_missing() -> None:
    """Who pastes the loader shall not come back for the policy."""
    assert found(page('<flattr-button to="ada"></flattr-button>', headers=policy("script-src 'self'"))) == [
        (Problem.NO_LOADER, LOADER),
        (Problem.POLICY, SCRIPT_LINE),
    ]


@pytest.mark.parametrize(
    ("fetched", "lines"),
    [
        (page(STANDARD, url="http://ada.example/song"), [""]),
        (page("", url="http://ada.example/song"), [""]),
        (page(STANDARD.replace(EMBED, "http://embed.flattr.example")), ["/ada.svg", "/1.js"]),
        (page(snippets.frame(replace(ORDER, url=URL)).replace("https://embed", "http://embed")), ["/b"]),
        (page(STANDARD.replace(EMBED, "//embed.flattr.example")), []),
    ],
)
def test_what_is_not_encrypted(fetched: FetchedPage, lines: list[str]) -> None:
    """A page without encryption, or a page with it that loads us without."""
    told = [line for problem, line in found(fetched) if problem is Problem.MIXED_CONTENT]

    assert [line.removeprefix(EMBED).partition("?")[0] for line in told] == lines


def test_in_development_nothing_is_encrypted() -> None:
    """There neither we nor the pages are, and that is no finding."""
    local = Expected(
        creator="ada", app_url="http://localhost:8000", embed_url="http://embed.localhost:8000", is_verified=True
    )
    body = snippets.element(replace(ORDER, app_url=local.app_url, embed_url=local.embed_url))
    url = "http://ada.localhost:8000/song"

    assert found(page(body, url=url, head=f'<link rel="canonical" href="{url}">'), local) == []


def test_a_site_that_is_not_verified() -> None:
    """It is told with whatever else is wrong."""
    unknown = replace(EXPECTED, is_verified=False)

    assert found(page(STANDARD), unknown) == [(Problem.NOT_VERIFIED, "")]
    assert [problem for problem, _ in found(page(STANDARD, head=""), unknown)] == [
        Problem.NO_CANONICAL,
        Problem.NOT_VERIFIED,
    ]


@pytest.mark.parametrize("language", ["en", "fr"])
def test_findings_speak_the_creators_language(language: str) -> None:
    """As everything that a person reads."""
    with translation.override(language):
        (finding,) = check(page(""), EXPECTED)

    assert ("There is no button" in finding.text) == (language == "en")


@given(html=st.text() | st.text("<>/=\"' \nabflttrbunoi-script:@?&#;!", max_size=300), url=st.text(max_size=40))
def test_no_page_is_too_strange(html: str, url: str) -> None:
    """Whatever was fetched, there is an answer."""
    fetched = page(f'{html}<iframe src="{url}"></iframe>{html}', head=f'<base href="{url}">')

    assert isinstance(check(fetched, EXPECTED), list)
