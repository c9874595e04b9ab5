"""A creator's sites: claimed, proven and withdrawn over HTTP, with each state and each finding in plain words."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.urls import reverse

from accounts.models import User
from buttons import tasks
from buttons.models import Site, SiteCheck
from tests import given
from tests.client import StrictClient
from tests.conftest import Rung
from tests.outside.proofs import claimed, hide, looked_for, looked_for_again, proven, show
from tests.outside.servers import Outside
from tests.pages import world
from tests.pages.test_creator_pages import complaints

pytestmark = pytest.mark.django_db

HOST = "alice.example"
PAGE = f"/sites/{HOST}/"


@pytest.fixture
def ada(clock: time_machine.Traveller, client: StrictClient) -> User:
    """Return a creator, who is logged in."""
    del clock
    person = given.creator("Ada")
    client.force_login(person)
    return person


def listed(client: StrictClient) -> dict[str, str]:
    """Return the states that the list tells, by host."""
    rows = world.document(client.get("/sites/")).query("#sites tbody tr")
    cells = [[" ".join(cell.to_text().split()) for cell in row.query("th, td")] for row in rows]
    return dict(cells)


def status(response: Any) -> str:
    """Return what the site's page tells of the last check."""
    return " ".join(world.document(response).query("main [role=status]")[-1].to_text().split())


def copied(response: Any) -> dict[str, str]:
    """Return the texts to copy, by the ids of their boxes; each has a button that copies it."""
    page = world.document(response)
    buttons = {each.attrs["data-copy"] for each in page.query("[data-copy]")}
    boxes = {each.attrs["id"]: each.to_text() for each in page.query("textarea")}
    assert buttons == set(boxes)
    return boxes


def test_a_site_is_claimed_and_proven(ada: User, client: StrictClient, outside: Outside, rung: Rung) -> None:
    """From the address of a page to a verified site: the page waits for the worker by itself."""
    outside.host(HOST)
    assert listed(client) == {}
    page = client.post("/sites/", {"host": f"https://{HOST.upper()}/about"}, follow=True)
    site = Site.objects.get()

    assert page.redirect_chain == [(PAGE, 302)]
    assert copied(page) == {
        "file": site.token,
        "dns-name": f"_flattr.{HOST}",
        "dns-value": f"flattr-verify={site.token}",
        "meta": f'<meta name="flattr-verification" content="{site.token}">',
        "link": f'<a href="http://localhost:8000/@ada-{ada.pk}/" rel="me">Flattr</a>',
    }
    assert f"https://{HOST}/.well-known/flattr-verification.txt" in world.text(page)
    assert listed(client) == {HOST: "Not proven yet"}

    waiting = client.post(f"{PAGE}check/", {"proof": "file"}, follow=True)
    (check,) = site.checks.all()
    assert rung == [("check_site", (check.pk,))]
    assert status(waiting) == "We are looking for it (file). This page looks again by itself."
    assert world.document(waiting).query("[data-waiting]")

    tasks.check_site(check.pk)
    refused = client.get(PAGE)
    assert "There is no such page" in status(refused)
    assert not world.document(refused).query("[data-waiting]")
    show(outside, site)
    client.post(f"{PAGE}check/", {"proof": "file"})
    tasks.check_site(site.checks.latest("pk").pk)

    assert "Found. All is well." in status(client.get(PAGE))
    assert listed(client) == {HOST: "Verified since Nov. 15, 2026 · file"}


def test_the_subdomains_are_covered_where_the_box_is_checked(
    ada: User, client: StrictClient, outside: Outside, rung: Rung
) -> None:
    """And the list says of them by whose proof."""
    del rung
    site = claimed(ada)
    show(outside, site, proof="dns")
    claimed(ada, f"blog.{HOST}")
    client.post(f"{PAGE}check/", {"proof": "dns", "covers_subdomains": "on"})
    tasks.check_site(site.checks.get().pk)

    assert listed(client) == {
        HOST: "Verified since Nov. 15, 2026 · DNS record · with subdomains",
        f"blog.{HOST}": f"Verified by {HOST}, whose proof covers it",
    }
    assert "checked" in world.document(client.get(PAGE)).query("#covers")[0].attrs


def test_a_button_leads_to_a_site_that_can_be_claimed(ada: User, client: StrictClient) -> None:
    """Its host stands in the list, and one press claims it."""
    site = given.button(ada).site
    assert site is not None
    path = reverse("buttons:site", args=[site.host])
    assert listed(client) == {site.host: "You have buttons there. Not proven yet"}
    page = client.get(path)
    assert copied(page) == {}
    assert client.post(f"{path}check/", {"proof": "file"}).status_code == 404

    client.post("/sites/", {"host": world.hidden_value(page, "host")})
    assert set(copied(client.get(path))) == {"file", "dns-name", "dns-value", "meta", "link"}


@pytest.mark.parametrize("host", ["github.io", "localhost", "127.0.0.1", "my site", "a" * 2000])
def test_what_nobody_can_own_is_refused_at_its_field(host: str, ada: User, client: StrictClient) -> None:
    """The complaint is tied to the field, and nothing is claimed."""
    refused = client.post("/sites/", {"host": host})

    assert complaints(refused) == {"host": "That is no site that one person can own. Give its full name."}
    assert not ada.sites.exists()


@pytest.mark.parametrize(
    ("page", "complaint"),
    [
        ("https://mallory.example/", f"This has to be an https address on {HOST}."),
        (f"http://{HOST}/", f"This has to be an https address on {HOST}."),
        ("javascript:alert(1)", "Enter a valid URL."),
    ],
)
def test_a_page_elsewhere_is_refused_at_its_field(
    page: str, complaint: str, ada: User, client: StrictClient, rung: Rung
) -> None:
    """What was typed stays, and nobody is asked."""
    claimed(ada)
    refused = client.post(f"{PAGE}check/", {"proof": "link", "page": page})

    assert complaints(refused) == {"page": complaint}
    assert world.document(refused).query("#page")[0].attrs["value"] == page
    assert not SiteCheck.objects.exists()
    assert rung == []


def test_an_unknown_proof_is_refused(ada: User, client: StrictClient, rung: Rung) -> None:
    """Nobody is asked."""
    claimed(ada)
    client.post(f"{PAGE}check/", {"proof": "magic"})

    assert not SiteCheck.objects.exists()
    assert rung == []


def test_a_sixth_check_in_an_hour_is_refused(ada: User, client: StrictClient, rung: Rung) -> None:
    """The page says when to try again."""
    for number in range(5):
        site = claimed(ada, f"{number}.example.org")
        client.post(reverse("buttons:check_site", args=[site.host]), {"proof": "file"})
    claimed(ada)
    refused = client.post(f"{PAGE}check/", {"proof": "file"}, follow=True)

    assert world.messages(refused) == ["That is enough for now. Please try again in an hour."]
    assert len(rung) == 5


def test_a_check_that_nobody_does_is_not_waited_for(
    ada: User, client: StrictClient, rung: Rung, clock: time_machine.Traveller
) -> None:
    """After a minute the page says so and stops looking."""
    del rung
    claimed(ada)
    client.post(f"{PAGE}check/", {"proof": "file"})
    clock.shift(60)
    page = client.get(PAGE)

    assert status(page) == "The check takes longer than it should. Look at this page again later."
    assert not world.document(page).query("[data-waiting]")


def test_a_check_is_done_later_where_redis_is_away(ada: User, client: StrictClient, redis_away: None) -> None:
    """The page waits; the sweep rings for it again."""
    del redis_away
    claimed(ada)
    page = client.post(f"{PAGE}check/", {"proof": "file"}, follow=True)

    assert "We are looking for it" in status(page)
    assert SiteCheck.objects.count() == 1


@pytest.mark.parametrize("outcome", SiteCheck.Outcome)
@pytest.mark.parametrize("proof", Site.Proof)
def test_each_finding_has_words(proof: str, outcome: str, ada: User, client: StrictClient) -> None:
    """And none is the one for what was forgotten."""
    site = claimed(ada)
    SiteCheck.objects.create(
        site=site, proof=proof, by_creator=True, asked_at=world.NOW, finished_at=world.NOW, outcome=outcome
    )
    said = status(client.get(PAGE))

    assert len(said) > 40
    assert ("withdrawn" in said) == (outcome == "withdrawn")


def test_each_state_has_words(ada: User, client: StrictClient, outside: Outside) -> None:
    """Linked, failing, challenged and contested, in the list and on the page."""
    bob = given.creator("Bob")
    linked = claimed(ada, "shared.example")
    show(outside, linked, proof="link")
    looked_for(linked, proof="link", now=world.NOW)
    held, taken = proven(outside, ada, now=world.NOW), proven(outside, bob, "bob.example", now=world.NOW)
    for first, person in ((held, bob), (taken, ada)):
        second = claimed(person, first.host)
        show(outside, first, second)
        looked_for(second, now=world.NOW)
    proven(outside, ada, "failing.example", now=world.NOW)
    outside.answers.pop("failing.example/.well-known/flattr-verification.txt")
    looked_for_again(now=world.NOW + timedelta(days=1))

    assert listed(client) == {
        HOST: "Verified, but somebody else has proven it, too. We are deciding.",
        "bob.example": "Contested: somebody else has proven it, too. We are deciding.",
        "failing.example": (
            "Proven, but what proves it (file) hasn’t been found since Nov. 16, 2026."
            " After three days without it, this counts no more."
        ),
        "shared.example": "Linked: a page of it leads to your page here",
    }
    assert "it stays yours" in world.text(client.get(PAGE))
    assert "it stays with who was first" in world.text(client.get("/sites/bob.example/"))
    hide(outside)


def test_a_claim_is_withdrawn(ada: User, client: StrictClient, outside: Outside) -> None:
    """It is gone from the list, and nothing of it counts."""
    proven(outside, ada, now=world.NOW)
    gone = client.post(f"{PAGE}withdraw/", follow=True)

    assert world.messages(gone) == [f"{HOST} is no longer claimed by you."]
    assert listed(client) == {}
    assert not Site.objects.exclude(verified_at=None).exists()


@pytest.mark.parametrize("path", ["", "check/", "withdraw/"])
def test_a_site_is_there_for_its_creator_alone(path: str, ada: User, client: StrictClient, outside: Outside) -> None:
    """Another creator finds nothing, whatever they send."""
    site = proven(outside, ada, now=world.NOW)
    client.force_login(given.creator("Bob"))
    answer = client.post(PAGE + path, {"proof": "file"}) if path else client.get(PAGE)

    assert answer.status_code == 404
    assert world.is_unchanged(site)
    assert site.checks.count() == 1


def test_the_list_needs_few_queries(
    ada: User, client: StrictClient, outside: Outside, django_assert_max_num_queries: world.QueryCounter
) -> None:
    """However many sites there are."""
    del outside
    for number in range(100):
        claimed(ada, f"{number:03}.example.org")
    with django_assert_max_num_queries(12):
        first = client.get("/sites/")

    assert len(world.document(first).query("#sites tbody tr")) == 96
    (more,) = world.document(first).query('.pages a[rel="next"]')
    assert len(world.document(client.get("/sites/" + more.attrs["href"])).query("#sites tbody tr")) == 4


def test_it_is_said_in_french(ada: User, client: StrictClient) -> None:
    """The page and the findings."""
    site = claimed(ada)
    SiteCheck.objects.create(
        site=site, proof="file", by_creator=True, asked_at=world.NOW, finished_at=world.NOW, outcome="missing"
    )
    page = client.get(PAGE, headers={"accept-language": "fr"})

    assert "Comment le prouver" in world.text(page)
    assert "n’existe pas" in status(page)
