"""Addresses: one spelling for each, and none that isn't a plain web address."""

import pytest

from buttons.operations.buttons import BadUrl, canonical_url


@pytest.mark.parametrize(
    ("typed", "canonical"),
    [
        ("https://artist.example/song", "https://artist.example/song"),
        ("  https://artist.example/song\n", "https://artist.example/song"),
        ("HTTPS://Artist.Example/Song", "https://artist.example/Song"),
        ("https://artist.example", "https://artist.example/"),
        ("https://artist.example:443/", "https://artist.example/"),
        ("http://artist.example:80/", "http://artist.example/"),
        ("http://artist.example:443/", "http://artist.example:443/"),
        ("https://artist.example:8443/a", "https://artist.example:8443/a"),
        ("https://artist.example/a?b=1&c=2#top", "https://artist.example/a?b=1&c=2"),
        ("https://artist.example?b=1", "https://artist.example/?b=1"),
        ("https://artist.example/%C3%A9/ö?ä=%2B", "https://artist.example/%C3%A9/%C3%B6?%C3%A4=%2B"),
        ("https://Bücher.example/ä", "https://xn--bcher-kva.example/%C3%A4"),
        ("https://a_b.example/", "https://a_b.example/"),
        ("http://[2001:DB8::1]/a", "http://[2001:db8::1]/a"),
        ("http://[::1]:8000/a", "http://[::1]:8000/a"),
        ("http://artist.localhost:8000/", "http://artist.localhost:8000/"),
    ],
)
def test_one_spelling_for_each_address(typed: str, canonical: str) -> None:
    """Case of the host, letters as people type them, default ports, fragments and a missing path make no twin."""
    assert canonical_url(typed) == canonical
    assert canonical_url(canonical) == canonical


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "artist.example",
        "//artist.example/",
        "/song",
        "https://",
        "https:///song",
        "ftp://artist.example/",
        "javascript:alert(1)",
        "data:text/html,x",
        "mailto:ada@artist.example",
        "https://ada@artist.example/",
        "https://ada:secret@artist.example/",
        "https://:@artist.example/",
        "https://artist.example:99999/",
        "https://artist.example:port/",
        "https://artist .example/",
        "https://artist.example/a b",
        "https://artist.example/\x00",
        f"https://{'a' * 254}.example/",
        f"https://artist.example/{'a' * 2000}",
        f"https://artist.example/?utm_source={'a' * 8000}",
        "https://ü..example/",
        "http://[::1/",
        "http://[nonsense]/",
    ],
)
def test_anything_else_is_refused_by_name(typed: str) -> None:
    """A button can't stand for another scheme, an address without a host, or one with a login in it."""
    with pytest.raises(BadUrl, match="url: "):
        canonical_url(typed)
