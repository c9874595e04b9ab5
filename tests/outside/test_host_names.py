"""Names of hosts: one spelling for each, and none that nobody can own."""

import pytest

from flattr.outside.hosts import BadHost, canonical_host


@pytest.mark.parametrize(
    ("typed", "canonical"),
    [
        ("alice.example", "alice.example"),
        ("  Alice.Example.\n", "alice.example"),
        ("https://alice.example:8443/a?b#c", "alice.example"),
        ("Bücher.example", "xn--bcher-kva.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("bücher。example", "xn--bcher-kva.example"),
        ("straße.example", "xn--strae-oqa.example"),
        ("ⓐlice.example", "alice.example"),
        ("alice.github.io", "alice.github.io"),
        ("www.alice.co.uk", "www.alice.co.uk"),
        ("medium.com", "medium.com"),
        ("1.alice.example", "1.alice.example"),
    ],
)
def test_one_spelling_for_each_host(typed: str, canonical: str) -> None:
    """Case, a dot at the end, other scripts, and the rest of an address make no other host."""
    assert canonical_host(typed) == canonical
    assert canonical_host(canonical) == canonical


@pytest.mark.parametrize(
    "typed",
    [
        *("", ".", "..", "https://", "https://[::1]/", "[::1]", "::1", "http://[", "https://["),
        *("localhost", "com", "co.uk", "github.io", "GITHUB.IO.", "xn--p1ai", "intranet"),
        *("127.0.0.1", "0x7f.1", "0x7f000001", "2130706433", "0177.0.0.1", "127.1", "1.1.1.1", "①②⑦.0.0.1"),
        *(
            "127.0.0.1.",
            "https://127.0.0.1/",
            "alice.example.1",
            "alice.0x",
            "1.2.3.0x7f",
            "\uff11\uff12\uff17.0.0.1",
        ),
        *("al ice.example", "al_ice.example", "-alice.example", "alice-.example", "alice..example", ".alice.example"),
        *("alice.example/", "alice.example:443", "ada@alice.example", "alice.example\x00", "*.alice.example"),
        *("a" * 64 + ".example", ".".join(["a" * 60] * 5) + ".example", "a" * 100_000),
    ],
)
def test_what_nobody_can_own_is_refused_by_name(typed: str) -> None:
    """A suffix that is everybody's, a single word, every spelling of a number, and whatever is no name."""
    with pytest.raises(BadHost, match="host"):
        canonical_host(typed)
