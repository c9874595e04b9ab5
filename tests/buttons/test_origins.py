"""Sites by their statistics: what demotes and freezes one, how that ends, and that nobody alone brings it about."""

import uuid
from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from django.db import IntegrityError

from accounts.models import User
from buttons import tasks
from buttons.models import Button, Confirmation, OneClick, OriginDay, OriginDecision, OriginStanding
from buttons.operations import clicks, origins
from buttons.queries import trust
from flattr.period import Period
from flattr.transactions import savepoint
from payouts.queries import due
from tests import given, pressing

pytestmark = pytest.mark.django_db

Judge = Callable[..., OriginStanding]


@pytest.fixture
def button() -> Button:
    """Return a button on a verified site."""
    return pressing.verified_button()


@pytest.fixture
def judge(button: Button, mid_october: datetime) -> Judge:
    """Return what judges the button's site at a moment, and returns how it stands."""

    def run(now: datetime = mid_october) -> OriginStanding:
        origins.judge_origin(origin=pressing.origin_of(button), now=now)
        return trust.standing_of(origin=pressing.origin_of(button))

    return run


def verdicts() -> list[str]:
    """Return what was decided so far, oldest first."""
    return list(OriginDecision.objects.order_by("id").values_list("verdict", flat=True))


def opened(button: Button, number: int, *, day: date) -> None:
    """Let so many fans see our window."""
    OriginDay.objects.create(origin=pressing.origin_of(button), day=day, opened=number)


def decided(standing: OriginStanding, verdict: OriginDecision.Verdict, *, now: datetime) -> User:
    """Let staff decide; return who it was."""
    staff = given.user("Staff")
    origins.decide(standing_id=standing.pk, verdict=verdict, staff=staff, reason="So.", now=now)
    return staff


@pytest.mark.parametrize(
    ("confirmed", "pressed", "undone", "verdict"),
    [
        (0, 0, 0, []),
        # A demotion takes fifty who click, in either way, and five of a hundred who take it back.
        (49, 0, 4, []),
        (60, 0, 2, []),
        (60, 0, 3, ["demoted"]),
        (0, 60, 3, ["demoted"]),
        # A freeze takes thirty, and fifteen of a hundred.
        (29, 29, 29, []),
        (30, 0, 4, []),
        (30, 0, 5, ["frozen"]),
        (0, 30, 5, ["frozen"]),
        (100, 100, 14, ["demoted"]),
        (100, 100, 15, ["frozen"]),
    ],
)
def test_what_fans_take_back_speaks_against_a_site(
    *,
    confirmed: int,
    pressed: int,
    undone: int,
    verdict: list[str],
    button: Button,
    judge: Judge,
    mid_october: datetime,
) -> None:
    """Beyond the limits one press is enough no more, and it is kept why."""
    pressing.statistics(button, now=mid_october, confirmed=confirmed, pressed=pressed, undone=undone)
    standing = judge()

    assert verdicts() == verdict
    assert trust.lets_one_press_count(standing, now=mid_october) is not bool(verdict)
    assert (standing.clicked, standing.undone) == (max(confirmed, pressed), undone)
    if verdict:
        decision = OriginDecision.objects.get()
        assert decision.reason == f"{undone} of {standing.clicked} fans a day took a click back."
        assert decision.decided_by is None
        assert str(decision) == f"{standing.origin}: {verdict[0]}"


@pytest.mark.parametrize(
    ("seen", "confirmed", "verdict"), [(49, 0, []), (50, 15, []), (50, 14, ["demoted"]), (1000, 299, ["demoted"])]
)
def test_windows_that_nobody_confirms_speak_against_a_site(
    *, seen: int, confirmed: int, verdict: list[str], button: Button, judge: Judge, mid_october: datetime
) -> None:
    """Fewer than thirty of a hundred, from fifty on: presses were led there that nobody meant."""
    opened(button, seen, day=mid_october.date())
    pressing.statistics(button, now=mid_october, confirmed=confirmed)
    standing = judge()

    assert verdicts() == verdict
    assert (standing.opened, standing.confirmed) == (seen, confirmed)


def test_nobody_alone_speaks_for_or_against_a_site(button: Button, judge: Judge, mid_october: datetime) -> None:
    """A hundred clicks of one fan on one day, in both ways, are one; on two days they are two."""
    fan = given.user()
    shared = {"fan": fan, "creator": button.creator, "origin": pressing.origin_of(button), "undone_at": mid_october}
    for days in (0, 1):
        moment = mid_october - timedelta(days=days)
        for _ in range(50):
            Confirmation.objects.create(
                click_id=uuid.uuid4(), challenge=uuid.uuid4().hex, confirmed_at=moment, **shared
            )
            OneClick.objects.create(
                click_id=uuid.uuid4(), clicked_at=moment, button=button, hover_ms=200, x=1, y=1, **shared
            )
    standing = judge()

    assert (standing.confirmed, standing.clicked, standing.undone) == (2, 2, 2)
    assert verdicts() == []


def test_what_is_old_counts_no_more(button: Button, judge: Judge, mid_october: datetime) -> None:
    """Thirty days and today are looked at; other sites' numbers are theirs."""
    first = mid_october.replace(hour=0) - timedelta(days=30)
    pressing.statistics(button, now=first - timedelta(microseconds=1), confirmed=50, pressed=50, undone=50)
    opened(button, 100, day=first.date() - timedelta(days=1))
    pressing.statistics(pressing.verified_button(), now=mid_october, confirmed=50, undone=50)
    assert (judge().opened, judge().clicked, verdicts()) == (0, 0, [])

    pressing.statistics(button, now=first, confirmed=7)
    opened(button, 9, day=first.date())
    assert (judge().opened, judge().clicked) == (9, 7)


def test_a_demotion_ends_thirty_days_after_its_cause(button: Button, judge: Judge, mid_october: datetime) -> None:
    """While the cause is seen the thirty days begin anew, without a new decision; then one press is enough again."""
    pressing.statistics(button, now=mid_october, confirmed=60, undone=4)
    judge()
    last = mid_october + timedelta(days=30)
    for days in (1, 30, 31, 45):
        judge(mid_october + timedelta(days=days))
    standing = judge(last + timedelta(days=30))

    assert verdicts() == ["demoted"]
    assert standing.demoted_until == last + timedelta(days=30)
    assert not trust.lets_one_press_count(standing, now=last + timedelta(days=30, seconds=-1))
    assert trust.lets_one_press_count(standing, now=last + timedelta(days=30))


def test_a_freeze_stays_until_staff_lift_it(button: Button, judge: Judge, mid_october: datetime) -> None:
    """Staff hear of it until they decide; what was before then counts no more from the next day on."""
    pressing.statistics(button, now=mid_october, confirmed=60, undone=20)
    judge()
    standing = judge(mid_october + timedelta(days=200))

    assert verdicts() == ["frozen"]
    assert (standing.frozen_at, standing.clicked) == (mid_october, 0)
    alarm = (f"site:{standing.pk}", f"{standing.origin} is frozen, and nobody has decided about it.")
    assert alarm in list(due.overdue(now=mid_october))

    later = mid_october + timedelta(days=2)
    staff = decided(standing, OriginDecision.Verdict.LIFTED, now=later)
    standing = judge(later + timedelta(days=1))
    assert trust.lets_one_press_count(standing, now=later)
    assert verdicts() == ["frozen", "lifted"]
    assert standing.decided_by == staff
    assert alarm not in list(due.overdue(now=later))

    pressing.statistics(button, now=later + timedelta(days=1), confirmed=30, undone=10)
    standing = judge(later + timedelta(days=1))
    assert verdicts() == ["frozen", "lifted", "frozen"]
    assert (standing.clicked, standing.decided_by) == (30, None)


def test_staff_decide_by_hand(button: Button, judge: Judge, mid_october: datetime) -> None:
    """Each decision is kept with who, when and why; a freeze by staff rings no alarm and is what a rule would do."""
    standing = judge()
    staff = decided(standing, OriginDecision.Verdict.DEMOTED, now=mid_october)
    standing = judge()
    assert standing.demoted_until == mid_october + timedelta(days=30)
    decided(standing, OriginDecision.Verdict.FROZEN, now=mid_october + timedelta(days=1))
    decided(standing, OriginDecision.Verdict.FROZEN, now=mid_october + timedelta(days=2))
    pressing.statistics(button, now=mid_october, confirmed=60, undone=20)
    standing = judge()

    assert standing.frozen_at == mid_october + timedelta(days=1)
    assert verdicts() == ["demoted", "frozen", "frozen"]
    first = OriginDecision.objects.earliest("id")
    assert (first.decided_by, first.decided_at, first.reason) == (staff, mid_october, "So.")
    assert not trust.frozen_by_rule().exists()


@pytest.mark.parametrize("wrong", [{"reason": ""}, {"decided_by": None}, {"verdict": "shot"}])
def test_a_decision_says_why_and_who(wrong: dict[str, object], judge: Judge, mid_october: datetime) -> None:
    """The database takes no other, whoever writes it."""
    good = {"verdict": "lifted", "reason": "So.", "decided_by": given.user(), "decided_at": mid_october}
    standing = judge()

    with pytest.raises(IntegrityError), savepoint():
        OriginDecision.objects.create(standing=standing, **{**good, **wrong})


@pytest.mark.parametrize(
    ("confirmed", "undone", "days", "is_good"),
    [(49, 0, 0, False), (50, 0, 0, True), (50, 1, 90, True), (50, 2, 0, False), (50, 0, 91, False)],
)
def test_fifty_who_confirm_make_a_good_name(
    *, confirmed: int, undone: int, days: int, is_good: bool, button: Button, judge: Judge, mid_october: datetime
) -> None:
    """In ninety days, if fewer than three of a hundred take it back."""
    pressing.statistics(button, now=mid_october - timedelta(days=days), confirmed=confirmed, undone=undone)

    assert judge().has_good_name is is_good


def test_presses_alone_make_no_good_name(button: Button, judge: Judge, mid_october: datetime) -> None:
    """They are what a page could have led fans to."""
    pressing.statistics(button, now=mid_october, pressed=100)

    assert not judge().has_good_name


def test_where_and_how_fans_press_is_measured(button: Button, judge: Judge, mid_october: datetime) -> None:
    """The median time over the button leaves fingers out; the spread is how far presses lie from their middle."""
    assert (judge().hover_ms, judge().spread) == (None, None)
    pressing.statistics(button, now=mid_october, pressed=5, hover_ms=120)
    assert (judge().hover_ms, judge().spread) == (None, 0)
    for hover_ms, x, y in ((200, 100, 500), (400, 900, 500), (90_000, 500, 100), (300, 500, 900)):
        pressing.statistics(button, now=mid_october, pressed=1, hover_ms=hover_ms, x=x, y=y)
    standing = judge()

    # Nine presses: five in the middle, four that are 400 thousandths from it.
    assert (standing.hover_ms, standing.spread) == (350, 267)


def test_a_fan_who_sees_our_window_is_counted_once_a_day(
    button: Button, october: Period, mid_october: datetime
) -> None:
    """However often they open it, and whether or not they confirm; one who confirms has seen it."""
    origin = pressing.origin_of(button)
    first, second = given.user(), given.funded_fan(period=october)
    for _ in range(3):
        origins.note_window(fan=first, creator_id=button.creator_id, origin=origin, now=mid_october)
    for _ in range(2):
        pressing.confirmed(second, button, now=mid_october)
    tomorrow = mid_october + timedelta(days=1)
    origins.note_window(fan=first, creator_id=button.creator_id, origin=origin, now=tomorrow)

    days = OriginDay.objects.order_by("day")
    assert [(row.day, row.opened) for row in days] == [(mid_october.date(), 2), (tomorrow.date(), 1)]
    assert str(days[0]) == f"{origin} 2026-10-15"


def test_windows_of_others_sites_are_not_counted(button: Button, mid_october: datetime) -> None:
    """Nobody fills the table with names of sites, and a creator who tries their own button counts for nothing."""
    fan = given.user()
    for origin in ("https://made-up.example", "", "null"):
        origins.note_window(fan=fan, creator_id=button.creator_id, origin=origin, now=mid_october)
    origin = pressing.origin_of(button)
    origins.note_window(fan=fan, creator_id=given.creator().pk, origin=origin, now=mid_october)
    origins.note_window(fan=button.creator, creator_id=button.creator_id, origin=origin, now=mid_october)

    assert not OriginDay.objects.exists()


def test_without_redis_windows_are_counted(button: Button, redis_away: None, mid_october: datetime) -> None:
    """Each process remembers by itself then."""
    del redis_away
    for _ in range(2):
        origins.note_window(
            fan=given.user(), creator_id=button.creator_id, origin=pressing.origin_of(button), now=mid_october
        )

    assert OriginDay.objects.get().opened == 2


@pytest.mark.django_db(transaction=True)
def test_windows_at_once_are_all_counted(button: Button, mid_october: datetime) -> None:
    """The row that two want to begin is begun once, and counts both."""
    fans = [given.user() for _ in range(4)]
    note = origins.note_window
    outcomes = given.at_once(
        *[
            lambda fan=fan: note(
                fan=fan, creator_id=button.creator_id, origin=pressing.origin_of(button), now=mid_october
            )
            for fan in fans
        ]
    )

    assert outcomes == [None] * 4
    assert OriginDay.objects.get().opened == 4


def test_every_site_is_judged_each_night(
    button: Button, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, mid_october: datetime
) -> None:
    """Those with clicks, windows or a standing; one that fails stops no other, and running twice changes nothing."""
    others = [pressing.verified_button() for _ in range(2)]
    pressing.statistics(button, now=mid_october, confirmed=60, undone=4)
    pressing.statistics(others[0], now=mid_october, pressed=60, undone=20)
    opened(others[1], 50, day=mid_october.date())
    OriginStanding.objects.create(origin="https://gone.example", clicked=7)
    count = trust.origin_numbers

    def count_or_fail(*, origin: str, since: date) -> trust.OriginNumbers:
        if origin == "https://gone.example":
            raise ZeroDivisionError
        return count(origin=origin, since=since)

    monkeypatch.setattr(trust, "origin_numbers", count_or_fail)
    origins.judge_origins(now=mid_october)
    assert "https://gone.example was not judged" in caplog.text
    monkeypatch.undo()
    for _ in range(2):
        origins.judge_origins(now=mid_october)

    assert sorted(verdicts()) == ["demoted", "demoted", "frozen"]
    assert trust.standing_of(origin="https://gone.example").clicked == 0


def test_what_was_confirmed_and_is_taken_back_is_told(button: Button, october: Period, mid_october: datetime) -> None:
    """Undoing a click on any page of ours speaks against the site that it came from."""
    fan = given.funded_fan(period=october)
    click = pressing.confirmed(fan, button, now=mid_october)
    clicks.undo_click(click_id=click.id, fan=fan, now=mid_october)
    tasks.judge_origins()

    assert Confirmation.objects.get().undone_at == mid_october
    assert str(Confirmation.objects.get()) == f"{click.origin} {mid_october}"
