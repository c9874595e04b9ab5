"""What a creator earns: month by month, button by button, and what the month that runs may bring."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.core.cache import caches
from django.db import connection
from django.db.models import F, FilteredRelation, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce

from accounts.models import User
from buttons.models import Button
from flattr import money
from flattr.period import Period
from payouts.ledger import chart
from payouts.models import Payout, Settlement
from payouts.queries import coauthors, due, statements

SAMPLED_FANS_MAX: Final = 1000
"""How many fans a forecast looks at. Of more, these stand for all."""

REMEMBERED_SECONDS: Final = 300
"""How long a process remembers a forecast of more fans: of 40,000, it takes more than a tenth of a second."""

_USUAL_MONTHS: Final = 3
"""How many settled months tell how much a fan clicks."""

_COUNTED: Final = ("clicks", "fans", "gross_micros", "fee_micros")

_MONTH_OF_FANS: Final = """
    WITH shared AS (
        SELECT button_id, owner_id, person_id, percent FROM payouts_coauthor
        WHERE (owner_id = %(creator)s OR person_id = %(creator)s)
              AND since <= %(period)s AND (until IS NULL OR until > %(period)s)),
    part AS (
        SELECT button.id AS button_id, 100 - coalesce(sum(shared.percent), 0) AS percent
        FROM buttons_button AS button LEFT JOIN shared ON shared.button_id = button.id
        WHERE button.creator_id = %(creator)s GROUP BY button.id
        UNION ALL
        SELECT button_id, percent FROM shared WHERE person_id = %(creator)s),
    given AS MATERIALIZED (
        SELECT click.fan_id, count(*) AS clicks, sum(part.percent)::bigint AS percents
        FROM part JOIN buttons_click AS click ON click.button_id = part.button_id
        WHERE click.period = %(period)s AND click.undone_at IS NULL AND click.fan_id <> %(creator)s
        GROUP BY click.fan_id),
    -- Whom chance picks, and the same ones each time that the page is asked for.
    sample AS (SELECT fan_id FROM given ORDER BY md5(fan_id::text) LIMIT %(fans)s)
    SELECT whole.fans, whole.clicks, whole.percents, coalesce(month.percents, 0), coalesce(month.clicks, 0),
           coalesce(usual.clicks, month.clicks, 0),
           least(coalesce(promise.budget_micros, 0), coalesce(account.credits_micros - account.debits_micros, 0)),
           month.of_creator, cap.most_micros
    FROM (SELECT count(*) AS fans, coalesce(sum(clicks), 0)::bigint AS clicks,
                 coalesce(sum(percents), 0)::bigint AS percents FROM given) AS whole
    LEFT JOIN sample ON true
    -- A row for each creator whose buttons bring something, since caps are for creators.
    LEFT JOIN LATERAL (
        SELECT click.creator_id, count(*) AS of_creator, sum(part.percent)::bigint AS percents,
               (sum(count(*)) OVER ())::bigint AS clicks
        FROM buttons_click AS click LEFT JOIN part USING (button_id)
        WHERE click.fan_id = sample.fan_id AND click.period = %(period)s AND click.undone_at IS NULL
        GROUP BY click.creator_id) AS month ON month.percents IS NOT NULL
    LEFT JOIN LATERAL (
        SELECT most_cents::bigint * %(micros_per_cent)s AS most_micros FROM payouts_creatorcap
        WHERE fan_id = sample.fan_id AND creator_id = month.creator_id AND period <= %(period)s
        ORDER BY period DESC LIMIT 1) AS cap ON true
    LEFT JOIN LATERAL (
        SELECT round(avg(clicks))::bigint AS clicks FROM payouts_settlementspend
        WHERE fan_id = sample.fan_id AND settlement_id = ANY(ARRAY(
              SELECT id FROM payouts_settlement WHERE finished_at IS NOT NULL
              ORDER BY period DESC LIMIT %(usual_months)s))) AS usual ON true
    LEFT JOIN LATERAL (
        SELECT CASE state WHEN 'active' THEN budget_cents::bigint * %(micros_per_cent)s END AS budget_micros
        FROM accounts_subscription WHERE fan_id = sample.fan_id AND effective_from <= %(period)s
        ORDER BY id DESC LIMIT 1) AS promise ON true
    LEFT JOIN ledger_ledgeraccount AS account
         ON account.kind = %(fan_balance)s AND account.owner_id = sample.fan_id
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What the clicks that a creator has now may bring them when the month is settled, in micros after the fee.

    `high_micros` is what they would get if the month ended now, `low_micros` if until its end each fan went on
    clicking as much as usual, and all of that elsewhere.
    """

    fans: int
    clicks: int
    low_micros: int
    high_micros: int

    @property
    def is_remembered(self) -> bool:
        """Tell whether there are so many fans that it is asked for anew some minutes later at the earliest."""
        return self.fans > SAMPLED_FANS_MAX


@dataclass(frozen=True, slots=True, kw_only=True)
class _FanMonth:
    """What one fan has clicked this month for one creator and in all, their usual clicks, and what they would spend.

    The creator is who made the buttons: whose forecast it is, or somebody who shares a button with them.
    """

    percents: int
    """For each click that brings something, what part of it does."""
    clicks: int
    usual: int
    spend_micros: int
    of_creator: int
    """The clicks for that creator, of all buttons, who share what a cap leaves by them."""
    most_micros: int | None
    """The fan's cap for that creator."""

    def brings(self, *, further: int) -> int:
        """Return the fan's part in micros, rounded down, if they click that often elsewhere."""
        clicks = self.clicks + further
        if self.most_micros is not None and self.spend_micros * self.of_creator > self.most_micros * clicks:
            return self.most_micros * self.percents // (self.of_creator * coauthors.WHOLE_PERCENT)
        return self.spend_micros * self.percents // (clicks * coauthors.WHOLE_PERCENT)


def forecast(*, creator: User, now: datetime) -> Forecast:
    """Return what the creator's clicks of the month that runs may bring, with the fans who gave them.

    Of a button that is shared, the part counts that is the creator's; they may be its co-author, to whom their own
    clicks bring nothing. Those of another co-author count as anybody's, though none of what they give is shared.

    The database counts the creator's clicks of this month by fan, and asks of `SAMPLED_FANS_MAX` of these fans at
    most what they have clicked in all, their average of the last settled months, and their budget or balance, the
    smaller of both. Who has no settled month yet is thought to click in a whole month what they have clicked so far.
    Nobody brings more than their cap for the creator, as it is now. No click counts that may still come for the
    creator, nor what caps for others leave, so the month may bring more than `high_micros`, too.

    With more fans it takes longer than a page should, and is not older than `REMEMBERED_SECONDS`.
    """
    period = Period.at(now)
    key = f"forecast {creator.pk} {period}"
    remembered: Forecast | None = caches["process"].get(key)
    if remembered is not None:
        return remembered
    found = _forecast(creator, period, now=now)
    if found.is_remembered:
        caches["process"].set(key, found, REMEMBERED_SECONDS)
    return found


def _forecast(creator: User, period: Period, *, now: datetime) -> Forecast:
    with connection.cursor() as cursor:
        cursor.execute(
            _MONTH_OF_FANS,
            {
                "creator": creator.pk,
                "period": period.first_day,
                "fans": SAMPLED_FANS_MAX,
                "usual_months": _USUAL_MONTHS,
                "micros_per_cent": money.MICROS_PER_CENT,
                "fan_balance": chart.Kind.FAN_BALANCE.value,
            },
        )
        rows = cursor.fetchall()
    fans, clicks, percents = rows[0][:3]
    months = [
        _FanMonth(
            percents=own,
            clicks=all_clicks,
            usual=usual,
            spend_micros=spend,
            of_creator=of_creator,
            most_micros=most,
        )
        for *_whole, own, all_clicks, usual, spend, of_creator, most in rows
        if all_clicks
    ]
    left = (period.end - now) // timedelta(seconds=1)
    whole = (period.end - period.start) // timedelta(seconds=1)
    low = sum(each.brings(further=-(-each.usual * left // whole)) for each in months)
    high = sum(each.brings(further=0) for each in months)
    sampled = sum(each.percents for each in months)
    return Forecast(
        fans=fans,
        clicks=clicks,
        low_micros=_after_fee(low * percents // sampled if sampled else 0),
        high_micros=_after_fee(high * percents // sampled if sampled else 0),
    )


def _after_fee(micros: int) -> int:
    return micros - money.fee_of(amount_micros=micros, basis_points=settings.PLATFORM_FEE_BASIS_POINTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """What a settled month brought a creator, in micros; `shared_micros` by co-authors, below 0 where these took."""

    settlement: Settlement
    clicks: int = 0
    fans: int = 0
    gross_micros: int = 0
    fee_micros: int = 0
    shared_micros: int = 0

    @property
    def net_micros(self) -> int:
        """Return what was the creator's in the end."""
        return self.gross_micros - self.fee_micros + self.shared_micros


def months(*, creator: User, year: int | None = None) -> list[Month]:
    """Return the months that were settled for the creator, newest first, those too in which only others shared.

    They are all, or those of a year.
    """
    in_year = Q() if year is None else Q(period__range=statements.months_of(year))
    shares = coauthors.shares_of(creator=creator).filter(settlement=OuterRef("pk"))
    gave, got = (
        Coalesce(
            Subquery(part.order_by().values("settlement").annotate(micros=Sum("amount_micros")).values("micros")), 0
        )
        for part in (shares.filter(co_author__owner=creator), shares.filter(co_author__person=creator))
    )
    rows = (
        Settlement.objects.filter(in_year, finished_at__isnull=False)
        .annotate(own=FilteredRelation("earnings", condition=Q(earnings__creator=creator)))
        .annotate(gave=gave, got=got, **{f"own_{name}": Coalesce(f"own__{name}", 0) for name in _COUNTED})
        .exclude(own__isnull=True, gave=0, got=0)
        .order_by("-period")
    )
    return [
        Month(
            settlement=row,
            shared_micros=row.got - row.gave,
            **{name: getattr(row, f"own_{name}") for name in _COUNTED},
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class ButtonSum:
    """What a button earned in some months, in micros, before anybody shares in it."""

    button: Button
    clicks: int
    gross_micros: int
    fee_micros: int

    @property
    def net_micros(self) -> int:
        """Return what is left after the fee."""
        return self.gross_micros - self.fee_micros


def by_button(*, creator: User, settlements: Sequence[Settlement], limit: int | None = None) -> list[ButtonSum]:
    """Return what each of the creator's buttons earned in these settlements, the best first, all or so many."""
    rows = (
        Button.objects.filter(earnings__creator=creator, earnings__settlement__in=[each.pk for each in settlements])
        .annotate(
            all_clicks=Sum("earnings__clicks"), gross=Sum("earnings__gross_micros"), fee=Sum("earnings__fee_micros")
        )
        .order_by(F("fee") - F("gross"), "pk")[:limit]
    )
    return [
        ButtonSum(button=row, clicks=row.all_clicks, gross_micros=int(row.gross), fee_micros=int(row.fee))
        for row in rows
    ]


def expected_by(*, payout: Payout) -> datetime | None:
    """Return by when a payout will have left us, if nobody is late; None where it has ended.

    These are the times after which staff get an alarm.
    """
    if payout.state == Payout.State.REQUESTED:
        return payout.requested_at + due.REVIEW_DUE_AFTER + due.PAYOUT_DUE_AFTER
    if payout.state in {Payout.State.APPROVED, Payout.State.SENDING} and payout.reviewed_at is not None:
        return payout.reviewed_at + due.PAYOUT_DUE_AFTER
    return None
