"""What programs find at fixed addresses: sitemaps of all that is public, robots.txt, and whom to tell of a hole."""

from datetime import datetime
from xml.etree import ElementTree as ET

import pytest
from django.conf import settings
from django.db import connection
from django.urls import reverse

from buttons.models import Button
from buttons.views import sitemaps
from tests.client import StrictClient
from tests.development.test_deployment import PRODUCTION, start
from tests.pages import world
from tests.pages.test_metadata import LISTED
from tests.pages.world import QueryCounter, World

pytestmark = pytest.mark.django_db


def addresses(client: StrictClient, path: str) -> list[str]:
    """Return the addresses in a sitemap, as paths, which are all ours."""
    root = ET.fromstring(client.get(path).content)  # noqa: S314  It is our own.
    found = [str(each.text) for each in root.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")]
    assert all(each.startswith(f"{settings.APP_URL}/") for each in found)
    return [each.removeprefix(settings.APP_URL) for each in found]


def everything(client: StrictClient) -> list[list[str]]:
    """Return what each page of the index has."""
    return [addresses(client, path) for path in addresses(client, "/sitemap.xml")]


def test_all_that_is_listed_is_found(town: World, client: StrictClient) -> None:
    """Each page of the index is there, and so is each address on it: of all that everybody may see, and no more."""
    found = [path for page in everything(client) for path in page]

    assert len(found) == len(set(found))
    assert {client.get(path).headers["X-Robots-Tag"] for path in found} == {"all"}
    assert {client.get(path).resolver_match.view_name for path in found} == set(LISTED)
    assert reverse("buttons:button", args=[town.button.public_id]) in found
    assert reverse("buttons:button", args=[town.hidden_button.public_id]) not in found


def test_a_million_buttons_are_cut_by_their_ids(
    town: World, client: StrictClient, monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: QueryCounter
) -> None:
    """No page has more than its range, none is left out, and the last one costs no more queries than the first."""
    monkeypatch.setattr(sitemaps, "_RANGE", 40)
    Button.objects.bulk_create(
        Button(creator=town.creator, url=f"https://ada.example/{number}", title=str(number)) for number in range(95)
    )
    public = list(Button.objects.filter(hidden_at__isnull=True).order_by("pk"))
    first, last = public[0].pk // 40 + 1, public[-1].pk // 40 + 1
    pages = [path for path in addresses(client, "/sitemap.xml") if "buttons" in path]
    shown: list[str] = []
    for path in pages[first - 1 :]:
        with django_assert_max_num_queries(2):
            found = addresses(client, path)
        assert len(found) <= 40
        shown += found

    assert pages == [f"/sitemap-buttons-{number}.xml" for number in range(1, last + 1)]
    assert shown == [reverse("buttons:button", args=[each.public_id]) for each in public]


def test_the_database_begins_at_the_page(town: World) -> None:
    """A page is read by the primary key, from its start to its end, without what is before it."""
    del town
    rows, _ = sitemaps._sections()["buttons"]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        plan = rows.filter(pk__gte=20_000, pk__lt=30_000).explain()

    assert "Index Cond: ((id >= 20000) AND (id < 30000))" in plan


@pytest.mark.parametrize(
    "path", ["/sitemap-buttons-0.xml", "/sitemap-buttons-9999.xml", "/sitemap-pages-2.xml", "/sitemap-other-1.xml"]
)
def test_there_is_no_other_page(path: str, client: StrictClient) -> None:
    """Neither before the first nor after the last, nor of anything else."""
    assert client.get(path).status_code == 404


def test_robots_are_let_see_what_they_may_not_list(client: StrictClient) -> None:
    """They are shown where all addresses are; whatever isn't to be listed says so itself."""
    lines = client.get("/robots.txt").content.decode().splitlines()

    assert lines == ["User-agent: *", "Disallow:", "", f"Sitemap: {settings.APP_URL}/sitemap.xml"]


@pytest.mark.usefixtures("clock")
def test_security_txt_keeps_its_rules(client: StrictClient) -> None:
    """By RFC 9116: whom to tell, until when that counts, which is less than a year, in which languages, and where."""
    answer = client.get("/.well-known/security.txt")
    fields = dict(line.split(": ", 1) for line in answer.content.decode().splitlines())
    expires = datetime.fromisoformat(fields.pop("Expires"))

    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert expires > world.NOW
    assert (expires - world.NOW).days < 365
    assert fields == {
        "Contact": "mailto:hello@flattr.example",
        "Preferred-Languages": "en, fr",
        "Canonical": f"{settings.APP_URL}/.well-known/security.txt",
    }


@pytest.mark.parametrize("contact", ["security@flattr.example", "http://flattr.example/", "mailto:a@b c", "mailto:"])
def test_a_wrong_contact_is_named(contact: str) -> None:
    """The contact is an address that programs can open, or Flattr doesn't start."""
    refused = start({**PRODUCTION, "SECURITY_CONTACT": contact})

    assert refused.returncode != 0
    assert "SECURITY_CONTACT" in refused.stderr
