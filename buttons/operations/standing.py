"""Writes about clicks that are repeated every month: set, stopped, and made once a month."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

from accounts import operations as accounts_operations
from accounts.models import User
from buttons import queries
from buttons.models import TERMS_MONTHS, Button, StandingClick
from buttons.operations import clicks
from buttons.queries import standing as standing_queries
from flattr.period import Period
from flattr.transactions import durable, required

MADE_AT_ONCE: Final = 500
"""How many standing clicks are seen to in one transaction."""


class UnknownTerm(ValueError):
    """The term is none of those that can be chosen."""

    def __init__(self, term_months: int) -> None:
        super().__init__(f"term_months: {term_months} is none of {', '.join(map(str, TERMS_MONTHS))}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What setting a standing click did: `has_clicked` if this month's click was made by it."""

    standing: StandingClick
    has_clicked: bool


def set_standing_click(*, fan: User, public_id: str, term_months: int | None, now: datetime) -> Outcome:
    """Repeat a click every month, for so many months with this one, or with None until it is stopped.

    A month in which the fan hasn't clicked the button gets its click now. What is set already gets the new term,
    counted from this month; setting the same twice changes nothing.

    :raises UnknownTerm: unless the term is 3, 6 or 12 months, or None.
    :raises UnknownButton: if no button has this public id.
    :raises UnableToClick: if a click of the fan's on it would be refused.
    """
    if term_months is not None and term_months not in TERMS_MONTHS:
        raise UnknownTerm(term_months)
    use_case = partial(_set, fan=fan, public_id=public_id, term_months=term_months, now=now)
    return clicks.with_partition(use_case, period=Period.at(now))


@durable
def _set(*, fan: User, public_id: str, term_months: int | None, now: datetime) -> Outcome:
    button = Button.objects.filter(public_id=public_id).first()
    if button is None:
        msg = f"button: there is none with the public id {public_id!r}"
        raise clicks.UnknownButton(msg)
    clicks.require_clickable(fan=fan, button=button)
    accounts_operations.lock_fan(fan=fan)
    period = Period.at(now)
    _end_terms(fan=fan, period=period, now=now)
    until = None if term_months is None else period.shift(term_months)
    standing, _is_new = StandingClick.objects.select_for_update().get_or_create(
        fan=fan,
        button=button,
        stopped_at=None,
        defaults={
            "term_months": term_months,
            "from_period": period,
            "until_period": until,
            "done_period": period.previous,
            "set_at": now,
        },
    )
    standing.term_months, standing.until_period = term_months, until
    has_clicked = standing.done_period < period and _click_now(standing, period=period, now=now)
    standing.done_period = period
    standing.save(update_fields=["term_months", "until_period", "done_period"])
    return Outcome(standing=standing, has_clicked=has_clicked)


@durable
def stop_standing_click(*, fan: User, public_id: str, now: datetime) -> bool:
    """Repeat the click no more; this month's stays until it is undone. Return whether there was one to stop."""
    living = StandingClick.objects.filter(fan=fan, button__public_id=public_id, stopped_at__isnull=True)
    return bool(living.update(stopped_at=now))


def make_clicks(*, now: datetime, limit: int = MADE_AT_ONCE) -> int:
    """Make this month's clicks for some standing clicks that lack them; return how many were seen to, 0 at the end.

    What several workers make side by side are different ones. A month that nobody worked in is not made up for: its
    fans have seen their cakes without. Hidden buttons and closed accounts get no click, nor do terms that are over.

    :raises PeriodClosed: if the month was closed in this very moment; then the next run makes those of the new one.
    """
    return clicks.with_partition(partial(_make, now=now, limit=limit), period=Period.at(now))


@durable
def _make(*, now: datetime, limit: int) -> int:
    period = Period.at(now)
    due = list(
        standing_queries.due(period=period)
        .select_for_update(of=("self",), skip_locked=True)
        .select_related("fan", "button")
        .order_by("done_period", "pk")[:limit]
    )
    if not due:
        # As in every minute but the first ones of a month.
        return 0
    wanted = [_wanted(each, period=period, now=now) for each in due if each.goes_on_in(period) and each.fan.is_active]
    # Whatever is refused can't be clicked by the fan either, and is left out this month.
    clicks.record_clicks_within(wanted=wanted, period=period)
    seen_to = StandingClick.objects.filter(pk__in=[each.pk for each in due])
    seen_to.update(done_period=period)
    seen_to.filter(until_period__lte=period).update(stopped_at=now)
    return len(due)


@required
def _end_terms(*, fan: User, period: Period, now: datetime) -> None:
    """End the fan's standing clicks whose term is over, if the month's run hasn't come to them yet."""
    StandingClick.objects.filter(fan=fan, stopped_at__isnull=True, until_period__lte=period).update(stopped_at=now)


@required
def _click_now(standing: StandingClick, *, period: Period, now: datetime) -> bool:
    """Make this month's click unless the fan has clicked the button; return whether that was done."""
    if queries.fan_clicks_on(fan=standing.fan, button=standing.button, period=period):
        return False
    (refusal,) = clicks.record_clicks_within(wanted=[_wanted(standing, period=period, now=now)], period=period)
    if refusal is not None:
        raise refusal
    return True


def _wanted(standing: StandingClick, *, period: Period, now: datetime) -> clicks.WantedClick:
    return clicks.WantedClick(
        click_id=standing.click_id(period),
        fan=standing.fan,
        public_id=standing.button.public_id,
        origin="",
        now=now,
    )
