"""Pages from elsewhere: got from where they are, within limits, and from nowhere that isn't public."""

import socketserver
import threading
import time
from pathlib import Path

import pytest

from flattr.outside import pages
from flattr.outside.connections import BYTES_MAX
from flattr.outside.network import Network, OutsideError, Trouble
from flattr.outside.pages import fetch
from tests.outside.servers import LOOPBACK, Answer, Outside, html, kind_of, leading_to
from tests.outside.test_addresses import NOT_PUBLIC

HOME = "https://alice.example/"
THIS_MACHINE = r"""
127.0.0.1 127.1 127.0.1 127.0.0.1. 0x7f.1 0x7f000001 2130706433 0177.0.0.1 017700000001 0 0x7f.0.0.0x1
[::1] [::] [::ffff:127.0.0.1] [::ffff:7f00:1] [0:0:0:0:0:0:0:1] [64:ff9b::7f00:1] [fe80::1%25lo] [fe80::1%lo]
localhost LOCALHOST. ①②⑦.⓪.⓪.① 127。0。0。1 %31%32%37.0.0.1 localhost\@alice.example alice.example@localhost
127.0.0.1%00.alice.example
"""
"""Ways to write the address of this machine, or to hide it behind another name."""


def trouble(url: str, network: Network) -> Trouble:
    """Return what goes wrong with an address."""
    with pytest.raises(OutsideError) as caught:
        fetch(url, network=network)
    return caught.value.trouble


def test_a_page_is_got(outside: Outside, network: Network) -> None:
    """The request tells nothing of us but our name, and asks for plain text or HTML as it is."""
    outside.page("alice.example/a%20b?c=%C3%A9", html("<p>é"))
    page = fetch("https://ALICE.example:443/a b?c=é#top", network=network)

    assert (page.text, page.url, page.is_whole) == ("<p>é", "https://alice.example/a%20b?c=%C3%A9", True)
    ((_, headers),) = outside.asked
    assert headers == {
        "Host": "alice.example",
        "User-Agent": "Flattr",
        "Accept": "text/html, text/plain",
        "Accept-Encoding": "identity",
        "Connection": "close",
    }


def test_neither_proxies_nor_logins_of_this_machine_are_used(
    outside: Outside, network: Network, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Whatever the environment says."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine alice.example login ada password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    outside.page("alice.example/", html("hello"))

    assert fetch(HOME, network=network).text == "hello"
    ((_, headers),) = outside.asked
    assert "Authorization" not in headers


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_no_connection_is_opened_to_what_is_not_public(address: str, outside: Outside) -> None:
    """Neither alone nor among public addresses, in whatever order DNS has them."""
    network = outside.network(exempt=frozenset())
    kind = kind_of(address)
    public = {"A": ["1.1.1.1", "8.8.8.8"], "AAAA": ["2606:4700:4700::1111", "2001:4860:4860::8888"]}
    for records in ({kind: [address]}, {**public, kind: [public[kind][0], address, public[kind][1]]}):
        outside.records = {("alice.example", each): values for each, values in records.items()}

        assert trouble(HOME, network) is Trouble.NOT_PUBLIC
    assert outside.connections == 0


@pytest.mark.parametrize("host", [*THIS_MACHINE.split(), "\uff11\uff12\uff17.\uff10.\uff10.\uff11"])
def test_no_spelling_of_this_machine_is_connected_to(host: str, outside: Outside) -> None:
    """Neither asked for nor led to, and DNS isn't asked for any of them."""
    direct = trouble(f"https://{host}/", outside.network(exempt=frozenset()))
    assert direct is Trouble.LEADS_AWAY
    assert (outside.connections, outside.lookups) == (0, [])

    outside.page("alice.example/", leading_to(f"https://{host}/"))
    assert trouble(HOME, outside.network()) is Trouble.LEADS_AWAY
    assert outside.connections == 1
    assert {name for name, _ in outside.lookups} == {"alice.example"}


def test_a_name_that_turns_private_is_not_followed(outside: Outside) -> None:
    """A redirect asks DNS anew, and is refused if the name has changed sides."""
    outside.page("alice.example/", html("never"))
    network = outside.network(exempt=frozenset())
    outside.records["alice.example", "A"] = ["1.1.1.1"]
    outside.records["www.alice.example", "A"] = [LOOPBACK]

    assert trouble("https://www.alice.example/", network) is Trouble.NOT_PUBLIC
    assert outside.connections == 0

    def rebound() -> Answer:
        outside.records["alice.example", "A"] = ["10.0.0.1"]
        return leading_to("/again")

    outside.host("alice.example")
    outside.answers["alice.example/"] = rebound
    assert trouble(HOME, outside.network()) is Trouble.NOT_PUBLIC
    assert [kind for name, kind in outside.lookups if name == "alice.example"] == ["AAAA", "A"] * 2


def test_dns_is_asked_once_for_a_connection(outside: Outside, network: Network) -> None:
    """The address that was looked at is the one connected to."""
    outside.page("alice.example/", html("hello"))
    fetch(HOME, network=network)

    assert sorted(outside.lookups) == [("alice.example", "A"), ("alice.example", "AAAA")]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("place", ["/b", "b", "//www.alice.example/b", "https://www.alice.example:443/b#top"])
def test_a_redirect_on_the_host_or_its_twin_is_followed(
    place: str, status: int, outside: Outside, network: Network
) -> None:
    """Relative or whole, by each status that redirects."""
    outside.page("alice.example/", leading_to(place, status=status))
    outside.page("alice.example/b", html("here"))
    outside.page("www.alice.example/b", html("here"))

    assert fetch(HOME, network=network).text == "here"


@pytest.mark.parametrize(
    "place",
    [
        *(
            "http://alice.example/",
            "https://alice.example:8443/",
            "https://ada:secret@alice.example/",
            "ftp://alice.example",
        ),
        *(
            "https://mallory.example/",
            "https://blog.alice.example/",
            "https://www.www.alice.example/",
            "https://example/",
        ),
        *("file:///etc/passwd", "data:text/html,x", "javascript:1", "gopher://alice.example/", "//[", "https://", ""),
        "https://alice.example.mallory.example/",
    ],
)
def test_a_redirect_to_elsewhere_is_not_followed(place: str, outside: Outside, network: Network) -> None:
    """Another host, port or scheme, a login, or no place at all: nothing but the first host is asked."""
    outside.page("alice.example/", leading_to(place))
    outside.host("mallory.example", "blog.alice.example", "www.www.alice.example")

    assert trouble(HOME, network) is Trouble.LEADS_AWAY
    assert {address.partition("/")[0] for address, _ in outside.asked} == {"alice.example"}


def test_three_redirects_are_followed_and_no_fourth(outside: Outside, network: Network) -> None:
    """A chain has an end, and a circle too."""
    for number in range(1, 5):
        outside.page(f"alice.example/{number}", leading_to(f"/{number + 1}"))
    outside.page("alice.example/5", html("here"))

    assert fetch("https://alice.example/2", network=network).text == "here"
    outside.asked.clear()
    assert trouble("https://alice.example/1", network) is Trouble.LEADS_AWAY
    assert len(outside.asked) == 4


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Answer(status=404), Trouble.MISSING),
        (Answer(status=410), Trouble.MISSING),
        (Answer(status=401), Trouble.BAD_STATUS),
        (Answer(status=403), Trouble.BAD_STATUS),
        (Answer(status=500), Trouble.BAD_STATUS),
        (Answer(status=204), Trouble.BAD_STATUS),
        (Answer(status=304), Trouble.BAD_STATUS),
        (Answer(headers={"Content-Type": "image/png"}), Trouble.NOT_TEXT),
        (Answer(headers={"Content-Type": "application/octet-stream"}), Trouble.NOT_TEXT),
        (Answer(headers={}), Trouble.NOT_TEXT),
        (Answer(headers={"Content-Type": "text/html", "Content-Encoding": "gzip"}), Trouble.NOT_TEXT),
        (Answer(headers={f"X-{number}": "x" for number in range(200)}), Trouble.NO_ANSWER),
        (Answer(headers={"X": "x" * 100_000}), Trouble.NO_ANSWER),
    ],
)
def test_what_is_no_text_is_named(answer: Answer, expected: Trouble, outside: Outside, network: Network) -> None:
    """Missing, refused, broken, pictures, compressed, or more headers than a server can need."""
    outside.page("alice.example/", answer)

    assert trouble(HOME, network) is expected


@pytest.mark.parametrize("host", ["other.example.org", "unknown.example.org"])
def test_a_wrong_certificate_is_named(host: str, outside: Outside, network: Network) -> None:
    """Another name's, and one that nobody we trust has signed: nothing is asked."""
    outside.page(f"{host}/", html("hello"))

    assert trouble(f"https://{host}/", network) is Trouble.BAD_CERTIFICATE
    assert outside.asked == []


def test_the_systems_authorities_are_the_ones_trusted(outside: Outside) -> None:
    """Without others being named, a certificate of an authority of somebody's own is worth nothing."""
    outside.page("alice.example/", html("hello"))

    assert trouble(HOME, outside.network(authorities=None)) is Trouble.BAD_CERTIFICATE


def test_a_long_page_is_cut(outside: Outside, network: Network) -> None:
    """Its beginning is there, and it says that it isn't whole."""
    outside.page("alice.example/", html("a" * BYTES_MAX))
    outside.page("alice.example/long", html("a" * BYTES_MAX + "b" * 1_000_000))
    whole, long = fetch(HOME, network=network), fetch(HOME + "long", network=network)

    assert (whole.text, whole.is_whole) == (long.text, True)
    assert not long.is_whole


def test_an_answer_that_trickles_in_is_given_up(
    outside: Outside, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often a byte arrives, the time for all of it ends."""
    monkeypatch.setattr(pages, "SECONDS_MAX", 1.0)
    outside.page("alice.example/", Answer(body=b"a" * 400, drip_seconds=0.02))
    started = time.monotonic()

    assert trouble(HOME, network) is Trouble.TOO_SLOW
    assert time.monotonic() - started < 4


def test_who_does_not_answer_is_named(outside: Outside) -> None:
    """A name that isn't there, a DNS server that is broken or silent, and a port where nobody listens."""
    outside.host("alice.example")
    outside.records["bob.example", "TXT"] = ["hello"]
    outside.host("broken.example")
    outside.broken.add("broken.example")
    network = outside.network(https_port=1)

    assert trouble("https://nobody.example/", network) is Trouble.NO_ADDRESS
    assert trouble("https://bob.example/", network) is Trouble.NO_ADDRESS
    assert trouble("https://broken.example/", network) is Trouble.NO_DNS
    assert trouble(HOME, network) is Trouble.REFUSED


def test_who_speaks_no_tls_is_named(outside: Outside) -> None:
    """A server that answers plain HTTP there, and one that hangs up without a word."""

    class Plain(socketserver.BaseRequestHandler):
        answer = b"HTTP/1.1 400 Bad Request\r\n\r\n"

        def handle(self) -> None:
            self.request.recv(4096)
            self.request.sendall(self.answer)

    outside.host("alice.example")
    with socketserver.TCPServer((LOOPBACK, 0), Plain) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        network = outside.network(https_port=server.server_address[1])
        found = [trouble(HOME, network)]
        Plain.answer = b""
        found.append(trouble(HOME, network))
        server.shutdown()

    assert found == [Trouble.NO_TLS, Trouble.NO_ANSWER]


def test_who_asks_decides_which_hosts_are_asked(outside: Outside, network: Network) -> None:
    """The first one included; else nobody but that and its twin is."""
    outside.page("alice.example/", leading_to("https://alice.example.org/b"))
    outside.page("alice.example.org/b", leading_to("/c"))
    outside.page("alice.example.org/c", html("here"))
    asked: list[str] = []

    def both(host: str) -> bool:
        asked.append(host)
        return host.startswith("alice.")

    assert fetch(HOME, network=network, may_ask=both).text == "here"
    assert asked == ["alice.example", "alice.example.org", "alice.example.org"]
    outside.asked.clear()
    for allowed in ((), ("alice.example",)):
        with pytest.raises(OutsideError, match="leads_away"):
            fetch(HOME, network=network, may_ask=allowed.__contains__)
    assert [address for address, _ in outside.asked] == ["alice.example/"]


@pytest.mark.parametrize(
    ("statuses", "lasting"),
    [((301, 308), "2"), ((302, 301), "0"), ((301, 302), "1"), ((308, 307), "1"), ((), "0")],
)
def test_where_a_page_is_for_good_is_told(
    statuses: tuple[int, ...], lasting: str, outside: Outside, network: Network
) -> None:
    """Redirects that are for now alone change nothing about it, nor does what comes after them."""
    for number, status in enumerate(statuses):
        outside.page(f"alice.example/{number}", leading_to(f"/{number + 1}", status=status))
    outside.page(f"alice.example/{len(statuses)}", html("here"))
    page = fetch(f"{HOME}0", network=network)

    assert (page.url, page.lasting_url) == (f"{HOME}{len(statuses)}", f"{HOME}{lasting}")


def test_more_of_a_page_is_read_where_that_is_wanted(outside: Outside, network: Network) -> None:
    """Up to the bytes that are named, with the headers as they came."""
    outside.page("alice.example/", html("a" * BYTES_MAX + "b" * 10))
    page = fetch(HOME, network=network, bytes_max=BYTES_MAX + 5)

    assert (page.text[-6:], page.is_whole) == ("abbbbb", False)
    assert ("Content-Type", "text/html; charset=utf-8") in page.headers


def test_another_address_is_tried_where_one_does_not_answer(outside: Outside, network: Network) -> None:
    """Nobody listens at the first one."""
    outside.page("alice.example/", html("hello"))
    outside.records["alice.example", "A"] = ["127.0.0.1"]
    outside.records["alice.example", "AAAA"] = ["::1"]
    both = outside.network(exempt=frozenset({LOOPBACK, "::1"}))

    assert fetch(HOME, network=both).text == "hello"
    assert network.exempt == {LOOPBACK}
