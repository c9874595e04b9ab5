"""Scenarios for tests: people by hand, money only through real operations."""

import itertools
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Final, NoReturn, TypeVar

from django.db import connection, connections

from accounts.models import Subscription, User
from accounts.operations import promise
from buttons.models import Button, Click
from buttons.operations import buttons as buttons_operations
from buttons.operations import clicks as clicks_operations
from buttons.tickets import Place
from flattr.period import Period
from flattr.transactions import durable, durable_block
from payouts.gateway import OrderRefused, Outcome, ProviderUnavailable, Readiness, Result
from payouts.gateway.sandbox.models import SandboxAccount
from payouts.ledger import chart, integrity
from payouts.ledger import operations as ledger
from payouts.ledger.models import LedgerAccount
from payouts.models import Deposit, Gift, PaymentMethod, Payout, PayoutAccount, Refund, Settlement
from payouts.operations import deposits, gifts, payouts, refunds, settlement
from tests import second_factor
from tests.factories import CreatorProfileFactory, UserFactory

R = TypeVar("R")

MOMENT: Final = datetime(2026, 10, 15, 12, 0, tzinfo=UTC)
"""When things happen in examples where it doesn't matter."""

SUMS: Final = {rule: query for rule, query in integrity.RULES.items() if "reversal" not in rule}
"""The ledger's rules without the one about reversals: `posting` calls so what goes a way that no kind goes."""

_numbers = itertools.count(1)


def user(name: str = "", **fields: object) -> User:
    """Return a user who logs in with the password `password`, and staff with a second factor."""
    person: User = UserFactory.create(name=name, **fields)
    return second_factor.give(person) if person.is_staff else person


def creator(name: str = "Ada") -> User:
    """Return a user with a creator's page, an account that may receive payouts, and a second factor for that."""
    person: User = second_factor.give(CreatorProfileFactory.create(name=name, user__name=name).user)
    ready_account(person)
    return person


def ready_account(owner: User) -> PayoutAccount:
    """Let the sandbox find nothing missing of a creator."""
    SandboxAccount.objects.create(creator_id=owner.pk, readiness=Readiness.READY)
    return PayoutAccount.objects.create(
        creator=owner, account=f"sandbox-{owner.pk}", country="FR", state=PayoutAccount.State.READY
    )


def button(owner: User | None = None, *, title: str = "A song") -> Button:
    """Return a button, of a new creator if none is given."""
    owner = owner or creator()
    return buttons_operations.create_button(
        creator=owner, url=f"https://site-{owner.pk}.example/{next(_numbers)}", title=title
    )


def place(button: Button, *, origin: str = "https://artist.example") -> Place:
    """Return where a frame on a site is, about the button's creator and page."""
    return Place(to=button.creator.creator_profile.slug, url=button.url, origin=origin)


@durable
def subscription(
    fan: User, *, budget_cents: int, period: Period, state: Subscription.State = Subscription.State.ACTIVE
) -> Subscription:
    """Let the fan promise a budget from a period on."""
    return promise(
        fan=fan,
        budget_cents=budget_cents,
        term_months=1,
        state=state,
        effective_from=period,
        now=period.start,
    )


def deposit(fan: User, *, amount_cents: int, now: datetime, fee_cents: int = 0) -> Deposit:
    """Let the fan pay, successfully."""
    opened = opened_deposit(fan, amount_cents=amount_cents, now=now)
    outcome = Outcome(result=Result.SUCCEEDED, fee_cents=fee_cents)
    deposits.record_deposit(deposit_id=opened.id, outcome=outcome, now=now)
    return Deposit.objects.get(pk=opened.pk)


def opened_deposit(fan: User, *, amount_cents: int, now: datetime) -> Deposit:
    """Let the fan be about to pay."""
    return deposits.open_deposit(deposit_id=uuid.uuid4(), fan=fan, amount_cents=amount_cents, now=now)


def started_deposit(fan: User, *, amount_cents: int, now: datetime) -> str:
    """Let the fan go to the provider's page; return its address."""
    return deposits.start_deposit(deposit_id=uuid.uuid4(), fan=fan, amount_cents=amount_cents, now=now)


def saved_method(fan: User, *, kind: str = "card", now: datetime = MOMENT) -> PaymentMethod:
    """Let the fan have something saved that can be charged; the sandbox goes on declining where nothing was paid."""
    method, _ = PaymentMethod.objects.update_or_create(
        fan=fan,
        defaults={
            "customer": f"sandbox-{fan.pk}",
            "method": f"sandbox-{uuid.uuid4()}",
            "kind": kind,
            "label": "Sandbox •••• 4242",
            "changed_at": now,
        },
    )
    return method


def refund(fan: User, *, amount_cents: int, now: datetime) -> Refund:
    """Let the fan ask for unused balance back, which comes from one deposit."""
    (asked,) = refunds.request_refund(request_id=uuid.uuid4(), fan=fan, amount_cents=amount_cents, now=now)
    return asked


def gift(fan: User, owner: User, *, amount_cents: int, now: datetime, note: str = "") -> Gift:
    """Let the fan give the creator something beside the cake."""
    return gifts.give_gift(
        gift_id=uuid.uuid4(), fan=fan, creator=owner, amount_cents=amount_cents, note=note, now=now
    )


def payout(owner: User, *, amount_cents: int, now: datetime) -> Payout:
    """Let the creator ask for a payout."""
    return payouts.request_payout(payout_id=uuid.uuid4(), creator=owner, amount_cents=amount_cents, now=now)


def funded_fan(name: str = "fan", *, budget_cents: int = 500, period: Period) -> User:
    """Return a fan with a budget from the period on, and a balance of one budget."""
    return funded(user(name), budget_cents=budget_cents, period=period)


def funded(fan: User, *, budget_cents: int, period: Period) -> User:
    """Give somebody a budget from the period on, and a balance of one budget."""
    subscription(fan, budget_cents=budget_cents, period=period)
    deposit(fan, amount_cents=budget_cents, now=period.start)
    return fan


def click(fan: User, clicked: Button, *, now: datetime, times: int = 1) -> list[Click]:
    """Let the fan click a button."""
    return [
        clicks_operations.record_click(
            click_id=uuid.uuid4(), fan=fan, public_id=clicked.public_id, origin="", now=now
        )
        for _ in range(times)
    ]


def settled(period: Period, *, now: datetime) -> Settlement:
    """Settle the period as the command does."""
    settlement.settle(period=period, clock=lambda: now, step=lambda _done, _ranges: None)
    return Settlement.objects.get(period=period)


def earned(owner: User, *, micros: int, period: Period, now: datetime) -> None:
    """Let the creator earn about that much gross in a period, which is settled."""
    clicked = button(owner)
    fan = funded_fan(budget_cents=micros // 10_000, period=period)
    click(fan, clicked, now=period.start)
    settled(period, now=now)


@durable
def pot(kind: chart.Kind, owner: User | None = None, *, holds_micros: int = 0) -> LedgerAccount:
    """Return the ledger account, filled from the processor's cash."""
    account = ledger.open_account(kind=kind, owner=owner)
    if holds_micros:
        cash = ledger.open_account(kind=chart.Kind.PROCESSOR_CASH)
        ledger.post(postings=[posting(cash, account, holds_micros)])
    return LedgerAccount.objects.get(pk=account.pk)


def posting(
    debit: LedgerAccount,
    credit: LedgerAccount,
    amount_micros: int,
    *,
    key: str = "",
    kind: chart.TransferKind | None = None,
    occurred_at: datetime = MOMENT,
) -> ledger.Posting:
    """Return a posting of a kind, or of one that goes this way, under a key of its own unless one is given."""
    way = (debit.kind, credit.kind)
    kinds = (each for each, route in chart.ROUTES.items() if route == way)
    return ledger.Posting(
        debit_account_id=debit.pk,
        credit_account_id=credit.pk,
        amount_micros=amount_micros,
        kind=kind or next(kinds, chart.TransferKind.REVERSAL),
        idempotency_key=key or f"example:{next(_numbers)}",
        occurred_at=occurred_at,
    )


@durable
def posted(*postings: ledger.Posting) -> int:
    """Post in a transaction of its own."""
    return ledger.post(postings=postings)


def away(*_: object, **__: object) -> NoReturn:
    """Stand for a provider that can't be reached."""
    msg = "away"
    raise ProviderUnavailable(msg)


def refused(*_: object, **__: object) -> NoReturn:
    """Stand for a provider that finds our order wrong."""
    msg = "amount: not that"
    raise OrderRefused(msg)


def at_once(*calls: Callable[[], R]) -> list[R | Exception]:
    """Run the calls in threads that start at the same moment; return what each returned or raised, in order."""
    barrier = threading.Barrier(len(calls))

    def run(call: Callable[[], R]) -> R | Exception:
        barrier.wait(timeout=60)
        return outcome(call)

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def queued(*calls: Callable[[], R], behind: Callable[[], object]) -> list[R | Exception]:
    """Run the calls in threads that all wait for one lock, in this order, before any of them goes on.

    `behind` takes the lock. Whatever a call read before it waits is old by the time it goes on.
    """
    with ThreadPoolExecutor(len(calls)) as pool:
        with durable_block():
            behind()
            running = []
            for number, call in enumerate(calls, start=1):
                running.append(pool.submit(outcome, call))
                wait_for_waiting(number)
        return [each.result() for each in running]


def outcome(call: Callable[[], R]) -> R | Exception:
    """Return what a call in a thread returns or raises, and leave no connection behind."""
    try:
        return call()
    except Exception as error:  # noqa: BLE001  The test looks at it.
        return error
    finally:
        connections.close_all()


def wait_for_waiting(number: int) -> None:
    """Wait until that many sessions of this database want a lock, or for two seconds."""
    deadline = time.monotonic() + 2
    with connection.cursor() as cursor:
        while time.monotonic() < deadline:
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(
                "SELECT count(DISTINCT pid) FROM pg_locks JOIN pg_stat_activity USING (pid)"
                " WHERE NOT granted AND datname = current_database()"
            )
            if cursor.fetchone() == (number,):
                return
            time.sleep(0.01)


def tamper(sql: str, *parameters: int) -> None:
    """Change rows behind the triggers' backs, as only somebody with the database's password can."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(sql, parameters or None)
        cursor.execute("SET LOCAL session_replication_role = origin")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
