"""The JSON door: a public button for programs, and the description of it."""

from typing import Any

import pytest
from django.core.cache import caches
from django.urls import reverse

from buttons.models import Button
from buttons.operations import buttons as buttons_operations
from tests import given
from tests.client import StrictClient
from tests.pages import world
from tests.pages.world import QueryCounter


@pytest.fixture
def button(db: None) -> Button:
    """Return a button with one click."""
    del db
    made = given.button(given.creator("Ada"), title="Song & <dance>")
    given.click(given.user(), made, now=world.NOW)
    return made


def get(client: StrictClient, button: Button, **headers: str) -> Any:
    """Ask for the button."""
    return client.get(reverse("api_button", args=[button.public_id]), headers=headers)


def test_a_button_is_told_as_it_is(button: Button, client: StrictClient) -> None:
    """What everybody may know, and nothing about the people: no ids, no addresses of theirs."""
    assert get(client, button).json() == {
        "public_id": button.public_id,
        "creator": f"ada-{button.creator_id}",
        "url": button.url,
        "title": "Song & <dance>",
        "description": "",
        "category": "other",
        "tags": [],
        "language": "",
        "clicks": 1,
    }


@pytest.mark.parametrize("accept", ["text/html", "application/json", "*/*", "application/xml, */*"])
def test_the_answer_is_json_for_everybody(accept: str, button: Button, client: StrictClient) -> None:
    """It may be kept for half a minute and read by every site, and depends on nobody."""
    answer = get(client, button, accept=accept)
    refused = accept == "text/html"

    assert answer.status_code == (406 if refused else 200)
    assert answer.headers["Content-Type"] == "application/json"
    if not refused:
        assert set(answer.headers["Cache-Control"].split(", ")) == {"public", "max-age=30"}
        assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_a_count_follows_clicks_within_a_minute(button: Button, client: StrictClient) -> None:
    """It is the badge's count."""
    get(client, button)
    given.click(given.user(), button, now=world.NOW)
    assert get(client, button).json()["clicks"] == 1
    caches["process"].clear()
    assert get(client, button).json()["clicks"] == 2


def test_a_hidden_or_unknown_button_is_not_there(button: Button, client: StrictClient) -> None:
    """Not even for its creator, and nobody keeps the answer."""
    buttons_operations.set_hidden(button=button, hidden=True, now=world.NOW)
    client.force_login(button.creator)
    for asked in (button, Button(public_id="nothing")):
        answer = get(client, asked)

        assert answer.status_code == 404
        assert answer.json() == {"detail": "No Button matches the given query."}
        assert answer.headers["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_nothing_is_written_here(method: str, button: Button, client: StrictClient) -> None:
    """The door only tells."""
    answer = getattr(client, method)(reverse("api_button", args=[button.public_id]))

    assert answer.status_code == 405
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_an_answer_needs_two_queries_at_most(
    button: Button, client: StrictClient, django_assert_max_num_queries: QueryCounter
) -> None:
    """One of them only twice a minute."""
    with django_assert_max_num_queries(2):
        get(client, button)
    with django_assert_max_num_queries(1):
        get(client, button)


def test_the_description_names_every_door(client: StrictClient) -> None:
    """It is OpenAPI, and public."""
    description = client.get(reverse("schema"), query_params={"format": "json"}).json()

    assert description["openapi"].startswith("3.")
    assert list(description["paths"]) == ["/api/v1/buttons/{public_id}/"]
    assert "clicks" in description["components"]["schemas"]["Button"]["properties"]
