"""A creator proves a site, as a person does it: copies the token, puts it into a file, and sees that it was found."""

from collections.abc import Iterator

import pytest
from django.conf import settings as house
from django.test import Client
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from buttons import tasks
from buttons.models import Site, SiteCheck
from tests import given
from tests.outside.proofs import FILE
from tests.outside.servers import Outside, text

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def ada() -> User:
    """Return a creator."""
    return given.creator("Ada")


@pytest.fixture
def page(browser: Browser, live_server: LiveServer, ada: User, client: Client) -> Iterator[Page]:
    """Return a page of a browser in which the creator is logged in."""
    client.force_login(ada)
    context = browser.new_context(base_url=live_server.url, permissions=["clipboard-read", "clipboard-write"])
    context.add_cookies(
        [
            {"name": name, "value": client.cookies[name].value, "url": live_server.url}
            for name in (house.SESSION_COOKIE_NAME,)
        ]
    )
    yield context.new_page()
    context.close()


def test_a_creator_proves_a_site(page: Page, outside: Outside) -> None:
    """The page waits by itself and tells what the worker finds; nothing but the copying needs a script."""
    outside.host("alice.example")
    page.goto("/buttons/")
    page.get_by_role("link", name="Your sites").click()
    page.get_by_label("Your site").fill("https://alice.example/about")
    page.get_by_role("button", name="It is mine").click()
    page.get_by_role("button", name="Copy", exact=True).first.click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == Site.objects.get().token

    outside.page(f"alice.example/{FILE}", text(copied))
    page.get_by_role("button", name="Look for the file").click()
    expect(page.get_by_role("status").last).to_contain_text("We are looking for it (file).")
    tasks.check_site(SiteCheck.objects.get().pk)
    expect(page.get_by_role("status").last).to_contain_text("Found. All is well.", timeout=10_000)
    expect(page.get_by_role("status").last).to_be_focused()
    expect(page.get_by_text("Verified since")).to_be_visible()
