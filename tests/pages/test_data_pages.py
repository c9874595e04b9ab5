"""The pages by which a person takes their data along, and has the account closed."""

import csv
import io
import json
import zipfile
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.conf import settings
from django.core import mail

from accounts import operations as people
from accounts.models import Closing, CreatorProfile, User
from accounts.operations.closings import GRACE
from payouts.operations import closings
from payouts.queries import personal_data
from tests import given
from tests.client import StrictClient
from tests.pages import world
from tests.pages.world import World

pytestmark = pytest.mark.django_db

DATA = "/settings/data/"
DOWNLOAD = "/settings/data/download/"
CLOSE = "/settings/close/"


@pytest.fixture
def grace(clock: time_machine.Traveller, client: StrictClient) -> User:
    """Return a fan without money on its way, who is logged in."""
    del clock
    person = world.confirmed(given.user("Grace"))
    client.force_login(person)
    return person


def archive(response: Any) -> zipfile.ZipFile:
    """Return the file that was downloaded."""
    return zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content)))


def test_every_table_that_knows_people_is_given_or_named() -> None:
    """Who adds a table says whether its rows are the person's; what isn't given has a reason."""
    knowing = {
        f"{model._meta.app_label}.{model.__name__}.{field.name}"
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if field.related_model is User
    }
    given_along = {
        f"{table.model._meta.app_label}.{table.model.__name__}.{table.person}"
        for table in personal_data.TABLES.values()
        if "__" not in table.person and table.person != "pk"
    }

    assert given_along | set(personal_data.NOT_THEIRS) == knowing
    assert not given_along & set(personal_data.NOT_THEIRS)


def test_all_is_in_the_file_and_nobody_elses(town: World, client: StrictClient) -> None:
    """As JSON and as CSV, which say the same; secrets are left out."""
    client.force_login(town.fan)
    response = client.get(DOWNLOAD)
    assert response.headers["Content-Disposition"] == 'attachment; filename="flattr-2026-11-15.zip"'
    with archive(response) as found:
        tables = json.loads(found.read("data.json"))
        deposits = list(csv.DictReader(io.StringIO(found.read("deposits.csv").decode())))

    assert tables["user"][0]["email"] == town.fan.email
    assert {row["amount_cents"] for row in tables["deposits"]} == {3000, 700}
    assert sorted(row["id"] for row in deposits) == sorted(row["id"] for row in tables["deposits"])
    assert [row["fan_id"] for row in tables["clicks"]] == [town.fan.pk] * 4
    assert sum(row["change_micros"] for row in tables["entries_of_fan_balance"]) == 30_000_000
    everything = json.dumps(tables)
    assert town.other_fan.email not in everything
    assert "password" not in everything


def test_a_creators_file_has_what_they_earned(town: World, client: StrictClient) -> None:
    """Months by button, payouts and buttons; a second factor without its secret; no fan's clicks."""
    client.force_login(town.creator)
    with archive(client.get(DOWNLOAD)) as found:
        tables = json.loads(found.read("data.json"))

    assert {row["title"] for row in tables["buttons"]} == {"Song & <dance>", "Hidden song"}
    assert len(tables["payouts"]) == len(tables["earned"]) == 1
    assert tables["second_factors"] != []
    assert "secret" not in json.dumps(tables["second_factors"])
    assert tables["clicks"] == []


def test_cells_are_no_formulas(grace: User, client: StrictClient) -> None:
    """What a spreadsheet would run is a text in the CSV files, and as it was in JSON."""
    CreatorProfile.objects.create(user=grace, slug="grace", name="=HYPERLINK(1)")
    with archive(client.get(DOWNLOAD)) as found:
        (row,) = csv.DictReader(io.StringIO(found.read("creator_profile.csv").decode()))
        name = json.loads(found.read("data.json"))["creator_profile"][0]["name"]

    assert (row["name"], name) == ("'=HYPERLINK(1)", "=HYPERLINK(1)")


@pytest.mark.parametrize("path", [DOWNLOAD, CLOSE])
def test_both_need_a_fresh_proof(path: str, grace: User, client: StrictClient) -> None:
    """A browser left open neither gives all away nor ends it."""
    del grace
    session = client.session
    session["account_authentication_methods"] = []
    session.save()

    assert client.get(path).headers["Location"] == f"/accounts/reauthenticate/?next={path.replace('/', '%2F')}"


def test_closing_logs_out_and_logging_in_takes_it_back(
    grace: User, client: StrictClient, clock: time_machine.Traveller
) -> None:
    """The page says what is lost and until when; within the days of grace a login keeps all as it was."""
    other = StrictClient()
    other.force_login(grace)
    shown = client.get(CLOSE)
    assert "Log in within 14 days" in world.text(shown)
    left = client.post(CLOSE, {"understood": "1"}, follow=True)
    assert world.messages(left) == ["Your account will be closed on 2026-11-29. Log in before, and it stays open."]
    assert [each.get("/cake/").status_code for each in (client, other)] == [302, 302]
    clock.shift(GRACE - timedelta(minutes=1))
    back = client.post("/accounts/login/", {"login": grace.email, "password": "password"}, follow=True)
    people.send_notifications(now=world.NOW + GRACE)

    assert "Welcome back. Your account stays open." in world.messages(back)
    assert not Closing.objects.exists()
    assert [email.subject for email in mail.outbox][-2:] == ["Your account will be closed", "Your account stays open"]


def test_nobody_logs_in_after_it_has_begun(grace: User, client: StrictClient) -> None:
    """Not even with the right password."""
    closings.ask_to_close(user=grace, now=world.NOW - GRACE)
    closings.advance_closing(user_id=grace.pk, network=settings.OUTSIDE_NETWORK, now=world.NOW)
    entered = client.post("/accounts/login/", {"login": grace.email, "password": "password"})

    assert entered.headers["Location"] == "/accounts/inactive/"


def test_one_has_to_understand(grace: User, client: StrictClient) -> None:
    """Without the tick nothing is asked for."""
    del grace
    again = client.post(CLOSE, follow=True)

    assert world.messages(again) == ["Please confirm that you understand what is lost."]
    assert not Closing.objects.exists()


@pytest.mark.parametrize(
    ("role", "words"),
    [
        ("fan", "A payment of yours is on its way."),
        ("creator", "A payout is on its way to you."),
        ("other_creator", "You have earned more than the smallest payout."),
        ("staff", "You are staff."),
    ],
)
def test_the_page_says_what_has_to_end_first(role: str, words: str, town: World, client: StrictClient) -> None:
    """In plain words, and the form for closing isn't there."""
    person = town.person(role)
    assert person is not None
    client.force_login(person)
    led = client.get(CLOSE, follow=True)
    posted = client.post(CLOSE, {"understood": "1"}, follow=True)

    assert words in world.text(led)
    assert posted.request["PATH_INFO"] == DATA
    assert not Closing.objects.exists()


def test_a_small_rest_is_given_up_and_said(town: World, client: StrictClient) -> None:
    """A creator with too little to be paid out reads how much that is, and how many clicks of this month."""
    small = given.creator("Small")
    given.click(town.other_fan, given.button(small), now=world.NOW)
    client.force_login(small)

    assert "You give up €0.00 of earnings, less than the smallest payout, and 1 click of this month." in world.text(
        client.get(CLOSE)
    )


def test_what_is_closed_says_so(town: World, client: StrictClient) -> None:
    """The creator's page is gone, and a button's link answers that it is closed."""
    small = given.creator("Small")
    button, slug = given.button(small), small.creator_profile.slug
    closings.ask_to_close(user=small, now=world.NOW - GRACE)
    closings.advance_closing(user_id=small.pk, network=settings.OUTSIDE_NETWORK, now=world.NOW)
    closed = client.get(f"/b/{button.public_id}/click/")
    profile = CreatorProfile.objects.get(user=small)

    assert (closed.status_code, "This button is closed." in world.text(closed)) == (410, True)
    assert client.get(f"/@{slug}/").status_code == 404
    assert client.get(f"/@{profile.slug}/").status_code == 404
    assert client.get(f"/@ada-{town.creator.pk}/").status_code == 200
