"""Caches: in Redis, which goes on without it, as each process remembers by itself then; and in a process alone."""

import logging
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

PAUSE_SECONDS: Final = 5
"""How long Redis isn't asked after it failed, so that nobody waits for it again and again."""

_MEMORY_ENTRIES: Final = 10_000


class _ReusedRedisCacheClient(RedisCacheClient):
    """Django's client with one client of Redis for all calls and threads, where Django makes a new one for each."""

    def __init__(self, servers: list[str], **options: Any) -> None:
        super().__init__(servers, **options)
        self._reused: Any = None

    def get_client(self, key: Any = None, *, write: bool = False) -> Any:
        """Return the client; there is one server, so reading and writing are the same."""
        if self._reused is None:
            self._reused = super().get_client(key, write=write)
        return self._reused


class RedisOrMemoryClient:
    """Does what Django's client does, in this process's memory where Redis fails.

    Limits go on counting there, so that nobody guesses passwords freely while Redis is away.
    """

    def __init__(self, servers: list[str], **options: Any) -> None:
        self._redis = _ReusedRedisCacheClient(servers, **options)
        # By its name it is one for all threads of the process, each of which has a client of its own.
        self._memory = LocMemCache("while Redis is away", {"max_entries": _MEMORY_ENTRIES})
        self._ask_again_at = 0.0

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """Return a method of Django's client; those of the memory take the same arguments."""
        return partial(self._do, name)

    def _do(self, name: str, *arguments: Any) -> Any:
        if time.monotonic() >= self._ask_again_at:
            try:
                return getattr(self._redis, name)(*arguments)
            except (RedisError, OSError) as error:
                self._ask_again_at = time.monotonic() + PAUSE_SECONDS
                logger.warning("Redis is away, and this process caches and counts limits by itself: %s", error)
        return getattr(self._memory, name)(*arguments)


class RedisOrMemoryCache(RedisCache):
    """Django's cache in Redis, by that client."""

    def __init__(self, server: str | list[str], params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = RedisOrMemoryClient


class ProcessCache(LocMemCache):
    """Django's cache in a process's memory that keeps values as they are, for `get` and `set` alone.

    Django pickles each, which takes longer than all the rest of a badge. So nobody may change what is kept.
    """

    # Its stub leaves these out.
    _lock: Any
    _cache: Any
    _has_expired: Callable[[str], bool]
    _delete: Callable[[str], None]
    _set: Callable[[str, Any, Any], None]

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        """Return what is kept by a key, or the default."""
        name = self.make_key(key, version)
        with self._lock:
            if self._has_expired(name):
                self._delete(name)
                return default
            return self._cache[name]

    def set(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        """Keep a value for so many seconds."""
        with self._lock:
            self._set(self.make_key(key, version), value, timeout)
