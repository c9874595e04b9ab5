"""Sharing: the links on pages, and who was brought by whose link, without a cookie."""

import uuid
from datetime import timedelta
from typing import Any, Final
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.conf import settings
from django.db import IntegrityError
from django.urls import reverse

from accounts.models import User
from buttons import sharing
from buttons.models import Button, Click, Introduction
from buttons.operations import buttons as buttons_operations
from buttons.operations import sharing as operations
from flattr.period import Period
from flattr.transactions import savepoint
from payouts.queries import introductions
from tests import given
from tests.client import StrictClient
from tests.pages import world
from tests.pages.world import QueryCounter, World

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

NOVEMBER: Final = Period.at(world.NOW)


@pytest.fixture
def sharer() -> User:
    """Return somebody who shares links."""
    return given.user("Sam")


@pytest.fixture
def supporter() -> User:
    """Return a fan with a budget who has given nothing yet."""
    return given.funded_fan("Grace", period=NOVEMBER)


def landing(button: Button, sharer: User) -> str:
    """Return the address that a person shares, on our host."""
    page = reverse("buttons:button", args=[button.public_id])
    return sharing.with_token(page, sharer.share_token)


def shared_url(page: Any) -> str:
    """Return the link to be copied from a page."""
    (field,) = world.document(page).query("#share-address")
    return str(field.attrs["value"])


def links(page: Any) -> dict[str, dict[str, str]]:
    """Return the attributes of a page's links to networks, by their names."""
    return {link.to_text(): link.attrs for link in world.document(page).query(".share .networks a")}


def clicked(button: Button, fan: User, sharer: User, *, now: Any = world.NOW) -> Click:
    """Let a fan follow a link and click."""
    return operations.record_click(
        click_id=uuid.uuid4(), fan=fan, public_id=button.public_id, origin="", via=sharer.share_token, now=now
    )


def brought(sharer: User) -> int:
    """Return how many supporters a person's links brought, as they and all creators see it."""
    number = introductions.brought_by(sharer=sharer).supporters
    creators = User.objects.filter(creator_profile__isnull=False)
    assert number <= sum(introductions.brought_to(creator=creator).supporters for creator in creators)
    return number


def test_a_page_leads_to_each_network(town: World, client: StrictClient) -> None:
    """On a button's page and on a creator's, by plain links that tell the network nothing of where they stood."""
    for name, thing in {"button": town.button.public_id, "creator": f"ada-{town.creator.pk}"}.items():
        path = reverse(f"buttons:{name}", args=[thing])
        page = client.get(path)
        shown = links(page)

        assert shared_url(page) == settings.APP_URL + path
        assert list(shown) == [*(network.name for network in sharing.NETWORKS), "Email"]
        for attributes in shown.values():
            is_web = attributes["href"].startswith("https://")
            assert is_web == (attributes.get("target") == "_blank")
            assert {"nofollow"} | ({"noopener", "noreferrer"} if is_web else set()) == set(attributes["rel"].split())
        asked = parse_qs(urlsplit(shown["X"]["href"]).query)
        assert asked["url"] == [settings.APP_URL + path]
        assert "Ada" in asked["text"][0]
        scripts = world.document(page).query("script[src]")
        assert all(script.attrs["src"].startswith("/static/") for script in scripts)


def test_a_link_has_the_token_of_who_shares_it(town: World, client: StrictClient) -> None:
    """Of a fan; a visitor and the creator share the plain page, which is the one that search engines keep."""
    path = reverse("buttons:button", args=[town.button.public_id])
    plain = settings.APP_URL + path
    for person, url in {
        None: plain,
        town.creator: plain,
        town.fan: sharing.with_token(plain, town.fan.share_token),
        town.other_fan: sharing.with_token(plain, town.other_fan.share_token),
    }.items():
        client.logout()
        if person is not None:
            client.force_login(person)
        page = client.get(path, {"via": str(uuid.uuid4())})

        assert shared_url(page) == url
        (canonical,) = world.document(page).query('link[rel="canonical"]')
        assert canonical.attrs["href"] == plain


def test_a_click_leads_to_sharing(supporter: User, client: StrictClient) -> None:
    """After it, on the same page, on the window's and beside each slice of the cake, and not before."""
    button = given.button()
    client.force_login(supporter)
    path = reverse("buttons:click", args=[button.public_id])
    before = client.get(path)
    thanked = client.post(path, {"click_id": world.new_id()}, follow=True)
    cake = client.get(reverse("payouts:cake"))

    assert not links(before)
    assert links(thanked)
    (link,) = [each for each in world.document(cake).query(".slices a") if each.to_text() == "Share"]
    assert link.attrs["href"] == reverse("buttons:share", args=[button.public_id])
    assert links(client.get(link.attrs["href"]))


@pytest.mark.parametrize(
    "typed",
    ["social.example", " Social.Example ", "https://social.example/@sam", "@sam@social.example", "social.example/x"],
)
def test_any_mastodon_server_can_be_named(typed: str, town: World, client: StrictClient) -> None:
    """However people spell it; a link leads on, and nobody is asked anything before."""
    page = client.get(reverse("buttons:share", args=[town.button.public_id]), {"instance": typed})
    (link,) = world.document(page).query(".share a.button")
    parts = urlsplit(link.attrs["href"])

    assert (parts.scheme, parts.netloc, parts.path) == ("https", "social.example", "/share")
    assert shared_url(page) in parse_qs(parts.query)["text"][0]
    assert link.attrs["rel"] == "nofollow noopener noreferrer"


@pytest.mark.parametrize("typed", ["com", "127.0.0.1", "localhost", "a b", "javascript:alert(1)", "x" * 300, "\x00"])
def test_what_is_no_server_is_refused(typed: str, town: World, client: StrictClient) -> None:
    """In words beside the field, and no link leads there."""
    page = client.get(reverse("buttons:share_creator", args=[f"ada-{town.creator.pk}"]), {"instance": typed})

    assert "That is no server." in world.text(page)
    assert not world.document(page).query(".share a.button")


def test_a_hidden_button_is_not_shared(town: World, client: StrictClient) -> None:
    """Its page isn't there, and has no links for its creator, who sees it."""
    assert client.get(reverse("buttons:share", args=[town.hidden_button.public_id])).status_code == 404
    client.force_login(town.creator)
    assert not links(client.get(reverse("buttons:button", args=[town.hidden_button.public_id])))


def test_a_visitor_who_logs_in_on_the_way_was_brought(sharer: User, supporter: User, client: StrictClient) -> None:
    """The token goes from the landing to the form, to logging in and back to the click, in addresses alone."""
    button = given.button()
    page = client.get(landing(button, sharer))
    (onward,) = world.document(page).query("a.big")
    confirm = client.get(onward.attrs["href"])
    assert not client.cookies.get("sessionid")
    form = {name: world.hidden_value(confirm, name) for name in ("click_id", "via")}
    asked = client.post(reverse("buttons:click", args=[button.public_id]), form)
    kept = str(dict(client.session.items()))
    done = world.log_in(client, asked.headers["Location"], supporter)
    client.get(done.headers["Location"])

    assert str(sharer.share_token) not in kept
    assert not [name for name, cookie in client.cookies.items() if str(sharer.share_token) in cookie.value]
    assert Introduction.objects.get().sharer == sharer
    assert brought(sharer) == 1


def test_whoever_logs_in_first_keeps_the_way(sharer: User, client: StrictClient) -> None:
    """The links at the top of the page lead back to it with its token."""
    path = landing(given.button(), sharer)
    page = client.get(path)

    for link in world.document(page).query('.top a[href^="/accounts/"]'):
        assert parse_qs(urlsplit(link.attrs["href"]).query)["next"] == [path]


def test_a_creators_page_hands_the_token_on(sharer: User, supporter: User, client: StrictClient) -> None:
    """To its buttons, whichever is clicked."""
    button = given.button()
    client.force_login(supporter)
    path = reverse("buttons:creator", args=[button.creator.creator_profile.slug])
    page = client.get(path, {"via": str(sharer.share_token)})
    _title, badge = world.document(page).query(".card a")
    confirm = client.get(badge.attrs["href"])
    form = {name: world.hidden_value(confirm, name) for name in ("click_id", "via")}
    client.post(reverse("buttons:click", args=[button.public_id]), form)

    assert brought(sharer) == 1


def test_looking_writes_nothing(
    sharer: User, client: StrictClient, django_assert_max_num_queries: QueryCounter
) -> None:
    """A visitor by a link is counted nowhere, and gets no cookie."""
    button = given.button()
    for name in ("button", "click"):
        with django_assert_max_num_queries(4) as captured:
            page = client.get(reverse(f"buttons:{name}", args=[button.public_id]), {"via": str(sharer.share_token)})
        assert all(query["sql"].startswith("SELECT") for query in captured.captured_queries)
        assert "sessionid" not in page.cookies
    assert not Introduction.objects.exists()


def test_a_fan_is_brought_to_a_creator_once(sharer: User, supporter: User) -> None:
    """By whoever's link came first, for whichever button; another creator is another matter."""
    creator, second = given.creator(), given.user("Tom")
    button, other_button = given.button(creator), given.button(creator)
    clicked(button, supporter, sharer)
    clicked(button, supporter, sharer)
    clicked(other_button, supporter, second)
    clicked(given.button(), supporter, second)

    assert (brought(sharer), brought(second)) == (1, 1)
    assert introductions.brought_to(creator=creator).lines == [(button.public_id, button.title, 1)]


def test_the_same_click_sent_again_is_still_noted(sharer: User, supporter: User) -> None:
    """Where a process died between the click and the note, the form that is sent again brings it."""
    button = given.button()
    click = clicked(button, supporter, sharer)
    Introduction.objects.all().delete()
    operations.record_click(
        click_id=click.pk,
        fan=supporter,
        public_id=button.public_id,
        origin="",
        via=sharer.share_token,
        now=world.NOW,
    )

    assert brought(sharer) == 1


def test_who_supported_before_was_not_brought(sharer: User, supporter: User) -> None:
    """Even long ago, and by any button of the creator."""
    creator = given.creator()
    given.click(supporter, given.button(creator), now=NOVEMBER.previous.previous.start)
    clicked(given.button(creator), supporter, sharer)

    assert brought(sharer) == 0


def test_nobody_brings_themselves_or_for_themselves(sharer: User, supporter: User) -> None:
    """A fan's own link, the creator's own link, one that is nobody's and that of somebody who was locked out."""
    button = given.button()
    gone = given.user("Gone", is_active=False)
    for token in (supporter.share_token, button.creator.share_token, gone.share_token, uuid.uuid4()):
        operations.record_click(
            click_id=uuid.uuid4(),
            fan=supporter,
            public_id=button.public_id,
            origin="",
            via=token,
            now=world.NOW,
        )

    assert not Introduction.objects.exists()
    assert brought(sharer) == 0


@pytest.mark.parametrize("same", ["fan_creator", "fan_sharer", "sharer_creator"])
def test_the_database_refuses_two_in_one(same: str, sharer: User, supporter: User) -> None:
    """Whatever the code above it forgets: fan, creator and sharer are three people."""
    button = given.button()
    people = {"fan": supporter, "creator": button.creator, "sharer": sharer}
    one, other = same.split("_")
    people[one] = people[other]
    row = Introduction(button=button, click_id=uuid.uuid4(), introduced_at=world.NOW, **people)

    with pytest.raises(IntegrityError, match="introduction_of_three_people"), savepoint():
        row.save()


def test_a_click_taken_back_brought_nobody(sharer: User, supporter: User, client: StrictClient) -> None:
    """Until the fan comes by a link again."""
    button = given.button()
    click = clicked(button, supporter, sharer)
    client.force_login(supporter)
    client.post(reverse("buttons:undo", args=[click.pk]))
    assert not Introduction.objects.exists()
    clicked(button, supporter, sharer)

    assert brought(sharer) == 1


def test_a_fan_without_money_counts_once_they_pay(sharer: User) -> None:
    """A budget that was promised alone moves no number, and the first payment does."""
    fan = given.user("Grace")
    given.subscription(fan, budget_cents=500, period=NOVEMBER)
    clicked(given.button(), fan, sharer)
    assert brought(sharer) == 0
    given.deposit(fan, amount_cents=500, now=world.NOW)

    assert brought(sharer) == 1


@pytest.mark.parametrize("token", ["", "1", "no-token", "\x00", "é" * 36])
def test_a_broken_token_breaks_nothing(token: str, supporter: User, client: StrictClient) -> None:
    """The page is there and the click counts."""
    button = given.button()
    client.force_login(supporter)
    path = reverse("buttons:click", args=[button.public_id])
    for page in (path, reverse("buttons:button", args=[button.public_id])):
        assert client.get(f"{page}?{urlencode({'via': token})}").status_code == 200
    client.post(path, {"click_id": world.new_id(), "via": token})

    assert Click.objects.count() == 1
    assert not Introduction.objects.exists()


def test_sharer_and_creator_see_the_number_and_nobody_else(
    sharer: User, client: StrictClient, django_assert_max_num_queries: QueryCounter
) -> None:
    """In all and for what, and never who came."""
    creator = given.creator("Cleo")
    button = buttons_operations.create_button(creator=creator, url="https://cleo.example/1", title="Un chant")
    fans = [given.funded_fan(f"Fan {number}", period=NOVEMBER) for number in range(2)]
    for number, fan in enumerate(fans):
        clicked(button, fan, sharer, now=world.NOW + timedelta(seconds=number))
    client.force_login(sharer)
    with django_assert_max_num_queries(12):
        cake = client.get(reverse("payouts:cake"))
    client.force_login(creator)
    with django_assert_max_num_queries(12):
        earnings = client.get(reverse("payouts:earnings"))
    client.force_login(fans[0])
    of_fan = client.get(reverse("payouts:cake"))

    assert "Your posts brought 2 supporters. Cleo : 2" in world.text(cake)
    assert "Posts of your fans brought you 2 supporters." in world.text(earnings)
    assert "Un chant" in world.text(earnings)
    assert "brought" not in world.text(of_fan)
    for page in (cake, earnings):
        assert "Fan 0" not in world.text(page)
        assert "Sam" not in world.text(page)


def test_a_token_is_its_own_and_nobodys_number() -> None:
    """People are given different ones, which can't be guessed from one another."""
    tokens = {given.user().share_token for _ in range(3)}

    assert len(tokens) == 3
    assert all(token.version == 4 for token in tokens)
