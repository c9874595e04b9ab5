"""Events in the admin: staff see what waits and why, let it be tried again, or set it aside with a reason."""

from typing import Any

import pytest
from django.contrib.admin.utils import quote
from django.contrib.auth.models import Permission
from django.urls import reverse

from accounts.models import User
from payouts.models import StripeEvent
from tests import given, told
from tests.client import StrictClient
from tests.pages import world

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

CHANGELIST = reverse("admin:payouts_stripeevent_changelist")
State = StripeEvent.State


@pytest.fixture
def waiting() -> list[StripeEvent]:
    """Return two events that wait, as what they name is nothing of ours."""
    rows = [told.came("refund.created", now=given.MOMENT, subject=f"re_{number}") for number in (1, 2)]
    return [told.handled(row, now=given.MOMENT) for row in rows]


@pytest.fixture
def reader() -> User:
    """Return staff who may look at events."""
    person = given.user("Reader", is_staff=True)
    person.user_permissions.set(Permission.objects.filter(codename="view_stripeevent"))
    return person


@pytest.fixture
def decider(reader: User, client: StrictClient) -> User:
    """Return staff, logged in, who may decide about events too."""
    reader.user_permissions.add(Permission.objects.get(codename="change_stripeevent"))
    client.force_login(reader)
    return reader


def page_of(event: StripeEvent) -> str:
    """Return the address of an event's own page, to which the list leads."""
    return reverse("admin:payouts_stripeevent_change", args=[quote(event.pk)])


def press(client: StrictClient, action: str, chosen: list[StripeEvent], **others: str) -> Any:
    """Choose an action for some events in the list."""
    form = {"action": action, "_selected_action": [event.pk for event in chosen], **others}
    return client.post(CHANGELIST, form, follow=True)


def notes(response: Any) -> list[str]:
    """Return what the admin tells about what was just done."""
    return [each.to_text() for each in world.document(response).query(".messagelist li")]


def states() -> list[str]:
    """Return the states of all events."""
    return list(StripeEvent.objects.order_by("pk").values_list("state", flat=True))


@pytest.mark.usefixtures("decider")
def test_what_waits_is_shown_with_its_error(waiting: list[StripeEvent], client: StrictClient) -> None:
    """In the list, and whole on its own page."""
    shown = client.get(CHANGELIST, {"state": State.WAITING})
    single = client.get(page_of(waiting[0]))

    assert [cell.to_text() for cell in world.document(shown).query("td.field-why")] == [
        "NotOurs: re_2 is nothing that we know",
        "NotOurs: re_1 is nothing that we know",
    ]
    links = {link.attrs["href"].partition("?")[0] for link in world.document(shown).query("th a")}
    assert page_of(waiting[0]) in links
    assert "NotOurs: re_1 is nothing that we know" in single.content.decode()


@pytest.mark.parametrize(
    ("number", "note"),
    [(1, "1 event will be handled again within a minute."), (2, "2 events will be handled again within a minute.")],
)
@pytest.mark.usefixtures("decider")
def test_events_are_tried_again(number: int, note: str, waiting: list[StripeEvent], client: StrictClient) -> None:
    """They are due at once, as if they had just come."""
    done = press(client, "try_again", waiting[:number])

    assert notes(done) == [note]
    assert StripeEvent.objects.filter(state=State.NEW, attempts=0, due_at=None, error="").count() == number


def test_events_are_set_aside_with_a_reason(waiting: list[StripeEvent], decider: User, client: StrictClient) -> None:
    """A page asks for it and says how many; who gave it is kept with it."""
    asked = press(client, "set_aside", waiting)
    assert "Nobody will look at what 2 events tell of, unless they are tried again." in asked.content.decode()
    assert states() == [State.WAITING, State.WAITING]
    done = press(client, "set_aside", waiting, reason=" Tried in the dashboard. ")

    assert notes(done) == ["2 events are set aside."]
    assert states() == [State.IGNORED, State.IGNORED]
    assert {event.error for event in StripeEvent.objects.all()} == {f"{decider.email}: Tried in the dashboard."}


@pytest.mark.usefixtures("decider")
def test_the_page_that_asks_for_a_reason_sends_what_was_chosen(
    waiting: list[StripeEvent], client: StrictClient
) -> None:
    """Its form does to the same events what was chosen for them, also where that was all of the list."""
    for across in ("0", "1"):
        asked = world.document(press(client, "set_aside", waiting[:1], select_across=across))
        fields = {field.attrs["name"]: field.attrs["value"] for field in asked.query("form[method=post] input")}
        del fields["csrfmiddlewaretoken"]

        assert fields == {"action": "set_aside", "_selected_action": waiting[0].pk, "select_across": across}
    press(client, "set_aside", waiting[:1], select_across="1", reason="All of them.")
    assert states() == [State.IGNORED, State.IGNORED]


@pytest.mark.parametrize("reason", ["", "   ", "x" * 501])
@pytest.mark.usefixtures("decider")
def test_setting_aside_needs_a_reason(reason: str, waiting: list[StripeEvent], client: StrictClient) -> None:
    """Without one, or with an endless one, nothing is decided, and the field says so."""
    refused = press(client, "set_aside", waiting, reason=reason)

    assert len(world.document(refused).query(".errorlist li")) == 1
    assert states() == [State.WAITING, State.WAITING]


@pytest.mark.usefixtures("decider")
def test_what_is_done_with_is_not_set_aside(client: StrictClient) -> None:
    """Nobody waits for it."""
    ignored = told.handled(told.came("x.y", now=given.MOMENT), now=given.MOMENT)
    done = press(client, "set_aside", [ignored], reason="So.")

    assert notes(done) == ["0 events are set aside."]
    assert world.is_unchanged(ignored)


@pytest.mark.parametrize("action", ["try_again", "set_aside"])
def test_deciding_needs_its_permission(
    action: str, waiting: list[StripeEvent], reader: User, client: StrictClient
) -> None:
    """Who may only look isn't offered it, and can't ask for it."""
    client.force_login(reader)
    shown = client.get(CHANGELIST)
    press(client, action, waiting, reason="So.")

    assert shown.status_code == 200
    assert action not in shown.content.decode()
    assert all(world.is_unchanged(event) for event in waiting)


@pytest.mark.usefixtures("decider")
def test_who_may_decide_changes_nothing_else(waiting: list[StripeEvent], client: StrictClient) -> None:
    """An event is what Stripe told, and its row is only shown."""
    path = page_of(waiting[0])

    assert client.get(path).status_code == 200
    assert client.post(path, {"kind": "x.y"}).status_code == 403
    assert world.is_unchanged(waiting[0])


@pytest.mark.usefixtures("decider")
def test_the_admin_speaks_french(waiting: list[StripeEvent], client: StrictClient) -> None:
    """As all pages do."""
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "fr"
    asked = press(client, "set_aside", waiting)
    done = press(client, "try_again", waiting)

    assert "Mettre de côté" in asked.content.decode()
    assert notes(done) == ["2 événements seront traités de nouveau d’ici une minute."]
