"""A small internet on loopback: a DNS server and an HTTPS server, whose certificates an authority of ours signs."""

import socketserver
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from typing import Any, Final

import trustme
from dns.flags import AA, RA
from dns.message import Message, from_wire, make_response
from dns.rcode import NXDOMAIN, SERVFAIL
from dns.rdatatype import to_text
from dns.rrset import from_text

from flattr.outside.network import Network

LOOPBACK: Final = "127.0.0.1"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the HTTPS server says to a request; `drip_seconds` is how long it waits before each byte of the body."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "text/html; charset=utf-8"})
    drip_seconds: float = 0


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a door of the HTTPS server is asked: headers by lower-case name, and the body."""

    headers: dict[str, str]
    body: bytes


Door = Callable[[Asked], Answer | None]
"""Answers what comes to it; with None it hangs up."""


def text(body: str) -> Answer:
    """Return an answer in plain text."""
    return Answer(body=body.encode(), headers={"Content-Type": "text/plain"})


def html(body: str) -> Answer:
    """Return an answer in HTML."""
    return Answer(body=body.encode())


def leading_to(url: str, *, status: int = 301) -> Answer:
    """Return a redirect."""
    return Answer(status=status, headers={"Location": url})


@dataclass
class Outside:
    """What hosts there are, what they answer, and what they were asked."""

    dns_port: int = 0
    https_port: int = 0
    records: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    """Values of DNS by name and type, such as `("alice.example", "A")`."""
    broken: set[str] = field(default_factory=set)
    """Names for which DNS answers that it is broken."""
    answers: dict[str, Answer | Callable[[], Answer]] = field(default_factory=dict)
    """Answers by address without its scheme, such as `alice.example/`."""
    doors: dict[tuple[str, str], Door] = field(default_factory=dict)
    """What answers by method and address without its scheme, such as `POST` and `alice.example/api`."""
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    """Requests in their order: the address and the headers."""
    lookups: list[tuple[str, str]] = field(default_factory=list)
    """Names that were asked of DNS, with the types."""
    connections: int = 0
    """How often somebody connected to the HTTPS server, even if they said nothing."""

    def host(self, *names: str) -> None:
        """Let names lead to the HTTPS server."""
        for name in names:
            self.records[name, "A"] = [LOOPBACK]

    def page(self, address: str, answer: Answer) -> None:
        """Let the HTTPS server answer at an address, and its host lead there."""
        self.host(address.partition("/")[0])
        self.answers[address] = answer

    def network(self, **changes: Any) -> Network:
        """Return how to reach this internet, whose one address counts as public here."""
        usual = Network(
            dns_servers=[LOOPBACK],
            dns_port=self.dns_port,
            https_port=self.https_port,
            authorities=authority().cert_pem.bytes().decode(),
            exempt=frozenset({LOOPBACK}),
        )
        return replace(usual, **changes)


@cache
def authority() -> trustme.CA:
    """Return the authority that signs what servers show."""
    return trustme.CA()


@cache
def _context(name: str) -> ssl.SSLContext:
    """Return what a server shows: `other.` another's name, `unknown.` what nobody has signed whom we trust."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    shown = "somebody-else.example" if name.startswith("other.") else name
    signer = trustme.CA() if name.startswith("unknown.") else authority()
    signer.issue_cert(shown).configure_cert(context)
    return context


@contextmanager
def started() -> Iterator[Outside]:
    """Serve an internet of one's own."""
    outside = Outside()
    servers = [_dns_server(outside), _https_server(outside)]
    threads = [threading.Thread(target=server.serve_forever, args=(0.01,)) for server in servers]
    for thread in threads:
        thread.start()
    try:
        yield outside
    finally:
        for server, thread in zip(servers, threads, strict=True):
            server.shutdown()
            thread.join()
            server.server_close()


def _dns_server(outside: Outside) -> socketserver.BaseServer:
    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            data, socket = self.request
            socket.sendto(_looked_up(outside, from_wire(data)).to_wire(), self.client_address)

    server = socketserver.UDPServer((LOOPBACK, 0), Handler)
    outside.dns_port = server.server_address[1]
    return server


def _looked_up(outside: Outside, query: Message) -> Message:
    (question,) = query.question
    name, kind = question.name.to_text(omit_final_dot=True), to_text(question.rdtype)
    outside.lookups.append((name, kind))
    response = make_response(query)
    response.flags |= AA | RA
    values = outside.records.get((name, kind))
    if values:
        # In the order of the records, as a rule about the first of them must not be enough.
        response.answer.append(from_text(question.name, 0, "IN", kind, *values))
    elif not any(known == name for known, _ in outside.records):
        response.set_rcode(NXDOMAIN)
    if name in outside.broken:
        response.set_rcode(SERVFAIL)
    return response


def _door(outside: Outside, method: str, address: str) -> Door:
    """Return what answers there."""
    known = outside.answers.get(address) if method == "GET" else None
    answer = known or Answer(status=404)
    return outside.doors.get((method, address), lambda _: answer if isinstance(answer, Answer) else answer())


def _handler(outside: Outside) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._serve("GET")

        def do_POST(self) -> None:
            self._serve("POST")

        def _serve(self, method: str) -> None:
            address = f"{self.headers['Host']}{self.path}"
            outside.asked.append((address, dict(self.headers)))
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = _door(outside, method, address)(Asked(headers=headers, body=body))
            if answer is not None:
                self._send(answer)

        def _send(self, answer: Answer) -> None:
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value.encode().decode("latin-1"))
            self.end_headers()
            if not answer.drip_seconds:
                self.wfile.write(answer.body)
            for byte in answer.body if answer.drip_seconds else b"":
                time.sleep(answer.drip_seconds)
                self.wfile.write(bytes([byte]))

        def log_message(self, *_: object) -> None:
            """Say nothing of requests."""

    return Handler


def _https_server(outside: Outside) -> socketserver.BaseServer:
    class Server(ThreadingHTTPServer):
        daemon_threads = False

        def finish_request(self, request: Any, client_address: Any) -> None:
            outside.connections += 1
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.sni_callback = _show
            try:
                secure = context.wrap_socket(request, server_side=True)
            except OSError:
                return
            with secure:
                super().finish_request(secure, client_address)

        def handle_error(self, request: Any, client_address: Any) -> None:
            """Say nothing of who went away."""

    server = Server((LOOPBACK, 0), _handler(outside))
    outside.https_port = server.server_address[1]
    return server


def _show(connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
    connection.context = _context(name or "nameless.example")


def kind_of(address: str) -> str:
    """Return the type of the DNS record that holds an address."""
    return "A" if ip_address(address).version == 4 else "AAAA"
