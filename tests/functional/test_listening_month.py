"""A whole month of listening, from a file to the creators' accounts.

The real file, 400 listeners with 72,160 plays, is not in the repository; this month has its shape:
a few artists that many play, many that few play, and names in many scripts.
"""

import hashlib
import random
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine
from django.core.management import call_command
from pytest_django import Settings

from accounts.models import User
from flattr.period import Period
from payouts.ledger import chart
from payouts.ledger import queries as ledger
from payouts.ledger.models import LedgerAccount
from payouts.models import Settlement, SettlementEarning, SettlementLine, SettlementSpend
from payouts.queries import statements
from payouts.split import split_spend

pytestmark = pytest.mark.django_db

FANS = 40
BUDGET_CENTS = 500
EURO = 1_000_000
SCRIPTS = [
    "Sigur Rós",
    "Мумий Тролль",
    "坂本龍一",
    "아이유",
    "فيروز",
    "עידן רייכל",
    "Ξυλούρης",
    "ลำไย",
    "Beyoncé",
    "AC/DC",
]
ARTISTS = [f"{name}, {number}" for number in range(30) for name in SCRIPTS]


@pytest.fixture(scope="module")
def plays() -> Counter[tuple[str, str]]:
    """Return how often each listener played each artist."""
    chance = random.Random(2026)
    played: Counter[tuple[str, str]] = Counter()
    for number in range(FANS):
        for _ in range(chance.randint(1, 180)):
            artist = ARTISTS[int(chance.paretovariate(0.7)) % len(ARTISTS)]
            played[f"listener {number} 🎧", artist] += 1
    return played


@pytest.fixture
def file(plays: Counter[tuple[str, str]], tmp_path: Path) -> Path:
    """Return the month as a file."""
    path = tmp_path / "listening.csv"
    rows = [f'{fan},"{artist}",{count}' for (fan, artist), count in plays.items()]
    path.write_text("fan,creator,clicks\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("range_fans", [7, 1000])
def test_every_cent_of_a_month_can_be_followed(
    range_fans: int,
    plays: Counter[tuple[str, str]],
    file: Path,
    capsys: pytest.CaptureFixture[str],
    settings: Settings,
) -> None:
    """All fans spend their budgets, lines sum to that, fee and creators equal it, and anybody can prove it."""
    settings.SETTLEMENT_RANGE_FANS = range_fans
    with time_machine.travel(datetime(2026, 11, 1, 0, 10, tzinfo=UTC), tick=False):
        call_command("import_clicks", str(file), "--period", "2026-10", "--budget-cents", str(BUDGET_CENTS))
        call_command("settle", "2026-10")
        first = capsys.readouterr().out
        call_command("settle", "2026-10")
        assert capsys.readouterr().out.startswith("2026-10 was settled before; nothing changed.\n")
        call_command("check_books")
        assert "BROKEN" not in capsys.readouterr().out
        call_command("export_settlement", "2026-10")
    exported = capsys.readouterr()

    total = FANS * BUDGET_CENTS * 10_000
    artists = {artist for _, artist in plays}
    clicks = sum(plays.values())
    assert f"{FANS} fans, {len(artists)} creators, {clicks} clicks imported" in first
    assert f"{FANS} fans spent {total} micros with {clicks} clicks; {len(artists)} creators" in first

    lines = [line.split(",") for line in exported.out.splitlines()[1:]]
    assert len(lines) == len(plays)
    assert sum(int(line[4]) for line in lines) == total
    assert {int(spend) for spend in SettlementSpend.objects.values_list("spend_micros", flat=True)} == {5 * EURO}

    fee = ledger.balance_micros(kind=chart.Kind.PLATFORM_FEE)
    creators = LedgerAccount.objects.filter(kind=chart.Kind.CREATOR_BALANCE)
    assert fee + sum(account.balance_micros for account in creators) == total
    assert fee == sum(int(line[5]) for line in lines)
    assert creators.count() == SettlementEarning.objects.count() == len(artists)

    digest = hashlib.sha256(exported.out.encode()).hexdigest()
    assert Settlement.objects.get().digest == digest
    assert exported.err == f"digest {digest}\n"
    assert first.splitlines()[-1] == f"digest {digest}"


def test_every_share_can_be_computed_again_from_the_file(plays: Counter[tuple[str, str]], file: Path) -> None:
    """A fan who knows the rule gets the same shares, in the statement and in the lines."""
    with time_machine.travel(datetime(2026, 11, 1, 0, 10, tzinfo=UTC), tick=False):
        call_command("import_clicks", str(file), "--period", "2026-10", "--budget-cents", str(BUDGET_CENTS))
        call_command("settle", "2026-10")
    for fan in User.objects.filter(settlement_spends__isnull=False).order_by("id")[:5]:
        lines = list(SettlementLine.objects.filter(fan=fan).select_related("button"))
        assert {line.button.title: line.clicks for line in lines} == {
            artist: count for (name, artist), count in plays.items() if name == fan.name
        }
        shares = split_spend(spend_micros=5 * EURO, clicks={line.button_id: line.clicks for line in lines})
        statement = statements.fan_statement(fan=fan, period=Period(2026, 10))

        assert {line.button_id: line.amount_micros for line in lines} == shares
        assert {line.button.pk: line.amount_micros for line in statement.lines} == shares
        assert statement.book.closing_micros == 0
