"""A month of random life: whatever people, banks and networks do, the books are Stripe's to the cent."""

import random
import uuid
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import pytest
from pytest_django import Settings

from accounts.models import User
from buttons.operations import periods
from flattr.period import Period
from flattr.transactions import durable
from payouts.gateway import OrderRefused, ProviderUnavailable
from payouts.gateway import stripe as api
from payouts.models import Deposit, Dispute, Payout, Recovery, Refund
from payouts.operations import accounts, deposits, disputes, fraud, payouts, reconciliation, refunds, renewals
from payouts.queries import balances, books, due
from tests import given
from tests.fakestripe.errors import Refused
from tests.fakestripe.fake import FakeStripe
from tests.payouts.paying import SOON, assert_books_are_stripes, moment

pytestmark = pytest.mark.django_db

FANS = 200
CREATORS = 6
METHODS = ["visa"] * 6 + [
    "DE89370400440532013000",
    "chargeDeclined",
    "chargeDeclinedInsufficientFunds",
    "createDispute",
    "authenticationRequired",
]
FAULTS = ["drop", "cut", "500", "500_after", "429", "409"]
PATHS = ["/v1/payment_intents", "/v1/checkout/sessions", "/v1/refunds", "/v1/transfers"]


class Life:
    """What happens to everybody, by a seed; each step may meet a fault and be left half done."""

    def __init__(self, stripe: FakeStripe, seed: int) -> None:
        self.stripe = stripe
        self.chance = random.Random(seed)
        self.period = Period.at(moment())
        durable(periods.make_partition)(period=self.period)
        self.creators = [self._creator(number) for number in range(CREATORS)]
        self.buttons = [given.button(creator) for creator in self.creators]
        self.staff = given.user("Staff")
        self.fans = [given.user(f"Fan {number}") for number in range(FANS)]

    def _creator(self, number: int) -> User:
        creator = given.creator("ABCDEF"[number])
        creator.payout_account.delete()
        account = accounts.open_account(creator=creator, country="FR")
        self.stripe.onboard(account.account)
        accounts.look_at_account(account=account.account, now=moment())
        return creator

    def step(self, act: Callable[[], object]) -> None:
        """Do something while the network, or Stripe, may fail; whoever does it gives up then."""
        if self.chance.random() < 0.15:
            self.stripe.faults.add(
                self.chance.choice(FAULTS),
                method=self.chance.choice(["POST", "GET"]),
                path=self.chance.choice(PATHS),
                times=self.chance.choice([1, 4]),
            )
        with suppress(ProviderUnavailable, OrderRefused, Refused):
            act()

    def live(self) -> None:
        """Let a month pass: promises, payments, clicks, the cut, and what comes after it."""
        for fan in self.fans:
            given.subscription(fan, budget_cents=self.chance.choice([200, 500, 1000]), period=self.period)
            self.step(lambda fan=fan: self._pay(fan))  # type: ignore[misc]
            for button in self.chance.sample(self.buttons, self.chance.randint(0, 3)):
                given.click(fan, button, now=moment())
            if self.chance.random() < 0.2:
                self.step(lambda fan=fan: renewals.renew_deposit(fan=fan, now=moment()))  # type: ignore[misc]
        self._sweep()
        for fan in self.chance.sample(self.fans, FANS // 10):
            self.step(lambda fan=fan: self._ask_back(fan))  # type: ignore[misc]
        self._banks()
        self.stripe.advance(days=10)
        self._sweep()
        given.settled(self.period, now=self.period.end + timedelta(minutes=10))
        self._banks()
        for creator in self.creators:
            self.step(lambda creator=creator: self._withdraw(creator))  # type: ignore[misc]
        self._sweep()
        self._banks()

    def _pay(self, fan: User) -> None:
        """Go to the pay page, and perhaps pay; half of those who pay never come back from there."""
        given.started_deposit(fan, amount_cents=self.chance.choice([200, 500, 1500]), now=moment())
        fan.refresh_from_db()
        for page in api.pages_of(customer=fan.payment_method.customer, since=moment() - SOON):
            if self.chance.random() < 0.85:
                self.stripe.pay(page.id, by=self.chance.choice(METHODS))
        if self.chance.random() < 0.5:
            for deposit in fan.deposits.all():
                deposits.collect_deposit(deposit_id=deposit.pk, now=moment())

    def _ask_back(self, fan: User) -> None:
        with suppress(refunds.NothingToRefund):
            refunds.request_refund(
                request_id=_id(self.chance), fan=fan, amount_cents=self.chance.randint(1, 400), now=moment()
            )

    def _banks(self) -> None:
        """Let banks dispute, warn, decide, and send refunds back."""
        paid = list(
            Deposit.objects.filter(state=Deposit.State.SUCCEEDED).exclude(reference="").order_by("started_at")
        )
        for deposit in self.chance.sample(paid, min(8, len(paid))):
            if self.chance.random() < 0.7:
                self.step(lambda deposit=deposit: self._dispute(deposit))  # type: ignore[misc]
            else:
                self.step(lambda deposit=deposit: self._warn(deposit))  # type: ignore[misc]
        for refund in Refund.objects.filter(state=Refund.State.SENT).order_by("requested_at")[:2]:
            with suppress(Refused):
                self.stripe.fail_refund(refund.reference)

    def _dispute(self, deposit: Deposit) -> None:
        reference = self.stripe.dispute(deposit.reference)["id"]
        disputes.look_at_dispute(reference=reference, now=moment())
        if self.chance.random() < 0.6:
            self.stripe.decide_dispute(reference, won=self.chance.random() < 0.5)
            disputes.look_at_dispute(reference=reference, now=moment())

    def _warn(self, deposit: Deposit) -> None:
        reference = self.stripe.warn_of_fraud(deposit.reference)["id"]
        fraud.heed_warning(reference=reference, now=moment())

    def _withdraw(self, creator: User) -> None:
        now = self.period.end + timedelta(days=11)
        cents = balances.withdrawable_cents(creator=creator, now=now)
        with suppress(payouts.PayoutRefused):
            payout = payouts.request_payout(payout_id=_id(self.chance), creator=creator, amount_cents=cents, now=now)
            payouts.approve_payout(payout_id=payout.pk, reviewer=self.staff, now=now)
            payouts.advance_payout(payout_id=payout.pk, now=now)

    def _sweep(self) -> None:
        """Do what workers do each minute, with their faults."""
        for deposit_id in due.open_deposits():
            self.step(lambda each=deposit_id: deposits.collect_deposit(deposit_id=each, now=moment()))  # type: ignore[misc]
        for refund_id in due.open_refunds():
            self.step(lambda each=refund_id: refunds.advance_refund(refund_id=each, now=moment()))  # type: ignore[misc]
        for payout_id in due.open_payouts():
            self.step(lambda each=payout_id: payouts.advance_payout(payout_id=each, now=moment()))  # type: ignore[misc]

    def quiet_down(self) -> None:
        """Let all faults end and everything be decided, heard of and compared."""
        self.stripe.faults.clear()
        self.stripe.top_up(100_000)
        self.stripe.advance(days=20)
        for dispute in Dispute.objects.filter(state__in=[Dispute.State.ASKED, Dispute.State.OPEN]):
            disputes.look_at_dispute(reference=dispute.pk, now=moment())
        for known in self.stripe.world.every("dispute"):
            disputes.look_at_dispute(reference=known["id"], now=moment())
        for refund in Refund.objects.filter(state=Refund.State.SENT):
            refunds.advance_refund(refund_id=refund.pk, now=moment())
        for _ in range(3):
            self._sweep_quietly()

    def live_on(self) -> None:
        """Let banks decide and the next month pass: what is left is given, and what creators owe is kept of that."""
        for dispute in Dispute.objects.filter(state=Dispute.State.OPEN).order_by("opened_at", "id"):
            self.stripe.decide_dispute(dispute.pk, won=self.chance.random() < 0.5)
            disputes.look_at_dispute(reference=dispute.pk, now=moment())
        durable(periods.make_partition)(period=self.period.next)
        for fan in self.fans:
            given.click(fan, self.chance.choice(self.buttons), now=self.period.next.start)
        given.settled(self.period.next, now=self.period.next.end + timedelta(minutes=10))

    def _sweep_quietly(self) -> None:
        later = moment() + timedelta(days=2)
        for deposit_id in due.open_deposits():
            deposits.collect_deposit(deposit_id=deposit_id, now=later)
        reconciliation.reconcile(now=later)


def _id(chance: random.Random) -> uuid.UUID:
    return uuid.UUID(int=chance.getrandbits(128), version=4)


@pytest.mark.parametrize("seed", [1])
def test_a_month_of_random_life_ends_with_stripes_balance(stripe: FakeStripe, settings: Settings, seed: int) -> None:
    """Two hundred fans, faults at every seventh step, and in the end both books agree, line by line and in all.

    So they do after another month, in which creators pay for what banks took back after they were paid.
    """
    settings.DISPUTE_LOSSES_BORNE_BY = "creators"
    life = Life(stripe, seed)
    life.live()
    assert books.check_books() == []
    life.quiet_down()
    life.live_on()

    items = reconciliation.reconcile(now=moment() + timedelta(days=2))
    assert [(item.kind, item.subject, item.detail) for item in items] == []
    assert_books_are_stripes()
    assert Deposit.objects.filter(state=Deposit.State.SUCCEEDED).count() > FANS // 3
    assert Payout.objects.filter(state=Payout.State.SENT).exists()
    assert Dispute.objects.filter(state=Dispute.State.LOST).exists()
    assert Recovery.objects.exists()
