"""Fixtures that every test may use."""

import uuid
from collections.abc import Generator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest
from celery.app import app_or_default
from coverage import Coverage
from django.core.cache import cache, caches
from django.core.management import call_command
from django.core.management.commands import flush
from django.db import connection
from django.db.backends.postgresql.operations import DatabaseOperations
from hypothesis import settings as hypothesis_settings
from pytest_django import DjangoDbBlocker, Settings
from stripe import HTTPClient

from buttons.operations import periods
from buttons.queries.frames import frame_memory
from flattr.period import Period
from flattr.transactions import durable
from tests.client import StrictClient
from tests.fakestripe.fake import FakeStripe
from tests.outside import servers
from tests.outside.servers import Outside
from tests.payouts.paying import assert_books_are_stripes

Rung = list[tuple[str, tuple[Any, ...]]]
"""Names and arguments of tasks that were sent to the queue."""

COVERING: Final = frozenset({"accounts", "buttons", "networks", "pages", "payouts"})
"""Folders of the tests that have to reach every branch of the money core between them."""

ALWAYS_THERE: Final = frozenset({"django_content_type", "auth_permission"})
"""Tables whose rows Django makes for each database."""

LONG: Final = ("namespaces", "processes", "browser")
"""Marks of tests that take long, those that take longest first."""

# How long an example takes depends on what else the machine does.
hypothesis_settings.register_profile("untimed", deadline=None)
hypothesis_settings.load_profile("untimed")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let long tests start first, so that none is left running alone when all others have ended."""

    def turn(item: pytest.Item) -> int:
        return next((place for place, mark in enumerate(LONG) if item.get_closest_marker(mark)), len(LONG))

    items.sort(key=turn)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Let coverage rest in all other tests: whatever is watched line by line takes twice its time."""
    watching = Coverage.current()
    is_covering = item.path.relative_to(Path(__file__).parent).parts[0] in COVERING
    if watching is None or (is_covering and not item.get_closest_marker("walk")):
        return (yield)
    watching.stop()
    try:
        return (yield)
    finally:
        watching.start()


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Let each test of a case that can go wrong with money end with the proof of both books."""
    result = yield
    if pyfuncitem.name.startswith("test_case_"):
        assert_books_are_stripes()
    return result


@pytest.fixture(scope="session")
def django_db_setup(
    django_db_setup: None, _delete_what_is_there: None, django_db_blocker: DjangoDbBlocker, october: Period
) -> None:
    """Make the partitions of clicks in which examples lie, as the daily task does for the months to come.

    The database may be that of a run which was killed in the middle of a test, so it is emptied first.
    """
    del django_db_setup, _delete_what_is_there
    with django_db_blocker.unblock():
        call_command("flush", verbosity=0, interactive=False, reset_sequences=False)
        for months in range(-2, 4):
            durable(periods.make_partition)(period=october.shift(months))


@pytest.fixture(scope="session", autouse=True)
def _delete_what_is_there() -> Iterator[None]:
    """Empty the database after a test that committed by deleting its rows, which are few.

    Django truncates all tables, for which PostgreSQL makes new files for each of them and of their indexes, and then
    looks which of its own rows are missing, of which none is deleted here.
    """

    def sql_flush(*arguments: Any, **_: object) -> list[str]:
        _operations, _style, tables = arguments
        asked = " UNION ALL ".join(f"SELECT '{table}' WHERE EXISTS (TABLE {table})" for table in tables)
        with connection.cursor() as cursor:
            cursor.execute(asked)
            filled = {table for (table,) in cursor.fetchall()} - ALWAYS_THERE
        return ["SET LOCAL session_replication_role = replica", *(f"DELETE FROM {table}" for table in filled)]  # noqa: S608

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseOperations, "sql_flush", sql_flush)
        patch.setattr(flush, "emit_post_migrate_signal", lambda *_: None)
        yield


@pytest.fixture
def client() -> StrictClient:
    """Return a client that refuses invalid HTML and answers without a cache header."""
    return StrictClient()


@pytest.fixture(scope="session")
def october() -> Period:
    """Return the period that most examples use."""
    return Period(2026, 10)


@pytest.fixture
def mid_october() -> datetime:
    """Return a moment in the middle of that period."""
    return datetime(2026, 10, 15, 12, 0, tzinfo=UTC)


@pytest.fixture
def after_october() -> datetime:
    """Return the moment at which the settlement of that period starts."""
    return datetime(2026, 11, 1, 0, 10, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _forget_caches() -> None:
    """Start every test with an empty cache: a part of its own, as clearing would empty all processes' caches.

    Threads of the live server make their own from the settings. Without a part, people of one email who sign up in
    two processes at once would meet allauth's limit of codes.
    """
    cache.key_prefix = caches.settings["default"]["KEY_PREFIX"] = uuid.uuid4().hex
    caches["process"].clear()
    frame_memory.clear()


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> Rung:
    """Return what was sent to the queue, with the broker replaced by a list."""
    sent: Rung = []

    def send(_self: object, name: str, args: Any = None, *_: object, **__: object) -> None:
        sent.append((name.rsplit(".", 1)[-1], tuple(args or ())))

    monkeypatch.setattr(type(app_or_default()), "send_task", send)
    return sent


@pytest.fixture
def stripe(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeStripe]:
    """Serve a Stripe of our own and let it be the provider, whom the library asks again without a pause."""
    for name in ("INITIAL_DELAY", "MAX_DELAY"):
        monkeypatch.setattr(HTTPClient, name, 0)
    with FakeStripe.started() as fake:
        settings.PAYMENT_GATEWAY = "stripe"
        settings.STRIPE_KEY, settings.STRIPE_API_URL, settings.STRIPE_LIVE = fake.key, fake.url, False
        yield fake


@pytest.fixture
def outside(settings: Settings) -> Iterator[Outside]:
    """Serve a small internet, and let it be the one that we reach."""
    with servers.started() as internet:
        settings.OUTSIDE_NETWORK = internet.network()
        yield internet


@pytest.fixture
def redis_away(settings: Settings) -> None:
    """Let nothing listen at the address of Redis."""
    settings.REDIS_URL = "redis://127.0.0.1:1"
    settings.CACHES = {
        **settings.CACHES,
        "default": {**settings.CACHES["default"], "LOCATION": settings.REDIS_URL, "KEY_PREFIX": uuid.uuid4().hex},
    }
