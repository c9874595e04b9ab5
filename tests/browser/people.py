"""What people do in a browser."""

from typing import Final

from playwright.sync_api import Page

from accounts.models import User

_SEEN_MS: Final = 800
"""For how long a page has to be seen before its button can be pressed."""


def log_in(page: Page, app_url: str, person: User) -> None:
    """Log in by the form, as somebody whose address is confirmed."""
    page.goto(f"{app_url}/accounts/login/")
    page.get_by_label("Email").fill(person.email)
    page.get_by_label("Password").fill("password")
    page.get_by_role("button", name="Sign In").click()
    page.wait_for_url("**/cake/")


def press(page: Page) -> None:
    """Press the button of a page of ours that asks for a click, as a person does, who has seen it and moved there."""
    button = page.get_by_role("button", name="Give it a slice")
    button.wait_for()
    page.bring_to_front()
    for place in range(60):
        page.wait_for_timeout(200)
        page.mouse.move(10 + 5 * (place % 2), 10)
        if page.evaluate("performance.now()") > _SEEN_MS and button.is_enabled():
            break
    button.click()
