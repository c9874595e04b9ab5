"""A real browser for tests that need one."""

import os
import shutil
from collections.abc import Iterator

import pytest
from django.conf import LazySettings
from playwright.sync_api import Browser, sync_playwright
from pytest_django.live_server_helper import LiveServer

# Chromium would look for Google's hosts at every start; nothing here may leave the machine.
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return Chromium; skip where there is none, except in CI, which always has it.

    It ends with the module: as long as it runs, an event loop runs in the main thread, where other tests want none.
    """
    executable = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if executable is None:
        message = "no Chromium here; `apt-get install chromium` brings it"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    with pytest.MonkeyPatch.context() as environment, sync_playwright() as playwright:
        # Playwright's loop makes Django think that this thread is asynchronous; it isn't.
        environment.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        chromium = playwright.chromium.launch(executable_path=executable, args=_ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def app_url(live_server: LiveServer, settings: LazySettings) -> str:
    """Return the address at which the app is served; what pages elsewhere load comes from a host beside it."""
    settings.APP_URL = live_server.url
    settings.EMBED_URL = live_server.url.replace("localhost", "embed.localhost")
    return live_server.url
