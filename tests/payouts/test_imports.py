"""Imports: a month of listening from a file; a bad file is refused by the line, and nothing is kept."""

import uuid
from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine
from django.core.management import CommandError, call_command

from accounts.models import CreatorProfile, Subscription, User
from accounts.operations import BudgetOutOfRange
from buttons.models import Button, Click, Site
from buttons.operations.clicks import PeriodClosed, import_clicks
from flattr.period import Period
from flattr.transactions import durable
from payouts.gateway.sandbox.gateway import SandboxGateway
from payouts.ledger.models import Transfer
from payouts.models import Deposit, SettlementSpend
from payouts.operations import imports
from payouts.queries import balances, books
from tests import given

NOW = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
GOOD = "fan,creator,clicks\nana,Björk,3\nbea,Björk,1\nana,Мумий Тролль,2\n"
NAMES = [
    "Björk",
    "Мумий Тролль",
    "坂本龍一",
    "-_-",
    "a_-_b",
    "__",
    "x" * 300,
    "AC/DC",
    "ac dc",
    "🎺",
    "a'b;--",
    "Ω" * 90,
]

BAD = {
    "nothing at all": (b"", "line 1: the column fan is missing"),
    "a missing column": (b"fan,creator\nana,x\n", "line 1: the column clicks is missing"),
    "a column in another case": (b"Fan,creator,clicks\nana,x,1\n", "line 1: the column fan is missing"),
    "no rows": (b"fan,creator,clicks\n", "line 2: there is no row"),
    "negative clicks": (b"fan,creator,clicks\nana,x,1\nana,y,-1\n", "line 3: clicks is '-1'"),
    "no clicks": (b"fan,creator,clicks\nana,x,0\n", "line 2: clicks is 0, not between 1 and 10000"),
    "absurd clicks": (b"fan,creator,clicks\nana,x,10001\n", "line 2: clicks is 10001, not between"),
    "clicks beyond any number": (
        b"fan,creator,clicks\nana,x," + b"9" * 5000,
        "line 2: clicks is 99999999999999999999,",
    ),
    "zeros before clicks": (b"fan,creator,clicks\nana,x,000000000001\n", "line 2: clicks is 000000000001, not"),
    "broken clicks": (b"fan,creator,clicks\nana,x,1.5\n", "line 2: clicks is '1.5', not a whole number"),
    "empty clicks": (b"fan,creator,clicks\nana,x,\n", "line 2: clicks is ''"),
    "clicks in other digits": ("fan,creator,clicks\nana,x,٣\n".encode(), "line 2: clicks is '٣'"),
    "an empty fan": (b"fan,creator,clicks\n  ,x,1\n", "line 2: fan is empty"),
    "an empty creator": (b"fan,creator,clicks\nana,,1\n", "line 2: creator is empty"),
    "a zero byte": (b"fan,creator,clicks\na\0na,x,1\n", "line 2: fan is empty or not text"),
    "a fan without end": (b"fan,creator,clicks\n" + b"a" * 81 + b",x,1\n", "line 2: fan is longer than 80"),
    "not UTF-8": (b"fan,creator,clicks\nana,x,1\nbea,Bj\xf6rk,1\n", "line 3: not UTF-8"),
    "a duplicate row": (
        b"fan,creator,clicks\nana,x,1\nbea,x,1\n ana ,x,2\n",
        "line 4: fan 'ana' and creator 'x' stand on line 2 already",
    ),
    "a ragged line": (b"fan,creator,clicks\nana,x,1\nana,y\n", "line 3: 2 values, the header has 3"),
    "one value too many": (b"fan,creator,clicks\nana,x,1,1\n", "line 2: 4 values, the header has 3"),
    "an open quote": (b'fan,creator,clicks\nana,"x,1\n', "line 2: unexpected end of data"),
    "a broken quote": (b'fan,creator,clicks\nana,"x"y,1\n', "line 2: ',' expected after '\"'"),
    "a broken quote in the header": (b'"fan"x,creator,clicks\n', "line 1: ',' expected after '\"'"),
}


def nothing_was_kept() -> bool:
    """Tell whether the tables that an import writes are empty."""
    return not any(model.objects.exists() for model in (User, Site, Button, Click, Deposit, Transfer, Subscription))


def imported(content: str = GOOD, *, budget_cents: int = 500, now: datetime = NOW) -> imports.Imported:
    """Parse and import into October."""
    return imports.import_clicks(
        rows=imports.parse_clicks(content.encode()), period=Period(2026, 10), budget_cents=budget_cents, now=now
    )


@pytest.mark.parametrize(("content", "problem"), BAD.values(), ids=BAD.keys())
def test_a_bad_file_is_refused_by_its_line(content: bytes, problem: str) -> None:
    """Every refusal names the line and what is wrong with it."""
    with pytest.raises(imports.UnableToImport) as refusal:
        imports.parse_clicks(content)
    assert str(refusal.value).startswith(problem)


def test_every_bad_line_is_named_up_to_twenty() -> None:
    """A person mends a file in one go, and a wrong file doesn't fill the screen."""
    rows = "".join(f"fan{number},x,-1\n" for number in range(30))

    with pytest.raises(imports.UnableToImport) as refusal:
        imports.parse_clicks(f"fan,creator,clicks\n{rows}".encode())
    assert [line.split(":")[0] for line in str(refusal.value).splitlines()] == [
        f"line {number}" for number in range(2, 22)
    ]


@pytest.mark.parametrize(
    "content",
    [
        GOOD,
        GOOD.replace("\n", "\r\n"),
        "\ufeff" + GOOD,
        GOOD + "\n\n",
        GOOD.removesuffix("\n"),
        'clicks,note,creator,fan\n3,"a, b",Björk,ana\n1,,Björk,bea\n2,"two\nlines",Мумий Тролль,ana\n',
    ],
)
def test_a_good_file_is_read_however_it_is_written(content: str) -> None:
    """Line ends, a byte order mark, empty lines, other columns and their order don't matter."""
    assert imports.parse_clicks(content.encode()) == [
        imports.Row("ana", "Björk", 3),
        imports.Row("bea", "Björk", 1),
        imports.Row("ana", "Мумий Тролль", 2),
    ]


@pytest.mark.django_db
def test_an_import_makes_people_money_and_clicks(october: Period) -> None:
    """Each fan has a budget and a deposit of it at the month's start; each creator one button."""
    assert imported() == imports.Imported(fans=2, creators=2, clicks=6)

    ana = User.objects.get(name="ana")
    assert balances.fan_balance_micros(fan=ana) == 5_000_000
    assert ana.subscriptions.get().effective_from == october
    assert not ana.has_usable_password()
    assert Click.objects.filter(fan=ana, period=october).count() == 5
    assert CreatorProfile.objects.get(name="Мумий Тролль").user.buttons.get().url.startswith("https://")
    assert books.check_books() == []


@pytest.mark.django_db
def test_importing_twice_changes_nothing() -> None:
    """Every id is made from its line, so the same file again is a no-op."""
    imported()
    models = (User, Site, Button, Click, Deposit, Transfer, Subscription, CreatorProfile)
    before = [model.objects.count() for model in models]

    assert imported() == imports.Imported(fans=2, creators=2, clicks=0)
    assert [model.objects.count() for model in models] == before


@pytest.mark.django_db
def test_only_new_clicks_are_reported() -> None:
    """A file that has grown brings in what is new, and says how much that was."""
    imported()

    assert imported(GOOD.replace(",3", ",4")).clicks == 1
    assert Click.objects.count() == 7


@pytest.mark.django_db
def test_a_later_month_reuses_the_people(october: Period) -> None:
    """The same names are the same people, who get another deposit; another budget counts from that month on."""
    imported()
    rows = imports.parse_clicks(GOOD.encode())
    for period, budget in ((october.next, 500), (october.shift(2), 900)):
        imports.import_clicks(rows=rows, period=period, budget_cents=budget, now=october.shift(2).end)

    assert User.objects.count() == 4
    ana = User.objects.get(name="ana")
    assert list(ana.subscriptions.order_by("id").values_list("budget_cents", "effective_from")) == [
        (500, october),
        (900, october.shift(2)),
    ]
    assert balances.fan_balance_micros(fan=ana) == 19_000_000


@pytest.mark.django_db
@pytest.mark.parametrize(("shift", "budget"), [(0, 900), (-1, 500), (-1, 900)])
def test_a_budget_that_isnt_what_a_fan_promised_is_refused(shift: int, budget: int, october: Period) -> None:
    """Another budget for the same month, or any for an older one, would change what counts: each fan is named."""
    imported()
    rows = imports.parse_clicks(GOOD.encode())
    with pytest.raises(
        imports.UnableToImport, match=r"fan 'ana' has promised 500 cents from 2026-10 on.*\nfan 'bea' has promised"
    ):
        imports.import_clicks(rows=rows, period=october.shift(shift), budget_cents=budget, now=NOW)

    assert Subscription.objects.count() == 2
    assert not Click.objects.exclude(period=october).exists()


@pytest.mark.django_db
def test_names_of_any_script_stay_apart() -> None:
    """Names that look alike in plain letters, or have none, are different creators with valid addresses."""
    content = "fan,creator,clicks\n" + "".join(f'ana,"{name}",1\n' for name in NAMES)

    assert imported(content).creators == len(NAMES)
    assert Button.objects.count() == len(NAMES)
    assert set(CreatorProfile.objects.values_list("name", flat=True)) == {name[:200] for name in NAMES}
    assert Click.objects.values("button").distinct().count() == len(NAMES)


@pytest.mark.django_db
def test_an_import_never_clicks_somebody_elses_button() -> None:
    """A site that another creator has registered under the same host is left alone."""
    imported()
    host = Site.objects.order_by("id").first()
    assert host is not None
    other = given.creator()
    Site.objects.create(creator=other, host=host.host)
    imported(GOOD.replace(",3", ",4"))

    assert not Click.objects.filter(creator=other).exists()


@pytest.mark.django_db
@pytest.mark.parametrize("budget", [199, 50_001, -500, 0])
def test_a_budget_out_of_range_imports_nothing(budget: int) -> None:
    """The refusal names the field."""
    with pytest.raises(BudgetOutOfRange, match="budget_cents"):
        imported(budget_cents=budget)
    assert nothing_was_kept()


@pytest.mark.django_db
def test_a_settled_period_takes_no_import(october: Period) -> None:
    """What was cut is cut."""
    given.settled(october, now=NOW)

    with pytest.raises(imports.UnableToImport, match="period: 2026-10 is closed or settled already"):
        imported()
    assert nothing_was_kept()


@pytest.mark.django_db
def test_a_month_before_a_settled_one_can_still_be_imported(october: Period) -> None:
    """Its clicks are due, and settled by what was there then."""
    given.settled(october.next, now=october.next.end)
    imported()
    given.settled(october, now=october.next.end)

    assert SettlementSpend.objects.filter(spend_micros=5_000_000).count() == 2
    assert books.check_books() == []


@pytest.mark.django_db
def test_a_period_closed_meanwhile_takes_no_clicks(october: Period) -> None:
    """Between the check and the writing the month may close; the database still refuses."""
    (click,) = given.click(given.user(), given.button(), now=october.start)
    given.settled(october, now=NOW)
    click.id = uuid.uuid4()

    with pytest.raises(PeriodClosed, match="2026-10 is closed"):
        durable(import_clicks)(clicks=[click])


@pytest.mark.django_db
def test_a_future_period_takes_no_import() -> None:
    """Nobody has clicked yet in a month that hasn't begun."""
    with pytest.raises(imports.UnableToImport, match="2026-10 hasn't begun"):
        imported(now=datetime(2026, 9, 30, tzinfo=UTC))
    assert nothing_was_kept()


@pytest.mark.django_db
def test_no_import_where_real_money_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its deposits are pretended, so they have no place among real ones."""
    monkeypatch.setattr(SandboxGateway, "moves_real_money", True)

    with pytest.raises(imports.UnableToImport, match="real money moves"):
        imported()
    assert nothing_was_kept()


@pytest.mark.django_db
def test_the_command_tells_what_it_imported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One line of what came in, on stdout."""
    file = tmp_path / "month.csv"
    file.write_text(GOOD, encoding="utf-8")
    with time_machine.travel(NOW, tick=False):
        call_command("import_clicks", str(file), "--period", "2026-10", "--budget-cents", "500")

    assert capsys.readouterr().out == "2026-10: 2 fans, 2 creators, 6 clicks imported.\n"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("content", "arguments", "message"),
    [
        ("fan,creator\n", ["--period", "2026-10", "--budget-cents", "500"], "line 1: the column clicks"),
        (GOOD, ["--period", "2026-13", "--budget-cents", "500"], "period: '2026-13' is not a month"),
        (GOOD, ["--period", "2026-10", "--budget-cents", "1"], "budget_cents: 1 is not between"),
        (GOOD, ["--period", "2026-12", "--budget-cents", "500"], "period: 2026-12 hasn't begun"),
        (GOOD, ["--period", "2026-10", "--budget-cents", "five"], "invalid int value: 'five'"),
        (GOOD, ["--period", "2026-10"], "required: --budget-cents"),
    ],
)
def test_the_command_refuses_and_keeps_nothing(
    content: str, arguments: list[str], message: str, tmp_path: Path
) -> None:
    """Each mistake is an error that says what is wrong."""
    file = tmp_path / "month.csv"
    file.write_text(content, encoding="utf-8")

    with time_machine.travel(NOW, tick=False), pytest.raises(CommandError, match=message):
        call_command("import_clicks", str(file), *arguments)
    assert nothing_was_kept()


@pytest.mark.django_db
def test_the_command_refuses_a_missing_file(tmp_path: Path) -> None:
    """A wrong path is an error that shows the path."""
    with pytest.raises(CommandError, match=r"file: .*nowhere\.csv"):
        call_command("import_clicks", str(tmp_path / "nowhere.csv"), "--period", "2026-10", "--budget-cents", "500")
