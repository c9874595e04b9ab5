"""What people can do with the money in their accounts."""

from datetime import datetime
from typing import Final

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q, Sum
from django.db.models.functions import Coalesce

from accounts import queries as accounts_queries
from accounts.models import Subscription, User
from buttons import queries as buttons_queries
from flattr import money
from flattr.period import Period
from payouts.ledger import chart
from payouts.ledger import queries as ledger
from payouts.models import (
    CoAuthorShare,
    Deposit,
    Dispute,
    Gift,
    PayoutAccount,
    Refund,
    SettlementEarning,
    SettlementRange,
    SettlementSpend,
)
from payouts.queries import debts, due

REFUNDED: Final = ~Q(refunds__state__in=[Refund.State.FAILED, Refund.State.BOUNCED])
"""Of a deposit's refunds, those that have taken something of it."""


def fan_balance_micros(*, fan: User) -> int:
    """Return the fan's whole prepaid balance in micros."""
    return ledger.balance_micros(kind=chart.Kind.FAN_BALANCE, owner=fan)


def creator_balance_micros(*, creator: User) -> int:
    """Return what the creator has earned and not asked for, on hold or not, in micros."""
    return ledger.balance_micros(kind=chart.Kind.CREATOR_BALANCE, owner=creator)


def spendable_micros(*, fan: User, period: Period) -> int:
    """Return what is left in micros for the period once the months before that aren't settled had their cake."""
    return balance_and_spendable(fan=fan, period=period)[1]


def balance_and_spendable(*, fan: User, period: Period) -> tuple[int, int]:
    """Return the fan's balance, and what is left of it for the period as `spendable_micros` does, in micros."""
    balance = fan_balance_micros(fan=fan)
    return balance, max(0, balance - claimed_micros(fan=fan, until=period.previous))


def charge_cents(*, fan: User, period: Period) -> int:
    """Return what the fan's promise for a period costs now, in cents.

    Nothing where there is none or the balance covers it, else its budget for a term.
    """
    subscription = accounts_queries.active_subscription_for(fan=fan, period=period)
    if subscription is None:
        return 0
    needed = money.cents_to_micros(subscription.budget_cents)
    if spendable_micros(fan=fan, period=period) >= needed:
        return 0
    return subscription.budget_cents * subscription.term_months


def unused_cents(*, fan: User, now: datetime) -> int:
    """Return how many cents of the balance no click of this month or of one that isn't settled claims."""
    return balance_spendable_and_unused(fan=fan, now=now)[2]


def balance_spendable_and_unused(*, fan: User, now: datetime) -> tuple[int, int, int]:
    """Return the fan's balance and what of it is left for this month, in micros, and how many cents are unused."""
    period, balance = Period.at(now), fan_balance_micros(fan=fan)
    spendable = max(0, balance - claimed_micros(fan=fan, until=period.previous))
    unused = spendable - _promised_micros(fan=fan, period=period)
    return balance, spendable, money.micros_to_cents(max(0, unused))


def balance_and_reserved(*, fan: User, period: Period) -> tuple[int, int]:
    """Return the fan's balance, and what of it gifts leave alone, in micros; that may be more than there is.

    It is the budget promised for the period, clicked or not, and what the months before that aren't settled take.
    Else a gift would let the cake go short, or have the fan charged for a month that was paid for. It is the next
    month's budget, too, once that is paid for: a charge comes days ahead of its month, and is made once.
    """
    reserved = _budget_micros(fan=fan, period=period) + claimed_micros(fan=fan, until=period.previous)
    if Deposit.objects.filter(fan=fan, for_period=period.next, state=Deposit.State.SUCCEEDED).exists():
        reserved += _budget_micros(fan=fan, period=period.next)
    return fan_balance_micros(fan=fan), reserved


def _budget_micros(*, fan: User, period: Period) -> int:
    """Return the budget that is in force in a period, in micros, 0 where there is none."""
    subscription = accounts_queries.active_subscription_for(fan=fan, period=period)
    return money.cents_to_micros(subscription.budget_cents) if subscription else 0


def claimed_micros(*, fan: User, until: Period) -> int:
    """Return what the months up to `until` that aren't settled will take of the fan's balance, in micros.

    An opened one takes what it fixed, unless it has; one that isn't opened may take the budget that clicks claim.
    """
    periods = due.unsettled_periods(until=until)
    promised = sum(_promised_micros(fan=fan, period=period) for period, opened in periods.items() if not opened)
    return promised + (_fixed_micros(fan=fan, until=until) if any(periods.values()) else 0)


def _promised_micros(*, fan: User, period: Period) -> int:
    """Return the budget in micros that the fan's clicks of a period claim, 0 where there are none."""
    clicks = buttons_queries.clicks_that_stand(period=period).filter(fan=fan)
    promises = fan.subscriptions.filter(effective_from__lte=period).order_by("-id")
    latest = promises.annotate(has_clicks=Exists(clicks)).first()
    if latest is None or latest.state != Subscription.State.ACTIVE or not latest.has_clicks:
        return 0
    return money.cents_to_micros(latest.budget_cents)


def _fixed_micros(*, fan: User, until: Period) -> int:
    """Return the spends in micros that settlements up to `until` have fixed for the fan and not yet taken."""
    done = SettlementRange.objects.filter(
        settlement=OuterRef("settlement"), first_fan_id__lte=fan.pk, last_fan_id__gte=fan.pk, done_at__isnull=False
    )
    spends = SettlementSpend.objects.filter(
        fan=fan, settlement__period__lte=until, settlement__finished_at__isnull=True
    ).exclude(Exists(done))
    return spends.aggregate(micros=Sum("spend_micros"))["micros"] or 0


def has_open_deposit(*, fan: User) -> bool:
    """Tell whether a deposit of the fan is under way."""
    return Deposit.objects.filter(fan=fan, state__in=Deposit.OPEN_STATES).exists()


def open_renewal(*, fan: User) -> Deposit | None:
    """Return the fan's renewal that is under way, if there is one."""
    return Deposit.objects.filter(fan=fan, state__in=Deposit.OPEN_STATES, for_period__isnull=False).first()


def refundable_deposits(*, fan: User) -> list[tuple[Deposit, int]]:
    """Return the fan's deposits that can be paid back and how many cents of each, the newest first."""
    gone = Sum("refunds__amount_cents", filter=REFUNDED)
    deposits = (
        Deposit.objects.filter(fan=fan, state=Deposit.State.SUCCEEDED)
        .exclude(disputes__state__in=[Dispute.State.OPEN, Dispute.State.LOST])
        .annotate(left_cents=F("amount_cents") - Coalesce(gone, 0))
        .filter(left_cents__gt=0)
        .order_by("-started_at", "-id")
    )
    return [(deposit, deposit.left_cents) for deposit in deposits]


def on_hold_micros(*, creator: User, now: datetime) -> int:
    """Return the creator's earnings and gifts in micros that can't be withdrawn yet."""
    is_held = Q(settlement__withdrawable_at__gt=now)
    earned = SettlementEarning.objects.filter(is_held, creator=creator)
    gifts = Gift.objects.filter(creator=creator, withdrawable_at__gt=now)
    # What was kept for a debt has left the balance.
    kept = debts.standing_recoveries(creator=creator).filter(is_held)
    # What co-authors got of it has left, too, and what was got as a co-author is held as long.
    shared = CoAuthorShare.objects.filter(is_held)
    parts = earned.values_list(F("gross_micros") - F("fee_micros")).union(
        gifts.values_list(F("amount_cents") * money.MICROS_PER_CENT - F("fee_micros")),
        kept.order_by().values_list(-F("amount_micros")),
        shared.filter(co_author__owner=creator).values_list(-F("amount_micros")),
        shared.filter(co_author__person=creator).values_list("amount_micros"),
        all=True,
    )
    return sum(int(micros) for (micros,) in parts)


def smallest_payout_cents(*, creator: User) -> int:
    """Return the smallest payout in cents that the operator makes and the creator wants."""
    return smallest_payout_to(account=PayoutAccount.objects.filter(creator=creator).first())


def smallest_payout_to(*, account: PayoutAccount | None) -> int:
    """Return the smallest payout in cents to that account, or to a creator who has none yet."""
    return max(settings.MINIMUM_PAYOUT_CENTS, account.least_cents if account else 0)


def withdrawable_cents(*, creator: User, now: datetime) -> int:
    """Return how many whole cents the creator can ask for now."""
    return balance_hold_and_withdrawable(creator=creator, now=now)[2]


def balance_hold_and_withdrawable(*, creator: User, now: datetime) -> tuple[int, int, int]:
    """Return the creator's balance and what is on hold, in micros, and how many whole cents can be asked for now."""
    balance, on_hold = creator_balance_micros(creator=creator), on_hold_micros(creator=creator, now=now)
    return balance, on_hold, money.micros_to_cents(max(0, balance - on_hold))
