"""The cake as it stands: what it foretells is what happens, with caps and with one click more or less."""

import uuid
from datetime import datetime, timedelta

import pytest

from accounts.models import User
from buttons.models import Button
from buttons.operations import clicks as clicks_operations
from flattr.period import Period
from payouts.models import SettlementLine
from payouts.operations import caps
from payouts.queries import forecasts
from payouts.queries.forecasts import Cake
from tests import given

pytestmark = pytest.mark.django_db

EURO = 1_000_000


@pytest.fixture
def fan(october: Period) -> User:
    """Return a fan with 5 EUR."""
    return given.funded_fan(period=october)


@pytest.fixture
def buttons(fan: User, mid_october: datetime) -> list[Button]:
    """Return two buttons of Ada and one of Bob, clicked three, two and three times, Bob's last."""
    ada, bob = given.creator("Ada"), given.creator("Bob")
    made = [given.button(ada), given.button(ada), given.button(bob)]
    for hour, (each, times) in enumerate(zip(made, (3, 2, 3), strict=True)):
        given.click(fan, each, now=mid_october + timedelta(hours=hour), times=times)
    return made


def capped(fan: User, button: Button, most_cents: int, now: datetime) -> None:
    """Let the fan cap the button's creator."""
    caps.set_cap(fan=fan, creator=button.creator, most_cents=most_cents, now=now)


def amounts(cake: Cake) -> dict[int, int]:
    """Return what each button would get, in micros."""
    return {each.clicked.button_id: each.amount_micros for each in cake.slices}


@pytest.mark.parametrize("limits", [{}, {0: 199}, {2: 77}, {0: 199, 2: 77}, {0: 50_000}])
def test_the_cake_foretells_the_settlement(
    limits: dict[int, int], fan: User, buttons: list[Button], october: Period, after_october: datetime
) -> None:
    """What the page shows just before the end is what is given after it, to the micro, and what stays is kept."""
    for place, most_cents in limits.items():
        capped(fan, buttons[place], most_cents, october.start)
    cake = forecasts.cake_of(fan=fan, period=october)
    given.settled(october, now=after_october)

    assert dict(SettlementLine.objects.values_list("button_id", "amount_micros")) == amounts(cake)
    assert cake.kept_micros == 5 * EURO - sum(amounts(cake).values())
    assert (cake.kept_micros > 0) == (len(limits) == 2)


@pytest.mark.parametrize("limits", [{}, {0: 199}, {2: 77}, {0: 199, 2: 77}, {0: 350, 2: 210}])
@pytest.mark.parametrize("place", range(3))
def test_one_click_more_or_less_comes_out_as_foretold(
    place: int, limits: dict[int, int], fan: User, buttons: list[Button], mid_october: datetime
) -> None:
    """What a slice says of the next click is, but for a micro, what the cake shows after it; the same of an undo."""
    october = Period.at(mid_october)
    for capped_place, most_cents in limits.items():
        capped(fan, buttons[capped_place], most_cents, mid_october)
    button = buttons[place]
    before = forecasts.cake_of(fan=fan, period=october)
    (shown,) = [each for each in before.slices if each.clicked.button_id == button.pk]
    (made,) = given.click(fan, button, now=mid_october + timedelta(days=1))
    more = amounts(forecasts.cake_of(fan=fan, period=october))[button.pk]
    for click_id in (made.pk, uuid.UUID(shown.clicked.latest_click_id)):
        clicks_operations.undo_click(click_id=click_id, fan=fan, now=mid_october)
    less = amounts(forecasts.cake_of(fan=fan, period=october))[button.pk]

    assert abs(before.changed_micros(shown, more=1) - more) <= 1
    assert abs(before.changed_micros(shown, more=-1) - less) <= 1


def test_the_last_click_less_leaves_nothing(fan: User, october: Period, mid_october: datetime) -> None:
    """Of a cake of one slice, with and without a cap."""
    button = given.button()
    given.click(fan, button, now=mid_october)
    for most_cents in (None, 100):
        caps.set_cap(fan=fan, creator=button.creator, most_cents=most_cents, now=mid_october)
        cake = forecasts.cake_of(fan=fan, period=october)

        assert cake.changed_micros(cake.slices[0], more=-1) == 0


def test_a_cap_tells_what_it_does(fan: User, buttons: list[Button], october: Period) -> None:
    """By how much a creator would get more without it; one that isn't reached, or of nobody clicked, does nothing."""
    for most_cents, button in ((150, buttons[0]), (40_000, buttons[2]), (100, given.button(given.creator("Cleo")))):
        capped(fan, button, most_cents, october.start)
    cake = forecasts.cake_of(fan=fan, period=october)

    assert [
        (each.cap.creator.name, each.clicks, each.got_micros, each.without_micros, each.over_micros)
        for each in cake.caps_now()
    ] == [
        ("Ada", 5, 1_500_000, 3_125_000, 1_625_000),
        ("Bob", 3, 3_500_000, 3_500_000, 0),
        ("Cleo", 0, 0, 0, 0),
    ]
    assert cake.click_worth_micros == 1_166_666


def test_slices_come_in_three_orders(fan: User, buttons: list[Button], october: Period) -> None:
    """By clicks and then by age, by age alone, or together by creator."""
    cake = forecasts.cake_of(fan=fan, period=october)
    found = {
        order: [buttons.index(Button.objects.get(pk=each.clicked.button_id)) for each in slices]
        for order in ("clicks", "latest", "creator")
        for slices, _key in [forecasts.ordered(cake, order=order)]
    }

    assert found == {"clicks": [2, 0, 1], "latest": [2, 1, 0], "creator": [0, 1, 2]}
    assert cake.latest is not None
    assert cake.latest.clicked.button_id == buttons[2].pk


def test_an_empty_cake_keeps_nothing(fan: User, october: Period) -> None:
    """There is no last click, no worth of one, and nothing that caps keep back."""
    capped(fan, given.button(), 100, october.start)
    cake = forecasts.cake_of(fan=fan, period=october)

    assert (cake.latest, cake.click_worth_micros, cake.kept_micros, cake.spend_micros) == (None, 0, 0, 5 * EURO)
