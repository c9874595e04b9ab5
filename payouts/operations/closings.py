"""Closing an account so that the books stay whole: the balance goes back, then the person is forgotten.

Each step is committed by itself and looks at what is there, so that a run that was cut short is gone on with.
"""

import uuid
from contextlib import suppress
from datetime import datetime
from typing import Final

from accounts import operations as accounts_operations
from accounts import queries as accounts_queries
from accounts.models import Closing, User
from accounts.operations import closings as people
from accounts.operations import connections
from buttons.operations import closing as buttons
from flattr.outside.network import Network
from flattr.transactions import durable
from payouts.models import PaymentMethod, PayoutAccount, Refund, StripeEvent
from payouts.operations import coauthors, gifts, methods, moments, refunds
from payouts.queries import balances, closings, due

_NAMESPACE: Final = uuid.UUID("5f0c4f3e-8f0b-4f0e-b7a1-4f5d8a5b9e77")


class CannotClose(ValueError):
    """Something has to be done or to end first."""

    def __init__(self, obstacles: list[closings.Obstacle]) -> None:
        super().__init__(f"account: {', '.join(each.value for each in obstacles)}")
        self.obstacles = obstacles


@durable
def ask_to_close(*, user: User, now: datetime) -> Closing:
    """Note that the user wants the account closed after the days of grace, and log them out; twice is as once.

    :raises CannotClose: while money is on its way, or earned and large enough to be paid out first.
    """
    obstacles = closings.obstacles(user=user)
    if obstacles:
        raise CannotClose(obstacles)
    return people.ask(user=user, now=now)


def advance_closing(*, user_id: int, network: Network, now: datetime) -> None:
    """Go on with a closing that is due, as far as it goes; what waits for money or an email is for a later run."""
    if _begin(user_id=user_id, now=now):
        _end_connections(user_id=user_id, network=network, now=now)
        _send_balance_back(user_id=user_id, now=now)
        _forget_what_one_pays_by(user_id=user_id, now=now)
        if _has_said_goodbye(user_id=user_id, now=now):
            _forget(user_id=user_id, now=now)


@durable
def _begin(*, user_id: int, now: datetime) -> bool:
    """Close what is public, unless something came up, of which the person is told; return whether it has begun."""
    moment = moments.open_moment(wanted=now, now=now)
    closing = _open(user_id)
    if closing is None or closing.begun_at is not None:
        return closing is not None
    # Nobody gives them anything between the look at their balance and the end.
    accounts_operations.lock_fan(fan=closing.user)
    if due.due_periods(now=moment):
        # A month that is being settled may bring earnings, and takes its cakes from balances.
        return False
    obstacles = closings.obstacles(user=closing.user)
    if obstacles:
        people.stop(closing=closing, reasons=[each.value for each in obstacles], now=now)
        return False
    buttons.close(user=closing.user, name=people.NOBODY, now=moment)
    # Not by a clock that stands in a month that is closed, and has been shared.
    coauthors.end_all(user=closing.user, now=moment)
    people.begin(closing=closing, now=moment)
    return True


def _end_connections(*, user_id: int, network: Network, now: datetime) -> None:
    """Forget the access to their accounts elsewhere, and take it back there where the networks let us."""
    owner = User.objects.get(pk=user_id)
    for connection in accounts_queries.active_connections(owner=owner):
        # Another worker may be at it, too.
        with suppress(connections.UnknownConnection):
            connections.end_connection(owner=owner, connection_id=connection.pk, network=network, now=now)


def _send_balance_back(*, user_id: int, now: datetime) -> None:
    """Ask for all of the balance that can go back, at most once a week: what fails may go later."""
    user = User.objects.get(pk=user_id)
    request_id = uuid.uuid5(_NAMESPACE, f"{user_id}:{now:%G-W%V}")
    refundable = sum(cents for _deposit, cents in balances.refundable_deposits(fan=user))
    amount_cents = min(balances.unused_cents(fan=user, now=now), refundable)
    if amount_cents and not Refund.objects.filter(request_id=request_id).exists():
        refunds.request_refund(request_id=request_id, fan=user, amount_cents=amount_cents, now=now)


def _forget_what_one_pays_by(*, user_id: int, now: datetime) -> None:
    """Let the provider forget it, too."""
    method = PaymentMethod.objects.filter(fan_id=user_id).exclude(method="").select_related("fan").first()
    if method is not None:
        methods.remove_method(fan=method.fan, now=now)


@durable
def _has_said_goodbye(*, user_id: int, now: datetime) -> bool:
    """Owe the last email once all money is where it goes; return whether nothing is owed any more."""
    closing = _open(user_id)
    if closing is None:
        return False
    is_on_its_way = closing.user.refunds.filter(state=Refund.State.REQUESTED).exists()
    refundable = sum(cents for _deposit, cents in balances.refundable_deposits(fan=closing.user))
    is_left = min(balances.unused_cents(fan=closing.user, now=now), refundable) > 0
    return not is_on_its_way and not is_left and people.say_goodbye(closing=closing, now=now)


@durable
def _forget(*, user_id: int, now: datetime) -> None:
    """Take away who the person was. What the provider told of them goes too; its names of their money stay."""
    closing = _open(user_id)
    if closing is None:
        return
    customers = PaymentMethod.objects.filter(fan=closing.user)
    accounts = PayoutAccount.objects.filter(creator=closing.user)
    told = StripeEvent.objects.exclude(state__in=StripeEvent.OPEN_STATES)
    told.filter(customer__in=customers.values("customer")).update(payload={})
    told.filter(account__in=accounts.values("account")).exclude(account="").update(payload={})
    customers.update(label="", kind="", expires=None)
    accounts.update(requirements=[], due_at=None)
    gifts.forget_notes(person=closing.user)
    buttons.forget(user=closing.user)
    coauthors.forget(user=closing.user)
    people.forget(closing=closing, now=now)


def _open(user_id: int) -> Closing | None:
    """Return the closing that hasn't ended, locked, with its user; None where there is none."""
    closings_of = Closing.objects.select_for_update(of=("self",)).select_related("user")
    return closings_of.filter(pk=user_id, ended_at__isnull=True).first()
