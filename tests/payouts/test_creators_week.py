"""A creator's week by email: clicks, supporters, best buttons and a forecast, once a week, for who wants it."""

from datetime import datetime, timedelta

import pytest

from accounts import operations as accounts_operations
from accounts.models import Notification, User
from buttons.operations import clicks
from flattr.period import Period
from payouts import tasks
from payouts.operations import weeks
from tests import given

pytestmark = pytest.mark.django_db

MONDAY = datetime.fromisoformat("2026-10-12T00:00:00+00:00")
"""The week in which things happen begins here; told of it is a week later."""


def told(now: datetime = MONDAY + timedelta(days=7, hours=7)) -> list[Notification]:
    """Let the weekly task run, twice; return the emails about weeks so far, by creator."""
    for _ in range(2):
        weeks.tell_creators_of_week(now=now)
    return list(Notification.objects.filter(kind=Notification.Kind.CREATOR_WEEK).order_by("recipient_id"))


def test_a_week_is_told_once(ada: User, october: Period) -> None:
    """What was clicked from Monday to Sunday and stands, the best buttons first, and what it may bring."""
    nets, tide = given.button(ada, title="Nets & ropes"), given.button(ada, title="Tide")
    grace, henry = (given.funded_fan(name, budget_cents=600, period=october) for name in ("Grace", "Henry"))
    given.click(grace, nets, now=MONDAY)
    given.click(henry, nets, now=MONDAY + timedelta(days=6, hours=23, minutes=59))
    given.click(grace, tide, now=MONDAY + timedelta(days=2))
    (undone,) = given.click(henry, tide, now=MONDAY + timedelta(days=2))
    clicks.undo_click(click_id=undone.pk, fan=henry, now=MONDAY + timedelta(days=2))
    for outside in (MONDAY - timedelta(minutes=1), MONDAY + timedelta(days=7)):
        given.click(henry, tide, now=outside)
    (email,) = told()
    subject, body = accounts_operations.render_notification(email)

    assert (email.recipient, email.subject_key) == (ada, "2026-W42")
    assert subject == "Your week: 3 clicks"
    assert "Clicks: 3. Supporters: 2." in body
    assert "· Nets & ropes: 2\n· Tide: 1\n" in body
    # All clicks are Ada's: 12 EUR less a tenth is the most, and the least is less.
    assert "to €10.80 after our fee" in body
    assert "This is a forecast" in body


def test_a_week_over_two_months_is_one(ada: User, october: Period) -> None:
    """The last week of October has Sunday, the first of November, too."""
    button, fan = given.button(ada), given.funded_fan(period=october)
    for day in (31, 1):
        given.click(fan, button, now=datetime.fromisoformat(f"2026-{11 if day == 1 else 10}-{day:02}T12:00:00+00:00"))
    (email,) = told(datetime.fromisoformat("2026-11-02T07:20:00+00:00"))

    assert (email.subject_key, email.context["clicks"]) == ("2026-W44", 2)


def test_who_wants_none_or_got_nothing_is_told_nothing(ada: User, october: Period) -> None:
    """Neither one who does without these emails, nor one whom nobody clicked, nor one who can't log in any more."""
    fan = given.funded_fan(period=october)
    gone = given.creator("Gone")
    given.creator("Unclicked")
    for creator in (ada, gone):
        given.click(fan, given.button(creator), now=MONDAY)
    User.objects.filter(pk=ada.pk).update(muted=["creator_week"])
    User.objects.filter(pk=gone.pk).update(is_active=False)

    assert told() == []


def test_a_run_that_was_cut_short_is_gone_on_with(october: Period, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who was told stays told; the next run tells the others."""
    fan = given.funded_fan(period=october)
    for name in ("Ada", "Bob", "Cleo"):
        given.click(fan, given.button(given.creator(name)), now=MONDAY)
    notify = accounts_operations.notify
    told_names: list[str] = []

    def notify_or_die(**named: object) -> None:
        if len(told_names) == 1:
            raise KeyboardInterrupt
        told_names.append(str(named["recipient"]))
        notify(**named)  # type: ignore[arg-type]  # It is called as it was.

    with monkeypatch.context() as patch:
        patch.setattr(accounts_operations, "notify", notify_or_die)
        with pytest.raises(KeyboardInterrupt):
            weeks.tell_creators_of_week(now=MONDAY + timedelta(days=7))

    assert Notification.objects.count() == 1
    assert [str(email.recipient) for email in told()] == ["Ada", "Bob", "Cleo"]


@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_tell_once(ada: User, october: Period) -> None:
    """Whatever both found untold, a constraint lets one email be."""
    given.click(given.funded_fan(period=october), given.button(ada), now=MONDAY)
    runs = [lambda: weeks.tell_creators_of_week(now=MONDAY + timedelta(days=7))] * 2

    assert given.at_once(*runs) == [None, None]
    assert Notification.objects.filter(kind="creator_week").count() == 1


def test_the_task_reads_the_clock(ada: User) -> None:
    """It tells of the week before this one, in which nobody has clicked."""
    tasks.tell_creators_of_week()

    assert not Notification.objects.filter(recipient=ada).exists()
