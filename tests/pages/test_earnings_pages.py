"""What a creator earned, and the way to have it paid out."""

import csv
from io import StringIO

import pytest
import time_machine
from django.urls import reverse

from flattr.period import Period
from payouts.gateway import Outcome, Result
from payouts.models import Payout
from payouts.operations import payouts
from payouts.queries import balances, books, earnings
from tests import given
from tests.client import StrictClient
from tests.pages import world
from tests.pages.world import QueryCounter, World

pytestmark = pytest.mark.walk

PATH = "/earnings/"


def test_the_earnings_are_added_up(as_creator: StrictClient) -> None:
    """Balance, what is on hold, what can be withdrawn; the month with gross, fee and net."""
    words = world.text(as_creator.get(PATH))

    assert "Balance €26.00 On hold €0.00 You can withdraw €26.00" in words
    assert "2 4 €40.00 €4.00 €36.00" in words
    assert "€10.00 · waiting for review" in words


def test_the_month_that_runs_is_told_as_a_range(as_creator: StrictClient) -> None:
    """Supporters, clicks and a range after the fee; that it is a forecast; why no countries are told."""
    page = as_creator.get(PATH)
    words = world.text(page)

    # 30 EUR less a tenth for the only click there is, or with what is left of three more clicks by mid-November.
    assert "November 2026 so far Supporters 1 Clicks 1 Forecast €9.00 to €27.00" in words
    assert "This is a forecast, and a range" in words
    assert "We don’t track from which countries your supporters come" in words
    (drawing,) = world.document(page).query("svg.chart-bars")
    assert drawing.attrs["aria-label"] == "What you earned, month by month, after the fee"
    assert len(drawing.query(".chart-bar")) == 2
    assert "What earned you most in the last twelve settled months" in words
    assert "Song & <dance> 4 €36.00" in words


def test_of_very_many_supporters_the_page_says_how_old_its_numbers_are(
    as_creator: StrictClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Few are counted each time, and nothing is said about it."""
    words = "these numbers are counted anew every five minutes"
    assert words not in world.text(as_creator.get(PATH))
    monkeypatch.setattr(earnings, "SAMPLED_FANS_MAX", 0)

    assert words in world.text(as_creator.get(PATH))


def test_gifts_have_a_part_of_the_bars_of_their_own(
    town: World, client: StrictClient, clock: time_machine.Traveller
) -> None:
    """Of a month that is settled and of the one that runs, in the drawing and in its figures, after the fee."""
    november, december = Period.at(world.NOW), Period.at(world.NOW).next
    given.deposit(town.other_fan, amount_cents=5000, now=world.NOW)
    given.gift(town.other_fan, town.creator, amount_cents=1000, now=world.NOW)
    given.settled(november, now=november.end)
    given.gift(town.other_fan, town.creator, amount_cents=500, now=december.start)
    clock.move_to(world.NOW.replace(month=12))
    client.force_login(town.creator)
    page = world.document(client.get(PATH))
    (drawing,) = page.query("svg.chart-bars")
    (table,) = page.query(".chart table")

    assert [title.to_text() for title in drawing.query(".is-part title")] == [
        "November 2026: Gifts, €9.00",
        "December 2026: Gifts, €4.50",
    ]
    assert [[cell.to_text() for cell in row.query("th, td")] for row in table.query("tr")] == [
        ["When", "From cakes", "Gifts", "Together"],
        ["October 2026", "€36.00", "€0.00", "€36.00"],
        ["November 2026", "€27.00", "€9.00", "€36.00"],
        ["December 2026", "€0.00", "€4.50", "€4.50 (€4.50 to €4.50)"],
    ]


def test_whoever_got_gifts_alone_has_bars_too(client: StrictClient, town: World) -> None:
    """They are shown before anybody clicks."""
    new = given.creator("New")
    given.deposit(town.other_fan, amount_cents=5000, now=world.NOW)
    given.gift(town.other_fan, new, amount_cents=1000, now=world.NOW)
    client.force_login(new)
    table = world.document(client.get(PATH)).query(".chart table")[0]

    assert [[cell.to_text() for cell in row.query("th, td")] for row in table.query("tbody tr")] == [
        ["November 2026", "€0.00", "€9.00", "€9.00 (€9.00 to €9.00)"],
    ]


def test_who_begins_is_told_what_is_missing(client: StrictClient, db: None) -> None:
    """Without clicks and months there is no drawing, but the way to the buttons."""
    del db
    client.force_login(given.creator("New"))
    page = client.get(PATH)

    assert "Nobody has clicked a button of yours this month yet." in world.text(page)
    assert not world.document(page).query("svg.chart-bars")
    assert "No month has been settled for you yet." in world.text(page)


def test_a_payout_says_when_it_is_expected(town: World, as_creator: StrictClient) -> None:
    """After a request four days, of which two are for the review; after that, two; nothing once it has ended."""
    asked = world.text(as_creator.get(PATH))
    payouts.approve_payout(payout_id=town.payout.pk, reviewer=town.staff, now=world.NOW)
    approved = world.text(as_creator.get(PATH))
    sent = Outcome(result=Result.SUCCEEDED, reference="po_1")
    payouts.record_payout(payout_id=town.payout.pk, outcome=sent, now=world.NOW)

    assert "expected to leave us by Nov. 19, 2026" in asked
    assert "expected to leave us by Nov. 17, 2026" in approved
    assert "expected to leave us" not in world.text(as_creator.get(PATH))


def test_earnings_are_on_hold_until_their_day(
    town: World, client: StrictClient, clock: time_machine.Traveller
) -> None:
    """Before the tenth the page shows them on hold, and a request for them is refused."""
    clock.move_to(world.NOW.replace(day=9))
    client.force_login(town.other_creator)
    page = client.get(PATH)
    refused = client.post(PATH, world.once(amount_cents="18"))

    assert "Balance €18.00 On hold €18.00 You can withdraw €0.00" in world.text(page)
    assert not world.document(page).query('input[name="amount_cents"]')
    assert refused.status_code == 422
    assert "That is more than you can withdraw now." in world.text(refused)
    assert not town.other_creator.payouts.exists()


def test_a_payout_is_asked_for(town: World, as_creator: StrictClient) -> None:
    """It leaves the balance at once, and the page says that it waits for review."""
    done = as_creator.post(PATH, world.once(amount_cents="€ 26,00"), follow=True)

    assert done.redirect_chain == [(PATH, 302)]
    assert world.messages(done) == ["Your payout is requested. Our staff will look at it."]
    assert "€26.00 · waiting for review" in world.text(done)
    assert "Balance €0.00" in world.text(done)
    assert town.creator.payouts.count() == 2
    assert books.check_books() == []


@pytest.mark.parametrize(
    ("amount", "complaint"),
    [
        ("9.99", "The smallest payout is €10.00."),
        ("0", "Please choose between €0.01 and €1,000,000.00."),
        ("26.01", "That is more than you can withdraw now."),
        ("1000000", "That is more than you can withdraw now."),
        ("1000000.01", "Please choose between €0.01 and €1,000,000.00."),
        ("all", "“all” is not an amount such as 5 or 5.50."),
        ("1.000", "“1.000” is not an amount such as 5 or 5.50."),
        ("-20", "“-20” is not an amount such as 5 or 5.50."),
        ("20 USD", "Please give the amount in euros."),
        ("", "This field is required."),
    ],
)
def test_a_wrong_payout_is_refused_at_its_field(
    amount: str, complaint: str, town: World, as_creator: StrictClient
) -> None:
    """The answer is an error, its text is tied to the field, and nothing is reserved."""
    refused = as_creator.post(PATH, world.once(amount_cents=amount))
    page = world.document(refused)
    (field,) = page.query('input[name="amount_cents"]')
    (error,) = page.query(f"#{field.attrs['aria-describedby'].split()[-1]}")

    assert refused.status_code == 422
    assert " ".join(error.to_text().split()) == complaint
    assert Payout.objects.get() == town.payout
    assert balances.creator_balance_micros(creator=town.creator) == 26_000_000


def test_the_same_money_is_paid_out_once(town: World, as_creator: StrictClient) -> None:
    """Two forms for it are two requests, and the second one finds the money gone."""
    answers = [as_creator.post(PATH, world.once(amount_cents="20")).status_code for _ in range(2)]

    assert answers == [302, 422]
    assert town.creator.payouts.count() == 2


def test_the_reason_of_a_rejection_is_shown(town: World, as_creator: StrictClient) -> None:
    """The creator reads the reviewer's own words, as text, and has the money back."""
    reason = "Please <b>confirm</b> your address & try again."
    payouts.reject_payout(payout_id=town.payout.pk, reviewer=town.staff, reason=reason, now=world.NOW)
    words = world.text(as_creator.get(PATH))

    assert "€10.00 · rejected" in words
    assert reason in words
    assert "You can withdraw €36.00" in words


def test_the_reason_of_a_failure_is_shown(town: World, as_creator: StrictClient) -> None:
    """The provider's code is said in words."""
    payouts.approve_payout(payout_id=town.payout.pk, reviewer=town.staff, now=world.NOW)
    failed = Outcome(result=Result.DECLINED, reason="account_closed")
    payouts.record_payout(payout_id=town.payout.pk, outcome=failed, now=world.NOW)
    words = world.text(as_creator.get(PATH))

    assert "€10.00 · failed" in words
    assert "The bank says that the account is closed." in words


def test_a_month_is_shown_by_button(as_creator: StrictClient) -> None:
    """Clicks, gross, fee and net of each, then all of them together, then the balance entry by entry."""
    page = as_creator.get(reverse("payouts:earnings_of", args=["2026-10"]))
    table = world.document(page).query("table")[0]
    rows = [[cell.to_text() for cell in row.query("th, td")] for row in table.query("tbody tr, tfoot tr")]

    assert rows == [
        ["Song & <dance>", "4", "€40.0000", "€4.0000", "€36.0000"],
        ["Together", "4", "€40.0000", "€4.0000", "€36.0000"],
    ]
    assert "Closing balance €36.00" in world.text(page)


def test_a_month_is_downloaded_as_a_file(as_creator: StrictClient) -> None:
    """The same lines, to the micro, as a private attachment."""
    file = as_creator.get(reverse("payouts:earnings_csv", args=["2026-10"]))
    lines = list(csv.reader(StringIO(file.content.decode())))

    assert [[title, *rest] for title, _url, *rest in lines] == [
        ["button", "clicks", "gross_eur", "fee_eur", "net_eur"],
        ["Song & <dance>", "4", "40.000000", "4.000000", "36.000000"],
    ]
    assert file.headers["Content-Disposition"] == 'attachment; filename="flattr-earnings-2026-10.csv"'
    assert file.headers["Cache-Control"] == "private, no-store"


def test_a_month_without_earnings_has_a_page_too(as_creator: StrictClient) -> None:
    """It says so; its file has a header alone."""
    page = as_creator.get(reverse("payouts:earnings_of", args=["2026-11"]))
    file = as_creator.get(reverse("payouts:earnings_csv", args=["2026-11"]))

    assert "Nothing has been settled for you in this month." in world.text(page)
    assert "Closing balance €26.00" in world.text(page)
    assert file.content.decode().count("\n") == 1


@pytest.mark.parametrize(
    "name", ["payouts:earnings", "payouts:earnings_of", "payouts:earnings_csv", "buttons:own", "buttons:creator"]
)
def test_a_page_of_thirty_buttons_needs_few_queries(
    name: str,
    town: World,
    client: StrictClient,
    django_assert_max_num_queries: QueryCounter,
) -> None:
    """However many buttons were clicked, a page asks the database at most twelve times."""
    november = Period.at(world.NOW)
    creator = given.creator("Cleo")
    fan = given.funded_fan(period=november)
    for number in range(30):
        given.click(fan, given.button(creator, title=f"Song {number}"), now=world.NOW)
    given.settled(november, now=november.end)
    client.force_login(creator)
    arguments = {
        "payouts:earnings_of": ["2026-11"],
        "payouts:earnings_csv": ["2026-11"],
        "buttons:creator": [creator.creator_profile.slug],
    }.get(name)
    with django_assert_max_num_queries(12):
        page = client.get(reverse(name, args=arguments))

    assert town.creator != creator
    assert ("Song 29" in page.content.decode()) is (name != "payouts:earnings")
