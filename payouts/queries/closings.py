"""Why an account can't be closed yet, and what its person would give up."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from django.conf import settings

from accounts.models import User
from buttons import queries as buttons_queries
from flattr import money
from flattr.period import Period
from payouts.models import Deposit, Dispute, DisputeShare, Payout
from payouts.queries import balances


class Obstacle(Enum):
    """What has to be done or to end first."""

    STAFF = "staff"
    PAYOUT = "payout"
    EARNINGS = "earnings"
    PAYMENT = "payment"
    DISPUTE = "dispute"


@dataclass(frozen=True, slots=True, kw_only=True)
class Leftover:
    """What is lost by closing: earnings in micros too small to be paid out, and clicks of this month's fans."""

    earnings_micros: int
    clicks: int


def obstacles(*, user: User) -> list[Obstacle]:
    """Return why the user's account can't be closed now; none where it can."""
    disputed = Dispute.objects.filter(state__in=[Dispute.State.ASKED, Dispute.State.OPEN])
    held = DisputeShare.objects.filter(owner=user, dispute__in=disputed)
    on_the_way = [Payout.State.REQUESTED, Payout.State.APPROVED, Payout.State.SENDING]
    smallest = money.cents_to_micros(settings.MINIMUM_PAYOUT_CENTS)
    found = {
        Obstacle.STAFF: user.is_staff,
        Obstacle.PAYOUT: user.payouts.filter(state__in=on_the_way).exists(),
        Obstacle.EARNINGS: balances.creator_balance_micros(creator=user) >= smallest,
        Obstacle.PAYMENT: user.deposits.filter(state__in=[*Deposit.OPEN_STATES, Deposit.State.REVIEW]).exists(),
        Obstacle.DISPUTE: disputed.filter(deposit__fan=user).exists() or held.exists(),
    }
    return [obstacle for obstacle, is_there in found.items() if is_there]


def leftover(*, user: User, now: datetime) -> Leftover:
    """Return what the user gives up by closing now."""
    clicks = buttons_queries.clicks_that_stand(period=Period.at(now)).filter(button__creator=user).count()
    return Leftover(earnings_micros=balances.creator_balance_micros(creator=user), clicks=clicks)
