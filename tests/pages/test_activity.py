"""A fan's clicks on other sites: where they came from, undone or reported, and which sites may click for them."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.urls import reverse

from accounts.models import User
from buttons.models import Button, Click, ClickReport, Confirmation, OriginDay, SiteKey
from buttons.operations import keys
from buttons.queries import trust
from flattr.period import Period
from tests import given, pressing
from tests.client import StrictClient
from tests.pages import world
from tests.pages.framing import confirm, window, window_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

ACTIVITY = reverse("buttons:activity")


@pytest.fixture
def as_presser(presser: User, client: StrictClient) -> StrictClient:
    """Return the client, logged in as the fan."""
    client.force_login(presser)
    return client


def rows(response: Any, name: str) -> list[str]:
    """Return what a list of the page says."""
    return [" ".join(each.to_text(separator=" ").split()) for each in world.document(response).query(f"#{name} li")]


def test_the_page_shows_sites_and_clicks(
    presser: User, secret: str, button: Button, as_presser: StrictClient
) -> None:
    """Since when a site may click, when it did last and how often; each click with its site and how it was made."""
    pressing.pressed(secret, button, now=world.NOW)
    (guest,) = given.click(presser, given.button(), now=world.NOW)
    page = as_presser.get(ACTIVITY)
    origin = pressing.origin_of(button)

    (site,) = rows(page, "sites")
    assert site.startswith(f"{origin} since Nov. 14, 2026, last used Nov. 15, 2026 · 1 click by one press this month")
    clicks = rows(page, "clicks")
    assert len(clicks) == 3
    assert sum(origin in each for each in clicks) == 2
    assert sum("by one press" in each for each in clicks) == 1
    # What came by no frame can't be reported.
    assert sum("I didn’t mean this click" in each for each in clicks) == 2
    assert str(guest.pk) in page.content.decode()


def test_nobody_sees_others_clicks(secret: str, button: Button, client: StrictClient) -> None:
    """Another fan's page is empty."""
    pressing.pressed(secret, button, now=world.NOW)
    client.force_login(given.user())
    page = client.get(ACTIVITY)

    assert "There is none: each click is confirmed in our window." in world.text(page)
    assert "No click yet this month" in world.text(page)


def test_the_page_needs_few_queries(
    secret: str, button: Button, as_presser: StrictClient, django_assert_max_num_queries: world.QueryCounter
) -> None:
    """However many sites and clicks there are, and the list goes on by links."""
    for each in pressing.more_buttons(button, 5):
        secret = pressing.pressed(secret, each, now=world.NOW).secret
    with django_assert_max_num_queries(12):
        assert len(rows(as_presser.get(ACTIVITY), "clicks")) == 6


def test_a_long_list_of_clicks_goes_on(presser: User, button: Button, as_presser: StrictClient) -> None:
    """Newest first, each click on one page alone."""
    for number in range(100):
        given.click(presser, button, now=world.NOW - timedelta(minutes=number))
    first = as_presser.get(ACTIVITY)
    (link,) = world.document(first).query('nav.pages a[rel="next"]')
    second = as_presser.get(ACTIVITY + link.attrs["href"])

    assert (len(rows(first, "clicks")), len(rows(second, "clicks"))) == (48, 48)


def test_one_site_or_all_are_taken_back(presser: User, secret: str, button: Button, as_presser: StrictClient) -> None:
    """The page says so, and the next press there is nobody's."""
    elsewhere = pressing.verified_button()
    pressing.key_for(presser, elsewhere, now=world.NOW)
    path = reverse("buttons:revoke_keys")
    one = as_presser.post(path, {"origin": pressing.origin_of(button)}, follow=True)

    site = pressing.origin_of(button)
    assert world.messages(one) == [f"On {site}, each click is confirmed again from now on."]
    assert len(rows(one, "sites")) == 1
    with pytest.raises(keys.NoKey):
        keys.find_key(secret=secret, now=world.NOW)
    every = as_presser.post(path, follow=True)
    assert world.messages(every) == ["On every site, each click is confirmed again from now on."]
    assert rows(every, "sites") == []
    assert not SiteKey.objects.filter(revoked_at__isnull=True).exists()


def test_a_click_is_reported(secret: str, button: Button, as_presser: StrictClient) -> None:
    """It is undone, its site's keys are gone, and the site has one report."""
    made = pressing.pressed(secret, button, now=world.NOW).click
    done = as_presser.post(reverse("buttons:report", args=[made.id]), follow=True)
    made.refresh_from_db()

    (message,) = world.messages(done)
    assert message.startswith("Thank you for telling us. The click is undone")
    assert made.undone_at == world.NOW
    assert rows(done, "sites") == []
    assert trust.standing_of(origin=made.origin).reports == 1


def test_others_clicks_are_not_reported(secret: str, button: Button, client: StrictClient) -> None:
    """They are not there, and nor are made up ones."""
    made = pressing.pressed(secret, button, now=world.NOW).click
    client.force_login(given.user())

    for click_id in (made.id, uuid.uuid4()):
        assert client.post(reverse("buttons:report", args=[click_id])).status_code == 404
    assert not ClickReport.objects.exists()


def test_notices_are_turned_off_and_on(presser: User, as_presser: StrictClient) -> None:
    """The page offers the other."""
    path = reverse("buttons:click_notices")
    off = as_presser.post(path, {"wanted": "0"}, follow=True)
    presser.refresh_from_db()
    assert presser.muted == ["first_clicks", "weekly_clicks"]
    assert "We don’t write to you about clicks." in world.text(off)
    on = as_presser.post(path, {"wanted": "1"}, follow=True)
    presser.refresh_from_db()

    assert presser.muted == []
    assert "Don’t write to me about clicks" in world.text(on)


def test_the_cake_leads_to_the_page(as_presser: StrictClient) -> None:
    """Where clicks came from is one link away."""
    links = world.document(as_presser.get(reverse("payouts:cake"))).query("main a")

    assert ACTIVITY in {link.attrs["href"] for link in links}


def test_a_window_that_a_fan_sees_is_counted_once_a_day(button: Button, as_presser: StrictClient) -> None:
    """Whatever they do in it; not a look by HEAD, nor one that a frame didn't open."""
    challenge = pressing.challenge_of(world.new_id())
    as_presser.head(window_of(button, challenge=challenge), headers={"referer": settings.EMBED_URL + "/"})
    for opener in ("", pressing.origin_of(button) + "/", settings.EMBED_URL + ".evil.example/"):
        window(as_presser, button, opener=opener)
    assert not OriginDay.objects.exists()
    for _ in range(2):
        assert window(as_presser, button).status_code == 200
    confirm(as_presser, window(as_presser, button))

    assert OriginDay.objects.get().opened == 1
    assert Confirmation.objects.count() == 1


def test_a_window_of_a_stranger_is_not_counted(button: Button, client: StrictClient) -> None:
    """Nobody is known who could be counted once; who then logs in and confirms is counted."""
    window(client, button)

    assert not OriginDay.objects.exists()


def test_a_creators_own_window_is_not_counted(button: Button, client: StrictClient) -> None:
    """They try their button."""
    client.force_login(button.creator)
    assert "yours" in world.text(window(client, button))
    assert not OriginDay.objects.exists()


def test_what_was_just_confirmed_can_be_reported(button: Button, as_presser: StrictClient) -> None:
    """The window offers it for a click that a frame asked for, and not for one that came by a link."""
    by_frame = confirm(as_presser, window(as_presser, button))
    by_link = confirm(as_presser, window(as_presser, button, opener=""))
    click = Confirmation.objects.get().click_id

    report = reverse("buttons:report", args=[click])
    assert len(world.document(by_frame).query(f"main form[action='{report}']")) == 1
    assert "/report/" not in by_link.content.decode()
    as_presser.post(report)
    assert Click.objects.get(id=click).undone_at == world.NOW


def test_a_window_waits_and_is_nobody_elses(
    button: Button, as_presser: StrictClient, clock: time_machine.Traveller
) -> None:
    """A page may be open for hours before a press; with anything changed it isn't there; nobody frames it."""
    path = window_of(button)
    response = as_presser.get(path)
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert response["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in response["Content-Security-Policy"]
    assert as_presser.get(path.replace("site=", "site=x")).status_code == 404
    assert as_presser.get(path.replace("/c/", "/c/0")).status_code == 404
    clock.move_to(world.NOW + timedelta(hours=30))

    assert confirm(as_presser, as_presser.get(path)).status_code == 200
    assert Click.objects.filter(period=Period.at(world.NOW)).count() == 1
