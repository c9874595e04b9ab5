"""Checks of pages: what is wrong with the button on a page, looked for when its creator asks."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.utils import translation

from accounts.models import User
from buttons import checking
from buttons.checking import Expected, FetchedPage
from buttons.models import PageCheck
from buttons.operations.buttons import BadUrl, canonical_url
from buttons.operations.sites import TooManyChecks
from buttons.queries import reading as queries
from buttons.queries import sites as site_queries
from flattr.outside.hosts import BadHost, canonical_host
from flattr.outside.network import Network, OutsideError
from flattr.outside.pages import fetch
from flattr.transactions import durable

CHECKS_AN_HOUR_MAX: Final = 20
"""How often a creator may ask in an hour, whatever the pages."""
CHECKS_OF_A_HOST_AN_HOUR_MAX: Final = 60
"""How often pages of a host are looked at in an hour, whoever wants it."""
BYTES_MAX: Final = 1024 * 1024
"""How much of a page is looked at: buttons stand below what people read."""
_REMEMBERED: Final = timedelta(seconds=30)
"""How long what was found stands: who sends the form twice is shown the same, who has mended the page a new look."""
_KEPT: Final = timedelta(days=1)


@durable
def ask_for_page_check(*, creator: User, url: str, now: datetime) -> PageCheck:
    """Note that a worker shall look at a page; while the same waits or was just found, this returns that.

    Where the address has no encryption, the page is looked at with it, as the button is there alone.

    :raises BadUrl: if it is no address that everybody can open.
    :raises TooManyChecks: beyond 20 of the creator or 60 of the host in the last hour.
    """
    address, host = _asked(url)
    User.objects.select_for_update(no_key=True).get(pk=creator.pk)
    latest = queries.page_checks(creator=creator).filter(url=address).first()
    if latest is not None and _stands(latest, now=now):
        return latest
    in_hour = PageCheck.objects.filter(asked_at__gt=now - timedelta(hours=1))
    if (
        in_hour.filter(creator=creator).count() >= CHECKS_AN_HOUR_MAX
        or in_hour.filter(host=host).count() >= CHECKS_OF_A_HOST_AN_HOUR_MAX
    ):
        msg = f"url: pages of yours or of {host} were looked at too often in this hour"
        raise TooManyChecks(msg)
    return PageCheck.objects.create(creator=creator, url=address, host=host, asked_at=now)


def run_page_check(*, check_id: int, network: Network, clock: Callable[[], datetime]) -> None:
    """Look at a page and write what was found; a check that has ended is left as it is.

    It takes no longer than 8 seconds, and must not be called in a transaction.
    """
    check = (
        PageCheck.objects.select_related("creator__creator_profile")
        .filter(pk=check_id, finished_at__isnull=True)
        .first()
    )
    if check is None:
        return
    trouble, findings = "", {}
    try:
        page = fetch(check.url, network=network, bytes_max=BYTES_MAX)
    except OutsideError as error:
        trouble = error.trouble.value
    else:
        fetched = FetchedPage(url=page.url, headers=page.headers, html=page.text, is_whole=page.is_whole)
        findings = {code: _findings(check, fetched, language=code) for code, _ in settings.LANGUAGES}
    _record(check_id=check_id, trouble=trouble, findings=findings, now=clock())


@durable
def forget_page_checks(*, now: datetime) -> None:
    """Forget the checks that are more than a day old."""
    PageCheck.objects.filter(asked_at__lt=now - _KEPT).delete()


@durable
def _record(*, check_id: int, trouble: str, findings: dict[str, list[dict[str, str]]], now: datetime) -> None:
    PageCheck.objects.filter(pk=check_id, finished_at__isnull=True).update(
        finished_at=now, trouble=trouble, findings=findings
    )


def _findings(check: PageCheck, page: FetchedPage, *, language: str) -> list[dict[str, str]]:
    host = urlsplit(page.url).hostname or ""
    expected = Expected(
        creator=check.creator.creator_profile.slug,
        app_url=settings.APP_URL,
        embed_url=settings.EMBED_URL,
        is_verified=site_queries.is_verified(creator_id=check.creator_id, host=host),
    )
    with translation.override(language):
        return [{"text": each.text, "line": each.line} for each in checking.check(page, expected)]


def _stands(check: PageCheck, *, now: datetime) -> bool:
    if check.finished_at is None:
        return check.asked_at > now - site_queries.CHECK_GIVEN_UP_AFTER
    return check.finished_at > now - _REMEMBERED


def _asked(url: str) -> tuple[str, str]:
    """Return the address that is looked at, and its host.

    :raises BadUrl: if it is none that everybody can open.
    """
    parts = urlsplit(canonical_url(url))
    try:
        host = canonical_host(parts.hostname or "")
    except BadHost as error:
        msg = "url: its host is none that everybody can reach"
        raise BadUrl(msg) from error
    if parts.port is not None:
        msg = "url: pages are looked at on the usual port alone"
        raise BadUrl(msg)
    return urlunsplit(parts._replace(scheme="https")), host
