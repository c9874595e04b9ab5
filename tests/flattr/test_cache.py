"""The cache while Redis is away: it works as one does, waits for nobody, and tries Redis again."""

import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.core.cache.backends.redis import RedisCacheClient
from redis.exceptions import RedisError

from flattr.cache import PAUSE_SECONDS, RedisOrMemoryCache

NOWHERE = "redis://127.0.0.1:1"


def cache_at(address: str) -> RedisOrMemoryCache:
    """Return a cache as the settings make it, that nobody used before."""
    return RedisOrMemoryCache(address, {**settings.CACHES["default"], "KEY_PREFIX": str(time.monotonic_ns())})


@pytest.fixture
def silent_server() -> Iterator[str]:
    """Return the address of a server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"redis://127.0.0.1:{server.getsockname()[1]}"


def test_everything_that_a_cache_does_is_done_without_redis() -> None:
    """Each method answers as it would with Redis."""
    cache = cache_at(NOWHERE)

    assert cache.get("one") is None
    assert cache.get("one", "nothing") == "nothing"
    assert cache.add("one", 1)
    assert not cache.add("one", 2)
    assert cache.incr("one") == 2
    assert cache.decr("one") == 1
    assert cache.get_or_set("one", lambda: 5) == 1
    assert cache.set_many({"two": [2], "three": None}) == []
    assert cache.get_many(["one", "two", "four"]) == {"one": 1, "two": [2]}
    assert "two" in cache
    assert cache.touch("two", timeout=0)
    assert "two" not in cache
    assert cache.delete("one")
    assert not cache.delete("one")
    cache.set("one", 1, timeout=0)
    assert "one" not in cache
    cache.set("one", 1, timeout=None)
    cache.delete_many(["one", "three"])
    assert not cache.has_key("three")
    with pytest.raises(ValueError, match="not found"):
        cache.incr("one")
    cache.set("one", 1)
    cache.clear()
    assert cache.get("one") is None


def test_all_threads_of_a_process_count_together() -> None:
    """Limits would be worth little if each thread had its own."""
    cache = cache_at(NOWHERE)
    cache.set("tries", 9)
    seen: list[Any] = []
    other = RedisOrMemoryCache(NOWHERE, {"KEY_PREFIX": cache.key_prefix})
    thread = threading.Thread(target=lambda: seen.append(other.incr("tries")))
    thread.start()
    thread.join()

    assert (seen, cache.get("tries")) == ([10], 10)


def test_redis_is_asked_again_after_a_pause(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Once it is back it is the cache again; until then it is asked, and the log told, now and then only."""
    asked: list[str] = []
    get = RedisCacheClient.get

    def fail_at_first(self: RedisCacheClient, key: Any, default: Any) -> Any:
        asked.append(key)
        if len(asked) == 1:
            msg = "loading"
            raise RedisError(msg)
        return get(self, key, default)

    monkeypatch.setattr(RedisCacheClient, "get", fail_at_first)
    cache = cache_at(settings.REDIS_URL)
    cache.set("where", "in Redis")
    for _ in range(3):
        assert cache.get("where") is None
    assert len(asked) == 1
    assert [record.getMessage() for record in caplog.records if "Redis is away" in record.getMessage()] == [
        "Redis is away, and this process caches and counts limits by itself: loading"
    ]
    later = time.monotonic() + PAUSE_SECONDS
    monkeypatch.setattr(time, "monotonic", lambda: later)

    assert cache.get("where") == "in Redis"


def test_nobody_waits_long_for_a_redis_that_hangs(silent_server: str) -> None:
    """The first to ask waits for a second; those after them don't."""
    cache = cache_at(silent_server)
    start = time.perf_counter()
    for number in range(20):
        cache.set(f"key-{number}", number)

    assert time.perf_counter() - start < 3
    assert cache.get("key-19") == 19
