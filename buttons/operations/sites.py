"""Writes about sites: claimed, proven, checked again and again, lost, and decided about where two claim one.

What a check finds is written when it has ended, in a transaction that asks nobody: a stranger's server can take its
time. All that changes whose a host is waits for the lock of that host.
"""

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings

from accounts import operations as accounts_operations
from accounts.models import Notification, User
from buttons.models import Site, SiteCheck
from buttons.operations import proofs
from buttons.queries import sites as queries
from flattr.outside.hosts import BadHost, canonical_host
from flattr.outside.network import Network, OutsideError
from flattr.transactions import durable, required

CHECKS_AN_HOUR_MAX: Final = 5
"""How often a creator may ask in an hour, whatever the sites."""
CHECKS_OF_A_HOST_AN_HOUR_MAX: Final = 20
"""How often a host is asked in an hour, whoever wants it."""
FAILURES_UNTIL_LOST: Final = 3
FAILING_UNTIL_LOST: Final = timedelta(hours=72)
"""A proof is lost by as many failed checks in a row over that time, so no outage of a weekend takes a site away."""
_CHECKS_KEPT: Final = timedelta(days=30)

Outcome = SiteCheck.Outcome


class NotClaimed(ValueError):
    """The creator has withdrawn the claim, or never made it."""


class TooManyChecks(ValueError):
    """The creator has asked too often, or the host has been asked too often."""


class ForeignPage(ValueError):
    """The page isn't one of the site's."""


class NotContested(ValueError):
    """Nobody waits for a decision about the site, or not any more."""


@durable
def claim_site(*, creator: User, host: str) -> Site:
    """Note that the creator says a host is theirs, and give them the token that proves it; the same one each time.

    :raises BadHost: if nobody can own such a host.
    """
    site, _ = Site.objects.get_or_create(creator=creator, host=canonical_host(host))
    Site.objects.filter(pk=site.pk, token="").update(token=secrets.token_hex(16))
    site.refresh_from_db()
    return site


@durable
def ask_for_check(
    *, site: Site, proof: str, page: str = "", covers_subdomains: bool = False, now: datetime
) -> SiteCheck:
    """Note that a worker shall look for a proof; while the same was asked for and hasn't ended, this returns that.

    A link is looked for on `page`, the home page unless said otherwise. Only DNS can cover subdomains.

    :raises NotClaimed: if the site isn't claimed.
    :raises ForeignPage: if the page isn't an https address on the host.
    :raises TooManyChecks: beyond 5 of the creator or 20 of the host in the last hour.
    """
    User.objects.select_for_update(no_key=True).get(pk=site.creator_id)
    _lock_host(site.host)
    if not Site.objects.filter(pk=site.pk).exclude(token="").exists():
        msg = f"host: {site.host} isn't claimed"
        raise NotClaimed(msg)
    wanted = {
        "proof": proof,
        "page": _page_on(site.host, page) if proof == Site.Proof.LINK else "",
        "covers_subdomains": covers_subdomains and proof == Site.Proof.DNS,
        "by_creator": True,
    }
    waiting = queries.waiting_checks(now=now).filter(site=site, **wanted).first()
    if waiting is not None:
        return waiting
    latest = SiteCheck.objects.filter(asked_at__gt=now - timedelta(hours=1))
    if (
        latest.filter(site__creator_id=site.creator_id, by_creator=True).count() >= CHECKS_AN_HOUR_MAX
        or latest.filter(site__host=site.host).count() >= CHECKS_OF_A_HOST_AN_HOUR_MAX
    ):
        msg = f"host: {site.host} was checked too often in this hour"
        raise TooManyChecks(msg)
    return SiteCheck.objects.create(site=site, asked_at=now, **wanted)


@durable
def ask_for_rechecks(*, now: datetime, limit: int = 1000) -> list[int]:
    """Note that workers shall look again for proofs that are due, and return the ids of these checks."""
    due = queries.sites_to_recheck(now=now).select_for_update(skip_locked=True, of=("self",))
    checks = SiteCheck.objects.bulk_create(
        SiteCheck(
            site=site,
            proof=site.proof,
            page=site.page,
            covers_subdomains=site.covers_subdomains,
            by_creator=False,
            asked_at=now,
        )
        for site in due[:limit]
    )
    return [check.pk for check in checks]


def run_check(*, check_id: int, network: Network, clock: Callable[[], datetime]) -> None:
    """Look for the proof of a check and write what was found; one that has ended is left as it is."""
    check = (
        SiteCheck.objects.select_related("site__creator__creator_profile")
        .filter(pk=check_id, finished_at__isnull=True)
        .first()
    )
    if check is None:
        return
    site = check.site
    try:
        is_there = proofs.is_there(
            host=site.host,
            proof=check.proof,
            token=site.token,
            page=check.page,
            profile=f"{settings.APP_URL}/@{site.creator.creator_profile.slug}/",
            network=network,
        )
        found = Outcome.PROVEN if is_there else Outcome.NOT_FOUND
    except OutsideError as error:
        found = Outcome(error.trouble)
    _record(check_id=check_id, host=site.host, token=site.token, found=found, now=clock())


@durable
def forget_checks(*, now: datetime) -> None:
    """Forget the checks that are more than a month old; their sites know when they were last checked."""
    SiteCheck.objects.filter(asked_at__lt=now - _CHECKS_KEPT).delete()


@durable
def withdraw_claim(*, site: Site) -> None:
    """Take back the creator's claim, with its token and whatever it had proven. Buttons of the host stay."""
    _lock_host(site.host)
    _withdraw(site)


@durable
def decide_contest(*, site_id: int, is_theirs: bool, now: datetime) -> None:
    """Decide whether a host is its challenger's. Who loses has to claim it anew; all are told.

    :raises NotContested: if nobody waits for that.
    """
    host = Site.objects.values_list("host", flat=True).get(pk=site_id)
    _lock_host(host)
    site = Site.objects.select_related("creator").get(pk=site_id)
    contest = site.contested_at
    if contest is None:
        msg = f"host: nobody contests {host}"
        raise NotContested(msg)
    holders = list(queries.rivals(site=site).filter(verified_at__isnull=False).select_related("creator"))
    if is_theirs:
        for holder in holders:
            _withdraw(holder)
        site.contested_at, site.verified_at = None, now
        site.save(update_fields=["contested_at", "verified_at"])
    else:
        _withdraw(site)
    told = [(site.creator, is_theirs), *((holder.creator, not is_theirs) for holder in holders)]
    for person, is_won in told:
        accounts_operations.notify(
            recipient=person,
            kind=Notification.Kind.CONTEST_DECIDED,
            subject_key=f"contest:{site.pk}:{contest.isoformat()}",
            context={"host": host, "is_won": is_won},
            now=now,
        )


@durable
def _record(*, check_id: int, host: str, token: str, found: Outcome, now: datetime) -> None:
    """Write what a check found, once, and what follows for the site. It looked for `token`."""
    _lock_host(host)
    check = SiteCheck.objects.select_for_update().select_related("site").get(pk=check_id)
    if check.finished_at is not None:
        return
    site = Site.objects.select_related("creator").get(pk=check.site_id)
    if not token or site.token != token:
        found = Outcome.WITHDRAWN
    elif found == Outcome.PROVEN:
        found = _prove(site, check, now=now)
    elif check.proof == site.proof:
        _fail(site, now=now)
    check.finished_at, check.outcome = now, found
    check.save(update_fields=["finished_at", "outcome"])


@required
def _prove(site: Site, check: SiteCheck, *, now: datetime) -> Outcome:
    """Let a proof count that was found, and return what that makes of the site."""
    is_link = check.proof == Site.Proof.LINK
    if is_link and site.proof not in {"", Site.Proof.LINK}:
        # It proves less than what is proven.
        return Outcome.PROVEN
    if site.proof != check.proof or site.proven_at is None:
        site.proof, site.proven_at = check.proof, now
    site.page, site.covers_subdomains = check.page, check.covers_subdomains
    site.checked_at, site.failures, site.failing_since = now, 0, None
    is_contested = not is_link and _is_contested(site)
    if is_contested and site.contested_at is None:
        site.contested_at = now
        _tell_of_contest(site, now=now)
    elif not is_link and not is_contested and site.verified_at is None:
        site.verified_at = now
    site.save()
    return Outcome.CONTESTED if is_contested else Outcome.PROVEN


def _is_contested(site: Site) -> bool:
    """Tell whether somebody else has proven the host, too. Once it is so, staff alone decide."""
    return site.verified_at is None and (site.contested_at is not None or queries.rivals(site=site).exists())


@required
def _fail(site: Site, *, now: datetime) -> None:
    """Count that a proof wasn't found where it was, and lose it when that goes on too long."""
    site.checked_at, site.failing_since = now, site.failing_since or now
    site.failures += 1
    if site.failures < FAILURES_UNTIL_LOST or now - site.failing_since < FAILING_UNTIL_LOST:
        site.save(update_fields=["checked_at", "failing_since", "failures"])
        return
    accounts_operations.notify(
        recipient=site.creator,
        kind=Notification.Kind.SITE_LOST,
        subject_key=f"site:{site.pk}:{site.failing_since.isoformat()}",
        context={"host": site.host},
        now=now,
    )
    _lose(site)


@required
def _lose(site: Site) -> None:
    """Let nothing be proven any more. The claim stays, so the same token can prove it again."""
    site.proof, site.page, site.covers_subdomains = "", "", False
    site.proven_at = site.verified_at = site.contested_at = site.failing_since = None
    site.failures = 0
    site.save()


@required
def _withdraw(site: Site) -> None:
    site.token = ""
    _lose(site)


@required
def _tell_of_contest(site: Site, *, now: datetime) -> None:
    """Tell whoever else has proven the host, and staff, who decide."""
    subject = f"contest:{site.pk}:{now.isoformat()}"
    for rival in queries.rivals(site=site).select_related("creator"):
        accounts_operations.notify(
            recipient=rival.creator,
            kind=Notification.Kind.SITE_CONTESTED,
            subject_key=subject,
            context={"host": site.host},
            now=now,
        )
    where = f"{settings.APP_URL}/admin/buttons/site/{site.pk}/contest/"
    line = f"{site.host} is proven by two creators. Decide whose it is: {where}"
    for person in User.objects.filter(is_superuser=True, is_active=True):
        accounts_operations.notify(
            recipient=person,
            kind=Notification.Kind.ALARM,
            subject_key=subject,
            context={"subject": f"site:{site.host}", "lines": [line]},
            now=now,
        )


@required
def _lock_host(host: str) -> None:
    """Let one change of whose a host is follow another until the transaction ends."""
    list(Site.objects.filter(host=host).order_by("pk").select_for_update(no_key=True))


def _page_on(host: str, page: str) -> str:
    """Return the address of a page on a host, the home page unless one is named.

    :raises ForeignPage: if it is elsewhere, or no plain https address.
    """
    address = page.strip() or f"https://{host}/"
    try:
        parts = urlsplit(address)
        is_plain = parts.scheme == "https" and parts.port in {None, 443} and "@" not in parts.netloc
        is_here = canonical_host(parts.hostname or "") == host
    except (BadHost, ValueError):
        is_plain = is_here = False
    if not (is_plain and is_here):
        msg = f"page: it is no https address on {host}"
        raise ForeignPage(msg)
    return address
