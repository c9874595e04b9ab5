"""Clicks: one slice each, once an id, never on one's own button, and fixed when the period closes."""

import threading
import uuid
from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, connection, connections

from accounts.models import User
from buttons import queries
from buttons.models import Button, Click, ClosedPeriod, Site
from buttons.operations import buttons as buttons_operations
from buttons.operations import clicks, periods
from flattr.period import Period
from flattr.transactions import durable, durable_block, savepoint
from tests import given

pytestmark = pytest.mark.django_db

close_period = durable(periods.close_period)


@pytest.fixture
def fan() -> User:
    """Return somebody who clicks."""
    return given.user("Grace")


@pytest.fixture
def button() -> Button:
    """Return a button of somebody else."""
    return given.button()


def click(fan: User, button: Button, now: datetime, *, click_id: uuid.UUID | None = None) -> Click:
    """Click once, under a new id unless one is given."""
    return clicks.record_click(
        click_id=click_id or uuid.uuid4(),
        fan=fan,
        public_id=button.public_id,
        origin="https://artist.example",
        now=now,
    )


def test_a_button_belongs_to_the_site_of_its_address() -> None:
    """Two buttons of one host share the site; each has a public id of its own."""
    creator = given.creator()
    one, two = (
        buttons_operations.create_button(
            creator=creator, url=f"https://Artist.example/{number}", title="A song", tags=("folk", "live")
        )
        for number in range(2)
    )

    assert one.site == two.site == Site.objects.get()
    assert str(one.site) == "artist.example"
    assert one.url == "https://artist.example/0"
    assert one.tags == ["folk", "live"]
    assert one.public_id != two.public_id
    assert str(one) == "A song"


def test_a_creator_has_one_button_an_address() -> None:
    """The same address in another spelling is refused; another creator may have it too."""
    creator = given.creator()
    buttons_operations.create_button(creator=creator, url="https://artist.example/song", title="A song")

    with pytest.raises(
        buttons_operations.ButtonExists, match=r"you have a button for https://artist\.example/song already"
    ):
        buttons_operations.create_button(creator=creator, url="https://ARTIST.example:443/song#x", title="The song")
    assert Button.objects.count() == 1
    buttons_operations.create_button(creator=given.creator(), url="https://artist.example/song", title="Mine")
    assert Button.objects.count() == 2


def test_a_click_is_a_row_of_its_period(fan: User, button: Button, october: Period, mid_october: datetime) -> None:
    """It keeps who, what, when and from which page, and counts for the button."""
    made = click(fan, button, mid_october)

    assert (made.fan, made.button, made.creator, made.period) == (fan, button, button.creator, october)
    assert (made.clicked_at, made.origin, made.undone_at) == (mid_october, "https://artist.example", None)
    assert queries.click_count(public_id=button.public_id) == 1
    assert str(made) == str(made.id)


def test_a_repeat_changes_nothing(fan: User, button: Button, mid_october: datetime) -> None:
    """The same request again, even in the next month, answers with the click that is there."""
    first = click(fan, button, mid_october)
    for later in (timedelta(seconds=1), timedelta(days=30)):
        assert click(fan, button, mid_october + later, click_id=first.id) == first

    assert list(Click.objects.values_list("id", "clicked_at")) == [(first.id, mid_october)]


def test_an_id_never_stands_for_two_clicks_of_a_fan(fan: User, button: Button, mid_october: datetime) -> None:
    """Another button under the same id is refused, and the first click stays."""
    first = click(fan, button, mid_october)

    with pytest.raises(clicks.ClickIdTaken, match="click: "):
        click(fan, given.button(), mid_october, click_id=first.id)
    assert Click.objects.get() == first


def test_an_id_is_the_fans_own(fan: User, button: Button, mid_october: datetime) -> None:
    """Another fan's click under the same id is theirs: whoever learns an id keeps nobody from clicking or undoing."""
    first = click(fan, button, mid_october)
    other = click(given.user("Henry"), button, mid_october, click_id=first.id)
    clicks.undo_click(click_id=first.id, fan=other.fan, now=mid_october)

    assert set(Click.objects.values_list("fan__name", "undone_at")) == {
        (fan.name, None),
        ("Henry", mid_october),
    }
    assert click(fan, button, mid_october, click_id=first.id).undone_at is None


def test_nobody_clicks_their_own_button(button: Button, mid_october: datetime) -> None:
    """The operation refuses it by name, and so does the database."""
    with pytest.raises(clicks.OwnButton, match="button: "):
        click(button.creator, button, mid_october)
    stray = click(given.user(), button, mid_october)
    with pytest.raises(IntegrityError, match="click_never_on_ones_own_button"), savepoint():
        Click.objects.filter(pk=stray.pk).update(fan=button.creator)


def test_a_hidden_button_takes_no_clicks(fan: User, button: Button, mid_october: datetime) -> None:
    """It keeps those that it has, and takes new ones when it is shown again; hiding twice keeps the first moment."""
    click(fan, button, mid_october)
    buttons_operations.set_hidden(button=button, hidden=True, now=mid_october)
    buttons_operations.set_hidden(button=button, hidden=True, now=mid_october + timedelta(days=1))
    button.refresh_from_db()

    assert button.hidden_at == mid_october
    assert not queries.public_buttons(creator=button.creator).exists()
    with pytest.raises(clicks.HiddenButton, match="button: "):
        click(fan, button, mid_october)
    assert queries.click_count(public_id=button.public_id) == 1
    buttons_operations.set_hidden(button=button, hidden=False, now=mid_october)
    click(fan, button, mid_october)
    assert queries.click_count(public_id=button.public_id) == 2
    assert list(queries.public_buttons(creator=button.creator)) == [button]


def test_an_undone_click_counts_no_more(fan: User, button: Button, mid_october: datetime) -> None:
    """Undoing twice keeps the first moment; a late repeat of the click is refused and doesn't bring it back."""
    made = click(fan, button, mid_october)
    for later in range(2):
        undone = clicks.undo_click(click_id=made.id, fan=fan, now=mid_october + timedelta(seconds=later))
        assert undone.undone_at == mid_october

    with pytest.raises(clicks.ClickUndone, match="click: "):
        click(fan, button, mid_october, click_id=made.id)
    assert Click.objects.get().undone_at == mid_october
    assert queries.click_count(public_id=button.public_id) == 0


def test_only_ones_own_clicks_can_be_undone(fan: User, button: Button, mid_october: datetime) -> None:
    """An unknown id and somebody else's click look the same."""
    made = click(fan, button, mid_october)

    for fan_, id_ in ((given.user(), made.id), (fan, uuid.uuid4())):
        with pytest.raises(clicks.UnknownClick, match="click: "):
            clicks.undo_click(click_id=id_, fan=fan_, now=mid_october)
    assert queries.click_count(public_id=button.public_id) == 1


def test_a_closed_period_takes_no_click_and_no_undoing(
    fan: User, button: Button, october: Period, mid_october: datetime
) -> None:
    """Closing twice keeps the first moment; the next month goes on."""
    made = click(fan, button, mid_october)
    for later in range(2):
        close_period(period=october, now=october.end + timedelta(seconds=later))

    assert queries.period_is_closed(period=october)
    assert str(ClosedPeriod.objects.get(closed_at=october.end)) == "2026-10"
    with pytest.raises(clicks.PeriodClosed, match="period: 2026-10 is closed"):
        click(fan, button, october.last_moment)
    with pytest.raises(clicks.PeriodClosed, match="period: 2026-10 is closed"):
        clicks.undo_click(click_id=made.id, fan=fan, now=october.last_moment)
    assert click(fan, button, october.end).period == october.next


def test_midnight_ends_undoing_before_the_settlement_opens(
    fan: User, button: Button, october: Period, mid_october: datetime
) -> None:
    """The month ends at 00:00 UTC for everybody, though it is settled ten minutes later."""
    made = click(fan, button, mid_october)
    with pytest.raises(clicks.PeriodClosed, match="period: 2026-10 is closed"):
        clicks.undo_click(click_id=made.id, fan=fan, now=october.end)
    made.refresh_from_db()

    assert made.undone_at is None


def test_another_failure_of_undoing_is_not_called_closed(fan: User, button: Button, mid_october: datetime) -> None:
    """Only the trigger's own refusal means a closed period; everything else comes through as it is."""
    made = click(fan, button, mid_october)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE buttons_click ADD CONSTRAINT never CHECK (undone_at IS NULL)")

    with pytest.raises(IntegrityError, match="never"):
        clicks.undo_click(click_id=made.id, fan=fan, now=mid_october)
    made.undone_at = mid_october
    made.id = uuid.uuid4()
    with pytest.raises(IntegrityError, match="never"):
        durable(clicks.import_clicks)(clicks=[made])


def test_another_failure_of_clicking_is_not_called_closed(fan: User, button: Button, mid_october: datetime) -> None:
    """What the database refuses for a reason of its own is neither a closed period nor a missing partition."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE buttons_click ADD CONSTRAINT never CHECK (origin = '')")

    with pytest.raises(IntegrityError, match="never"):
        click(fan, button, mid_october)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE buttons_click SET undone_at = now() WHERE period = '2026-10-01'",
        "UPDATE buttons_click SET period = '2026-11-01' WHERE period = '2026-10-01'",
        "UPDATE buttons_click SET period = '2026-10-01' WHERE period = '2026-11-01'",
        "DELETE FROM buttons_click WHERE period = '2026-10-01'",
        """INSERT INTO buttons_click (id, fan_id, button_id, creator_id, period, clicked_at, origin)
           SELECT gen_random_uuid(), fan_id, button_id, creator_id, '2026-10-01', clicked_at, ''
           FROM buttons_click""",
    ],
)
def test_the_database_refuses_to_touch_a_closed_period(
    statement: str, fan: User, button: Button, october: Period, mid_october: datetime
) -> None:
    """Neither code that forgets nor a console adds, undoes, moves or deletes a click of a closed month."""
    click(fan, button, mid_october)
    click(fan, button, october.end)
    close_period(period=october, now=october.end)

    with pytest.raises(IntegrityError, match="the period 2026-10 is closed"), savepoint():
        connection.cursor().execute(statement)
    assert Click.objects.filter(period=october, undone_at=None).count() == 1


@pytest.mark.parametrize(
    "statement", ["UPDATE buttons_closedperiod SET period = '2026-09-01'", "DELETE FROM buttons_closedperiod"]
)
def test_a_closed_period_stays_closed(statement: str, october: Period) -> None:
    """The database refuses to open it again."""
    close_period(period=october, now=october.end)

    with pytest.raises(IntegrityError, match="stays closed"), savepoint():
        connection.cursor().execute(statement)


@pytest.mark.django_db(transaction=True)
def test_closing_waits_for_a_click_under_way(fan: User, button: Button, october: Period) -> None:
    """A click not yet committed when the period closes still counts in it; the next one is refused."""
    clicked, closing, closed = threading.Event(), threading.Event(), threading.Event()

    def close() -> bool:
        clicked.wait(10)
        closing.set()
        close_period(period=october, now=october.end)
        closed.set()
        return ClosedPeriod.objects.filter(period=october).exists() and Click.objects.count() == 1

    def slow_click() -> bool:
        with durable_block():
            Click(
                fan=fan, button=button, creator=button.creator, period=october, clicked_at=october.last_moment
            ).save(force_insert=True)
            clicked.set()
            closing.wait(10)
            return not closed.wait(0.3)

    assert given.at_once(slow_click, close) == [True, True]
    with pytest.raises(clicks.PeriodClosed):
        click(fan, button, october.last_moment)
    connections.close_all()


@pytest.mark.django_db(transaction=True)
def test_the_same_click_from_eight_tabs_is_one(fan: User, button: Button, mid_october: datetime) -> None:
    """Repeats that arrive at the same moment are one click, and all are answered with it."""
    id_ = uuid.uuid4()
    results = given.at_once(*[lambda: click(fan, button, mid_october, click_id=id_).id] * 8)

    assert results == [id_] * 8
    assert Click.objects.count() == 1


def test_an_id_of_months_ago_does_not_hide_this_months_click(
    fan: User, button: Button, october: Period, mid_october: datetime
) -> None:
    """Undoing means the newest click that has the id."""
    click_id = uuid.uuid4()
    long_ago = click(fan, button, october.shift(-2).start, click_id=click_id)
    made = click(fan, button, mid_october, click_id=click_id)
    assert (long_ago.period, made.period) == (october.shift(-2), october)
    assert clicks.undo_click(click_id=click_id, fan=fan, now=mid_october).period == october
    assert list(queries.clicks_that_stand(period=october)) == []


def test_a_click_that_two_hosts_recorded_in_two_months_is_still_found(
    fan: User, button: Button, october: Period
) -> None:
    """A host whose clock is late may repeat in the old month what is in the new one; no repeat fails for it."""
    click_id = uuid.uuid4()
    click(fan, button, october.end, click_id=click_id)
    click(fan, button, october.end - timedelta(seconds=1), click_id=click_id)
    assert click(fan, button, october.end, click_id=click_id).period == october.next


def test_an_import_counts_what_is_new_for_its_own_fans(fan: User, button: Button, mid_october: datetime) -> None:
    """Another fan's click with the same id is none of them."""
    taken = click(given.user(), button, mid_october)
    same = Click(
        id=taken.id, fan=fan, button=button, creator=button.creator, period=taken.period, clicked_at=mid_october
    )
    assert durable(clicks.import_clicks)(clicks=[same]) == 1
    assert durable(clicks.import_clicks)(clicks=[same]) == 0
