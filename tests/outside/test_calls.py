"""Calls of strangers' APIs: sent once and nowhere else, answered whatever the status."""

from datetime import UTC, datetime

import pytest

from flattr.outside import calls
from flattr.outside.calls import Reply, call
from flattr.outside.network import Network, OutsideError, Trouble
from flattr.outside.social import AccessEnded, NotNow, Refused, asked
from tests.outside.servers import Answer, Asked, Outside

NOW = datetime(2026, 11, 15, 12, 0, tzinfo=UTC)


def answering(outside: Outside, answer: Answer | None) -> list[Asked]:
    """Let a host answer one thing at one door; return what it is asked."""
    seen: list[Asked] = []

    def door(each: Asked) -> Answer | None:
        seen.append(each)
        return answer

    outside.host("social.example")
    outside.doors["POST", "social.example/do"] = door
    return seen


def test_a_form_and_an_object_are_sent(outside: Outside, network: Network) -> None:
    """As servers want them, with our name and without anything of our own."""
    seen = answering(outside, Answer(body=b'{"a": 1}', status=201))
    form = call("https://social.example/do", form={"text": "é & 1"}, headers={"X-Key": "k"}, network=network)
    call("https://social.example/do", content={"text": "é"}, network=network)

    assert (form.status, form.content) == (201, {"a": 1})
    assert [(each.headers["content-type"], each.body) for each in seen] == [
        ("application/x-www-form-urlencoded", b"text=%C3%A9+%26+1"),
        ("application/json", b'{"text": "\\u00e9"}'),
    ]
    assert seen[0].headers["x-key"] == "k"
    assert not {"cookie", "authorization"} & set(seen[0].headers)


@pytest.mark.parametrize("body", [b"", b"no json", b"[1]", b"null", b"\xff", b"[" * 60_000, b'{"a": 1} and more'])
def test_what_is_no_object_is_empty(body: bytes, outside: Outside, network: Network) -> None:
    """Whatever a stranger's server says breaks nothing."""
    answering(outside, Answer(body=body))

    assert call("https://social.example/do", network=network).content == {}


def test_nobody_is_followed(outside: Outside, network: Network) -> None:
    """A server that leads elsewhere is told nothing there."""
    outside.host("other.example")
    answering(outside, Answer(status=307, headers={"Location": "https://other.example/do"}))

    with pytest.raises(Refused, match="307"):
        asked("https://social.example/do", form={"secret": "s"}, network=network)
    assert len(outside.asked) == 1


@pytest.mark.parametrize(
    "url",
    ["http://social.example/do", "https://social.example:444/do", "https://127.0.0.1/do", "https://localhost/do"],
)
def test_only_plain_hosts_are_called(url: str, outside: Outside, network: Network) -> None:
    """No port, no number and no plain HTTP."""
    with pytest.raises(OutsideError) as caught:
        call(url, network=network)
    assert caught.value.trouble is Trouble.LEADS_AWAY
    assert outside.connections == 0


def test_no_address_of_ours_is_called(outside: Outside) -> None:
    """A name that leads inside is refused before anybody is connected to."""
    outside.records["social.example", "A"] = ["10.0.0.1"]

    with pytest.raises(NotNow) as caught:
        asked("https://social.example/do", network=outside.network())
    assert not caught.value.is_uncertain
    assert outside.connections == 0


@pytest.mark.parametrize(
    ("status", "error", "is_uncertain"),
    [
        (400, Refused, False),
        (401, AccessEnded, False),
        (403, AccessEnded, False),
        (404, Refused, False),
        (408, NotNow, False),
        (422, Refused, False),
        (429, NotNow, False),
        (500, NotNow, True),
        (503, NotNow, True),
    ],
)
def test_a_status_says_what_is_to_be_done(
    *,
    status: int,
    error: type[Exception],
    is_uncertain: bool,
    outside: Outside,
    network: Network,
) -> None:
    """Give up the access, give up the post, or try it later; only a broken server may have done it."""
    answering(outside, Answer(body=b'{"error": "too\\u0000 bad"}', status=status))

    with pytest.raises(error, match=f"{status} too bad") as caught:
        asked("https://social.example/do", network=network)
    assert getattr(caught.value, "is_uncertain", False) == is_uncertain


def test_silence_leaves_open_what_was_done(
    outside: Outside, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether the server hangs up or takes too long."""
    monkeypatch.setattr(calls, "SECONDS_MAX", 1.0)
    answering(outside, None)
    with pytest.raises(NotNow) as hung_up:
        asked("https://social.example/do", network=network)
    answering(outside, Answer(body=b"{" * 100, drip_seconds=0.1))
    with pytest.raises(NotNow) as slow:
        asked("https://social.example/do", network=network)

    assert hung_up.value.is_uncertain
    assert slow.value.is_uncertain


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120),
        ("0", 0),
        ("Sun, 15 Nov 2026 12:05:00 GMT", 300),
        ("Sun, 15 Nov 2026 11:00:00 GMT", 0),
        ("", None),
        ("-1", None),
        ("soon", None),
        ("Sun, 15 Nov 2026 12:05:00 +" + "9" * 20, None),
        ("9" * 50, 999_999_999),
        ("²", None),
    ],
)
def test_a_server_says_when_to_come_again(header: str, seconds: int | None) -> None:
    """In seconds or as a moment (RFC 9110); what is neither says nothing."""
    assert Reply(status=429, content={}, retry_after=header).seconds_to_wait(now=NOW) == seconds
