"""What people do in a browser."""

from playwright.sync_api import Page

from accounts.models import User


def log_in(page: Page, app_url: str, person: User) -> None:
    """Log in by the form, as somebody whose address is confirmed."""
    page.goto(f"{app_url}/accounts/login/")
    page.get_by_label("Email").fill(person.email)
    page.get_by_label("Password").fill("password")
    page.get_by_role("button", name="Sign In").click()
    page.wait_for_url("**/cake/")


def press(page: Page) -> None:
    """Press the button of a page of ours that asks for a click, as a person does, who has seen it and moved there."""
    page.wait_for_timeout(800)
    page.mouse.move(10, 10)
    page.mouse.move(60, 60)
    page.get_by_role("button", name="Give it a slice").click()
