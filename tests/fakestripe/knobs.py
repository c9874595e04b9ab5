"""The knobs: what a test or a person makes happen in the world of the fake."""

import functools
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

import stripe

from tests.fakestripe import accounts, checkout, disputes, intents, methods, money, refunds, transfers
from tests.fakestripe.errors import Refused, no_such
from tests.fakestripe.faults import Faults
from tests.fakestripe.shapes import Json
from tests.fakestripe.webhooks import Webhooks
from tests.fakestripe.world import DAY, World, copied

if TYPE_CHECKING:
    from collections.abc import Callable

F = TypeVar("F", bound="Callable[..., Any]")
KNOBS: Final[set[str]] = set()
"""The names of the methods that can be called over HTTP."""


def knob(method: F) -> F:
    """Run a method alone in the world, let happen what is due before and after, and keep the change."""

    @functools.wraps(method)
    def turned(self: "Knobs", *args: Any, **kwargs: Any) -> Any:
        with self.world.lock:
            self.world.catch_up()
            try:
                return method(self, *args, **kwargs)
            finally:
                self.world.catch_up()
                self.world.save()

    KNOBS.add(method.__name__)
    return cast("F", turned)


class Knobs:
    """What can be made to happen. Knobs take ids, refuse with `Refused`, and return a copy of what they changed."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.webhooks = Webhooks(world)
        self.faults = Faults(world)

    @knob
    def reset(self) -> None:
        """Forget everything but the endpoints of webhooks."""
        self.world.reset()

    @knob
    def advance(self, *, days: int = 0, hours: int = 0, seconds: int = 0) -> None:
        """Move the clock forward, and let everything happen that is due by then."""
        self.world.advance(days * DAY + hours * 3_600 + seconds)

    @knob
    def forget(self, name: str) -> None:
        """Let an object be there no more, so that whoever asks for it is answered 404.

        :raises Refused: if there is none.
        """
        if name not in self.world.data["objects"]:
            raise no_such("object", name, "id")
        self.world.forget(self.world.get(name))

    # Fans.

    @knob
    def pay(self, session: str, *, by: str = "visa", email: str = "", name: str = "Fan") -> Json:
        """Fill a Checkout page in and send it; `by` is a test card's name or number, or an IBAN.

        :raises Refused: if the page would show an error.
        """
        found = self.world.find("checkout.session", session)
        method = methods.method_typed(self.world, by, email=email or None, name=name)
        checkout.submit(self.world, found, method)
        return copied(found)

    @knob
    def confirm_payment(self, payment_intent: str, *, confirmed: bool = True) -> Json:
        """Let the owner of a card confirm a payment that asks for it, or refuse to."""
        intent = self.world.find("payment_intent", payment_intent)
        if intent["status"] != "requires_action":
            raise Refused(f"{payment_intent} is {intent['status']}: there is nothing to confirm.")
        intents.owner_answered(self.world, intent, confirmed=confirmed)
        if session := intents.session_of(self.world, payment_intent):
            checkout.finish(self.world, session)
        return copied(intent)

    @knob
    def decide_debit(self, payment_intent: str, *, code: str = "") -> Json:
        """Let a direct debit succeed now, or fail with a code."""
        intent = self.world.find("payment_intent", payment_intent)
        if intent["status"] != "processing":
            raise Refused(f"{payment_intent} is {intent['status']}: there is nothing to decide.")
        intents.decide_debit(self.world, intent, code=code)
        return copied(intent)

    # Banks.

    def _charge(self, name: str) -> Json:
        """Return a charge, which may be named by its payment intent."""
        if name.startswith("pi_"):
            name = self.world.find("payment_intent", name)["latest_charge"] or name
        return self.world.find("charge", name)

    @knob
    def dispute(self, charge: str, *, reason: str = "fraudulent", inquiry: bool = False) -> Json:
        """Let a bank dispute a charge, or only inquire about it."""
        return copied(disputes.open_dispute(self.world, self._charge(charge), reason=reason, inquiry=inquiry))

    @knob
    def escalate(self, dispute: str) -> Json:
        """Let an inquiry become a dispute."""
        found = self.world.find("dispute", dispute)
        disputes.escalate(self.world, found)
        return copied(found)

    @knob
    def decide_dispute(self, dispute: str, *, won: bool, fee_returned: bool = True) -> Json:
        """Let a dispute be won or lost, or an inquiry close."""
        found = self.world.find("dispute", dispute)
        disputes.decide(self.world, found, won=won, fee_returned=fee_returned)
        return copied(found)

    @knob
    def warn_of_fraud(self, charge: str) -> Json:
        """Let a bank warn that a charge may be fraud."""
        return copied(disputes.warn(self.world, self._charge(charge)))

    @knob
    def order_refund(self, status: str) -> None:
        """Let the next refund be "pending", or succeed at first and be "failed" at once."""
        if status not in ("pending", "failed"):
            raise Refused(f"status must be pending or failed, not {status}", param="status")
        self.world.order("refund", status)

    @knob
    def settle_refund(self, refund: str) -> Json:
        """Let a pending refund succeed."""
        found = self.world.find("refund", refund)
        refunds.settle(self.world, found)
        return copied(found)

    @knob
    def fail_refund(self, refund: str, *, reason: str = "expired_or_canceled_card") -> Json:
        """Let a refund fail, pending or thought done."""
        found = self.world.find("refund", refund)
        refunds.fail(self.world, found, reason)
        return copied(found)

    @knob
    def top_up(self, amount: int, *, currency: str = money.HOUSE_CURRENCY) -> Json:
        """Put cents of the platform's own into its balance, available at once."""
        topup = self.world.add(stripe.Topup, "tu", amount=amount, currency=currency, status="succeeded")
        moved: Json = {"account": "", "kind": "topup", "category": "topup", "source": topup["id"]}
        booked = money.post(self.world, amount=amount, currency=currency, **moved)
        topup["balance_transaction"] = booked["id"]
        return copied(booked)

    # Creators.

    def _account(self, name: str) -> Json:
        return self.world.find("v2.core.account", name)

    @knob
    def onboard(self, account: str) -> Json:
        """Let an account's owner tell all that is asked: it may receive transfers."""
        found = self._account(account)
        accounts.set_state(self.world, found, status="active", asked=[])
        return copied(found)

    @knob
    def set_account(self, account: str, *, status: str, asked: str = "", days: int = 0, past: bool = False) -> Json:
        """Change whether an account may receive transfers: active, pending, restricted, rejected or unsupported.

        `asked` names what its owner must tell, with commas between, within so many days, or past that time.
        """
        found = self._account(account)
        wanted = [one for one in asked.split(",") if one]
        due_at = self.world.now() + days * DAY if days else None
        accounts.set_state(self.world, found, status=status, asked=wanted, due_at=due_at, past=past)
        return copied(found)

    @knob
    def deauthorise(self, account: str) -> None:
        """Let an account's owner end the connection with the platform."""
        accounts.deauthorise(self.world, self._account(account))

    @knob
    def pay_out(self, account: str = "", *, amount: int | None = None) -> Json:
        """Let an account, or with no name the platform, pay cents out to its bank; all, unless told how many."""
        if account:
            self._account(account)
        return copied(transfers.pay_out(self.world, account, amount))

    @knob
    def end_payout(self, payout: str, *, failure_code: str = "") -> Json:
        """Let a payout arrive, or fail with a code."""
        found: Any = self.world.data["objects"].get(payout, {})
        if found.get("object") != "payout":
            raise Refused(f"No such payout: '{payout}'", status=404, param="payout")
        transfers.end_payout(self.world, found, failure_code=failure_code)
        return copied(found)
