"""Content-Security-Policies of other people's pages: what they let in, and the directive that lets us in."""

from typing import Final

import pytest

from buttons import content_policy
from buttons.content_policy import Blocked, Resource

EMBED: Final = "https://embed.flattr.example"
PAGE: Final = "https://ada.example/song"
SCRIPT: Final = Resource(wants="script-src", address=f"{EMBED}/1.js")
FRAME: Final = Resource(wants="frame-src", address=f"{EMBED}/b")
PICTURE: Final = Resource(wants="img-src", address=f"{EMBED}/ada.svg")
PROVEN: Final = Resource(
    wants="script-src", address=f"{EMBED}/1.0.0.js", nonce="n0nce", integrity="sha384-abc sha512-def"
)


@pytest.mark.parametrize(
    ("policy", "resource"),
    [
        ("", SCRIPT),
        ("base-uri 'none'; form-action 'none'", SCRIPT),
        ("default-src *", FRAME),
        ("default-src https:", FRAME),
        ("default-src HTTP:", FRAME),
        (f"default-src 'none'; script-src {EMBED}", SCRIPT),
        ("script-src embed.flattr.example", SCRIPT),
        ("script-src EMBED.flattr.example:443", SCRIPT),
        ("script-src embed.flattr.example:*", SCRIPT),
        ("script-src http://embed.flattr.example:80", SCRIPT),
        ("script-src *.flattr.example", SCRIPT),
        ("script-src *:443", SCRIPT),
        (f"script-src {EMBED}/1.js", SCRIPT),
        (f"script-src {EMBED}/%31.js", SCRIPT),
        (f"img-src {EMBED}/", PICTURE),
        (f"script-src 'none'; script-src-elem {EMBED}", SCRIPT),
        (f"default-src 'none'; child-src {EMBED}", FRAME),
        (f"child-src 'none'; frame-src {EMBED}", FRAME),
        # The first of two with one name counts.
        (f"SCRIPT-SRC {EMBED}; script-src 'none'", SCRIPT),
        ("script-src 'nonce-n0nce'", PROVEN),
        ("script-src 'nonce-n0nce' 'strict-dynamic'", PROVEN),
        ("script-src 'sha384-abc' 'sha512-def'", PROVEN),
    ],
)
def test_a_policy_lets_us_in(policy: str, resource: Resource) -> None:
    """By host, scheme, port, path, nonce or hash, in the directive that counts."""
    assert content_policy.judge(policy, resource, page=PAGE) is None


@pytest.mark.parametrize(
    ("policy", "resource", "line"),
    [
        ("default-src 'self'", SCRIPT, f"script-src 'self' {EMBED}"),
        ("default-src 'none'", FRAME, f"frame-src {EMBED}"),
        ("default-src", PICTURE, f"img-src {EMBED}"),
        ("script-src 'self' https://cdn.example", SCRIPT, f"script-src 'self' https://cdn.example {EMBED}"),
        ("script-src-elem 'NONE'; script-src *", SCRIPT, f"script-src-elem {EMBED}"),
        ("child-src 'self'; default-src *", FRAME, f"frame-src 'self' {EMBED}"),
        # Of a directive for everything, a picture has no use for what is about code.
        ("default-src 'self' data: 'nonce-x' 'unsafe-inline'", PICTURE, f"img-src 'self' data: {EMBED}"),
        ("default-src 'self' 'nonce-x'", SCRIPT, f"script-src 'self' 'nonce-x' {EMBED}"),
        ("script-src flattr.example", SCRIPT, f"script-src flattr.example {EMBED}"),
        ("script-src *.embed.flattr.example", SCRIPT, f"script-src *.embed.flattr.example {EMBED}"),
        ("script-src *.attr.example", SCRIPT, f"script-src *.attr.example {EMBED}"),
        ("script-src embed.flattr.example:8443", SCRIPT, f"script-src embed.flattr.example:8443 {EMBED}"),
        (f"script-src {EMBED}/2.js", SCRIPT, f"script-src {EMBED}/2.js {EMBED}"),
        (f"script-src {EMBED}/1", SCRIPT, f"script-src {EMBED}/1 {EMBED}"),
        ("script-src 'unsafe-inline'", SCRIPT, f"script-src 'unsafe-inline' {EMBED}"),
        ("script-src data: blob:", SCRIPT, f"script-src data: blob: {EMBED}"),
        ("script-src 'nonce-N0NCE' 'sha384-abc'", PROVEN, f"script-src 'nonce-N0NCE' 'sha384-abc' {EMBED}"),
        ("frame-src 'nonce-n0nce'", FRAME, f"frame-src 'nonce-n0nce' {EMBED}"),
        ("script-src ???", SCRIPT, f"script-src ??? {EMBED}"),
    ],
)
def test_a_policy_keeps_us_out(policy: str, resource: Resource, line: str) -> None:
    """The line is the directive with our address added, and keeps what else was in it."""
    assert content_policy.judge(policy, resource, page=PAGE) == Blocked(line=line, needs_nonce=False)
    # Who takes the advice lets us in.
    assert content_policy.judge(line, resource, page=PAGE) is None


def test_where_trust_is_handed_on_no_address_counts() -> None:
    """`strict-dynamic` wants the script's nonce."""
    policy = "script-src 'nonce-n0nce' 'strict-dynamic' https:"

    assert content_policy.judge(policy, SCRIPT, page=PAGE) == Blocked(line=policy, needs_nonce=True)
    assert content_policy.judge("default-src 'strict-dynamic' https:", FRAME, page=PAGE) is None


def test_our_own_pages_are_themselves() -> None:
    """`'self'` is scheme, host and port; HTTPS is at home where HTTP is."""
    assert content_policy.judge("script-src 'self'", SCRIPT, page=f"{EMBED}/page") is None
    assert content_policy.judge("script-src 'self'", SCRIPT, page=f"{EMBED}:8443/page") is not None
    plain = Resource(wants="script-src", address="http://embed.flattr.example/1.js")
    assert content_policy.judge("script-src embed.flattr.example", plain, page=PAGE) is not None
    assert content_policy.judge("script-src embed.flattr.example", plain, page="http://ada.example/") is None


def test_policies_stand_in_several_headers_or_one() -> None:
    """A comma parts them as a line does."""
    assert content_policy.split(["default-src 'self', img-src *", "", "script-src 'none'"]) == [
        "default-src 'self'",
        " img-src *",
        "script-src 'none'",
    ]
