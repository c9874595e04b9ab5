"""Everybody's whole way in a browser, each page looked at: a fan's, a creator's, and that of who pays them out."""

import csv
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
import time_machine
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, expect
from pytest_django import Settings

from accounts.models import User
from buttons.models import Button, Site, SiteCheck
from flattr.period import Period
from payouts import tasks
from payouts.models import Payout
from tests import given, pressing, second_factor
from tests.browser.people import press
from tests.browser.walking import PASSWORD, Looks, Walk, all_looks, walked
from tests.outside import proofs
from tests.outside.servers import Outside, text
from tests.pages.world import confirmed

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("app_url"),
    pytest.mark.parametrize("looks", all_looks()),
]

OCTOBER: Final = Period(2026, 10)
PAYABLE: Final = datetime(2026, 11, 11, 9, 0, tzinfo=UTC)
"""When what October brought can be withdrawn."""


@pytest.fixture
def clock(settings: Settings) -> Iterator[time_machine.Traveller]:
    """Let the walk begin in October; the clock goes on by itself, as pages wait for it."""
    # The database, which tells whose a click is, has today's clock, by which sessions of then would have ended.
    settings.SESSION_COOKIE_AGE = int(timedelta(days=36_500).total_seconds())
    with time_machine.travel(given.MOMENT, tick=True) as traveller:
        yield traveller


def settle_october(clock: time_machine.Traveller, after_october: datetime) -> None:
    """Let October end, and be settled ten minutes later."""
    clock.move_to(after_october)
    given.settled(OCTOBER, now=timezone.now())


def test_a_visitor_becomes_a_fan(
    browser: Browser, looks: Looks, clock: time_machine.Traveller, after_october: datetime
) -> None:
    """From the first page to a promise that is paid, the first click, its share box, and the month's statement."""
    song = pressing.verified_button(given.creator("Ada"))
    with walked(browser, looks, person="fan") as walk:
        walk.go("/")
        walk.look("landing")
        walk.page.locator("main a.button.big").first.click()
        walk.sign_up("grace@fans.example")
        pay_in(walk)
        click_first(walk, song)
        settle_october(clock, after_october)
        walk.go("/cake/")
        walk.look("new-month")
        read_statement(walk)


def pay_in(walk: Walk) -> None:
    """Choose a sum and pay it in the sandbox."""
    walk.look("welcome-sum")
    walk.send()
    walk.look("welcome-pay")
    walk.send()
    walk.page.locator("button[value=succeed]").wait_for()
    walk.look("sandbox-payment")
    walk.send()
    walk.page.wait_for_url("**/deposits/**")
    walk.page.locator("main a.button").wait_for()
    walk.look("paid")
    walk.page.locator("main a.button").click()
    walk.page.wait_for_url("**/welcome/")
    walk.look("welcome-click")


def click_first(walk: Walk, song: Button) -> None:
    """Look at a button, click it, open the share box, and see the cake."""
    walk.page.locator(".cards h2 a").click()
    walk.page.wait_for_url("**" + reverse("buttons:button", args=[song.public_id]))
    walk.look("button")
    walk.page.locator("main a.button.big").click()
    walk.look("before-click")
    press(walk.page)
    walk.page.locator("#share-address").wait_for(state="attached")
    walk.page.locator("details:has(> .networks) > summary").click()
    expect(walk.page.locator("#share-address")).to_be_visible()
    walk.look("thanks-and-share")
    shared = walk.page.locator(".networks a").evaluate_all("(all) => all.map((link) => link.href)")
    assert len(shared) > 1
    walk.page.locator("main a[href='/cake/']").click()
    expect(walk.page.locator(".slices")).to_contain_text(song.title)
    walk.look("cake")


def read_statement(walk: Walk) -> None:
    """Find the month among the statements, read it, and take it along as both files."""
    walk.go("/statements/")
    walk.look("statements")
    walk.page.locator("main a[href='/statements/2026-10/']").first.click()
    expect(walk.page.locator("#lines tbody tr")).to_have_count(1)
    walk.look("statement")
    with walk.page.expect_download() as started:
        walk.page.locator("main a[download]").click()
    rows = list(csv.reader(started.value.path().read_text(encoding="utf-8-sig").splitlines()))
    assert any("A song" in row for row in rows)
    pdf = walk.page.request.get(walk.page.locator("main a[href$='.pdf']").evaluate("(link) => link.href"))
    assert pdf.ok
    assert pdf.body().startswith(b"%PDF-")


def test_a_creator_is_found_clicked_and_paid(
    browser: Browser,
    looks: Looks,
    outside: Outside,
    clock: time_machine.Traveller,
    after_october: datetime,
) -> None:
    """From the sign-up to a page, a proven site, a button on it, a month's earnings, and a payout asked for."""
    outside.host("alice.example")
    with walked(browser, looks, person="creator") as walk:
        walk.go("/accounts/signup/")
        walk.sign_up("alice@creators.example")
        open_page(walk)
        prove_site(walk, outside)
        make_button(walk)
        fan = given.funded_fan("Grace", budget_cents=2000, period=OCTOBER)
        given.click(fan, Button.objects.get(), now=timezone.now())
        walk.go("/earnings/")
        walk.look("forecast")
        settle_october(clock, after_october)
        clock.move_to(PAYABLE)
        walk.go("/earnings/")
        walk.look("earnings")
        open_account(walk)
        walk.page.locator("[name=amount_cents]").fill("15")
        walk.page.locator("form:has([name=amount_cents]) button").click()
        walk.page.locator("#payouts").wait_for()
        walk.look("payout-requested")
    payout = Payout.objects.get()
    assert (payout.state, payout.amount_cents) == (Payout.State.REQUESTED, 1500)


def open_page(walk: Walk) -> None:
    """Open a creator's page from the welcome."""
    walk.page.locator("main aside a.button").click()
    walk.look("become-creator")
    walk.page.locator("#id_slug").fill("alice")
    walk.page.locator("#id_name").fill("Alice Liddell")
    walk.page.locator("#id_text").fill("Songs about rabbits.")
    walk.page.locator("main form button").click()
    walk.page.wait_for_url("**" + reverse("buttons:new"))
    walk.go("/@alice/")
    walk.look("page")


def prove_site(walk: Walk, outside: Outside) -> None:
    """Claim a site, put the token there, and have it looked for."""
    walk.go(reverse("buttons:sites"))
    walk.look("sites")
    walk.page.locator("main input[name=host]").fill("https://alice.example/about")
    walk.page.locator("main input[name=host]").press("Enter")
    walk.page.locator("#file").wait_for()
    walk.look("site")
    outside.page(f"alice.example/{proofs.FILE}", text(walk.page.locator("#file").input_value()))
    walk.page.locator("button[value=file]").click()
    walk.page.locator("[data-waiting]").wait_for()
    walk.look("site-waits")
    proofs.run(SiteCheck.objects.get(), now=timezone.now())
    walk.page.locator("[role=status].message").wait_for()
    walk.look("site-proven")
    assert Site.objects.get().verified_at is not None


def make_button(walk: Walk) -> None:
    """Make a button for a page of the site, and see its snippet."""
    walk.go(reverse("buttons:new"))
    walk.look("new-button")
    walk.page.locator("#id_url").fill("https://alice.example/rabbit")
    walk.page.locator("#id_title").fill("The rabbit’s watch")
    walk.page.locator("main form button").click()
    walk.page.wait_for_url("**/b/**")
    walk.look("own-button")
    walk.page.locator("main p.actions a.button").click()
    expect(walk.page.locator("#snippet")).to_have_value(re.compile("alice.example/rabbit"))
    walk.look("snippet")


def open_account(walk: Walk) -> None:
    """Set up a second factor, to which the account's form leads, and open the account."""
    country = walk.page.locator("select[name=country]")
    country.select_option("FR")
    walk.page.locator("form:has([name=country]) button").click()
    walk.page.wait_for_url("**/2fa/**")
    walk.look("second-factor")
    walk.page.locator("main a[href*='totp/activate']").click()
    walk.page.locator("#id_password, #id_code").wait_for()
    if "reauthenticate" in walk.page.url:
        walk.look("confirm-access")
        walk.page.locator("#id_password").fill(PASSWORD)
        walk.page.locator("#id_password").press("Enter")
        walk.page.locator("#id_code").wait_for()
    walk.look("authenticator")
    secret = walk.page.locator("#authenticator_secret").input_value()
    walk.page.locator("#id_code").fill(second_factor.code(secret=secret))
    walk.page.locator("#id_code").press("Enter")
    walk.page.wait_for_url("**/recovery-codes/**")
    walk.look("recovery-codes")
    walk.page.locator("main .message a.button").click()
    walk.page.wait_for_url("**/earnings/")
    country.select_option("FR")
    walk.page.locator("form:has([name=country]) button").click()
    walk.page.wait_for_url("**/sandbox/onboard/**")
    walk.look("sandbox-account")
    walk.page.locator("button[value=ready]").click()
    walk.page.wait_for_url("**/earnings/")
    walk.look("account-ready")


def test_an_operator_pays_a_creator(
    browser: Browser,
    looks: Looks,
    clock: time_machine.Traveller,
    after_october: datetime,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Staff log in with both factors, approve a payout in the admin, it is sent, and the books hold."""
    creator = given.creator("Ada")
    given.earned(creator, micros=30_000_000, period=OCTOBER, now=after_october)
    clock.move_to(PAYABLE)
    payout = given.payout(creator, amount_cents=2500, now=PAYABLE)
    staff = confirmed(given.user("Chief", is_staff=True, is_superuser=True, language=looks.language))
    with walked(browser, looks, person="operator") as walk:
        review(walk, staff)
        assert Payout.objects.get().state == Payout.State.APPROVED
        tasks.advance_payout(str(payout.pk))
        # The provider takes its time, and is asked again.
        clock.shift(timedelta(hours=1))
        tasks.advance_payout(str(payout.pk))
        walk.go("/admin/payouts/payout/")
        walk.look("payout-sent")
    assert Payout.objects.get().state == Payout.State.SENT
    call_command("check_books")
    assert "BROKEN" not in capsys.readouterr().out


def review(walk: Walk, staff: User) -> None:
    """Log in with a code, and approve the payout that waits."""
    walk.go("/admin/payouts/payout/")
    walk.look("login")
    walk.log_in(staff.email, "password")
    walk.page.wait_for_url("**/2fa/**")
    walk.look("code")
    walk.page.locator("#id_code").fill(second_factor.code())
    walk.page.locator("#id_code").press("Enter")
    walk.page.wait_for_url("**/admin/payouts/payout/")
    walk.look("payouts")
    walk.page.locator("#result_list a[href*='review']").click()
    walk.look("review")
    walk.page.locator("button[value=approve]").click()
    walk.page.locator(".messagelist").wait_for()
    walk.look("approved")
