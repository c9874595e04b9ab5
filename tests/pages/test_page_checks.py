"""The check of a creator's page over HTTP: what is wrong in plain words, as it takes its time, within limits."""

from collections.abc import Callable
from typing import Any, Final

import pytest
import time_machine
from django.conf import settings as current
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from buttons import snippets, tasks
from buttons.models import PageCheck, Site
from buttons.operations import buttons as operations
from buttons.operations import page_checks
from tests import given
from tests.client import StrictClient
from tests.conftest import Rung
from tests.outside.servers import Answer, Outside, html, leading_to
from tests.pages import world
from tests.pages.test_creator_pages import complaints

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rung")]

PAGE: Final = "https://ada.example/song"
HERE: Final = "/embed/check/"
CANONICAL: Final = f'<link rel="canonical" href="{PAGE}">'


@pytest.fixture
def ada(clock: time_machine.Traveller, client: StrictClient) -> User:
    """Return a creator whose site ada.example is verified, who is logged in."""
    del clock
    person = given.creator("Ada")
    Site.objects.create(creator=person, host="ada.example", verified_at=given.MOMENT)
    client.force_login(person)
    return person


def button(creator: User) -> str:
    """Return what the creator has copied."""
    return snippets.element(operations.order_for(creator.creator_profile))


def page(body: str, *, head: str = CANONICAL, **headers: str) -> Answer:
    """Return a page of theirs."""
    return Answer(
        body=f"<!doctype html><title>Song</title>{head}{body}".encode(),
        headers={"Content-Type": "text/html; charset=utf-8", **headers},
    )


def checked(client: StrictClient, url: str = PAGE) -> Any:
    """Ask for a check, let a worker do it, and return what the creator sees then."""
    asked = client.post(HERE, {"url": url})
    tasks.check_page(int(asked["Location"].partition("=")[2]))
    return client.get(asked["Location"])


def status(response: Any) -> str:
    """Return what is said of the whole page."""
    return " ".join(world.document(response).query("main [role=status]")[-1].to_text().split())


def findings(response: Any) -> list[str]:
    """Return what is said to be wrong."""
    return [
        " ".join(each.to_text().split()) for each in world.document(response).query("main ol > li > p:first-child")
    ]


def lines(response: Any) -> list[str]:
    """Return what there is to copy."""
    return [each.to_text() for each in world.document(response).query("main ol textarea")]


def test_a_page_is_looked_at_by_a_worker(ada: User, client: StrictClient, outside: Outside, rung: Rung) -> None:
    """From the builder: the page shows that it takes some time, looks again by itself, and says that all is well."""
    outside.page("ada.example/song", page(button(ada)))
    builder = client.get("/embed/", {"url": PAGE})
    (form,) = world.document(builder).query(f'form[action="{HERE}"]')
    assert form.query("[name=url]")[0].attrs["value"] == PAGE
    waiting = client.post(HERE, {"url": f"{PAGE}?utm_source=me#top"}, follow=True)
    check = PageCheck.objects.get()
    assert (check.url, rung) == (PAGE, [("check_page", (check.pk,))])
    assert waiting.redirect_chain == [(f"{HERE}?check={check.pk}", 302)]
    assert status(waiting).startswith("We are looking at the page.")
    assert world.document(waiting).query("[data-waiting]")
    assert outside.asked == []

    tasks.check_page(check.pk)
    done = client.get(f"{HERE}?check={check.pk}")
    assert status(done).startswith("All is well.")
    assert findings(done) == []
    assert not world.document(done).query("[data-waiting]")
    tasks.check_page(check.pk)
    assert len(outside.asked) == 1


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda _: page("<p>Hello"), ("There is no button on this page.", "")),
        (
            lambda _: page(
                "<flattr-button to=bob></flattr-button><script src=http://embed.localhost:8000/1.js></script>"
            ),
            ("The button is for “bob”, not for you.", 'to="ada-{pk}"'),
        ),
        (
            lambda ada: page(button(ada).partition("\n")[0]),
            ("The script that makes a button of the link is missing.", "1.js"),
        ),
        (
            lambda ada: page(button(ada), head=""),
            ("The page doesn’t say which of its addresses is the one.", CANONICAL),
        ),
        (
            lambda ada: page(button(ada), head='<link rel="canonical" href="https://other.example/">'),
            ("The button counts for a page on other.example", ""),
        ),
        (
            lambda ada: page(button(ada), **{"Content-Security-Policy": "script-src 'self'; frame-src *"}),
            (
                "The header Content-Security-Policy of the page blocks us.",
                "script-src 'self' http://embed.localhost:8000",
            ),
        ),
    ],
)
def test_each_finding_is_told_with_what_to_write_instead(
    answer: Callable[[User], Answer], told: tuple[str, str], ada: User, client: StrictClient, outside: Outside
) -> None:
    """It is alone, and the line is there to be copied."""
    outside.page("ada.example/song", answer(ada))
    found = checked(client)
    finding, line = told

    (said,) = findings(found)
    assert said.startswith(finding)
    assert status(found) == "We found 1 thing to mend."
    assert len(lines(found)) == bool(line)
    assert line.format(pk=ada.pk) in "".join(lines(found))


def test_what_is_not_encrypted_is_told(ada: User, client: StrictClient, outside: Outside, settings: Settings) -> None:
    """Where we are encrypted ourselves: the loader by http is refused by browsers."""
    settings.EMBED_URL = "https://embed.flattr.example"
    outside.page("ada.example/song", page(button(ada).replace('src="https://embed', 'src="http://embed')))
    found = checked(client)

    assert any(each.startswith("The page loads this without encryption") for each in findings(found))
    assert f"{current.EMBED_URL}/1.js" in lines(found)


def test_a_site_that_is_not_proven_is_told(ada: User, client: StrictClient, outside: Outside) -> None:
    """With the way to prove it; a site that covers this one is enough."""
    outside.page("blog.ada.example/", page(button(ada), head='<link rel=canonical href="https://blog.ada.example/">'))
    found = checked(client, "blog.ada.example")
    assert findings(found)[0].startswith("You haven’t shown yet that blog.ada.example is yours.")
    assert world.document(found).query('main a[href="/sites/"]')

    Site.objects.update(token="t", proof="dns", proven_at=given.MOMENT, covers_subdomains=True)
    PageCheck.objects.all().delete()
    assert findings(checked(client, "blog.ada.example")) == []


def test_a_long_page_is_looked_at_from_its_beginning(
    ada: User, client: StrictClient, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says how far, so that a button that stands below isn't looked for elsewhere."""
    monkeypatch.setattr(page_checks, "BYTES_MAX", 1000)
    outside.page("ada.example/song", page("<p>" + "a" * 1000 + button(ada)))

    told, nothing = findings(checked(client))

    assert told == "The page is so long that we looked at its beginning alone, at 1000 characters."
    assert nothing.startswith("There is no button on this page.")


@pytest.mark.parametrize(
    ("host", "reason"),
    [
        ("nobody.example", "This name has no address on the internet."),
        ("private.example", "This name has an address that not everybody can reach, such as one of a home network."),
        ("broken.example", "DNS doesn’t answer for this name."),
        ("other.example.org", "The certificate of the server is not valid for this name."),
        ("missing.example", "There is no such page: the server answers that it isn’t there."),
        ("away.example", "The address leads to another site, or to plain http."),
        ("down.example", "The server refused to answer, or is broken."),
        ("picture.example", "The answer is no text and no HTML"),
        ("slow.example", "Nobody answered in time. We need an answer by https within 8 seconds."),
    ],
)
@pytest.mark.usefixtures("ada")
def test_why_a_page_could_not_be_looked_at_is_told(
    host: str, reason: str, client: StrictClient, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing else is said then."""
    monkeypatch.setattr("flattr.outside.pages.SECONDS_MAX", 1.0)
    outside.host("broken.example", "missing.example")
    outside.broken.add("broken.example")
    outside.records["private.example", "A"] = ["192.168.0.1"]
    outside.page("other.example.org/", html(""))
    outside.page("away.example/", leading_to("https://elsewhere.example/"))
    outside.page("down.example/", Answer(status=503))
    outside.page("picture.example/", Answer(headers={"Content-Type": "image/png"}))
    outside.page("slow.example/", Answer(body=b"a" * 400, drip_seconds=0.02))
    found = checked(client, f"https://{host}/")

    assert status(found).startswith(f"We couldn’t look at the page. {reason}")
    assert findings(found) == []


@pytest.mark.usefixtures("ada")
def test_a_server_that_takes_no_connections_is_told(
    client: StrictClient, outside: Outside, settings: Settings
) -> None:
    """As nobody listens there."""
    outside.host("ada.example")
    settings.OUTSIDE_NETWORK = outside.network(https_port=1)

    assert "The server takes no connections on port 443" in status(checked(client))


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("", "This field is required."),
        ("not an address", "Enter a valid URL."),
        *(
            (each, "Give an https address that everybody can open, without a port or a login.")
            for each in (
                "https://127.0.0.1/",
                "https://localhost/",
                "https://ada.example:8443/",
                "https://ada:secret@ada.example/",
                "https://github.io/",
            )
        ),
    ],
)
def test_what_nobody_can_open_is_refused_at_its_field(
    url: str, complaint: str, ada: User, client: StrictClient, rung: Rung
) -> None:
    """Nobody is asked, and what was typed stays."""
    refused = client.post(HERE, {"url": url})

    assert (complaints(refused), rung) == ({"url": complaint}, [])
    assert not ada.page_checks.exists()


def test_a_page_without_encryption_is_looked_at_with_it(ada: User, client: StrictClient, outside: Outside) -> None:
    """The button is there alone."""
    outside.page("ada.example/song", page(button(ada)))

    assert status(checked(client, "http://ada.example/song")).startswith("All is well.")
    assert ada.page_checks.get().url == PAGE


def test_what_was_found_stands_for_half_a_minute(
    ada: User, client: StrictClient, outside: Outside, clock: time_machine.Traveller
) -> None:
    """Whoever sends the form twice makes one check; whoever has mended the page since sees that."""
    outside.page("ada.example/song", page(""))
    for _ in range(2):
        client.post(HERE, {"url": PAGE})
    assert findings(checked(client)) != []
    outside.page("ada.example/song", page(button(ada)))
    assert findings(checked(client)) != []
    clock.shift(31)
    assert findings(checked(client)) == []
    assert ada.page_checks.count() == 2


def test_checks_are_limited_by_creator_and_host(
    ada: User, client: StrictClient, clock: time_machine.Traveller
) -> None:
    """Twenty an hour of a creator, sixty of a host; then the page says so, and after an hour it goes on."""

    def is_refused(address: str) -> bool:
        told = world.text(client.post(HERE, {"url": f"https://{address}"}, follow=True))
        return "That is enough for now. Please try again in an hour." in told

    assert not any(is_refused(f"{number}.example.com") for number in range(20))
    assert is_refused("ada.example/1")
    clock.shift(3600)
    assert not is_refused("ada.example/1")
    crowd = [PageCheck(creator=ada, url=PAGE, host="ada.example", asked_at=timezone.now()) for _ in range(58)]
    PageCheck.objects.bulk_create(crowd)
    client.force_login(given.creator("Bob"))
    assert [is_refused(f"ada.example/{number}") for number in range(2)] == [False, True]
    assert not is_refused("blog.ada.example")


def test_each_sees_their_own_checks_alone(ada: User, client: StrictClient) -> None:
    """Another creator's, none at all, and what is no number: there is no such page."""
    client.post(HERE, {"url": PAGE})
    check = ada.page_checks.get()
    assert client.get(f"{HERE}?check={check.pk}").status_code == 200
    client.force_login(given.creator("Bob"))

    for number in (check.pk, 0, "x", "", "-1", "9" * 40, "٣"):
        assert client.get(HERE, {"check": str(number)}).status_code == 404


def test_a_check_that_nobody_does_is_not_waited_for(
    ada: User, client: StrictClient, clock: time_machine.Traveller, rung: Rung
) -> None:
    """The sweep rings for it until an hour is over, the page says that it takes long, and asking again helps then."""
    client.post(HERE, {"url": PAGE})
    check = ada.page_checks.get()
    here = f"{HERE}?check={check.pk}"
    clock.shift(61)
    late = client.get(here)
    assert (status(late), world.document(late).query("[data-waiting]")) == (
        "The check takes longer than it should. Look at this page again later.",
        [],
    )
    tasks.sweep_checks()
    assert rung == [("check_page", (check.pk,))] * 2
    clock.shift(3600)
    tasks.sweep_checks()
    client.post(HERE, {"url": PAGE})
    assert [name for name, _ in rung] == ["check_page"] * 3
    assert ada.page_checks.count() == 2
    clock.shift(25 * 3600)
    tasks.forget_checks()
    assert not PageCheck.objects.exists()


def test_it_is_told_in_the_language_of_who_looks(ada: User, client: StrictClient, outside: Outside) -> None:
    """Whoever changes the language sees the findings in it."""
    outside.page("ada.example/song", page("<p>Hello"))
    found = checked(client)
    path = f"{HERE}?check={ada.page_checks.get().pk}"
    french = client.get(path, headers={"accept-language": "fr"})

    assert findings(found)[0].startswith("There is no button on this page.")
    assert findings(french)[0].startswith("Il n’y a pas de bouton sur cette page.")
