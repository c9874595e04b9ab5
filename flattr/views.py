"""Pages of the house itself: health checks and the answer to a stale form."""

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from redis import Redis
from redis.exceptions import RedisError


def healthz(request: HttpRequest) -> JsonResponse:
    """Tell that this process answers."""
    del request
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> JsonResponse:
    """Tell whether the database, Redis and the migrations are as this process needs them."""
    del request
    checks = {"database": _database_answers(), "redis": _redis_answers()}
    checks["migrations"] = checks["database"] and _is_migrated()
    return JsonResponse({"ready": all(checks.values()), **checks}, status=200 if all(checks.values()) else 503)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Explain that a form was too old or came from elsewhere."""
    del reason
    return render(request, "403_csrf.html", status=403)


def nothing_here(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say in a word that there is nothing, on a host without pages."""
    del request, exception
    return HttpResponse("Not found", status=404, content_type="text/plain")


def _database_answers() -> bool:
    try:
        connection.ensure_connection()
    except DatabaseError:
        return False
    return connection.is_usable()


def _redis_answers() -> bool:
    # Not by the cache, which goes on without Redis.
    try:
        with Redis.from_url(settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=1) as client:
            return bool(client.ping())
    except (RedisError, OSError):
        return False


def _is_migrated() -> bool:
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())
