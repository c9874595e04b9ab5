"""A real browser for tests that need one."""

import os
import shutil
from collections.abc import Iterator

import pytest
from django.conf import LazySettings
from django.utils import timezone
from playwright.sync_api import Browser, Playwright, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from buttons.models import Button, Site
from buttons.operations import buttons as buttons_operations
from flattr.period import Period
from tests import given
from tests.browser.hosts import Sites, served
from tests.pages.world import confirmed

# Chromium would look for Google's hosts at every start; nothing here may leave the machine.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

# A machine that does other things as well takes longer over a page than the five seconds that are waited by default.
expect.set_options(timeout=30_000)


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """Return what drives browsers.

    It ends with the module: as long as it runs, an event loop runs in the main thread, where other tests want none.
    """
    with pytest.MonkeyPatch.context() as environment, sync_playwright() as driver:
        # Playwright's loop makes Django think that this thread is asynchronous; it isn't.
        environment.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        yield driver


@pytest.fixture(scope="module")
def executable() -> str:
    """Return where Chromium is; skip where there is none, except in CI, which always has it."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        message = "no Chromium here; `apt-get install chromium` brings it"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return found


@pytest.fixture(scope="module")
def browser(playwright: Playwright, executable: str) -> Iterator[Browser]:
    """Return Chromium as Playwright starts it."""
    chromium = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
    yield chromium
    chromium.close()


@pytest.fixture
def app_url(live_server: LiveServer, settings: LazySettings) -> str:
    """Return the address at which the app is served; what pages elsewhere load comes from a host beside it."""
    settings.APP_URL = live_server.url
    settings.EMBED_URL = live_server.url.replace("localhost", "embed.localhost")
    return live_server.url


@pytest.fixture
def sites(app_url: str) -> Iterator[Sites]:
    """Serve other people's sites."""
    del app_url
    with served() as found:
        yield found


@pytest.fixture
def song(sites: Sites) -> Button:
    """Return a button on a page of the verified site artist.localhost."""
    made = buttons_operations.create_button(
        creator=given.creator("Ada"), url=f"{sites.origin('artist')}/song", title="First light"
    )
    Site.objects.update(verified_at=timezone.now())
    return made


@pytest.fixture
def fan() -> User:
    """Return a fan with a budget of 5 EUR this month, who can log in."""
    return confirmed(given.funded_fan(period=Period.at(timezone.now())))
