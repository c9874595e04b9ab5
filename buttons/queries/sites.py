"""Reads about sites: in which state they are, for whom they are verified, and which checks are due."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import User
from buttons.models import Button, Site, SiteCheck
from flattr import pages

CHECK_GIVEN_UP_AFTER: Final = timedelta(hours=1)
"""How long a check may wait for a worker, who needs some seconds, before it counts for nothing."""

CHECK_TAKES: Final = timedelta(seconds=30)
"""How long a check takes at most, with the way to a worker who has nothing else to do."""

_CHECKED_OFTEN_FOR: Final = timedelta(days=7)
"""How long a proof is new, and looked for each day; later it is looked for each week, and each day while it fails."""

_SHOWN_MAX: Final = 20
"""How many sites the creator's page shows."""

_VERIFIED: Final = """
SELECT asked.host, found.site_id FROM unnest(%s::text[]) AS asked (host)
CROSS JOIN LATERAL buttons_verified_site(asked.host) AS found WHERE found.owner_id = %s
"""


class SiteState(StrEnum):
    """What a creator has to know of a site."""

    UNCLAIMED = "unclaimed"
    """It has buttons, and nobody said that it is theirs."""
    CLAIMED = "claimed"
    """Nothing is proven."""
    LINKED = "linked"
    """A page of it links to the creator's page here."""
    COVERED = "covered"
    """Another site of the creator covers its subdomains."""
    VERIFIED = "verified"
    FAILING = "failing"
    """It is verified or linked, and the proof wasn't found the last time."""
    CHALLENGED = "challenged"
    """It is verified, and somebody else has proven it, too."""
    CONTESTED = "contested"
    """It is proven, and somebody else's until staff decide."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownSite:
    """A creator's site with its state, and the site that covers it where that is another one."""

    site: Site
    state: SiteState
    covered_by: Site | None


def shown_sites(*, creator: User, place: pages.Place | None = None) -> pages.Page[ShownSite]:
    """Return the creator's sites by name: what they claim, and hosts of their buttons that nobody claimed yet."""
    has_buttons = Exists(Button.objects.filter(site=OuterRef("pk")))
    sites = Site.objects.filter(~Q(token="") | has_buttons, creator=creator).order_by("host", "pk")
    found = pages.cut(sites, place=place)
    return found.showing(show_sites(creator=creator, sites=found.rows))


def show_sites(*, creator: User, sites: Sequence[Site]) -> list[ShownSite]:
    """Return sites of the creator with their states."""
    hosts = [site.host for site in sites]
    trusted = verified_sites(creator_id=creator.pk, hosts=hosts)
    challenged = set(
        Site.objects.filter(host__in=hosts, contested_at__isnull=False)
        .exclude(creator=creator)
        .values_list("host", flat=True)
    )
    return [
        ShownSite(
            site=site,
            state=_state_of(site, is_covered=site.host in trusted, is_challenged=site.host in challenged),
            covered_by=trusted.get(site.host) if site.verified_at is None else None,
        )
        for site in sites
    ]


def _state_of(site: Site, *, is_covered: bool, is_challenged: bool) -> SiteState:
    states = {
        SiteState.CONTESTED: site.contested_at is not None,
        SiteState.CHALLENGED: site.verified_at is not None and is_challenged,
        SiteState.FAILING: site.failing_since is not None,
        SiteState.VERIFIED: site.verified_at is not None,
        SiteState.COVERED: is_covered,
        SiteState.LINKED: site.proof == Site.Proof.LINK,
        SiteState.CLAIMED: site.token != "",
    }
    return next((state for state, holds in states.items() if holds), SiteState.UNCLAIMED)


def verified_sites(*, creator_id: int, hosts: Sequence[str]) -> dict[str, Site]:
    """Return the sites by which hosts are verified for a creator: each its own, or one above that covers subdomains.

    The nearest that anybody has verified counts, so who has proven a host isn't overruled from above. The rule stands
    in the database, where frames ask for it as well (see `migrations/0013`).
    """
    found = _verified_ids(creator_id, hosts)
    sites = Site.objects.in_bulk(set(found.values()))
    return {host: sites[found[host]] for host in hosts if host in found}


def shown_to_everybody(*, creator: User) -> QuerySet[Site]:
    """Return the creator's verified sites by name, as many as a page shows."""
    return Site.objects.filter(creator=creator, verified_at__isnull=False).order_by("host", "pk")[:_SHOWN_MAX]


def verified_site(*, creator_id: int, host: str) -> Site | None:
    """Return the site by which one host is verified for a creator, or None."""
    return verified_sites(creator_id=creator_id, hosts=[host]).get(host)


def is_verified(*, creator_id: int, host: str) -> bool:
    """Tell whether a host is verified for a creator."""
    return host in _verified_ids(creator_id, [host])


def _verified_ids(creator_id: int, hosts: Sequence[str]) -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute(_VERIFIED, [list(hosts), creator_id])
        return dict(cursor.fetchall())


def rivals(*, site: Site) -> QuerySet[Site]:
    """Return other creators' claims of the same host that are verified, or proven and waiting for a decision."""
    proven = Q(verified_at__isnull=False) | Q(contested_at__isnull=False)
    return Site.objects.filter(proven, host=site.host).exclude(pk=site.pk).order_by("pk")


def latest_check(*, site: Site) -> SiteCheck | None:
    """Return the check of a site that was asked for last."""
    return site.checks.order_by("-asked_at", "-pk").first()


def waiting_checks(*, now: datetime) -> QuerySet[SiteCheck]:
    """Return the checks of sites that haven't ended and aren't given up, oldest first."""
    is_waiting = Q(finished_at__isnull=True, asked_at__gt=now - CHECK_GIVEN_UP_AFTER)
    return SiteCheck.objects.filter(is_waiting).order_by("asked_at", "pk")


def overdue_checks(*, now: datetime) -> QuerySet[SiteCheck]:
    """Return the checks that wait for longer than one takes."""
    return waiting_checks(now=now).filter(asked_at__lt=now - CHECK_TAKES)


def sites_to_recheck(*, now: datetime) -> QuerySet[Site]:
    """Return the sites whose proof has to be looked for again, longest unseen first: daily while new, then weekly."""
    is_watched = Q(proven_at__gte=now - _CHECKED_OFTEN_FOR) | Q(failing_since__isnull=False)
    is_due = Q(checked_at__lte=now - _CHECKED_OFTEN_FOR) | (is_watched & Q(checked_at__lte=now - timedelta(days=1)))
    is_waiting = Exists(waiting_checks(now=now).filter(site=OuterRef("pk")))
    return Site.objects.filter(is_due, ~Q(proof=""), ~is_waiting).order_by("checked_at", "pk")
