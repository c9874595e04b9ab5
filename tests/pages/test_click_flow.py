"""A click, from the badge on somebody's page to the cake, whatever the fan still has to do on the way."""

import re
import uuid
from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts.models import User
from buttons import queries
from buttons.models import Button, Click
from buttons.operations import buttons as buttons_operations
from buttons.operations import clicks, periods
from flattr.period import Period
from flattr.transactions import durable
from tests import given
from tests.client import StrictClient
from tests.pages import world
from tests.pages.world import QueryCounter

pytestmark = pytest.mark.django_db

NOVEMBER = Period(2026, 11)


@pytest.fixture(autouse=True)
def _now(clock: time_machine.Traveller) -> None:
    """Let it be the middle of November."""


@pytest.fixture
def button() -> Button:
    """Return a creator's button."""
    return given.button(given.creator("Ada"), title="A song")


@pytest.fixture
def fan() -> User:
    """Return a fan with a budget that is paid."""
    return given.funded_fan("Grace", budget_cents=500, period=NOVEMBER)


def page_of(button: Button) -> str:
    """Return the address to which the badge leads."""
    return reverse("buttons:click", args=[button.public_id])


def test_a_click_counts_and_changes_the_cake(
    fan: User,
    button: Button,
    client: StrictClient,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    """The fan confirms on our page; the count rises, and the cake has one slice more."""
    client.force_login(fan)
    page = client.get(page_of(button), headers={"referer": "https://artist.example/songs?id=1"})
    form = {"click_id": world.hidden_value(page, "click_id"), "origin": world.hidden_value(page, "origin")}
    with django_capture_on_commit_callbacks(execute=True):
        asked = client.post(page_of(button), form)
    thanked = client.get(asked.headers["Location"])

    assert "0 clicks so far" in world.text(page)
    assert world.messages(thanked) == ["Thank you! “A song” has one more slice of your cake."]
    assert "1 click so far" in world.text(thanked)
    assert "You gave it 1 slice of this month's cake." in world.text(thanked)
    assert "1 click · €5.00" in world.text(client.get(reverse("payouts:cake")))
    assert Click.objects.get().origin == "https://artist.example"
    other = given.button(title="A program")
    client.post(page_of(other), {"click_id": world.new_id()})

    assert world.text(client.get(reverse("payouts:cake"))).count("1 click · €2.50") == 2


def test_a_click_is_undone_where_it_was_made(fan: User, button: Button, client: StrictClient) -> None:
    """The page on which a fan clicked takes the latest back and says so there, while there is one."""
    client.force_login(fan)
    given.click(fan, given.button(title="A program"), now=world.NOW)
    (first,) = given.click(fan, button, now=world.NOW - timedelta(hours=1))
    (latest,) = given.click(fan, button, now=world.NOW)
    shown = client.get(page_of(button))
    (undo,) = world.document(shown).query("form[action*=undo]")
    undone = client.post(undo.attrs["action"], {"next": world.hidden_value(shown, "next")}, follow=True)
    given_once = world.text(undone)
    clicks.undo_click(click_id=first.pk, fan=fan, now=world.NOW)
    given_back = client.get(page_of(button))

    assert undone.request["PATH_INFO"] == page_of(button)
    assert world.messages(undone) == ["One click for “A song” is undone."]
    assert "You gave it 1 slice of this month's cake." in given_once
    assert Click.objects.filter(undone_at=None, button=button).count() == 0
    assert undo.attrs["action"] == reverse("buttons:undo", args=[latest.pk])
    assert world.document(given_back).query("form[action*=undo]") == []


def test_a_fan_sees_their_own_change_at_once(fan: User, button: Button, client: StrictClient) -> None:
    """Both pages of the button follow a click and its undo, though their count is cached."""
    given.click(given.user(), button, now=world.NOW, times=5)
    client.force_login(fan)
    pages = [page_of(button), reverse("buttons:button", args=[button.public_id])]

    def shown() -> set[str]:
        return {re.findall(r"\d+ clicks so far", world.text(client.get(path)))[0] for path in pages}

    assert shown() == {"5 clicks so far"}
    client.post(page_of(button), {"click_id": world.new_id()})
    assert shown() == {"6 clicks so far"}
    client.post(reverse("buttons:undo", args=[Click.objects.get(fan=fan).pk]))
    assert shown() == {"5 clicks so far"}


@pytest.mark.parametrize(("name", "queries_max"), [("buttons:click", 1), ("buttons:button", 3)])
def test_looking_at_a_popular_button_counts_nothing(
    *,
    name: str,
    queries_max: int,
    button: Button,
    client: StrictClient,
    django_assert_max_num_queries: QueryCounter,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its many clicks are counted twice a minute, for everybody together, however many look.

    One query finds the button, one what else its creator has, and one who supports them by name.
    """
    monkeypatch.setattr(queries, "EXACT_UNTIL", 0)
    path = reverse(name, args=[button.public_id])
    client.get(path)
    with django_assert_max_num_queries(queries_max):
        client.get(path)


def test_the_same_form_twice_is_one_click(fan: User, button: Button, client: StrictClient) -> None:
    """A double press or a reload sends the same id, which counts once."""
    client.force_login(fan)
    form = {"click_id": world.new_id()}
    answers = [client.post(page_of(button), form) for _ in range(3)]

    assert {answer.headers["Location"] for answer in answers} == {page_of(button)}
    assert Click.objects.count() == 1


def test_a_form_whose_click_was_taken_back_is_refused_in_words(
    fan: User, button: Button, client: StrictClient
) -> None:
    """Sending it once more thanks for nothing: the page says why and has a fresh form, which counts."""
    client.force_login(fan)
    form = {"click_id": world.new_id(), "next": reverse("payouts:cake")}
    client.post(page_of(button), form)
    client.post(reverse("buttons:undo", args=[form["click_id"]]), follow=True)
    refused = client.post(page_of(button), form, follow=True)

    assert world.messages(refused) == ["You took this click back. Click again for a new one."]
    assert queries.click_count(public_id=button.public_id) == 0
    fresh = world.hidden_value(refused, "click_id")
    assert fresh != form["click_id"]
    client.post(page_of(button), {"click_id": fresh})
    assert queries.click_count(public_id=button.public_id) == 1


def test_the_cake_offers_one_more_and_one_less(fan: User, button: Button, client: StrictClient) -> None:
    """The two small forms beside each slice lead back to the cake."""
    client.force_login(fan)
    (click,) = given.click(fan, button, now=world.NOW)
    cake = client.get(reverse("payouts:cake"))
    form = {"click_id": world.hidden_value(cake, "click_id"), "next": world.hidden_value(cake, "next")}
    more = client.post(page_of(button), form, follow=True)

    assert more.redirect_chain == [("/cake/", 302)]
    assert "2 clicks · €5.00" in world.text(more)
    less = client.post(reverse("buttons:undo", args=[click.pk]), follow=True)

    assert less.redirect_chain == [("/cake/", 302)]
    assert world.messages(less) == ["One click for “A song” is undone."]
    assert "1 click · €5.00" in world.text(less)


def test_looking_at_a_button_clicks_nothing(fan: User, button: Button, client: StrictClient) -> None:
    """Without an intended click, the page only asks."""
    client.force_login(fan)
    client.get(page_of(button))
    client.get(page_of(button), {"click_id": world.new_id()})

    assert Click.objects.count() == 0


def test_ones_own_button_is_not_clicked(button: Button, client: StrictClient) -> None:
    """The page says so instead of offering it, and a forged form is refused in words."""
    owner = button.creator
    given.subscription(owner, budget_cents=500, period=NOVEMBER)
    client.force_login(owner)
    refused = client.post(page_of(button), {"click_id": world.new_id()}, follow=True)

    assert world.messages(refused) == ["This button is yours, so you can't click it."]
    assert not world.document(refused).query("main form")
    assert Click.objects.count() == 0


def test_a_hidden_button_is_not_clicked(fan: User, button: Button, client: StrictClient) -> None:
    """The page is gone (410) and says why; a form from before is refused in words."""
    buttons_operations.set_hidden(button=button, hidden=True, now=world.NOW)
    client.force_login(fan)
    refused = client.post(page_of(button), {"click_id": world.new_id()}, follow=True)

    assert refused.status_code == 410
    assert world.messages(refused) == ["This button is hidden."]
    assert not world.document(refused).query("main form")
    assert Click.objects.count() == 0


def test_nobody_sets_a_budget_for_ones_own_button(button: Button, client: StrictClient) -> None:
    """A creator without a budget is refused at once, not after subscribing."""
    client.force_login(button.creator)
    refused = client.post(page_of(button), {"click_id": world.new_id()}, follow=True)

    assert refused.redirect_chain == [(page_of(button), 302)]
    assert world.messages(refused) == ["This button is yours, so you can't click it."]


@pytest.mark.parametrize("known", [True, False], ids=["without a budget", "without a login"])
def test_nobody_logs_in_or_sets_a_budget_for_a_hidden_button(
    *, known: bool, button: Button, client: StrictClient
) -> None:
    """Whatever step is missing, a form from before is refused at once."""
    buttons_operations.set_hidden(button=button, hidden=True, now=world.NOW)
    if known:
        client.force_login(given.user("Grace"))
    refused = client.post(page_of(button), {"click_id": world.new_id()}, follow=True)

    assert refused.redirect_chain == [(page_of(button), 302)]
    assert world.messages(refused) == ["This button is hidden."]


def test_an_unknown_button_is_not_there(fan: User, client: StrictClient) -> None:
    """Neither its page nor its badge nor a form."""
    client.force_login(fan)
    for name in ("buttons:click", "buttons:button", "buttons:badge"):
        path = reverse(name, args=["nothing"])

        assert client.get(path).status_code == 404
    assert client.post(page_of(Button(public_id="nothing")), {"click_id": world.new_id()}).status_code == 404


@pytest.mark.parametrize("click_id", [None, "", "1", "not-an-id", "\x00", "é" * 36])
def test_a_malformed_id_is_refused(click_id: str | None, fan: User, button: Button, client: StrictClient) -> None:
    """A form that isn't ours gets a 404, logged in or not, and waits for nobody."""
    form = {} if click_id is None else {"click_id": click_id}
    as_nobody = client.post(page_of(button), form)
    client.force_login(fan)
    as_fan = client.post(page_of(button), form)
    client.get(page_of(button))

    assert (as_nobody.status_code, as_fan.status_code) == (404, 404)
    assert Click.objects.count() == 0


def test_an_id_of_another_click_is_refused(fan: User, button: Button, client: StrictClient) -> None:
    """An id that stands for a click on another button changes neither."""
    (taken,) = given.click(fan, given.button(), now=world.NOW)
    client.force_login(fan)
    refused = client.post(page_of(button), {"click_id": str(taken.pk)}, follow=True)

    assert world.messages(refused) == ["This form was used for another click. Please try again."]
    assert Click.objects.get() == taken


@pytest.mark.parametrize(
    "place", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/\\evil.example"]
)
def test_nobody_is_led_to_another_house(place: str, fan: User, button: Button, client: StrictClient) -> None:
    """A `next` that isn't ours is passed over, after a click, an undo and a payment."""
    client.force_login(fan)
    clicked = client.post(page_of(button), {"click_id": world.new_id(), "next": place})
    undone = client.post(reverse("buttons:undo", args=[Click.objects.get().pk]), {"next": place})
    paid = given.deposit(fan, amount_cents=500, now=world.NOW)
    deposit = client.get(reverse("payouts:deposit", args=[paid.pk]), {"next": place})

    assert clicked.headers["Location"] == page_of(button)
    assert undone.headers["Location"] == "/cake/"
    assert world.document(deposit).query("main a.button")[0].attrs["href"] == "/cake/"


@pytest.mark.parametrize(
    ("claimed", "kept"),
    [
        ("https://artist.example/song", "https://artist.example"),
        ("https://ada:secret@artist.example:8443/", "https://artist.example:8443"),
        ("javascript:alert(1)", ""),
        ("https://[::1", ""),
        ("https://a\x00b.example/", ""),
        ("https://" + "a" * 400 + ".example/", ""),
        ("", ""),
    ],
)
def test_only_the_site_a_fan_came_from_is_kept(
    claimed: str, kept: str, fan: User, button: Button, client: StrictClient
) -> None:
    """Whatever a form claims, scheme and host are kept and no more: no path, no login, nothing that isn't a site."""
    client.force_login(fan)
    client.post(page_of(button), {"click_id": world.new_id(), "origin": claimed})

    assert Click.objects.get().origin == kept


def test_an_undo_after_closing_says_why(fan: User, button: Button, client: StrictClient) -> None:
    """The clicks of a closed month are what they are."""
    (click,) = given.click(fan, button, now=world.NOW)
    durable(periods.close_period)(period=NOVEMBER, now=NOVEMBER.end)
    client.force_login(fan)
    refused = client.post(reverse("buttons:undo", args=[click.pk]), follow=True)

    assert world.messages(refused) == ["That month is closed; its clicks can't be undone any more."]
    assert world.is_unchanged(click)


def test_a_click_in_a_closed_month_says_why(fan: User, button: Button, client: StrictClient) -> None:
    """Who clicks in the very moment of closing is asked to click again."""
    durable(periods.close_period)(period=NOVEMBER, now=NOVEMBER.end)
    client.force_login(fan)
    refused = client.post(page_of(button), {"click_id": world.new_id()}, follow=True)

    assert world.messages(refused) == ["The month has just ended. Click again for the new one."]
    assert Click.objects.count() == 0


def test_an_unknown_click_is_not_undone(fan: User, client: StrictClient) -> None:
    """There is no page for it."""
    client.force_login(fan)

    assert client.post(reverse("buttons:undo", args=[uuid.uuid4()])).status_code == 404
