"""The proof of the books: each rule is broken once on purpose, behind the triggers' backs, and found."""

from datetime import datetime, timedelta
from typing import Final

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from accounts.models import User
from buttons.models import Button
from flattr.period import Period
from payouts.gateway import DisputeFacts, DisputeState, Movement
from payouts.ledger import chart
from payouts.models import Deposit
from payouts.operations import caps, coauthors, disputes, reconciliation, settlement
from payouts.queries import books
from tests import given
from tests.kept import Kept
from tests.payouts.broken import BREAKING, DECIDED, ROWS

pytestmark = pytest.mark.django_db


OCTOBER: Final = Period.at(given.MOMENT)
AFTER_OCTOBER: Final = OCTOBER.end + timedelta(minutes=10)


def _build() -> None:
    """Settle a month, leave a payout, a refund and a deposit open, and leave November half settled."""
    buttons = [given.button() for _ in range(2)]
    _leave_a_debt()
    fans = [given.funded_fan(budget_cents=3000, period=OCTOBER) for _ in range(3)]
    for each in buttons:
        for fan in fans:
            given.click(fan, each, now=OCTOBER.start)
    _leave_a_cap(buttons)
    offered = coauthors.invite(
        button=buttons[1],
        owner=buttons[1].creator,
        whom=buttons[0].creator.creator_profile.slug,
        percent=30,
        now=OCTOBER.previous.start,
    )
    coauthors.accept(co_author_id=offered.pk, person=buttons[0].creator, now=OCTOBER.previous.start)
    given.settled(OCTOBER, now=AFTER_OCTOBER)
    given.payout(buttons[0].creator, amount_cents=1000, now=AFTER_OCTOBER + timedelta(days=10))
    given.deposit(fans[0], amount_cents=500, now=AFTER_OCTOBER, fee_cents=40)
    given.refund(fans[0], amount_cents=200, now=AFTER_OCTOBER)
    given.deposit(fans[1], amount_cents=500, now=AFTER_OCTOBER)
    given.click(fans[1], buttons[0], now=AFTER_OCTOBER)
    opened = settlement.open_settlement(period=OCTOBER.next, now=OCTOBER.next.end)
    settlement.settle_range(settlement_id=opened.pk, number=0, now=OCTOBER.next.end)
    given.opened_deposit(fans[0], amount_cents=500, now=OCTOBER.next.end)
    _leave_a_dispute(fans[2], now=OCTOBER.next.end)
    giver = given.user("Giver")
    given.deposit(giver, amount_cents=500, now=OCTOBER.next.end)
    given.gift(giver, buttons[0].creator, amount_cents=500, now=OCTOBER.next.end)


WORLD: Final = Kept(_build)


@pytest.fixture(autouse=True)
def _a_world_with_everything(settings: Settings) -> None:
    """Let creators bear losses in a world in which every rule has something to look at."""
    settings.DISPUTE_LOSSES_BORNE_BY = "creators"
    WORLD.given()


def _leave_a_cap(buttons: list[Button]) -> None:
    """Let a fan cap a creator of two buttons at 1 EUR, who would get 3 of the 5."""
    fan, creator = given.funded_fan(budget_cents=500, period=OCTOBER), buttons[0].creator
    for each, times in ((buttons[0], 2), (given.button(creator), 1), (buttons[1], 2)):
        given.click(fan, each, now=OCTOBER.start, times=times)
    caps.set_cap(fan=fan, creator=creator, most_cents=100, now=OCTOBER.start)


def _leave_a_debt() -> None:
    """Let a creator be paid out what a bank takes back for good in October, of which a part will be kept."""
    debtor, october = given.creator("Debtor"), OCTOBER.start
    given.earned(debtor, micros=20_000_000, period=OCTOBER.previous, now=october)
    given.payout(debtor, amount_cents=1800, now=october + timedelta(days=9))
    for state in (DisputeState.OPEN, DisputeState.LOST):
        _disputed(Deposit.objects.get().fan, reference="0", state=state, now=october + timedelta(days=10))
    given.click(given.funded_fan(period=OCTOBER), given.button(debtor), now=october)


def _disputed(fan: User, *, reference: str, state: DisputeState, now: datetime) -> None:
    """Let a bank take a fan's only deposit back."""
    deposit = Deposit.objects.filter(fan=fan).earliest("started_at")
    Deposit.objects.filter(pk=deposit.pk).update(reference=f"pi_{reference}")
    dispute = DisputeFacts(
        reference=f"dp_{reference}",
        payment=f"pi_{reference}",
        amount_cents=deposit.amount_cents,
        is_in_our_currency=True,
        reason="fraudulent",
        state=state,
        is_taken=True,
        fee_cents=2000,
        is_fee_returned=False,
    )
    disputes.record_dispute(facts=dispute, now=now)


def _leave_a_dispute(fan: User, *, now: datetime) -> None:
    """Let a bank take a fan's deposit back, and the provider charge the platform for something of its own."""
    _disputed(fan, reference="1", state=DisputeState.OPEN, now=now)
    charge = Movement(id="txn_1", kind="stripe_fee", subject="fee_1", amount_cents=-100, fee_cents=0, occurred_at=now)
    reconciliation.keep_movements(movements=[charge], now=now)


def test_honest_books_break_no_rule() -> None:
    """With a settlement half done, payouts and refunds under way all rules hold."""
    assert books.check_books() == []


@pytest.mark.parametrize(("rule", "sql"), BREAKING)
def test_a_broken_rule_is_found(rule: str, sql: str) -> None:
    """Whoever changes rows behind our back is found out, by the name of the rule and where."""
    given.tamper(sql.format_map(ROWS))
    findings = {finding.rule: finding for finding in books.check_books()}

    assert rule in findings
    assert str(findings[rule]).startswith(f"{rule}: ")
    assert len(str(findings[rule])) > len(rule) + 10


def test_every_rule_is_broken_by_an_example() -> None:
    """A rule without an example could hold by mistake."""
    assert {rule for rule, _ in BREAKING} == set(books.RULES)


def test_a_fan_split_otherwise_is_found_while_the_month_is_open(october: Period) -> None:
    """Before a creator is paid too much and another too little, with all sums right, the finish refuses."""
    fan, buttons = given.user(), [given.button() for _ in range(2)]
    december = october.shift(2)
    given.settled(october.next, now=december.start)
    given.subscription(fan, budget_cents=500, period=december)
    given.deposit(fan, amount_cents=500, now=december.start)
    for each in buttons:
        given.click(fan, each, now=december.start)
    opened = settlement.open_settlement(period=december, now=december.end)
    settlement.settle_range(settlement_id=opened.pk, number=0, now=december.end)
    split = "UPDATE payouts_settlementline SET amount_micros = {0}, fee_micros = {0} / 10 WHERE button_id = %s"
    for each, micros in zip(buttons, (4_900_000, 100_000), strict=True):
        given.tamper(split.format(micros), each.pk)

    with pytest.raises(settlement.BooksDontBalance, match="within a micro: settlement 2026-12-01, fan"):
        given.settled(december, now=december.end)


def test_lines_that_lost_their_digest_are_found(october: Period) -> None:
    """A micro that two fans moved between two buttons, to and fro, breaks no sum; the published digest tells."""
    december = october.shift(2)
    given.settled(october.next, now=december.start)
    first, second, third = (given.button(given.creator()) for _ in range(3))
    one, other = given.user(), given.user()
    for fan, budget_cents in ((one, 500), (other, 400)):
        given.subscription(fan, budget_cents=budget_cents, period=december)
        given.deposit(fan, amount_cents=budget_cents, now=december.start)
    for each in (first, second, third):
        given.click(one, each, now=december.start)
    given.click(other, first, now=december.start)
    given.click(other, third, now=december.start, times=2)
    finished = given.settled(december, now=december.end)
    assert books.check_everything() == []
    for fan, less, more in ((one, first, third), (other, third, first)):
        for button, micros in ((less, -1), (more, 1)):
            given.tamper(
                "UPDATE payouts_settlementline SET amount_micros = amount_micros + %s"
                " WHERE settlement_id = %s AND fan_id = %s AND button_id = %s",
                micros,
                finished.pk,
                fan.pk,
                button.pk,
            )

    assert books.check_books() == []
    (finding,) = books.check_everything()
    assert str(finding).startswith(
        f"{books.DIGESTS}: settlement 2026-12 published {finished.digest}, its lines have "
    )
    with pytest.raises(CommandError, match="published"):
        call_command("check_books")


def test_findings_are_limited() -> None:
    """A thousand wrong accounts don't fill the log; one rule tells of twenty."""
    for _ in range(25):
        given.pot(chart.Kind.FAN_BALANCE, given.user(), holds_micros=1)
    given.tamper("UPDATE ledger_ledgeraccount SET credits_micros = credits_micros + 1 WHERE kind = 'fan_balance'")
    found = [each for each in books.check_books() if each.rule == "counters equal the sums of transfers"]

    assert len(found) == 20


def test_the_command_lists_every_rule(capsys: pytest.CaptureFixture[str]) -> None:
    """`check_books` says that each holds and ends without an error."""
    call_command("check_books")

    assert capsys.readouterr().out.splitlines() == [f"holds  {rule}" for rule in (*books.RULES, books.DIGESTS)]


def test_the_command_fails_where_a_rule_is_broken(capsys: pytest.CaptureFixture[str]) -> None:
    """`check_books` marks the broken rule, says what is wrong and ends with an error."""
    given.tamper(f"{DECIDED} 'sent'")

    with pytest.raises(
        CommandError,
        match="ended: documented are 10000000 micros as payout_sent for user nobody, posted 0 micros as nothing",
    ):
        call_command("check_books")
    assert "BROKEN  every payout is posted as far as it has come, and no other" in capsys.readouterr().out
