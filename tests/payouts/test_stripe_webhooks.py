"""From Stripe's webhooks to the books: twice, late, turned round or not at all, events end alike."""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NoReturn

import pytest
from django.urls import reverse
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer
from stripe import PermissionError  # noqa: A004  It is the one that Stripe answers with.

from accounts.models import User
from payouts.gateway import OrderRefused, ProviderUnavailable, Readiness, Result, get_gateway, stripe_events
from payouts.gateway import stripe as api
from payouts.models import Deposit, Dispute, PayoutAccount, StripeEvent
from payouts.operations import accounts, events
from payouts.queries import balances, due
from tests import given
from tests.factories import CreatorProfileFactory
from tests.fakestripe.fake import FakeStripe
from tests.payouts.paying import SOON, assert_books_are_stripes, collect, moment, page_of, resolved

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("rung")]

State = StripeEvent.State
WANTED = {"platform": stripe_events.OWN_KINDS, "connected": stripe_events.CONNECTED_KINDS}
Turn = Callable[[FakeStripe], object]


@pytest.fixture
def stripe(stripe: FakeStripe, live_server: LiveServer, settings: Settings) -> FakeStripe:
    """Return a Stripe that tells us of what we want to know, by three destinations with a secret each."""
    settings.STRIPE_WEBHOOK_SECRETS = [f"whsec_{kind}" for kind in ("platform", "connected", "thin")]
    door = live_server.url + reverse("payouts:stripe_webhook")
    for kind, wanted in WANTED.items():
        stripe.webhooks.add_endpoint(url=door, secret=f"whsec_{kind}", kind=kind, events=",".join(wanted))
    stripe.webhooks.add_endpoint(url=door, secret="whsec_thin", kind="thin")
    return stripe


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing be asked for again that fails."""
    monkeypatch.setattr(api, "_NETWORK_RETRIES", 0)


@pytest.fixture
def fan() -> User:
    """Return a fan with nothing yet."""
    return given.user("Grace")


def work_off(*, now: datetime | None = None) -> None:
    """Handle everything that is due, as workers would."""
    now = now or moment()
    for event_id in list(due.due_events(now=now).values_list("pk", flat=True)):
        events.handle(event_id=event_id, now=now)


def states() -> set[str]:
    """Return the states of the events that were kept."""
    return set(StripeEvent.objects.values_list("state", flat=True))


def pay(stripe: FakeStripe, fan: User) -> Deposit:
    """Let the fan pay 5 EUR on Stripe's page and go away."""
    deposit, page = page_of(fan)
    stripe.pay(page)
    return deposit


def test_a_payment_comes_in_by_webhook(stripe: FakeStripe, fan: User) -> None:
    """Nobody came back from the pay page, and nobody swept."""
    deposit = pay(stripe, fan)
    stripe.webhooks.drain()
    work_off()
    deposit.refresh_from_db()

    assert {each["status"] for each in stripe.webhooks.deliveries} == {"delivered"}
    assert (deposit.state, states()) == (Deposit.State.SUCCEEDED, {State.HANDLED})
    assert set(StripeEvent.objects.values_list("api_version", flat=True)) == {api.API_VERSION}
    assert_books_are_stripes()


def twice(stripe: FakeStripe) -> None:
    """Let each event be delivered twice."""
    stripe.webhooks.set(duplicate=True)


def turned_round(stripe: FakeStripe) -> None:
    """Hold the deliveries, to release them in the other order."""
    stripe.webhooks.set(hold=True)


def of_another_version(stripe: FakeStripe) -> None:
    """Let events say that they are of an old version."""
    stripe.webhooks.set(api_version="2019-01-01")


@pytest.mark.parametrize("turn", [twice, turned_round, of_another_version])
def test_however_events_come_a_payment_is_booked_once(turn: Turn, stripe: FakeStripe, fan: User) -> None:
    """Twice, in the other order, or of another version than ours."""
    turn(stripe)
    pay(stripe, fan)
    stripe.webhooks.release(reverse=True)
    stripe.webhooks.drain()
    work_off()

    assert states() == {State.HANDLED}
    assert StripeEvent.objects.count() == len({each["event"] for each in stripe.webhooks.deliveries})
    assert balances.fan_balance_micros(fan=fan) == 5_000_000
    assert_books_are_stripes()


@pytest.mark.parametrize("knobs", [{"age": 301}, {"wrong_secret": True}, {"livemode": True}])
def test_what_was_refused_comes_again(knobs: dict[str, object], stripe: FakeStripe, fan: User) -> None:
    """Stripe repeats what we answered 400, and is let in once it is right."""
    stripe.webhooks.set(**knobs)
    pay(stripe, fan)
    stripe.webhooks.drain()
    assert {each["code"] for each in stripe.webhooks.deliveries} == {400}
    assert not StripeEvent.objects.exists()
    stripe.webhooks.set(**dict.fromkeys(knobs))
    stripe.advance(seconds=61)
    stripe.webhooks.drain()
    work_off()

    assert {each["code"] for each in stripe.webhooks.deliveries} == {200}
    assert balances.fan_balance_micros(fan=fan) == 5_000_000


def test_case_6_what_never_came_is_fetched(stripe: FakeStripe, fan: User) -> None:
    """Page by page, once, and what comes late after all changes nothing."""
    stripe.webhooks.set(drop=["*"])
    pay(stripe, fan)
    account = get_gateway().open_account(creator_id=7, email="ada@example.com", name="Ada", country="AT")
    stripe.onboard(account)
    stripe.webhooks.drain()
    assert not StripeEvent.objects.exists()
    missed = events.fetch_missed(since=moment() - SOON, now=moment())
    work_off()
    before = list(StripeEvent.objects.order_by("pk").values())
    assert missed == len(before) > 0
    assert balances.fan_balance_micros(fan=fan) == 5_000_000
    stripe.webhooks.set(drop=None)
    for event in before:
        stripe.webhooks.repeat(event["id"])
    stripe.webhooks.drain()
    work_off()

    assert events.fetch_missed(since=moment() - SOON, now=moment()) == 0
    assert list(StripeEvent.objects.order_by("pk").values()) == before


def test_a_creators_account_follows_stripes(stripe: FakeStripe) -> None:
    """It is ready when Stripe says so by a thin event, and gone when its owner leaves us."""
    creator = CreatorProfileFactory.create(name="Ada").user
    account = accounts.open_account(creator=creator, country="AT")
    states_of_it = []
    for knob in (stripe.onboard, stripe.deauthorise):
        knob(account.account)
        stripe.webhooks.drain()
        work_off()
        account.refresh_from_db()
        states_of_it.append(account.state)

    assert states_of_it == [PayoutAccount.State.READY, PayoutAccount.State.GONE]
    assert states() == {State.HANDLED}
    assert "account.application.deauthorized" in StripeEvent.objects.values_list("kind", flat=True)


def test_an_account_that_our_key_may_not_see_is_gone(monkeypatch: pytest.MonkeyPatch, stripe: FakeStripe) -> None:
    """Stripe also says so of one whose owner has left; any other lack of permission is our fault."""
    assert get_gateway().account_state(account="acct_of_nobody").readiness is Readiness.GONE
    codes = ["account_invalid", "secret_key_required"]

    def refuse() -> NoReturn:
        msg = "no access"
        raise PermissionError(msg, code=codes.pop(0))

    monkeypatch.setattr(api, "_client", refuse)
    assert get_gateway().account_state(account="acct_1").readiness is Readiness.GONE
    with pytest.raises(OrderRefused, match="no access"):
        get_gateway().account_state(account="acct_1")
    assert stripe.webhooks.deliveries == []


@pytest.mark.parametrize("page", [1, 2, 100])
def test_both_lists_are_read_to_their_end(
    page: int, stripe: FakeStripe, fan: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whole events and thin ones are what webhooks told, of all pages, of the kinds that we want and no others."""
    monkeypatch.setattr(api, "_PAGE", page)
    pay(stripe, fan)
    account = get_gateway().open_account(creator_id=7, email="ada@example.com", name="Ada", country="AT")
    stripe.onboard(account)
    stripe.webhooks.drain()
    found = {event.id: event for event in get_gateway().events(since=moment() - SOON)}
    kept = StripeEvent.objects.filter(kind__in=[*stripe_events.OWN_KINDS, *stripe_events.THIN_KINDS], account="")

    assert set(found) == set(kept.values_list("pk", flat=True))
    for row in kept:
        event = found[row.pk]
        assert (event.kind, event.subject, event.movement_id, event.customer, event.occurred_at) == (
            *(row.kind, row.subject, row.movement_id, row.customer, row.occurred_at),
        )
    assert {event.subject for event in found.values() if event.kind.startswith("v2.")} == {account}


def test_only_what_is_new_is_asked_for(stripe: FakeStripe, fan: User) -> None:
    """What happened before the moment is not told again."""
    pay(stripe, fan)

    assert list(get_gateway().events(since=moment() + SOON)) == []


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("path", ["/v1/events", "/v2/core/events"])
def test_a_list_that_breaks_off_says_so(path: str, stripe: FakeStripe, fan: User) -> None:
    """Nobody takes a part for all of it."""
    pay(stripe, fan)
    stripe.faults.add("500", method="GET", path=path)

    with pytest.raises(ProviderUnavailable):
        list(get_gateway().events(since=moment() - SOON))


def test_case_5_an_event_waits_for_the_row_that_it_names(stripe: FakeStripe, fan: User) -> None:
    """It is handled once the row is there."""
    deposit = pay(stripe, fan)
    Deposit.objects.filter(pk=deposit.pk).delete()
    stripe.webhooks.drain()
    work_off()
    waiting = StripeEvent.objects.filter(state=State.WAITING)
    assert set(waiting.values_list("kind", flat=True)) == {"checkout.session.completed", "payment_intent.succeeded"}
    deposit.save(force_insert=True)
    work_off(now=moment() + timedelta(seconds=61))

    assert states() == {State.HANDLED}
    assert balances.fan_balance_micros(fan=fan) == 5_000_000


def test_case_3_a_refund_is_told_before_its_payment(stripe: FakeStripe, fan: User) -> None:
    """The fan came back and asked for the money again, before any event came; then all come in the other order."""
    stripe.webhooks.set(hold=True)
    deposit = pay(stripe, fan)
    assert collect(deposit) is Result.SUCCEEDED
    refund = given.refund(fan, amount_cents=200, now=moment())
    get_gateway().send_refund(refund_id=refund.pk, payment=deposit.reference, amount_cents=200, attempt=0)
    stripe.webhooks.release(reverse=True)
    stripe.webhooks.drain()
    kinds = [each["type"] for each in stripe.webhooks.deliveries]
    work_off()
    refund.refresh_from_db()

    assert kinds.index("charge.refunded") < kinds.index("payment_intent.succeeded")
    assert (refund.state, states()) == ("sent", {State.HANDLED})
    assert balances.fan_balance_micros(fan=fan) == 3_000_000


def test_case_3_a_refund_of_a_payment_that_nobody_knows_of_waits(stripe: FakeStripe, fan: User) -> None:
    """Somebody gave it back in Stripe's dashboard before we had heard of it: staff see both, and say what it was."""
    stripe.webhooks.set(drop=["checkout.*", "payment_intent.*", "payment_method.*"])
    deposit = pay(stripe, fan)
    (intent,) = api.intents_of(customer=fan.payment_method.customer, since=moment() - SOON)
    get_gateway().send_refund(refund_id=uuid.uuid4(), payment=intent.id, amount_cents=500, attempt=0)
    stripe.webhooks.drain()
    work_off()
    assert states() == {State.WAITING}
    assert balances.fan_balance_micros(fan=fan) == 0
    assert collect(deposit) is Result.SUCCEEDED
    work_off(now=moment() + timedelta(minutes=2))

    assert states() == {State.WAITING}
    assert balances.fan_balance_micros(fan=fan) == 5_000_000
    assert [difference.difference_cents for difference in resolved("given back by hand")] == [-500, -500]


def test_case_31_an_object_that_is_gone_is_told_to_staff(stripe: FakeStripe, fan: User) -> None:
    """Stripe tells of what it knows no more (404): each event waits, with the error, and staff set it aside."""
    stripe.webhooks.set(hold=True)
    deposit = pay(stripe, fan)
    assert collect(deposit) is Result.SUCCEEDED
    account = accounts.open_account(creator=CreatorProfileFactory.create(name="Ada").user, country="AT")
    stripe.onboard(account.account)
    gone = [stripe.dispute(deposit.reference, inquiry=True)["id"], stripe.warn_of_fraud(deposit.reference)["id"]]
    for each in [*gone, account.account]:
        stripe.forget(each)
    stripe.webhooks.release()
    stripe.webhooks.drain()
    work_off()
    account.refresh_from_db()
    waiting = StripeEvent.objects.filter(state=State.WAITING)

    assert account.state == PayoutAccount.State.GONE
    assert set(waiting.values_list("subject", flat=True)) == set(gone)
    assert all("No such" in error for error in waiting.values_list("error", flat=True))
    assert not Dispute.objects.exists()
    chosen = list(waiting.values_list("pk", flat=True))
    events.set_aside(event_ids=chosen, reviewer=given.user("Staff"), reason="deleted by Stripe", now=moment())
    work_off(now=moment() + timedelta(hours=2))
    assert states() == {State.HANDLED, State.IGNORED}


@pytest.mark.usefixtures("impatient")
def test_a_provider_that_is_away_is_asked_again(stripe: FakeStripe, fan: User) -> None:
    """The events wait meanwhile."""
    pay(stripe, fan)
    stripe.webhooks.drain()
    stripe.faults.add("500", method="GET", times=100)
    work_off()
    assert states() == {State.WAITING}
    stripe.faults.clear()
    work_off(now=moment() + timedelta(seconds=61))

    assert states() == {State.HANDLED}
    assert balances.fan_balance_micros(fan=fan) == 5_000_000
