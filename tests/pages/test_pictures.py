"""The pictures beside links to our pages: of what everybody may see, in all letters that we have, one at a time."""

import io
import threading
from typing import Any, Final
from unittest import mock

import pytest
from django.core.cache import caches
from django.urls import reverse
from PIL import Image, ImageChops

from buttons import pictures
from buttons.pictures import Card, TooManyPictures
from tests import given
from tests.client import StrictClient
from tests.pages.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_forget_pictures")]

PAPER: Final = (255, 253, 249)
NAMES: Final = ("buttons:button_picture", "buttons:creator_picture", "buttons:default_picture")


@pytest.fixture
def _forget_pictures() -> None:
    """Let nothing be drawn already."""
    pictures._KEPT.clear()


def path_of(name: str, town: World) -> str:
    """Return the address of a picture."""
    things = {
        "buttons:button_picture": [town.button.public_id],
        "buttons:creator_picture": [f"ada-{town.creator.pk}"],
    }
    return reverse(name, args=things.get(name))


def opened(data: bytes) -> Any:
    """Return a picture that is one."""
    return Image.open(io.BytesIO(data), formats=["PNG"]).convert("RGB")


def drawn_box(card: Card, area: tuple[int, int, int, int] = (0, 0, 780, 630)) -> Any:
    """Return the part of an area in which something is drawn, None for nothing; the words are left of the cake."""
    picture = opened(pictures.png(card)).crop(area)
    return ImageChops.difference(picture, Image.new("RGB", picture.size, PAPER)).convert("L").point(_marks).getbbox()


def _marks(difference: int) -> int:
    """Return what is no mere shade of the paper."""
    return 255 * (difference > 12)


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_is_public_and_kept(name: str, town: World, client: StrictClient) -> None:
    """It is of the size that networks want, anybody may keep it, and whoever has it isn't sent it again."""
    path = path_of(name, town)
    answer = client.get(path)
    again = client.get(path, headers={"if-none-match": answer.headers["ETag"]})

    assert opened(answer.content).size == (1200, 630)
    assert len(answer.content) < 60_000
    assert answer.headers["Cache-Control"] == again.headers["Cache-Control"] == "public, max-age=3600"
    assert (again.status_code, again.content) == (304, b"")


def test_a_picture_changes_with_what_it_says(town: World, client: StrictClient) -> None:
    """By its clicks and its title, and not by anything that it doesn't show."""
    path = path_of("buttons:button_picture", town)
    tags = [client.get(path).headers["ETag"]]
    town.button.description = "Not shown"
    town.button.save()
    tags.append(client.get(path).headers["ETag"])
    caches["process"].clear()
    given.click(town.other_fan, town.button, now=town.click.clicked_at)
    tags.append(client.get(path).headers["ETag"])
    town.button.title = "Another song"
    town.button.save()
    tags.append(client.get(path).headers["ETag"])

    assert [tags.index(tag) for tag in tags] == [0, 0, 2, 3]


@pytest.mark.parametrize(
    "path", ["/og/b/22222222222b.png", "/og/@nobody.png", "/og/other.png", "/og/b/../default.png"]
)
def test_nothing_is_drawn_of_what_is_not_there(path: str, client: StrictClient) -> None:
    """Made-up addresses are answered without a picture."""
    with mock.patch.object(pictures, "_drawn", side_effect=AssertionError):
        assert client.get(path).status_code == 404


def test_nothing_is_drawn_of_what_is_hidden(town: World, client: StrictClient) -> None:
    """A hidden button has no picture, not even for its creator."""
    client.force_login(town.creator)

    assert client.get(reverse("buttons:button_picture", args=[town.hidden_button.public_id])).status_code == 404


def test_one_picture_is_drawn_at_a_time(town: World, client: StrictClient) -> None:
    """Of many that are asked for at once one is drawn, one waits, and the others are told to come again."""
    begun, go_on = threading.Event(), threading.Event()
    drawing, most = [], []

    def slowly(card: Card) -> bytes:
        drawing.append(card)
        most.append(len(drawing))
        begun.set()
        assert go_on.wait(10)
        drawing.remove(card)
        return b"drawn"

    with mock.patch.object(pictures, "_drawn", slowly):
        threads = [threading.Thread(target=pictures.png, args=[Card(title=title)]) for title in ("One", "Two")]
        for thread in threads:
            thread.start()
        assert begun.wait(10)
        while pictures._room._value:
            begun.wait(0.01)
        answer = client.get(path_of("buttons:default_picture", town))
        with pytest.raises(TooManyPictures):
            pictures.png(Card(title="Four"))
        go_on.set()
        for thread in threads:
            thread.join()

    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "1"
    assert max(most) == 1
    assert client.get(path_of("buttons:default_picture", town)).status_code == 200


@pytest.mark.parametrize(
    "title",
    [
        "A song",
        "W" * 200,
        "A very long title of many words " * 6,
        "Ελληνικά и русский",
        "שיר חדש",
        "قصيدة",
        "a\u200db",
    ],
)
def test_titles_stay_in_their_room(title: str) -> None:
    """However long, and in whatever letters: words are drawn, left of the cake and above our name."""
    left, top, right, bottom = drawn_box(Card(title=title, byline="by " + title, figure=title))

    assert left >= 64
    assert top >= 64
    assert right <= 776
    assert bottom <= 575


def test_what_the_font_lacks_is_left_out() -> None:
    """Emoji and scripts that we have no letters for leave no boxes, and a title of nothing else is no error."""
    plain, with_emoji = (drawn_box(Card(title=title)) for title in ("A song", "A song 🎂"))

    assert plain == with_emoji
    assert drawn_box(Card(title="歌🎂"), (0, 0, 780, 500)) is None
