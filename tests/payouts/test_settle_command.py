"""`manage.py settle` and `export_settlement`: a month by hand, and its proof."""

import hashlib
from collections.abc import Iterator
from datetime import datetime

import pytest
import time_machine
from django.core.management import CommandError, call_command

from flattr.period import Period
from payouts.ledger.models import Transfer
from payouts.models import Settlement, SettlementLine
from payouts.operations import settlement
from tests import given

pytestmark = pytest.mark.django_db


@pytest.fixture
def _clicked(october: Period) -> None:
    """Let three fans spend 5 EUR each on two buttons."""
    buttons = [given.button() for _ in range(2)]
    for _ in range(3):
        fan = given.funded_fan(budget_cents=500, period=october)
        for each in buttons:
            given.click(fan, each, now=october.start)


@pytest.fixture(autouse=True)
def _now(after_october: datetime) -> Iterator[None]:
    """Run at the moment at which the month is settled."""
    with time_machine.travel(after_october, tick=False):
        yield


@pytest.mark.usefixtures("_clicked")
def test_settling_prints_what_came_out(capsys: pytest.CaptureFixture[str]) -> None:
    """The sums and the digest on stdout, the progress on stderr."""
    call_command("settle", "2026-10")
    shown = capsys.readouterr()

    assert shown.out == (
        "2026-10: 3 fans spent 15000000 micros with 6 clicks; 2 creators earned 13500000 micros,"
        " the platform fee is 1500000 micros.\n"
        f"digest {Settlement.objects.get().digest}\n"
    )
    assert shown.err == "· 1 of 1 ranges of fans\n"


@pytest.mark.usefixtures("_clicked")
def test_settling_again_changes_nothing_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    """The second run shows the same numbers and the same digest."""
    call_command("settle", "2026-10")
    first, transfers = capsys.readouterr().out, Transfer.objects.count()
    call_command("settle", "2026-10")

    assert capsys.readouterr().out == f"2026-10 was settled before; nothing changed.\n{first}"
    assert Transfer.objects.count() == transfers


def test_a_month_without_anything_is_settled(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing moved, and that is said."""
    call_command("settle", "2026-10")

    assert "0 fans spent 0 micros with 0 clicks; 0 creators earned 0 micros" in capsys.readouterr().out


@pytest.mark.usefixtures("_clicked")
@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("2026-11", "period: 2026-11 is not over before 2026-12-01 00:00 UTC"),
        ("2027-01", "period: 2027-01 is not over"),
        ("2026-13", "period: '2026-13' is not a month such as 2026-10"),
        ("2026-1", "period: '2026-1' is not a month"),
        ("october", "period: 'october' is not a month"),
        ("", "period: '' is not a month"),
    ],
)
def test_a_wrong_period_is_refused_and_nothing_changed(argument: str, message: str) -> None:
    """The message names the field; the month stays open."""
    transfers = Transfer.objects.count()

    with pytest.raises(CommandError, match=message):
        call_command("settle", argument)
    assert not Settlement.objects.exists()
    assert Transfer.objects.count() == transfers


@pytest.mark.usefixtures("_clicked")
def test_wrong_books_are_an_error_that_says_what_is_wrong() -> None:
    """The operator reads which rule is broken and that nothing was settled."""
    given.tamper("UPDATE ledger_ledgeraccount SET credits_micros = credits_micros + 1 WHERE kind = 'fan_balance'")

    with pytest.raises(CommandError, match="nothing was settled:\n  counters equal the sums of transfers: account"):
        call_command("settle", "2026-10")
    assert not Settlement.objects.exists()


@pytest.mark.usefixtures("_clicked")
def test_the_export_proves_the_digest(capsys: pytest.CaptureFixture[str]) -> None:
    """The digest on stderr is that of exactly the bytes on stdout, and the published one."""
    call_command("settle", "2026-10")
    capsys.readouterr()
    call_command("export_settlement", "2026-10")
    shown = capsys.readouterr()

    assert shown.err == f"digest {hashlib.sha256(shown.out.encode()).hexdigest()}\n"
    assert shown.err == f"digest {Settlement.objects.get().digest}\n"
    assert sum(int(line.split(",")[4]) for line in shown.out.splitlines()[1:]) == 15_000_000


@pytest.mark.usefixtures("_clicked")
def test_a_changed_line_breaks_the_digest() -> None:
    """An export that isn't what was published is an error, even where all sums still hold."""
    call_command("settle", "2026-10")
    line = SettlementLine.objects.earliest("id")
    given.tamper("UPDATE payouts_settlementline SET clicks = clicks + 1 WHERE id = %s", line.pk)

    with pytest.raises(CommandError, match=f"published for 2026-10 is {Settlement.objects.get().digest}"):
        call_command("export_settlement", "2026-10")


@pytest.mark.usefixtures("_clicked")
def test_only_a_finished_settlement_is_exported(october: Period, after_october: datetime) -> None:
    """A month that isn't settled, is half settled, or isn't a month has no export."""
    with pytest.raises(CommandError, match="period: 2026-10 is not settled"):
        call_command("export_settlement", "2026-10")
    settlement.open_settlement(period=october, now=after_october)
    with pytest.raises(CommandError, match="period: 2026-10 is not settled"):
        call_command("export_settlement", "2026-10")
    with pytest.raises(CommandError, match="'2026-13' is not a month"):
        call_command("export_settlement", "2026-13")
