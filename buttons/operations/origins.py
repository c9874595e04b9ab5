"""What statistics, reports and staff say of a site, and what follows: whether one press is enough there.

The rules are those of the study of 2026, part 2.2 (T3). A fan counts once a day in each number, and reports once, so
that nobody alone speaks for or against a site. Whatever is decided, no click is lost: it is asked for in our window.
"""

import hashlib
import logging
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Final

from django.core.cache import cache
from django.db.models import F

from accounts.models import User
from buttons.models import OriginDay, OriginDecision, OriginStanding
from buttons.queries import trust
from buttons.queries.trust import OriginNumbers
from flattr.transactions import durable, required

COUNTED_DAYS: Final = 30
DEMOTED_FOR: Final = timedelta(days=30)
DEMOTE_FROM: Final = 50
"""How many fans a day it takes to demote a site, for too many undone clicks or too few confirmed windows."""

DEMOTE_UNDONE_PERCENT: Final = 5
DEMOTE_CONFIRMED_PERCENT: Final = 30
FREEZE_FROM: Final = 30
FREEZE_UNDONE_PERCENT: Final = 15
FREEZE_REPORTS: Final = 5
GOOD_NAME_DAYS: Final = 90
GOOD_NAME_FROM: Final = 50
GOOD_NAME_UNDONE_PERCENT: Final = 3

_DAY_SECONDS: Final = 24 * 60 * 60
_Verdict = OriginDecision.Verdict

logger = logging.getLogger(__name__)


def note_window(*, fan: User, creator_id: int, origin: str, now: datetime) -> None:
    """Count a fan who sees our window, once a day and site, where the site is the creator's: only there it matters.

    What remembers the fan until the day's end is a hash in the cache. Where that is lost they count once more.
    """
    if fan.pk == creator_id or not trust.is_verified(origin=origin, creator_id=creator_id):
        return
    told = hashlib.sha256(f"{now.date()}\n{fan.pk}\n{origin}".encode()).hexdigest()
    if cache.add(f"window:{told}", value=True, timeout=_DAY_SECONDS):
        _count_window(origin=origin, day=now.date())


@durable
def _count_window(*, origin: str, day: date) -> None:
    row, _ = OriginDay.objects.get_or_create(origin=origin, day=day)
    OriginDay.objects.filter(pk=row.pk).update(opened=F("opened") + 1)


def judge_origins(*, now: datetime) -> None:
    """Count anew for every site, and demote or freeze those that the rules say; one that fails stops no other."""
    since = now - timedelta(days=GOOD_NAME_DAYS + 1)
    for origin in trust.origins_to_judge(since=since):
        try:
            judge_origin(origin=origin, now=now)
        except Exception:
            logger.exception("%s was not judged", origin)


@durable
def judge_origin(*, origin: str, now: datetime) -> None:
    """Count anew for one site, and demote or freeze it if the rules say so. What staff lifted begins from nothing."""
    OriginStanding.objects.get_or_create(origin=origin)
    standing = OriginStanding.objects.select_for_update(of=("self",)).get(origin=origin)
    today = now.date()
    since = max(today - timedelta(days=COUNTED_DAYS), standing.counts_from or date.min)
    numbers = trust.origin_numbers(origin=origin, since=since)
    for name, value in asdict(numbers).items():
        setattr(standing, name, value)
    long = trust.origin_numbers(origin=origin, since=today - timedelta(days=GOOD_NAME_DAYS))
    standing.has_good_name = (
        long.confirmed >= GOOD_NAME_FROM and long.undone * 100 < GOOD_NAME_UNDONE_PERCENT * long.clicked
    )
    standing.counted_at = now
    freeze, demote = _reason_to_freeze(numbers), _reason_to_demote(numbers)
    if freeze and standing.frozen_at is None:
        _set(standing, verdict=_Verdict.FROZEN, by=None, reason=freeze, now=now)
    elif demote and trust.lets_one_press_count(standing, now=now):
        _set(standing, verdict=_Verdict.DEMOTED, by=None, reason=demote, now=now)
    elif demote and standing.demoted_until is not None:
        # As long as it holds, the thirty days begin anew.
        standing.demoted_until = max(standing.demoted_until, now + DEMOTED_FOR)
    standing.save()


@durable
def decide(*, standing_id: int, verdict: OriginDecision.Verdict, staff: User, reason: str, now: datetime) -> None:
    """Demote, freeze or lift a site by hand. From the day after it was lifted on its numbers begin from nothing."""
    standing = OriginStanding.objects.select_for_update(of=("self",)).get(pk=standing_id)
    _set(standing, verdict=verdict, by=staff, reason=reason, now=now)
    standing.save()


@required
def _set(standing: OriginStanding, *, verdict: str, by: User | None, reason: str, now: datetime) -> None:
    if verdict == _Verdict.LIFTED:
        standing.frozen_at, standing.demoted_until = None, None
        standing.counts_from = now.date() + timedelta(days=1)
    elif verdict == _Verdict.FROZEN:
        standing.frozen_at = standing.frozen_at or now
    else:
        standing.demoted_until = now + DEMOTED_FOR
    standing.decided_by = by
    OriginDecision.objects.create(standing=standing, verdict=verdict, decided_by=by, reason=reason, decided_at=now)


def _reason_to_freeze(numbers: OriginNumbers) -> str:
    if numbers.reports >= FREEZE_REPORTS:
        return f"{numbers.reports} fans reported clicks that they didn't mean."
    if numbers.clicked >= FREEZE_FROM and numbers.undone * 100 >= FREEZE_UNDONE_PERCENT * numbers.clicked:
        return f"{numbers.undone} of {numbers.clicked} fans a day took a click back."
    return ""


def _reason_to_demote(numbers: OriginNumbers) -> str:
    if numbers.clicked >= DEMOTE_FROM and numbers.undone * 100 >= DEMOTE_UNDONE_PERCENT * numbers.clicked:
        return f"{numbers.undone} of {numbers.clicked} fans a day took a click back."
    if numbers.opened >= DEMOTE_FROM and numbers.confirmed * 100 < DEMOTE_CONFIRMED_PERCENT * numbers.opened:
        return f"{numbers.confirmed} of {numbers.opened} fans a day confirmed the click that our window asked for."
    return ""
