"""Passkeys and security keys, by the virtual ones that Chromium has for this."""

import re
from collections.abc import Iterator

import pytest
from allauth.mfa.models import Authenticator
from playwright.sync_api import Browser, Page, expect

from accounts.models import User
from tests import given
from tests.browser.people import confirm_access, log_in
from tests.pages.world import confirmed

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

KEYS = "/accounts/2fa/webauthn/"


@pytest.fixture
def grace() -> User:
    """Return somebody who can log in by a password."""
    return confirmed(given.user("Grace"))


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Return a page of a browser whose machine knows its owner, as by a fingerprint, and keeps passkeys."""
    with browser.new_context(locale="en-GB") as context:
        made = context.new_page()
        told: list[str] = []
        made.on("console", lambda message: told.append(message.text))
        chromium = context.new_cdp_session(made)
        chromium.send("WebAuthn.enable")
        chromium.send(
            "WebAuthn.addVirtualAuthenticator",
            {
                "options": {
                    "protocol": "ctap2",
                    "transport": "internal",
                    "hasResidentKey": True,
                    "hasUserVerification": True,
                    "isUserVerified": True,
                    "automaticPresenceSimulation": True,
                }
            },
        )
        yield made
        assert [text for text in told if "Content Security Policy" in text] == []


def add_key(page: Page, app_url: str, *, passwordless: bool) -> None:
    """Add a key, from the page of second factors, after proving to be oneself."""
    page.goto(f"{app_url}/accounts/2fa/")
    page.get_by_role("link", name="Add").click()
    confirm_access(page)
    page.get_by_label("Name").fill("My laptop")
    if passwordless:
        page.get_by_label("Passwordless").check()
    page.get_by_role("button", name="Add").click()
    page.wait_for_url(re.compile("recovery-codes|/webauthn/$"))


def log_out(page: Page, app_url: str) -> None:
    """Log out by the page for it."""
    page.goto(f"{app_url}/accounts/logout/")
    page.get_by_role("button", name="Sign Out").click()
    page.wait_for_url(f"{app_url}/")


def test_a_passkey_logs_in_without_a_password(page: Page, app_url: str, grace: User) -> None:
    """It is two factors in one: the machine, and what it knows its owner by."""
    log_in(page, app_url, grace)
    add_key(page, app_url, passwordless=True)
    assert Authenticator.objects.filter(user=grace, type=Authenticator.Type.WEBAUTHN).count() == 1
    log_out(page, app_url)
    page.goto(f"{app_url}/accounts/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()

    page.wait_for_url("**/cake/")
    expect(page.get_by_text(f"Logged in as {grace.email}.")).to_be_visible()


def test_a_key_is_the_second_step_after_a_password(page: Page, app_url: str, grace: User) -> None:
    """The password alone leads to the page that asks for it; the key is listed, and can be removed."""
    log_in(page, app_url, grace)
    add_key(page, app_url, passwordless=False)
    log_out(page, app_url)
    page.goto(f"{app_url}/accounts/login/")
    page.get_by_label("Email").fill(grace.email)
    page.get_by_label("Password").fill("password")
    page.get_by_role("button", name="Sign In", exact=True).click()
    page.get_by_role("button", name="Use a security key").click()
    page.wait_for_url("**/cake/")
    page.goto(f"{app_url}{KEYS}")

    expect(page.get_by_text("My laptop")).to_be_visible()

    page.get_by_role("link", name="Remove").click()
    if page.get_by_label("Password").is_visible():
        confirm_access(page)
    page.get_by_role("button", name="Remove").click()

    expect(page.get_by_text("There is none yet.")).to_be_visible()
    assert not Authenticator.objects.filter(user=grace, type=Authenticator.Type.WEBAUTHN).exists()
