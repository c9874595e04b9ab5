"""Every page in a browser, as each role sees it: axe finds nothing, and nothing is asked of anybody but us.

Pages are answered by the app in this process, so that a whole world of theirs needs to be there only once. Of pages
that differ in words alone one is looked at, every second of them in French.
"""

from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.contrib.admin.utils import quote
from django.contrib.staticfiles import finders
from django.urls import reverse
from playwright.sync_api import Browser, Page, Route, ViewportSize

from buttons.models import OriginStanding, Site
from payouts.models import Dispute, ReconciliationItem
from tests import told
from tests.browser.axe import findings
from tests.browser.test_axe import COLORS, OVERFLOWS
from tests.pages import walk, world
from tests.pages.conftest import clock, town  # noqa: F401  They are fixtures.
from tests.pages.walk import Seen
from tests.pages.world import ROLES, World

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

KINDS: Final = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
NARROW: Final[ViewportSize] = {"width": 390, "height": 844}
WIDE: Final[ViewportSize] = {"width": 1280, "height": 900}
IS_CUT: Final = "[...document.querySelectorAll('.results')].some((each) => each.scrollWidth > each.clientWidth)"
STAFF_LISTS: Final = (
    "payouts_payout",
    "payouts_dispute",
    "payouts_reconciliationitem",
    "payouts_stripeevent",
    "payouts_deposit",
    "accounts_notification",
    "buttons_originstanding",
    "buttons_site",
)
"""What staff look through day by day."""


class _Served:
    """Answers what a page of ours asks for, and notes what it asks of others."""

    def __init__(self) -> None:
        self.page: Seen
        self.elsewhere: list[str] = []

    def answer(self, route: Route) -> None:
        """Answer a request."""
        url = urlsplit(route.request.url)
        if f"{url.scheme}://{url.netloc}" not in {settings.APP_URL, settings.EMBED_URL}:
            self.elsewhere.append(f"{self.page.title}: {route.request.url}")
            route.abort()
        elif route.request.is_navigation_request() and route.request.frame.parent_frame is None:
            route.fulfill(body=self.page.html, content_type="text/html; charset=utf-8")
        elif url.path.startswith("/static/"):
            file = Path(finders.find(url.path.removeprefix("/static/")) or "")
            route.fulfill(body=file.read_bytes(), content_type=KINDS.get(file.suffix, ""))
        else:
            # Badges and frames have tests of their own.
            route.fulfill(status=HTTPStatus.NO_CONTENT)


def different_pages(town: World) -> Iterator[Seen]:  # noqa: F811
    """Yield a page for each structure that any role sees anywhere but in the admin, every second one in French."""
    structures = set()
    for role in ROLES:
        client = walk.client_of(town, role)
        for page in walk.pages_of(town, role, "en"):
            if page.structure in structures or page.name.startswith("admin:"):
                continue
            structures.add(page.structure)
            if len(structures) % 2:
                response = client.get(page.path, headers={"accept-language": "fr"})
                yield walk.seen_in(response, name=page.name, role=role, language="fr")
            else:
                yield page


def wrong(page: Page) -> list[str]:
    """Return what axe finds in light and dark, and whether the page is wider than a telephone."""
    page.emulate_media(color_scheme="light")
    found = findings(page)
    page.emulate_media(color_scheme="dark")
    found += findings(page, rules=COLORS)
    if page.evaluate(OVERFLOWS):
        found.append("the page is wider than the window")
    return found


def test_axe_finds_nothing_and_nobody_else_is_asked(browser: Browser, town: World) -> None:  # noqa: F811
    """On every page, for every role, in both themes, on a telephone; and no request leaves for another origin."""
    served, found = _Served(), {}
    with browser.new_context(viewport=NARROW, reduced_motion="reduce") as context:
        page = context.new_page()
        page.route("**/*", served.answer)
        for seen in different_pages(town):
            served.page = seen
            page.goto(settings.APP_URL + seen.path)
            found[seen.title] = wrong(page)

    assert len(found) > 80
    assert served.elsewhere == []
    assert {title: each for title, each in found.items() if each} == {}


def where_staff_decide(town: World) -> list[str]:  # noqa: F811
    """Return addresses of lists and forms, none empty, by which staff look after money, sites, events and emails."""
    dispute = Dispute.objects.create(
        id="du_1QxYzAb", deposit=town.deposit, amount_cents=700, is_taken=True, state="open", opened_at=world.NOW
    )
    dispute.shares.create(source="platform", amount_micros=7_000_000)
    item = ReconciliationItem.objects.create(
        kind="unknown", subject="po_1QxYzAbCdEfGhIjKl", difference_cents=-1200, since=world.NOW
    )
    standing = OriginStanding.objects.create(origin="https://ada.example", frozen_at=world.NOW)
    told.came("refund.created", now=world.NOW, subject="re_1QxYzAbCdEfGhIjKl")
    Site.objects.update(contested_at=world.NOW, verified_at=None)
    rows = {
        "payouts_payout_review": town.payout.pk,
        "payouts_dispute_change": quote(dispute.pk),
        "payouts_reconciliationitem_resolve": item.pk,
        "buttons_originstanding_decide": standing.pk,
        "buttons_site_contest": town.button.site_id,
    }
    lists = [reverse(f"admin:{name}_changelist") for name in STAFF_LISTS]
    return lists + [reverse(f"admin:{name}", args=[row]) for name, row in rows.items()]


def test_axe_finds_nothing_where_staff_decide(browser: Browser, town: World) -> None:  # noqa: F811
    """In the admin, in both themes, on a telephone; on a wide screen no list is cut off but the widest."""
    client = walk.client_of(town, "staff")
    served, found, cut = _Served(), {}, list[str]()
    with browser.new_context(viewport=NARROW, reduced_motion="reduce") as context:
        page = context.new_page()
        page.route("**/*", served.answer)
        for path in where_staff_decide(town):
            response = client.get(path)
            served.page = walk.seen_in(response, name=path, role="staff", language="en")
            page.set_viewport_size(NARROW)
            page.goto(settings.APP_URL + path)
            found[path] = wrong(page)
            page.set_viewport_size(WIDE)
            cut += [path] * page.evaluate(IS_CUT)

    assert {path: each for path, each in found.items() if each} == {}
    # A site's ten numbers have no room beside each other, so the way to decide about it stands before them.
    assert set(cut) <= {reverse("admin:buttons_originstanding_changelist")}
