"""The pages of gifts beside the cake: asked for, looked at once more, given once, and thanked for."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.urls import reverse

from accounts.models import User
from buttons.models import Button
from payouts.models import Deposit, Gift
from payouts.queries import balances, books
from tests import given
from tests.client import StrictClient
from tests.pages import world
from tests.pages.world import QueryCounter

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _now(clock: time_machine.Traveller) -> None:
    """Let it be the middle of November."""


@pytest.fixture
def ada() -> User:
    """Return a creator."""
    return given.creator("Ada")


@pytest.fixture
def song(ada: User) -> Button:
    """Return a button of the creator's."""
    return given.button(ada, title="Song & <dance>")


def form_of(creator: User) -> str:
    """Return where a gift to the creator is asked for."""
    return reverse("payouts:gift", args=[creator.creator_profile.slug])


def ask(client: StrictClient, creator: User, *, choice: str = "200", **more: str) -> Any:
    """Fill in the form and follow where it leads."""
    return client.post(form_of(creator), world.once(choice=choice, **more), follow=True)


def confirm(client: StrictClient, asked: Any) -> Any:
    """Send what the page of the confirmation would send, twice, as a double click does; return the second answer."""
    names = ("row_id", "choice", "other", "note", "button")
    sent = {name: world.hidden_value(asked, name) for name in names}
    path = asked.request["PATH_INFO"]
    client.post(path, sent)
    return client.post(path, sent, follow=True)


def test_a_gift_is_asked_for_looked_at_and_given_once(
    subscriber: User, ada: User, song: Button, client: StrictClient
) -> None:
    """What the creator gets, the fee and what is left are shown before; a double click gives once."""
    asked = ask(client, ada, choice="other", other="2,50", note="For the dance & more", button=song.public_id)
    words = world.text(asked)
    for part in ("€2.50 for Ada", "For “Song & <dance>”", "For the dance & more", "€2.25", "€0.25", "€5.50 are left"):
        assert part in words
    assert "from Dec. 10, 2026 on" in words
    thanked = confirm(client, asked)

    gift = Gift.objects.get()
    assert thanked.request["PATH_INFO"] == reverse("payouts:given_gift", args=[gift.pk])
    assert "You gave Ada €2.50." in world.text(thanked)
    assert str(subscriber.share_token) in thanked.content.decode()
    assert (gift.amount_cents, gift.note, gift.button) == (250, "For the dance & more", song)
    assert balances.fan_balance_micros(fan=subscriber) == 5_500_000
    assert books.check_books() == []


@pytest.mark.parametrize(
    ("sent", "complaint"),
    [
        ({"choice": "other", "other": "1.99"}, "Please choose between €2.00 and €50.00."),
        ({"choice": "other", "other": "50.01"}, "Please choose between €2.00 and €50.00."),
        ({"choice": "other", "other": "much"}, "“much” is not an amount such as 5 or 5.50."),
        ({"choice": "other", "other": "5 USD"}, "Please give the amount in euros."),
        ({"choice": "other", "other": ""}, "This field is required."),
        ({"choice": "300"}, "Select a valid choice. 300 is not one of the available choices."),
        ({"choice": "200", "note": "x" * 201}, "Ensure this value has at most 200 characters (it has 201)."),
        ({"choice": "200", "row_id": "x"}, "Please send the form again."),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    sent: dict[str, str], complaint: str, ada: User, client: StrictClient
) -> None:
    """Nothing waits to be confirmed then."""
    response = client.post(form_of(ada), {**world.once(), **sent})

    assert response.status_code == 422
    errors = [" ".join(each.to_text().split()) for each in world.document(response).query(".errorlist")]
    assert errors == [complaint]
    assert "gift" not in client.session


def test_a_usual_sum_counts_whatever_stands_in_the_other_field(
    subscriber: User, ada: User, client: StrictClient
) -> None:
    """Somebody may have typed there before they chose."""
    del subscriber
    assert "€2.00 for Ada" in world.text(ask(client, ada, choice="200", other="nonsense"))


def test_a_short_balance_is_paid_in_first_and_leads_back(
    subscriber: User, ada: User, client: StrictClient, clock: time_machine.Traveller
) -> None:
    """The month's budget counts as spent; what is missing is paid in, and the gift waits meanwhile."""
    asked = ask(client, ada, choice="2000", note="Big")
    words = world.text(asked)
    assert "Beside this month’s cake, your balance has €3.00. €17.00 are missing." in words
    assert "Give €20.00" not in words
    names = ("row_id", "amount_cents", "next")
    paid = client.post(reverse("payouts:new_deposit"), {name: world.hidden_value(asked, name) for name in names})
    back = client.post(paid.headers["Location"], {"choice": "succeed"}).headers["Location"]
    clock.shift(timedelta(seconds=3))
    shown = client.get(back)
    (on,) = world.document(shown).query("main a.button")
    again = client.get(on.attrs["href"])

    assert Deposit.objects.latest("started_at").amount_cents == 1700
    assert "Give €20.00" in world.text(again)
    assert "Big" in world.text(again)
    assert not Gift.objects.exists()
    confirm(client, again)
    assert Gift.objects.get().amount_cents == 2000
    assert balances.fan_balance_micros(fan=subscriber) == 5_000_000


@pytest.mark.usefixtures("fan")
def test_no_payment_is_smaller_than_the_smallest(ada: User, client: StrictClient) -> None:
    """A few missing cents are paid by 2 EUR; who has no budget needs none for a gift."""
    asked = ask(client, ada, choice="200")

    assert world.hidden_value(asked, "amount_cents") == "2.00"


def test_who_logs_in_first_finds_the_gift_again(ada: User, client: StrictClient) -> None:
    """It waits in the session, and logging in leads to it."""
    fan = given.user("Grace")
    given.deposit(fan, amount_cents=1000, now=world.NOW)
    login = client.post(form_of(ada), world.once(choice="500", note="Hello"))
    path = client.get(login.headers["Location"]).headers["Location"]
    asked = client.get(world.log_in(client, path, fan).headers["Location"])

    assert "€5.00 for Ada" in world.text(asked)
    confirm(client, asked)
    assert Gift.objects.get().fan == fan


def test_nobody_gives_their_own_page_anything(ada: User, client: StrictClient) -> None:
    """The form isn't there, and sending it anyway gives nothing."""
    client.force_login(ada)
    given.deposit(ada, amount_cents=1000, now=world.NOW)
    path = reverse("payouts:confirm_gift", args=[ada.creator_profile.slug])

    assert not world.document(client.get(form_of(ada))).query("main form")
    assert "This page is yours" in world.text(client.post(form_of(ada), world.once(choice="500")))
    refused = client.post(path, world.once(choice="500"), follow=True)
    assert world.messages(refused) == ["This page is yours, so you can’t give it anything."]
    assert not Gift.objects.exists()


def test_refusals_are_told_in_words(subscriber: User, ada: User, client: StrictClient) -> None:
    """Too little, too much in a day, an id of another gift, and a form that is broken."""
    path = reverse("payouts:confirm_gift", args=[ada.creator_profile.slug])
    form = world.once(choice="other", other="3")

    def told(sent: dict[str, str]) -> list[str]:
        return world.messages(client.post(path, sent, follow=True))

    assert told({**form, "other": "3.01"}) == [
        "Your balance doesn’t have that much beside this month’s cake. Pay in first."
    ]
    assert told({**form, "other": "1"}) == ["Please choose between €2.00 and €50.00."]
    client.post(path, form)
    assert told({**form, "other": "2"}) == ["This form was sent before, with something else in it. Please try again."]
    given.deposit(subscriber, amount_cents=12_000, now=world.NOW)
    for _ in range(2):
        given.gift(subscriber, ada, amount_cents=4800, now=world.NOW)
    assert told(world.once(choice="200")) == ["In 24 hours one gives at most 10 gifts and €100.00."]


def test_a_closed_page_takes_no_gifts(subscriber: User, ada: User, client: StrictClient) -> None:
    """It isn't there any more, however far one has come; neither is one that never was."""
    del subscriber
    assert client.get("/@nobody/gift/").status_code == 404
    asked = ask(client, ada)
    ada.is_active = False
    ada.save()

    assert confirm(client, asked).status_code == 404


def test_what_was_given_stands_in_both_statements(
    subscriber: User, ada: User, song: Button, client: StrictClient
) -> None:
    """On the pages and in the files; the creator reads the note, and not who wrote it."""
    confirm(client, ask(client, ada, choice="200", note="=1+1", button=song.public_id))

    assert "Gifts beside the cake" in world.text(client.get("/statements/2026-11/"))
    rows = client.get("/statements/2026-11.csv").content.decode().splitlines()
    assert rows[1:] == [f"Song & <dance>,{song.url},Ada,,2.000000,0.200000,,,"]
    client.force_login(ada)
    words = world.text(client.get("/earnings/2026-11/"))
    assert "=1+1" in words
    assert "€1.80" in words
    assert subscriber.name not in words
    rows = client.get("/earnings/2026-11.csv").content.decode().splitlines()
    assert rows[1:] == [f"Song & <dance>,{song.url},,2.000000,0.200000,1.800000"]


def test_the_pages_of_creators_buttons_and_clicks_lead_to_gifts(
    subscriber: User, ada: User, song: Button, client: StrictClient
) -> None:
    """A button's page brings the button along; nobody's own page leads there."""
    given.click(subscriber, song, now=world.NOW)
    slug, public_id = ada.creator_profile.slug, song.public_id
    for path in (f"/@{slug}/", f"/b/{public_id}/", f"/b/{public_id}/click/"):
        assert f'href="/@{slug}/gift/' in client.get(path).content.decode()
    assert "For “Song & <dance>”" in world.text(client.get(f"/@{slug}/gift/?button={public_id}"))
    assert client.get(f"/@{slug}/gift/?button=%00").status_code == 200
    client.force_login(ada)
    for path in (f"/@{slug}/", f"/b/{public_id}/"):
        assert "/gift/" not in client.get(path).content.decode()


def test_the_pages_ask_for_little(
    subscriber: User, ada: User, song: Button, client: StrictClient, django_assert_max_num_queries: QueryCounter
) -> None:
    """At most twelve queries each, and the creator's thanks are the giver's alone."""
    asked = ask(client, ada, button=song.public_id)
    for path in (form_of(ada), asked.request["PATH_INFO"]):
        with django_assert_max_num_queries(12):
            client.get(path)
    thanks = confirm(client, asked).request["PATH_INFO"]
    with django_assert_max_num_queries(12):
        assert client.get(thanks).status_code == 200
    client.force_login(given.user("Henry"))
    assert client.get(thanks).status_code == 404
    del subscriber
