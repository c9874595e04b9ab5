"""Health checks, the pages for what goes wrong, languages and the headers that keep a browser safe."""

from unittest import mock

import pytest
from django.db import OperationalError
from django.urls import reverse
from pytest_django import Settings

from flattr import views
from tests import given
from tests.client import StrictClient
from tests.pages import world
from tests.pages.world import World

pytestmark = pytest.mark.django_db


@pytest.mark.usefixtures("redis_away")
def test_a_process_tells_that_it_answers(client: StrictClient) -> None:
    """It needs nothing for that: neither Redis nor the database."""
    assert client.get("/healthz").json() == {"status": "ok"}


def test_a_ready_process_says_what_it_has(client: StrictClient) -> None:
    """Database, Redis and migrations are as they should be."""
    response = client.get("/readyz")

    assert response.status_code == 200
    assert response.json() == {"ready": True, "database": True, "redis": True, "migrations": True}


@pytest.mark.usefixtures("redis_away")
def test_without_redis_a_process_is_not_ready(client: StrictClient) -> None:
    """The answer names what is missing."""
    response = client.get("/readyz")

    assert response.status_code == 503
    assert response.json() == {"ready": False, "database": True, "redis": False, "migrations": True}


def test_without_a_database_a_process_is_not_ready(client: StrictClient) -> None:
    """Nothing is said of the migrations then than that they can't be seen."""
    with mock.patch.object(views, "connection") as connection:
        connection.ensure_connection.side_effect = OperationalError
        response = client.get("/readyz")

    assert response.status_code == 503
    assert response.json() == {"ready": False, "database": False, "redis": True, "migrations": False}


def test_behind_its_migrations_a_process_is_not_ready(client: StrictClient) -> None:
    """Code that is newer than the database waits."""
    with mock.patch("flattr.views.MigrationExecutor.migration_plan", return_value=["something"]):
        response = client.get("/readyz")

    assert response.status_code == 503
    assert response.json()["migrations"] is False


@pytest.mark.parametrize("is_logged_in", [True, False])
def test_a_page_that_is_not_there_says_so(*, is_logged_in: bool, client: StrictClient) -> None:
    """It is one of our pages, private like all, and names nothing of the address."""
    if is_logged_in:
        client.force_login(given.user("Grace"))
    page = client.get("/nowhere/<script>/")

    assert page.status_code == 404
    assert "There is nothing here" in world.text(page)
    assert page.headers["Cache-Control"] == "private, no-store"
    assert "nowhere" not in page.content.decode()


def test_a_page_that_breaks_says_so(client: StrictClient) -> None:
    """It needs no database, no session and no language, and keeps what went wrong to itself."""
    client.raise_request_exception = False
    with mock.patch("flattr.views.JsonResponse", side_effect=RuntimeError("secret")):
        page = client.get("/healthz")

    assert page.status_code == 500
    assert "Something broke on our side" in world.text(page)
    assert "secret" not in page.content.decode()
    assert page.headers["Cache-Control"] == "private, no-store"


def test_staff_who_may_not_are_told(client: StrictClient) -> None:
    """The page says that it is not for them."""
    client.force_login(given.user("Staff", is_staff=True))
    page = client.get(reverse("admin:payouts_payout_changelist"))

    assert page.status_code == 403
    assert "This page is not for you" in world.text(page)


@pytest.mark.parametrize(
    ("accepted", "language"), [("fr", "fr"), ("fr-CA,fr;q=0.9", "fr"), ("en", "en"), ("de", "en"), ("", "en")]
)
def test_pages_speak_the_readers_language(accepted: str, language: str, town: World, client: StrictClient) -> None:
    """French or English, and what isn't known is English; the page says which it is."""
    client.force_login(town.fan)
    for path in ("/", "/cake/", "/subscription/", "/statements/2026-10/", "/nowhere/"):
        page = client.get(path, headers={"accept-language": accepted})

        assert world.document(page).query("html")[0].attrs["lang"] == language, path


def test_amounts_are_written_in_the_readers_language(town: World, client: StrictClient) -> None:
    """In French with a comma and the sign behind."""
    client.force_login(town.fan)
    page = client.get("/statements/2026-10/", headers={"accept-language": "fr"})

    assert "30,00 €" in world.text(page)
    assert "€30.00" not in world.text(page)


@pytest.mark.parametrize("path", ["/", "/nowhere/", "/healthz", "/cake/", "/accounts/login/", "/admin/"])
def test_a_browser_is_told_to_be_careful(path: str, client: StrictClient) -> None:
    """No frame, no guessing of types, no address told to others, nothing run that isn't ours."""
    headers = client.get(path).headers
    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))

    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert policy == {
        "default-src": "'self'",
        "img-src": "'self' data:",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }


def test_cookies_are_for_the_server_alone(client: StrictClient) -> None:
    """No script reads them, and no other site sends them with a form."""
    form = client.get("/accounts/login/")
    entered = world.log_in(client, "/accounts/login/", given.user("Grace"))

    for cookie in (form.cookies["csrftoken"], entered.cookies["sessionid"]):
        assert (cookie["samesite"], cookie["httponly"]) == ("Lax", True)


def test_a_visitor_gets_no_cookie_before_a_form(client: StrictClient) -> None:
    """Who only reads isn't marked."""
    creator = given.creator("Ada")
    button = given.button(creator)
    for path in (
        "/",
        f"/@{creator.creator_profile.slug}/",
        f"/b/{button.public_id}/",
        f"/b/{button.public_id}/badge.svg",
    ):
        assert not client.get(path).cookies, path


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_health_checks_come_from_inside_by_whatever_name(path: str, client: StrictClient, settings: Settings) -> None:
    """A container asks itself by its own address, which is no name that the world may use."""
    settings.ALLOWED_HOSTS = ["flattr.example"]

    assert client.get(path, headers={"host": "10.0.0.7:8000"}).status_code == 200
    assert client.get("/", headers={"host": "10.0.0.7:8000"}).status_code == 400
