"""What people do in a browser."""

import re
from contextlib import suppress
from typing import Final

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page
from playwright.sync_api import TimeoutError as Late

from accounts.models import User
from buttons.models import Button
from tests import pressing, second_factor

_TRIES: Final = 150
_TRY_MS: Final = 5000


def log_in(page: Page, app_url: str, person: User) -> None:
    """Log in by the form, as somebody whose address is confirmed, with a code where they have a second factor."""
    page.goto(f"{app_url}/accounts/login/")
    page.get_by_label("Email").fill(person.email)
    page.get_by_label("Password").fill("password")
    page.get_by_role("button", name="Sign In", exact=True).click()
    page.wait_for_url(re.compile("/cake/|/2fa/"))
    if "/2fa/" in page.url:
        page.get_by_label("Code").fill(second_factor.code())
        page.get_by_role("button", name="Sign In", exact=True).click()
        page.wait_for_url("**/cake/")


def confirm_access(page: Page) -> None:
    """Prove to be oneself by the password, where a page asks for that."""
    page.get_by_label("Password").fill("password")
    page.get_by_role("button", name="Confirm").click()


def be(context: BrowserContext, person: User) -> None:
    """Let a browser have a session of somebody, without the form."""
    client = Client()
    client.force_login(person)
    name = settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": settings.APP_URL}])


def let_press(context: BrowserContext, fan: User, button: Button) -> None:
    """Give a browser the key that the fan's frame gets for a click on this button, confirmed in our window.

    On the button's site one honest press is enough from then on.
    """
    secret = pressing.key_for(fan, button, now=timezone.now())
    cookie = {"name": "__Host-k", "value": secret, "secure": True, "httpOnly": True, "sameSite": "None"}
    url, site = settings.EMBED_URL.replace("http:", "https:"), pressing.origin_of(button).rpartition(":")[0]
    context.add_cookies([{**cookie, "url": url, "partitionKey": site}])  # type: ignore[typeddict-item]


def press(page: Page) -> None:
    """Press the button of a page of ours that asks for a click, as a person does, who has seen it and moves there.

    On a slow machine the window may get its size or the focus late, and begins to wait anew then.
    """
    button = page.locator("[data-own-will]")
    button.wait_for()
    page.bring_to_front()
    for place in range(_TRIES):
        page.mouse.move(10 + 5 * (place % 2), 10)
        page.wait_for_timeout(200)
        if button.is_enabled():
            with suppress(Late):
                button.click(timeout=_TRY_MS)
                return
    pytest.fail("our window never let its button be pressed")


def log_in_there(window: Page, fan: User) -> None:
    """Log in, in the window to which a press led who isn't logged in."""
    window.get_by_label("Email").fill(fan.email)
    window.get_by_label("Password").fill("password")
    window.get_by_role("button", name="Sign In", exact=True).click()


def set_budget(window: Page) -> None:
    """Set a budget and pay it in the sandbox, in the window to which a press led who has none; then go on."""
    window.get_by_role("button", name="Set the budget and pay").click()
    window.get_by_role("button", name="Pay", exact=True).click()
    window.get_by_text("It has arrived and is in your balance.").wait_for()
    window.locator("main a.button").click()
