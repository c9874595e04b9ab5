"""The month's end: open a settlement, work it off in ranges of fans, finish it, tell people.

Each step is one transaction that can be killed at any point, run twice, or run on another machine;
unique constraints keep the result the same to the micro.
"""

from collections.abc import Callable
from datetime import datetime

from django.conf import settings
from django.db import connection

from buttons.operations import periods
from flattr import money
from flattr.period import Period
from flattr.transactions import durable, required
from payouts.ledger import chart
from payouts.ledger import operations as ledger
from payouts.ledger.integrity import Finding
from payouts.models import Settlement, SettlementRange
from payouts.operations import announcements, coauthors, debts, deposits, earnings, lines, moments
from payouts.queries import books, due, settlements

Step = Callable[[int, int], None]
"""Hears how many ranges are done, and of how many."""


class PeriodNotOver(ValueError):
    """The period still runs or hasn't begun."""

    def __init__(self, period: Period) -> None:
        super().__init__(f"period: {period} is not over before {period.end:%Y-%m-%d %H:%M} UTC")


class EarlierPeriodDue(ValueError):
    """A month before it isn't settled yet; months are settled one after another."""

    def __init__(self, period: Period, earlier: Period) -> None:
        super().__init__(f"period: {period} can't be settled before {earlier} is")


class BooksDontBalance(RuntimeError):
    """The books were found wrong; nothing is settled on top of wrong books."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__("; ".join(str(finding) for finding in findings))
        self.findings = findings


def settle(*, period: Period, clock: Callable[[], datetime], step: Step) -> bool:
    """Settle a period from where it stands to its end; return whether anything was left to do.

    :raises PeriodNotOver: if the period isn't over.
    :raises EarlierPeriodDue: if a month before it isn't settled.
    :raises BooksDontBalance: if the proof fails before or after; then nothing of that step is kept.
    """
    settlement = open_settlement(period=period, now=clock())
    if settlement.finished_at is not None:
        return False
    numbers = settlements.open_ranges(settlement=settlement)
    for done, number in enumerate(numbers, start=1):
        settle_range(settlement_id=settlement.pk, number=number, now=clock())
        step(done, len(numbers))
    finished_here = finish_settlement(settlement_id=settlement.pk, now=clock())
    announcements.announce_settlement(settlement_id=settlement.pk, now=clock())
    return finished_here


def open_settlement(*, period: Period, now: datetime) -> Settlement:
    """Close the period, fix what each fan spends, and cut the fans into ranges; open it only once.

    A fan spends the budget in force for the period, or the balance at the period's end where that
    is smaller. Fans without either, or without clicks, are left out. Deposits that were started
    before the end are asked about first, so that what was paid in time counts.

    :raises PeriodNotOver: if the period isn't over.
    :raises EarlierPeriodDue: if a month before it isn't settled.
    :raises BooksDontBalance: if the books are wrong before anything is done.
    """
    if now < period.end:
        raise PeriodNotOver(period)
    opened = settlements.settlement_of(period=period)
    if opened is not None:
        return opened
    deposits.collect_deposits(started_before=period.end, now=now)
    return _open_settlement(period=period, now=now)


@durable
def _open_settlement(*, period: Period, now: datetime) -> Settlement:
    _wait_for_other_openings()
    opened = settlements.settlement_of(period=period)
    if opened is not None:
        return opened
    for earlier in due.unsettled_periods(until=period.previous):
        raise EarlierPeriodDue(period, earlier)
    periods.close_period(period=period, now=now)
    _refuse_wrong_books()
    settlement = Settlement.objects.create(
        period=period,
        fee_basis_points=settings.PLATFORM_FEE_BASIS_POINTS,
        opened_at=now,
        withdrawable_at=moments.withdrawable_from(period),
    )
    _fix_spends(settlement)
    _cut_ranges(settlement)
    return settlement


@durable
def settle_range(*, settlement_id: int, number: int, now: datetime, wait: bool = True) -> bool:
    """Split the spends of one range of fans; return whether that was done here.

    Where another worker is at it, this will `wait` for the end of that, or leave it alone.
    """
    part = (
        SettlementRange.objects.select_for_update(of=("self",), skip_locked=not wait)
        .select_related("settlement")
        .filter(settlement_id=settlement_id, number=number, done_at__isnull=True)
        .first()
    )
    if part is None:
        return False
    part.repeats = lines.store_lines(part=part)
    _post_shares(part)
    part.done_at = now
    part.save(update_fields=["repeats", "done_at"])
    return True


@durable
def finish_settlement(*, settlement_id: int, now: datetime, wait: bool = True) -> bool:
    """Pay the clearing out to creators and the platform, prove the books, and publish the digest.

    Co-authors get their parts from the creators' balances then, and what is kept for debts is kept of this month.

    Returns False where ranges are still open or it was finished before. Where another worker is at
    it, this will `wait` for the end of that, or leave it alone.

    :raises BooksDontBalance: if the proof fails; nothing of the finish is kept then.
    """
    # Not its key: whoever notes the digest meanwhile refers to the row.
    settlement = (
        Settlement.objects.select_for_update(skip_locked=not wait, no_key=True)
        .filter(pk=settlement_id, finished_at__isnull=True)
        .first()
    )
    if settlement is None or settlements.open_ranges(settlement=settlement):
        return False
    earnings.store_earnings(settlement=settlement)
    coauthors.note_shares(settlement=settlement)
    # Before any account is locked, as whoever decides a dispute has it first.
    recoveries = debts.note_recoveries(settlement=settlement)
    coauthors.lock_accounts(settlement=settlement)
    earnings.post_earnings(settlement=settlement)
    coauthors.post_shares(settlement=settlement)
    debts.post_recoveries(recoveries=recoveries, moment=settlement.period.last_moment)
    settlement.digest = settlements.noted_digest(settlement=settlement) or settlements.digest(settlement=settlement)
    settlement.finished_at = now
    settlement.save(update_fields=["digest", "finished_at"])
    _refuse_wrong_books()
    return True


def _refuse_wrong_books() -> None:
    findings = books.check_books()
    if findings:
        raise BooksDontBalance(findings)


@required
def _wait_for_other_openings() -> None:
    """Let one opening at a time go on: two would fix their fans' spends from the same balances."""
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE payouts_settlement IN SHARE ROW EXCLUSIVE MODE")


@required
def _fix_spends(settlement: Settlement) -> None:
    """Write what each fan spends.

    What moved since the period's end is taken back in thought, as money that came later is for later
    months; but nobody spends more than is there now. A refund that was on its way at the end and has
    failed since was the fan's all along.
    """
    period = settlement.period
    with connection.cursor() as cursor:
        cursor.execute(
            """
            -- The index of clicks has them in the order of fans, so they are counted as they come, in a quarter of
            -- the time that a hash table takes. The planner thinks both as dear, and the reading of indexes dearer.
            SET LOCAL enable_hashagg = off;
            SET LOCAL random_page_cost = 1.1;
            SET LOCAL work_mem = '64MB';
            INSERT INTO payouts_settlementspend (settlement_id, fan_id, budget_micros, spend_micros, clicks)
            SELECT %(settlement)s, clicked.fan_id, promise.budget_micros,
                   least(promise.budget_micros, balance.at_end, balance.now), clicked.clicks
            FROM (SELECT fan_id, count(*) AS clicks FROM buttons_click
                  WHERE period = %(period)s AND undone_at IS NULL GROUP BY fan_id) AS clicked
            JOIN ledger_ledgeraccount AS account
                 ON account.kind = %(fan_balance)s AND account.owner_id = clicked.fan_id
            CROSS JOIN LATERAL (
                SELECT budget_cents::bigint * %(micros_per_cent)s AS budget_micros, state
                FROM accounts_subscription
                WHERE fan_id = clicked.fan_id AND effective_from <= %(period)s
                ORDER BY id DESC LIMIT 1) AS promise
            LEFT JOIN (
                SELECT account_id, sum(came) - sum(went) AS micros FROM (
                    SELECT credit_account_id AS account_id, amount_micros AS came, 0 AS went
                    FROM ledger_transfer WHERE occurred_at >= %(end)s
                    UNION ALL
                    SELECT debit_account_id, 0, amount_micros
                    FROM ledger_transfer WHERE occurred_at >= %(end)s) AS side
                GROUP BY account_id) AS since ON since.account_id = account.id
            LEFT JOIN (
                SELECT fan_id, sum(amount_cents) * %(micros_per_cent)s AS micros FROM payouts_refund
                WHERE state = 'failed' AND requested_at < %(end)s AND ended_at >= %(end)s
                GROUP BY fan_id) AS returned ON returned.fan_id = clicked.fan_id
            CROSS JOIN LATERAL (
                SELECT account.credits_micros - account.debits_micros AS now,
                       account.credits_micros - account.debits_micros
                       - coalesce(since.micros, 0) + coalesce(returned.micros, 0) AS at_end) AS balance
            WHERE promise.state = 'active' AND least(balance.at_end, balance.now) > 0
            ORDER BY clicked.fan_id
            """,
            {
                "settlement": settlement.pk,
                "period": period.first_day,
                "end": period.end,
                "fan_balance": chart.Kind.FAN_BALANCE.value,
                "micros_per_cent": money.MICROS_PER_CENT,
            },
        )


@required
def _cut_ranges(settlement: Settlement) -> None:
    """Cut the fans, in the order of their ids, into ranges of equal number."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO payouts_settlementrange (settlement_id, number, first_fan_id, last_fan_id)
            SELECT %(settlement)s, number, min(fan_id), max(fan_id)
            FROM (SELECT fan_id, (row_number() OVER (ORDER BY fan_id) - 1) / %(size)s AS number
                  FROM payouts_settlementspend WHERE settlement_id = %(settlement)s) AS numbered
            GROUP BY number ORDER BY number
            """,
            {"settlement": settlement.pk, "size": settings.SETTLEMENT_RANGE_FANS},
        )


@required
def _post_shares(part: SettlementRange) -> None:
    """Move each fan's spend into clearing."""
    ledger.post_from(
        source="""
            SELECT account.id AS debit_account_id, %(clearing)s AS credit_account_id,
                   spend.spend_micros AS amount_micros, %(share)s AS kind,
                   format('settlement:%%s:fan:%%s', %(period)s, spend.fan_id) AS idempotency_key,
                   %(occurred_at)s AS occurred_at
            FROM payouts_settlementspend AS spend
            JOIN ledger_ledgeraccount AS account
                 ON account.kind = %(fan_balance)s AND account.owner_id = spend.fan_id
            WHERE spend.settlement_id = %(settlement)s AND spend.fan_id BETWEEN %(first)s AND %(last)s
            """,
        parameters={
            **earnings.common_parameters(settlement=part.settlement),
            "share": chart.TransferKind.SHARE.value,
            "fan_balance": chart.Kind.FAN_BALANCE.value,
            "first": part.first_fan_id,
            "last": part.last_fan_id,
        },
    )
