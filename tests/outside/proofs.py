"""Proofs of sites for tests: put where they belong, taken away, and looked for."""

from datetime import datetime
from typing import Final

from django.conf import settings
from django.utils.timezone import now as clock

from accounts.models import User
from buttons.models import Site, SiteCheck
from buttons.operations import sites
from tests.outside.servers import Outside, html, text

FILE: Final = ".well-known/flattr-verification.txt"
STRONG: Final = [Site.Proof.FILE, Site.Proof.DNS, Site.Proof.META]
"""What proves the whole host."""


def claimed(creator: User, host: str = "alice.example") -> Site:
    """Let the creator say that a host is theirs."""
    return sites.claim_site(creator=creator, host=host)


def profile(creator: User) -> str:
    """Return the address of the creator's page here."""
    return f"{settings.APP_URL}/@{creator.creator_profile.slug}/"


def show(outside: Outside, *shown: Site, proof: str = "file") -> None:
    """Put the proof of each of the sites, which share a host, where it belongs."""
    host = shown[0].host
    tokens = [site.token for site in shown]
    if proof == Site.Proof.DNS:
        outside.records[f"_flattr.{host}", "TXT"] = [f'"flattr-verify={token}"' for token in tokens]
    elif proof == Site.Proof.FILE:
        outside.page(f"{host}/{FILE}", text("\n".join(tokens)))
    elif proof == Site.Proof.META:
        tags = "".join(f'<meta name="flattr-verification" content="{token}">' for token in tokens)
        outside.page(f"{host}/", html(f"<!doctype html><title>Home</title>{tags}<p>Hello"))
    else:
        links = "".join(f'<a rel="me" href="{profile(site.creator)}">Flattr</a>' for site in shown)
        outside.page(f"{host}/", html(f"<!doctype html><title>Home</title><p>{links}"))


def hide(outside: Outside) -> None:
    """Take all proofs away; the hosts stay."""
    outside.answers.clear()
    for key in [key for key in outside.records if key[1] == "TXT"]:
        outside.records[key] = ['"hello"']


def looked_for(
    site: Site, *, proof: str = "file", now: datetime | None = None, page: str = "", covers_subdomains: bool = False
) -> str:
    """Let the creator ask for a check and a worker do it; return its outcome, with the site read anew."""
    now = now or clock()
    check = sites.ask_for_check(site=site, proof=proof, page=page, covers_subdomains=covers_subdomains, now=now)
    return run(check, now=now)


def looked_for_again(*, now: datetime) -> list[str]:
    """Let the hour come at which due proofs are looked for again; return the outcomes."""
    checks = [SiteCheck.objects.get(pk=pk) for pk in sites.ask_for_rechecks(now=now)]
    return [run(check, now=now) for check in checks]


def run(check: SiteCheck, *, now: datetime) -> str:
    """Let a worker do a check; return its outcome."""
    sites.run_check(check_id=check.pk, network=settings.OUTSIDE_NETWORK, clock=lambda: now)
    check.refresh_from_db()
    check.site.refresh_from_db()
    return str(check.outcome)


def proven(
    outside: Outside, creator: User, host: str = "alice.example", *, proof: str = "file", now: datetime
) -> Site:
    """Let the creator prove a host of theirs."""
    site = claimed(creator, host)
    show(outside, site, proof=proof)
    looked_for(site, proof=proof, now=now)
    site.refresh_from_db()
    return site
