"""Requests that come by the short way and by the long one are answered alike, and nobody takes a thread for long."""

import asyncio
import logging
import threading
import time
from collections.abc import Iterator
from typing import Any, Final

import pytest
from asgiref.sync import async_to_sync
from django.conf import settings as project
from django.db import connections
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from pytest_django import Settings

from buttons import queries
from flattr import urls
from flattr.handler import Handler
from tests import given
from tests.asgi import Answer, ask, scope

pytestmark = pytest.mark.django_db

EMBED: Final = project.EMBED_URL.partition("//")[2]
VISITOR: Final = "203.0.113.77"


@pytest.fixture
def handler(settings: Settings) -> Iterator[Handler]:
    """Return the web server's handler with the pages of this module beside ours; end its connections afterwards."""
    settings.WEB_THREADS = 2
    settings.ROOT_URLCONF = __name__
    made = Handler()
    yield made
    for _ in range(made.threads.qsize()):
        thread = made.threads.get_nowait()
        thread.submit(connections.close_all).result()
        thread.shutdown()


def slow(request: HttpRequest) -> HttpResponse:
    """Answer after a while with the name of the thread."""
    del request
    time.sleep(0.05)
    return HttpResponse(threading.current_thread().name)


def pieces(request: HttpRequest) -> StreamingHttpResponse:
    """Answer piece by piece, each with the name of the thread that made it."""
    del request
    return StreamingHttpResponse(f"{number} {threading.current_thread().name}\n" for number in range(3))


@csrf_exempt
def echo(request: HttpRequest) -> HttpResponse:
    """Answer with what was sent."""
    return HttpResponse(request.body)


def broken(request: HttpRequest) -> HttpResponse:
    """Fail."""
    raise ValueError(request.path)


urlpatterns = [
    path("broken/", broken),
    path("slow/", slow),
    path("pieces/", pieces),
    path("echo/", echo),
    *urls.urlpatterns,
]


def get(handler: Handler, address: str, *, method: str = "GET", **others: Any) -> Answer:
    """Look at a page."""
    return async_to_sync(ask)(handler, scope(method, address, **others))


def test_whatever_is_unusual_goes_the_long_way(handler: Handler, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another method, another version, a strange host, a door that is for HTTPS alone, and a way that fails."""
    address = f"/b/{given.button().public_id}/badge.svg"
    taken: list[str] = []

    async def handle(asked: dict[str, str], *_: object) -> None:
        taken.append(asked["path"])

    monkeypatch.setattr(handler, "handle", handle)
    get(handler, address)
    assert not taken
    get(handler, address, method="HEAD")
    get(handler, address, http_version="2")
    get(handler, address, headers={"host": "evil.example"})
    with monkeypatch.context() as patched:
        patched.setattr(queries, "acached_click_count", None)
        get(handler, address)
    assert taken == [address] * 4


def test_the_short_way_is_for_https_alone_where_the_rest_is(settings: Settings) -> None:
    """What comes by HTTP is sent to HTTPS, and the proxy's word for it is what Django takes."""
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.SECURE_HSTS_SECONDS = 100
    handler = Handler()
    address = f"/b/{'a' * 1000}/badge.svg"
    assert get(handler, address).status == 301
    answer = get(handler, address, headers={"x-forwarded-proto": "https"})
    assert (answer.status, answer.headers["strict-transport-security"]) == (404, "max-age=100")


@pytest.mark.django_db(transaction=True)
def test_both_ways_may_be_gone_in_turn(handler: Handler) -> None:
    """What is left of one request is nothing that the next one could stumble over."""
    addresses = [f"/b/{given.button().public_id}/badge.svg" for _ in range(4)]

    async def ask_in_turn() -> list[int | None]:
        ways = zip(addresses, ("HEAD", "GET", "HEAD", "GET"), strict=True)
        return [(await ask(handler, scope(method, address))).status for address, method in ways]

    assert async_to_sync(ask_in_turn)() == [200] * 4


def test_pages_are_made_in_threads_that_stay(handler: Handler) -> None:
    """Many at once wait for one of two threads; one after another needs but one."""

    async def ask_many() -> list[Answer]:
        return await asyncio.gather(*(ask(handler, scope("GET", "/slow/")) for _ in range(6)))

    assert len({get(handler, "/slow/").body for _ in range(3)}) == 1
    assert len({answer.body for answer in async_to_sync(ask_many)()}) == 2


def test_nobody_takes_a_thread_by_sending_slowly(handler: Handler) -> None:
    """More slow senders than there are threads keep nobody from a page, and get theirs when they have sent all."""

    async def ask_many() -> tuple[Answer, list[Answer]]:
        go_on = asyncio.Event()
        asked = scope("POST", "/echo/", headers={"content-type": "text/plain"})
        slow_ones = [asyncio.create_task(ask(handler, asked, b"a", b"b", before_end=go_on.wait)) for _ in range(5)]
        await asyncio.sleep(0)
        page = await asyncio.wait_for(ask(handler, scope("GET", "/slow/")), timeout=10)
        go_on.set()
        return page, await asyncio.gather(*slow_ones)

    page, slow_ones = async_to_sync(ask_many)()
    assert page.status == 200
    assert [answer.body for answer in slow_ones] == [b"ab"] * 5


def test_a_part_of_a_form_is_no_form(handler: Handler) -> None:
    """Who goes away while sending has asked for nothing."""
    asked = scope("POST", "/echo/")
    assert async_to_sync(ask)(handler, asked, b"amount=1", breaks_off=True).status is None


def test_nobody_sends_more_than_a_form_may_have(handler: Handler, settings: Settings) -> None:
    """Neither at once nor bit by bit, by neither way."""
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    for address in ("/echo/", "/b/button/clicks/"):
        for parts in ([b"12345678901"], [b"123456", b"123456"]):
            assert async_to_sync(ask)(handler, scope("POST", address), *parts).status == 413
    assert async_to_sync(ask)(handler, scope("POST", "/echo/"), b"12345", b"67890").body == b"1234567890"


def test_a_long_answer_is_made_and_sent_piece_by_piece(handler: Handler) -> None:
    """Each piece in the thread of its request, without keeping them all."""
    pieces_sent = [piece.decode().split() for piece in get(handler, "/pieces/").pieces]
    assert [number for number, _ in pieces_sent] == ["0", "1", "2"]
    (name,) = {name for _, name in pieces_sent}
    assert name.startswith("web-")


@pytest.mark.parametrize(
    ("asked", "host", "status"),
    [
        ("GET /1.js", EMBED, 200),
        ("GET /b", EMBED, 404),
        ("GET /nobody.svg", EMBED, 404),
        ("POST /b/click", EMBED, 403),
        ("PUT /b/redeem", EMBED, 405),
        ("GET /healthz", "testserver", 200),
        ("GET /nothing/", "testserver", 404),
        ("GET /broken/", "testserver", 500),
        ("POST /b/nothing/clicks/", "testserver", 403),
        ("POST /accounts/login/", "testserver", 403),
        ("GET /", "evil.example", 400),
    ],
)
def test_no_line_of_the_log_names_an_address(
    handler: Handler, caplog: pytest.LogCaptureFixture, asked: str, host: str, status: int
) -> None:
    """Creators promise that to their readers: whatever is asked, also where it goes wrong, at every level."""
    caplog.set_level(logging.DEBUG)
    headers = {"host": host, "x-forwarded-for": VISITOR, "x-real-ip": VISITOR, "forwarded": f"for={VISITOR}"}
    method, address = asked.split()
    answer = get(handler, address, method=method, headers=headers, client=(VISITOR, 40_000))

    assert answer.status == status
    assert VISITOR not in caplog.text
