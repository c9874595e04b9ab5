"""Whatever happens, the money adds up."""

import random
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import pytest
import stripe

from tests.fakestripe.errors import Refused
from tests.fakestripe.fake import FakeStripe
from tests.fakestripe.given import client_of, creator, debit, session
from tests.fakestripe.methods import CARDS, DEBITS

STEPS = 60
DISPUTE_FEE = 2_000


class _Walk:
    """Does things at random, and says what each account must have by what its objects say."""

    def __init__(self, fake: FakeStripe, seed: int) -> None:
        self.fake = fake
        self.api = client_of(fake)
        self.random = random.Random(seed)
        self.topped_up = 0
        self.accounts = [creator(self.api) for _ in range(2)]
        self.done: dict[str, int] = defaultdict(int)

    def go(self) -> None:
        """Take one step; what isn't possible now is refused and changes nothing."""
        steps: list[Callable[[], Any]] = [
            self.charge,
            self.charge,
            self.debit,
            self.checkout,
            self.refund,
            self.fail_refund,
            self.dispute,
            self.end_dispute,
            self.onboard,
            self.top_up,
            self.transfer,
            self.transfer,
            self.reverse,
            self.pay_out,
            self.fail_payout,
            self.wait,
        ]
        step = self.random.choice(steps)
        try:
            step()
            self.done[step.__name__] += 1
        except (stripe.InvalidRequestError, stripe.CardError, Refused, IndexError):
            pass

    def any(self, kind: str, *, account: str | None = "") -> str:
        """Return the id of an object of a kind; raise if there is none."""
        return str(self.random.choice(self.fake.world.every(kind, account=account))["id"])

    def amount(self) -> int:
        """Return some cents."""
        return self.random.randint(50, 10_000)

    def charge(self) -> None:
        """Charge any test card."""
        card = self.random.choice(["visa", self.random.choice(sorted(CARDS))])
        self.api.v1.payment_intents.create(
            {
                "amount": self.amount(),
                "currency": "eur",
                "payment_method": f"pm_card_{card}",
                "confirm": True,
                "off_session": True,
                "allowed_payment_method_types": ["card"],
            }
        )

    def debit(self) -> None:
        """Debit any test account."""
        debit(self.api, self.random.choice(sorted(DEBITS)), self.amount())

    def checkout(self) -> None:
        """Pay a page."""
        self.fake.pay(session(self.api, self.amount()).id)

    def refund(self) -> None:
        """Refund a part of any charge, perhaps too much."""
        self.api.v1.refunds.create({"charge": self.any("charge"), "amount": self.amount()})

    def fail_refund(self) -> None:
        """Let a refund fail."""
        self.fake.fail_refund(self.any("refund"))

    def dispute(self) -> None:
        """Dispute any charge."""
        self.fake.dispute(self.any("charge"), inquiry=self.random.random() < 0.2)

    def end_dispute(self) -> None:
        """Win or lose a dispute."""
        self.fake.decide_dispute(self.any("dispute"), won=self.random.random() < 0.5)

    def onboard(self) -> None:
        """Let an account receive."""
        self.fake.onboard(self.random.choice(self.accounts))

    def top_up(self) -> None:
        """Put money of the platform's own in."""
        amount = self.amount()
        self.fake.top_up(amount)
        self.topped_up += amount

    def transfer(self) -> None:
        """Send an account something."""
        destination = self.random.choice(self.accounts)
        self.api.v1.transfers.create({"amount": self.amount(), "currency": "eur", "destination": destination})

    def reverse(self) -> None:
        """Take some of it back."""
        self.api.v1.transfers.reversals.create(self.any("transfer"), {"amount": self.random.randint(1, 500)})

    def pay_out(self) -> None:
        """Let any account, or the platform, pay out."""
        self.fake.pay_out(self.random.choice(["", *self.accounts]), amount=self.random.randint(1, 2_000))

    def fail_payout(self) -> None:
        """Let a payout fail."""
        self.fake.end_payout(self.any("payout", account=None), failure_code="account_closed")

    def wait(self) -> None:
        """Let time pass."""
        self.fake.advance(days=self.random.randint(1, 4))

    def must_have(self, account: str) -> int:
        """Return the cents that an account must have, by its objects and not by its balance transactions."""
        world = self.fake.world

        def total(kind: str, worth: Callable[[Any], int], owner: str = account) -> int:
            return sum(worth(one) for one in world.every(kind, account=owner))

        def payment(one: Any) -> int:
            if one["status"] != "succeeded":
                return 0
            if one["source_transfer"]:
                return int(one["amount"])
            is_card = one["payment_method_details"]["type"] == "card"
            return int(one["amount"]) - (int(one["amount"] * 0.015 + 0.5 + 1e-9) + 25 if is_card else 35)

        paid_out = total("payout", lambda one: one["amount"] if one["status"] != "failed" else 0)
        given_back = total("refund", lambda one: one["amount"] if one["status"] != "failed" else 0)
        held = total("dispute", _lost)
        sent = total("transfer", lambda one: one["amount"] - one["amount_reversed"])
        own = self.topped_up if account == "" else 0
        return total("charge", payment) + own - given_back - held - sent - paid_out

    def check(self) -> None:
        """Compare each balance with what it must be, and with the sum of its balance transactions."""
        for account in ["", *self.accounts]:
            options: Any = {"stripe_account": account} if account else {}
            balance = self.api.v1.balance.retrieve(options=options)
            told = balance.available[0].amount + balance.pending[0].amount
            moved = self.api.v1.balance_transactions.list({"limit": 100}, options).auto_paging_iter()
            assert sum(one.net for one in moved) == told
            assert told == self.must_have(account)
            assert account == "" or balance.available[0].amount >= 0


def _lost(dispute: Any) -> int:
    """Return what a dispute keeps away: amount and fee while it is open or lost."""
    is_taken = dispute["status"] in ("needs_response", "under_review", "lost")
    return int(dispute["amount"]) + DISPUTE_FEE if is_taken else 0


@pytest.mark.parametrize("seed", range(5))
def test_balances_add_up(fake: FakeStripe, seed: int) -> None:
    """After anything, available and pending are the sum of the balance transactions and what the objects tell."""
    walk = _Walk(fake, seed)
    for _ in range(STEPS):
        walk.go()
        if walk.random.random() < 0.2:
            walk.check()
    walk.check()

    assert len(walk.done) >= 8, f"the walk got nowhere: {dict(walk.done)}"


def test_money_becomes_available_in_its_time(fake: FakeStripe, api: stripe.StripeClient) -> None:
    """Card money waits three days, a debit's seven, both counted from the charge; events tell when it is there."""
    fake.pay(session(api, 1_000).id)
    fake.pay(session(api, 2_000).id, by="DE89370400440532013000")

    def has() -> tuple[int, int]:
        balance = api.v1.balance.retrieve()
        return balance.available[0].amount, balance.pending[0].amount

    assert has() == (0, 960)
    fake.advance(days=3)
    assert has() == (960, 0)
    fake.advance(days=2)
    assert has() == (960, 1_965)
    fake.advance(days=2)
    assert has() == (2_925, 0)
    told: Any = api.v1.events.list({"type": "balance.available"}).data
    assert [event.data.object.available[0].amount for event in told] == [2_925, 960]
    assert fake.pay(session(api, 1_000).id, by="bypassPending")["status"] == "complete"
    assert has() == (3_885, 0)
