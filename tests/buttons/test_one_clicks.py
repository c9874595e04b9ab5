"""Clicks by one press: recorded where all speaks for a person's own will, else left to our window, never twice."""

import functools
import uuid
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import pytest

from accounts.models import Subscription, User
from buttons import tickets
from buttons.models import Button, Click, OneClick, OriginStanding, Site
from buttons.operations import buttons as buttons_operations
from buttons.operations import clicks, keys, one_clicks
from flattr.period import Period
from tests import given, pressing

pytestmark = pytest.mark.django_db


@pytest.fixture
def fan(october: Period) -> User:
    """Return a fan with a budget."""
    return given.funded_fan(period=october)


@pytest.fixture
def button() -> Button:
    """Return a button on a verified site."""
    return pressing.verified_button()


@pytest.fixture
def secret(fan: User, button: Button, mid_october: datetime) -> str:
    """Return what the fan's browser keeps for the button's site."""
    return pressing.key_for(fan, button, now=mid_october - timedelta(days=1))


def refuse(secret: str, button: Button, *, now: datetime, **how: object) -> str:
    """Press once, which has to be confirmed; return why. Nothing is recorded."""
    before = Click.objects.count()
    with pytest.raises(one_clicks.NeedsConfirmation) as refused:
        pressing.pressed(secret, button, now=now, **how)  # type: ignore[arg-type]
    assert Click.objects.count() == before
    return str(refused.value).partition(":")[0]


def test_one_press_is_a_click(secret: str, fan: User, button: Button, mid_october: datetime) -> None:
    """It is the fan's, from the site, at once, with what was seen of the press; the browser gets a new secret."""
    recorded = pressing.pressed(secret, button, now=mid_october, press=pressing.good_press(x=1, y=2, hover_ms=120))
    noted = OneClick.objects.get()

    assert (recorded.click.fan, recorded.click.button) == (fan, button)
    assert recorded.click.origin == pressing.origin_of(button)
    assert (noted.click_id, noted.x, noted.y, noted.hover_ms) == (recorded.click.id, 1, 2, 120)
    assert str(noted) == f"{noted.origin} {mid_october}"
    assert keys.find_key(secret=recorded.secret, now=mid_october).used_at == mid_october


def test_the_same_ticket_again_is_the_same_click(secret: str, button: Button, mid_october: datetime) -> None:
    """A repeat after a lost answer, or a replay, is answered the same and counts once."""
    place = given.place(button, origin=pressing.origin_of(button))
    click_id = tickets.read(tickets.mint(place=place), place=place, max_age=tickets.LASTS)
    for _ in range(3):
        pressing.pressed(secret, button, now=mid_october, click_id=click_id)

    assert (Click.objects.filter(id=click_id).count(), OneClick.objects.count()) == (1, 1)


def test_a_ticket_whose_click_was_taken_back_brings_nothing_back(
    secret: str, button: Button, mid_october: datetime
) -> None:
    """Its id is used up."""
    recorded = pressing.pressed(secret, button, now=mid_october)
    one_clicks.undo_at_once(click_id=recorded.click.id, secret=recorded.secret, now=mid_october)

    with pytest.raises(clicks.ClickUndone):
        pressing.pressed(recorded.secret, button, now=mid_october, click_id=recorded.click.id)


def test_another_fans_ticket_id_is_another_click(
    secret: str, button: Button, october: Period, mid_october: datetime
) -> None:
    """Ids are each fan's own: who replays somebody's ticket gives of their own cake."""
    other, click_id = given.funded_fan(period=october), uuid.uuid4()
    others_secret = pressing.key_for(other, button, now=mid_october)
    pressing.pressed(secret, button, now=mid_october, click_id=click_id)
    pressing.pressed(others_secret, button, now=mid_october, click_id=click_id)

    assert Click.objects.filter(id=click_id).count() == 2


def test_another_sites_key_is_none(secret: str, fan: User, mid_october: datetime) -> None:
    """A browser that mixes up sites, or a thief of keys, gets nothing elsewhere, also where the fan has a key."""
    elsewhere = pressing.verified_button()
    pressing.key_for(fan, elsewhere, now=mid_october)

    with pytest.raises(keys.NoKey):
        pressing.pressed(secret, elsewhere, now=mid_october)
    assert not OneClick.objects.exists()


@pytest.mark.parametrize("state", [Subscription.State.PAUSED, Subscription.State.CANCELLED])
def test_without_a_budget_it_asks_for_one(
    state: Subscription.State, secret: str, fan: User, button: Button, mid_october: datetime
) -> None:
    """A promise that isn't active is none."""
    given.subscription(fan, budget_cents=500, period=Period.at(mid_october), state=state)

    with pytest.raises(clicks.NoBudget):
        pressing.pressed(secret, button, now=mid_october)


def test_nobody_presses_their_own_button(button: Button, secret: str, october: Period, mid_october: datetime) -> None:
    """Not even with a key for their own site, got by a click for another creator there."""
    guest = given.button(given.creator("Bob"))
    given.subscription(button.creator, budget_cents=500, period=october)
    verifier = "0" * 64
    origin = pressing.origin_of(button)
    pressing.confirmed(button.creator, guest, now=mid_october, verifier=verifier, origin=origin)
    own = keys.redeem(verifier=verifier, replaced="", now=mid_october).secret

    with pytest.raises(clicks.OwnButton):
        pressing.pressed(own, button, now=mid_october)
    buttons_operations.set_hidden(button=button, hidden=True, now=mid_october)
    with pytest.raises(clicks.HiddenButton):
        pressing.pressed(secret, button, now=mid_october)


def test_an_unverified_site_is_confirmed(secret: str, button: Button, mid_october: datetime) -> None:
    """From the moment at which its verification is lost."""
    Site.objects.filter(buttons=button).update(verified_at=None)

    assert refuse(secret, button, now=mid_october) == "site"


def test_the_first_click_for_a_creator_on_a_site_is_confirmed(secret: str, mid_october: datetime) -> None:
    """A key that was given for one creator is not enough for another who shares the site."""
    guest = pressing.verified_button(given.creator("Bob"))
    key = keys.find_key(secret=secret, now=mid_october)
    shared = buttons_operations.create_button(creator=guest.creator, url=f"{key.origin}/shared", title="Shared")
    # A site is verified for one creator at a time.
    Site.objects.filter(host=urlsplit(key.origin).hostname).update(verified_at=None)
    Site.objects.filter(buttons=shared).update(verified_at=mid_october)

    assert refuse(secret, shared, now=mid_october) == "click"


def test_a_confirmation_lasts_ninety_days(fan: User, button: Button, mid_october: datetime) -> None:
    """Also where a key is younger, as for a later click for another creator."""
    pressing.confirmed(fan, button, now=mid_october - timedelta(days=90))
    guest = given.button(given.creator("Bob"))
    verifier = "1" * 64
    pressing.confirmed(fan, guest, now=mid_october, verifier=verifier, origin=pressing.origin_of(button))
    secret = keys.redeem(verifier=verifier, replaced="", now=mid_october).secret

    assert refuse(secret, button, now=mid_october) == "click"


def test_after_keys_were_taken_back_the_next_click_is_confirmed(
    secret: str, fan: User, button: Button, mid_october: datetime
) -> None:
    """A new key, given for another creator on the site, brings no old confirmation back."""
    keys.revoke_keys(fan=fan, origin=pressing.origin_of(button), now=mid_october)
    with pytest.raises(keys.NoKey):
        pressing.pressed(secret, button, now=mid_october)
    verifier = "2" * 64
    guest = given.button(given.creator("Bob"))
    pressing.confirmed(fan, guest, now=mid_october, verifier=verifier, origin=pressing.origin_of(button))
    new = keys.redeem(verifier=verifier, replaced="", now=mid_october).secret

    assert refuse(new, button, now=mid_october) == "click"


@pytest.mark.parametrize(
    "change",
    [{"hover_ms": 119}, {"hover_ms": 0}, {"visible_ms": 799}, {"visible_ms": 0}, {"is_proven_visible": False}],
    ids=str,
)
def test_what_may_be_a_trick_is_confirmed(
    change: dict[str, int], secret: str, button: Button, mid_october: datetime
) -> None:
    """A pointer that was thrown there, a button just revealed, or one that no browser vouches for."""
    assert refuse(secret, button, now=mid_october, press=pressing.good_press(**change)) == "press"
    assert not OneClick.objects.exists()


def test_a_good_name_stands_for_browsers_that_prove_nothing(
    secret: str, button: Button, mid_october: datetime
) -> None:
    """On such a site the button has to be in view, and that is enough."""
    OriginStanding.objects.create(origin=pressing.origin_of(button), has_good_name=True)
    unproven = pressing.good_press(is_proven_visible=False, visible_ms=799)

    assert refuse(secret, button, now=mid_october, press=unproven) == "press"
    pressing.pressed(secret, button, now=mid_october, press=pressing.good_press(is_proven_visible=False))

    assert OneClick.objects.count() == 1


@pytest.mark.parametrize("standing", [{"frozen_at": given.MOMENT}, {"demoted_until": given.MOMENT + timedelta(1)}])
def test_where_a_site_is_demoted_or_frozen_each_click_is_confirmed(
    standing: dict[str, datetime], secret: str, button: Button, mid_october: datetime
) -> None:
    """Whatever else speaks for it; a demotion ends by itself."""
    OriginStanding.objects.create(origin=pressing.origin_of(button), has_good_name=True, **standing)

    assert refuse(secret, button, now=mid_october) == "site"
    if "demoted_until" in standing:
        pressing.pressed(secret, button, now=standing["demoted_until"])
        assert OneClick.objects.count() == 1


def test_one_press_a_day_for_a_button(secret: str, button: Button, mid_october: datetime) -> None:
    """Also when the first was taken back; the next day (UTC) there is another."""
    recorded = pressing.pressed(secret, button, now=mid_october)
    one_clicks.undo_at_once(click_id=recorded.click.id, secret=recorded.secret, now=mid_october)

    assert refuse(recorded.secret, button, now=mid_october.replace(hour=23, minute=59)) == "limit"
    tomorrow = mid_october.replace(hour=0) + timedelta(days=1)
    pressing.pressed(recorded.secret, button, now=tomorrow)
    assert OneClick.objects.count() == 2


def test_five_a_day_on_a_site(secret: str, button: Button, mid_october: datetime) -> None:
    """The sixth is confirmed, for whatever button."""
    *five, sixth = pressing.more_buttons(button, 6)
    for each in five:
        secret = pressing.pressed(secret, each, now=mid_october).secret

    assert refuse(secret, sixth, now=mid_october) == "limit"


def test_thirty_a_day_in_all(secret: str, fan: User, button: Button, mid_october: datetime) -> None:
    """However many sites they are spread over; others' presses don't count."""
    other = pressing.verified_button()
    shared = {"creator": other.creator, "button": other, "clicked_at": mid_october, "hover_ms": 200, "x": 1, "y": 1}

    def note(person: User, number: int) -> None:
        OneClick.objects.bulk_create(
            OneClick(fan=person, click_id=uuid.uuid4(), origin=f"https://{each}.example", **shared)
            for each in range(number)
        )

    note(fan, 29)
    note(given.user(), 5)
    secret = pressing.pressed(secret, button, now=mid_october).secret
    (another,) = pressing.more_buttons(button, 1)

    assert refuse(secret, another, now=mid_october) == "limit"


def test_a_quarter_of_a_months_clicks_for_one_creator(
    secret: str, fan: User, button: Button, mid_october: datetime
) -> None:
    """From eight clicks on, one press gives a creator at most a quarter; what was confirmed has no such limit."""
    given.click(fan, given.button(), now=mid_october, times=7)
    first, second, third, fourth = pressing.more_buttons(button, 4)
    # With the click that was confirmed for the key there are eight: two of ten are within it, three of eleven aren't.
    for each in (first, second):
        secret = pressing.pressed(secret, each, now=mid_october).secret

    assert refuse(secret, third, now=mid_october) == "limit"
    given.click(fan, third, now=mid_october)
    # Three of twelve are just a quarter.
    secret = pressing.pressed(secret, third, now=mid_october).secret
    assert refuse(secret, fourth, now=mid_october) == "limit"


def test_a_beginners_clicks_have_no_such_limit(secret: str, button: Button, mid_october: datetime) -> None:
    """Below eight clicks, all may be one creator's."""
    for each in pressing.more_buttons(button, 5):
        secret = pressing.pressed(secret, each, now=mid_october).secret

    assert OneClick.objects.count() == 5


@pytest.mark.django_db(transaction=True)
def test_two_presses_at_once_keep_the_limits(fan: User, button: Button, mid_october: datetime) -> None:
    """With two tickets one of them counts, the other is to be confirmed."""
    secret = pressing.key_for(fan, button, now=mid_october)
    outcomes = given.at_once(*[lambda: pressing.pressed(secret, button, now=mid_october)] * 2)

    assert sorted(type(each).__name__ for each in outcomes) == ["NeedsConfirmation", "Recorded"]
    assert OneClick.objects.count() == 1
    assert Click.objects.count() == 2  # The other one was confirmed for the key.


@pytest.mark.django_db(transaction=True)
def test_the_same_ticket_twice_at_once_is_one_click(fan: User, button: Button, mid_october: datetime) -> None:
    """Both are told of it, and either secret is good for the next."""
    secret, click_id = pressing.key_for(fan, button, now=mid_october), uuid.uuid4()
    call = lambda: pressing.pressed(secret, button, now=mid_october, click_id=click_id)  # noqa: E731
    outcomes = given.at_once(call, call)

    assert [type(each).__name__ for each in outcomes] == ["Recorded", "Recorded"]
    assert (Click.objects.filter(id=click_id).count(), OneClick.objects.count()) == (1, 1)
    assert keys.find_key(secret=secret, now=mid_october).fan == fan


def test_a_click_is_taken_back_for_ten_seconds(secret: str, button: Button, mid_october: datetime) -> None:
    """With a second for the way; what is taken back is told to the statistics; twice changes nothing."""
    recorded = pressing.pressed(secret, button, now=mid_october)
    undo = functools.partial(one_clicks.undo_at_once, click_id=recorded.click.id, secret=recorded.secret)

    with pytest.raises(clicks.UnknownClick):
        undo(now=mid_october + timedelta(seconds=12))
    for _ in range(2):
        undone = undo(now=mid_october + timedelta(seconds=11))
        assert undone.undone_at is not None
    assert OneClick.objects.get().undone_at == mid_october + timedelta(seconds=11)


def test_others_clicks_are_not_taken_back(
    secret: str, fan: User, button: Button, october: Period, mid_october: datetime
) -> None:
    """Neither another fan's, nor the fan's own on another site, nor by a secret that is none."""
    recorded = pressing.pressed(secret, button, now=mid_october)
    strangers = pressing.key_for(given.funded_fan(period=october), button, now=mid_october)
    elsewhere = pressing.key_for(fan, pressing.verified_button(), now=mid_october)

    for wrong in (strangers, elsewhere):
        with pytest.raises(clicks.UnknownClick):
            one_clicks.undo_at_once(click_id=recorded.click.id, secret=wrong, now=mid_october)
    with pytest.raises(keys.NoKey):
        one_clicks.undo_at_once(click_id=recorded.click.id, secret="made-up", now=mid_october)
    recorded.click.refresh_from_db()
    assert recorded.click.undone_at is None


def test_after_the_months_end_nothing_is_taken_back(fan: User, button: Button, october: Period) -> None:
    """A press in its last second stands."""
    last = october.last_moment
    secret = pressing.key_for(fan, button, now=last - timedelta(hours=1))
    recorded = pressing.pressed(secret, button, now=last)

    with pytest.raises(clicks.PeriodClosed):
        one_clicks.undo_at_once(click_id=recorded.click.id, secret=recorded.secret, now=last + timedelta(seconds=2))
