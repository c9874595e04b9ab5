"""The page of settings: language, time zone, and the emails that a person does without."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.core import mail

from accounts import forms, operations
from accounts.models import Notification, User
from accounts.sessions import session_handle
from flattr import browsers
from flattr.transactions import durable
from tests import given
from tests.client import StrictClient
from tests.pages import world
from tests.pages.world import World

pytestmark = pytest.mark.django_db

SETTINGS = "/settings/"
Kind = Notification.Kind


@pytest.fixture
def grace(client: StrictClient) -> User:
    """Return a fan who is logged in."""
    person = given.user("Grace")
    client.force_login(person)
    return person


def filled_in(**changes: Any) -> dict[str, Any]:
    """Return the form as a fan sends it who wants everything."""
    wanted = [kind.value for group in forms.FOR_FANS for kind, _ in group.kinds if kind in Notification.OPTIONAL]
    return {"language": "en", "time_zone": "UTC", "wanted": wanted, **changes}


def owe(person: User, kind: Notification.Kind) -> None:
    """Owe the person an email of that kind."""
    durable(operations.notify)(
        recipient=person,
        kind=kind,
        subject_key="2026-10",
        context={
            "period": "2026-10",
            "spend_micros": 1,
            "clicks": 1,
            "gross_micros": 1,
            "net_micros": 1,
            "amount_cents": 100,
            "reason": "",
        },
        now=given.MOMENT,
    )


def test_every_kind_of_email_stands_in_one_group() -> None:
    """Who adds a kind says where its switch is."""
    groups = (*forms.FOR_FANS, *forms.FOR_CREATORS, *forms.FOR_STAFF)
    kinds = [kind for group in groups for kind, _ in group.kinds]

    assert sorted(kinds) == sorted(Kind)


def test_settings_are_kept_and_shown(grace: User, client: StrictClient) -> None:
    """Language, time zone and switches are as they were left, and the page answers in the language chosen."""
    saved = client.post(SETTINGS, filled_in(language="fr", time_zone="Europe/Paris", wanted=["refund_sent"]))
    shown = client.get(SETTINGS)
    grace.refresh_from_db()

    assert saved.status_code == 302
    assert (grace.language, grace.time_zone) == ("fr", "Europe/Paris")
    assert grace.muted == ["digest_drafted", "first_clicks", "month_settled", "standing_ends", "weekly_clicks"]
    assert "Fuseau horaire" in world.text(shown)
    page = world.document(shown)
    assert page.query("#wanted_refund_sent[checked]")
    assert not page.query("#wanted_month_settled[checked]")
    assert page.query("#wanted_deposit_declined[checked][disabled]")


@pytest.mark.parametrize(
    ("field", "value"),
    [("language", "xx"), ("time_zone", "Mars/Olympus"), ("time_zone", ""), ("wanted", ["alarm"])],
)
def test_what_is_unknown_is_refused(field: str, value: Any, grace: User, client: StrictClient) -> None:
    """The page says so and nothing changes."""
    refused = client.post(SETTINGS, filled_in(**{field: value}))

    assert refused.status_code == 422
    assert world.is_unchanged(grace)


def test_what_a_fan_isnt_offered_stays(grace: User, client: StrictClient) -> None:
    """A creator who closed the page for a while finds the switches again as they were."""
    operations.change_settings(user=grace, language="en", time_zone="UTC", muted={"payout_sent"})
    client.post(SETTINGS, filled_in())
    grace.refresh_from_db()

    assert grace.muted == ["payout_sent"]


def test_nobody_does_without_what_asks_for_something() -> None:
    """Not even by a form of their own."""
    person = given.user("Grace")
    with pytest.raises(operations.MustBeTold, match="muted: deposit_declined must be told"):
        operations.change_settings(user=person, language="en", time_zone="UTC", muted={"deposit_declined"})
    assert world.is_unchanged(person)


@pytest.mark.parametrize("kind", [Kind.MONTH_SETTLED, Kind.EARNINGS_SETTLED, Kind.PAYOUT_SENT])
def test_who_does_without_gets_none(kind: Notification.Kind) -> None:
    """An email of a kind that is not wanted is neither sent nor kept; others go out."""
    muting, wanting = given.user("Grace", muted=[kind.value]), given.user("Henry")
    for person in (muting, wanting):
        owe(person, kind)
    operations.send_notifications(now=given.MOMENT)

    assert [email.to for email in mail.outbox] == [[wanting.email]]
    assert not Notification.objects.filter(recipient=muting).exists()


def test_what_must_be_told_is_told_to_all() -> None:
    """Even if a row says that it isn't wanted."""
    person = given.user("Grace", muted=["payout_failed"])
    owe(person, Kind.PAYOUT_FAILED)
    operations.send_notifications(now=given.MOMENT)

    assert [email.to for email in mail.outbox] == [[person.email]]


def test_dates_are_shown_by_the_visitors_clock(town: World, client: StrictClient) -> None:
    """A deposit a little before midnight in London was made on the next day in Auckland."""
    fan = town.fan
    given.deposit(fan, amount_cents=500, now=datetime(2026, 11, 14, 23, 30, tzinfo=UTC))
    client.force_login(fan)
    at_home = world.text(client.get("/subscription/"))
    User.objects.filter(pk=fan.pk).update(time_zone="Pacific/Auckland")
    far_away = world.text(client.get("/subscription/"))

    assert "Nov. 14, 2026 · €5.00" in at_home
    assert "Nov. 15, 2026 · €5.00" in far_away
    assert "Nov. 14, 2026 · €5.00" not in far_away


def test_the_page_of_a_statement_says_by_which_clock_months_go(town: World, client: StrictClient) -> None:
    """Months of money are the same for everybody."""
    client.force_login(town.fan)

    assert "Months begin and end at midnight UTC" in world.text(client.get("/statements/2026-10/"))


def test_a_login_brings_the_language_along(client: StrictClient) -> None:
    """In another browser the pages are in the language that was chosen once."""
    person = given.user("Grace", language="fr")
    world.log_in(client, "/accounts/login/", person)

    assert "Fuseau horaire" in world.text(client.get(SETTINGS))


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox, Linux"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge, Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) (KHTML, like Gecko) Safari/604.1", "Safari, iPhone"),
        ("Mozilla/5.0 (Linux; Android 15) (KHTML, like Gecko) Chrome/140.0 Mobile Safari/537.36", "Chrome, Android"),
        ("curl/8.9", ""),
        ("", ""),
    ],
)
def test_a_browser_is_called_by_a_coarse_name(user_agent: str, name: str) -> None:
    """No version and no machine: only what tells a person their browsers apart."""
    assert browsers.name_of(user_agent) == name


def test_sessions_are_shown_and_ended(client: StrictClient) -> None:
    """Two browsers are listed by day and name; the other one is logged out from here, and this one goes on."""
    person, other = given.user("Grace"), StrictClient()
    firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    with time_machine.travel(given.MOMENT, tick=False):
        client.post("/accounts/login/", {"login": world.confirmed(person).email, "password": "password"})
        other.post(
            "/accounts/login/", {"login": person.email, "password": "password"}, headers={"user-agent": firefox}
        )
        shown = client.get("/settings/sessions/")
        assert "Firefox, Linux" in world.text(shown)
        assert world.text(shown).count("Logged in on Oct. 15, 2026, last used on Oct. 15, 2026") == 2
        assert str(other.session.session_key) not in shown.content.decode()
        handle = world.document(shown).query('button[name="session"]')[0].attrs["value"]
        ended = client.post("/settings/sessions/end/", {"session": handle}, follow=True)

        assert world.messages(ended) == ["1 browser is logged out."]
        assert other.get("/cake/").status_code == 302
        assert client.get("/cake/").status_code == 200


def test_the_last_day_of_use_is_kept(client: StrictClient) -> None:
    """Once a day, and not with every page."""
    person = given.user("Grace")
    with time_machine.travel(given.MOMENT, tick=False) as clock:
        world.log_in(client, "/accounts/login/", person)
        clock.shift(2 * 24 * 3600)
        client.get("/cake/")
        shown = world.text(client.get("/settings/sessions/"))

    assert "Logged in on Oct. 15, 2026, last used on Oct. 17, 2026" in shown


def test_one_logs_out_everywhere(client: StrictClient) -> None:
    """Here too."""
    person, other = given.user("Grace"), StrictClient()
    for each in (client, other):
        world.log_in(each, "/accounts/login/", person)
    out = client.post("/settings/sessions/end/", {"everywhere": "1"}, follow=True)

    assert world.messages(out)[-1] == "You are logged out everywhere."
    assert [each.get("/cake/").status_code for each in (client, other)] == [302, 302]


def test_nobody_ends_sessions_of_others(client: StrictClient) -> None:
    """A made-up or foreign handle ends nothing."""
    grace, henry, other = given.user("Grace"), given.user("Henry"), StrictClient()
    client.force_login(grace)
    other.force_login(henry)
    shown = other.get("/settings/sessions/")
    assert shown.status_code == 200
    client.post("/settings/sessions/end/", {"session": [session_handle(str(other.session.session_key)), "none"]})

    assert other.get("/cake/").status_code == 200


def test_an_address_is_changed_by_a_code(client: StrictClient, mailoutbox: list[Any]) -> None:
    """The old one stays until the new one has proven itself; the old one is told then."""
    person = world.confirmed(given.user("Grace"))
    old = person.email
    client.force_login(person)
    asked = client.post("/accounts/email/", {"email": "New@example.com", "action_add": ""}, follow=True)
    person.refresh_from_db()
    assert person.email == old
    (code,) = re.findall(r"^[0-9A-Z]{4}-[0-9A-Z]{4}$", str(mailoutbox[-1].body), re.MULTILINE)
    client.post(asked.request["PATH_INFO"], {"code": code}, follow=True)
    person.refresh_from_db()

    assert person.email == "new@example.com"
    assert [old] in [email.to for email in mailoutbox]


@pytest.mark.parametrize("path", ["/accounts/email/", "/accounts/password/change/"])
def test_an_open_browser_changes_no_address(path: str, client: StrictClient) -> None:
    """Who left it long ago is asked for the password first; changing the password asks for the old one anyway."""
    client.force_login(given.user("Grace"))
    session = client.session
    session["account_authentication_methods"] = []
    session.save()
    asked = client.post(path, {"email": "thief@example.com", "action_add": ""}, follow=True)

    assert asked.request["PATH_INFO"] in {"/accounts/reauthenticate/", path}
    assert not User.objects.filter(email="thief@example.com").exists()
