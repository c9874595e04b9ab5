"""Every address, posted to by everybody with an empty form: who may do what stands in one table beside that of pages.

An empty form is refused by its fields at most, so what is said of it tells whether the role may send one at all.
"""

import re
from http import HTTPStatus
from typing import Any, Final

import pytest
from django.conf import settings
from django.db import transaction

from buttons import queries
from tests.client import StrictClient
from tests.pages import world
from tests.pages.test_every_page import CREATORS, EVERYBODY, PERSONS, STAFF, address, answered
from tests.pages.world import ROLES, World

pytestmark = pytest.mark.django_db

NEVER: Final = "405 405 405 405 405 405"
NOWHERE: Final = "404 404 404 404 404 404"
NOBODYS: Final = "login 404 404 404 404 404"
PERSONS_BY_GET: Final = "login 405 405 405 405 405"
CREATORS_BY_GET: Final = "login open open 405 405 open"

POSTS: Final = {
    "landing": NEVER,
    "healthz": EVERYBODY,
    "readyz": EVERYBODY,
    "schema": NEVER,
    "robots_txt": NEVER,
    "security_txt": NEVER,
    "api_button": NEVER,
    "account_login": "200 /cake/ /cake/ /cake/ /cake/ /cake/",
    "account_signup": "200 /cake/ /cake/ /cake/ /cake/ /cake/",
    "account_logout": "/ / / / / /",
    "account_inactive": NEVER,
    "account_reauthenticate": PERSONS,
    "account_email": "login" + " /accounts/email/" * 5,
    "account_email_verification_sent": "/accounts/login/" + " /accounts/email/" * 5,
    "account_change_password": PERSONS,
    "account_set_password": "login" + " /accounts/password/change/" * 5,
    "account_reset_password": EVERYBODY,
    "account_reset_password_done": NEVER,
    "account_reset_password_from_key": EVERYBODY,
    "account_reset_password_from_key_done": NEVER,
    "account_confirm_login_code": "/accounts/login/ /cake/ /cake/ /cake/ /cake/ /cake/",
    "mfa_index": PERSONS_BY_GET,
    "mfa_authenticate": "/accounts/login/ /cake/ /cake/ /cake/ /cake/ /cake/",
    "mfa_reauthenticate": "login /accounts/reauthenticate/ /accounts/reauthenticate/ 200 200 200",
    "mfa_activate_totp": "login" + " 200" * 2 + " /accounts/2fa/totp/deactivate/" * 3,
    "mfa_deactivate_totp": "login 404 404 /accounts/2fa/ /accounts/2fa/ /accounts/2fa/",
    "mfa_view_recovery_codes": PERSONS_BY_GET,
    "mfa_download_recovery_codes": NOBODYS,
    "mfa_generate_recovery_codes": "login" + " 200" * 2 + " /accounts/2fa/recovery-codes/" * 3,
    "mfa_list_webauthn": PERSONS_BY_GET,
    "mfa_add_webauthn": PERSONS,
    "mfa_edit_webauthn": NOBODYS,
    "mfa_remove_webauthn": NOBODYS,
    "mfa_login_webauthn": "/accounts/login/ /cake/ /cake/ /cake/ /cake/ /cake/",
    "mfa_reauthenticate_webauthn": "login" + " /accounts/reauthenticate/" * 5,
    "socialaccount_connections": PERSONS,
    "socialaccount_login_cancelled": NEVER,
    "socialaccount_login_error": NEVER,
    "socialaccount_signup": "/accounts/login/" + " /accounts/login/" * 5,
    "facebook_login": NOWHERE,
    "facebook_callback": NOWHERE,
    "github_login": NOWHERE,
    "github_callback": NOWHERE,
    "google_login": NOWHERE,
    "google_callback": NOWHERE,
    "openid_connect_login": NOWHERE,
    "openid_connect_callback": NOWHERE,
    "twitter_oauth2_login": NOWHERE,
    "twitter_oauth2_callback": NOWHERE,
    "facebook_login_by_token": NOWHERE,
    "google_login_by_token": NOWHERE,
    "demo_code": NEVER,
    "accounts:settings": PERSONS,
    "accounts:sessions": PERSONS_BY_GET,
    "accounts:end_sessions": "login" + " /settings/sessions/" * 5,
    "accounts:become_creator": "login 200 200 /creator/ /creator/ 200",
    "accounts:edit_creator": CREATORS,
    "buttons:creator": NEVER,
    "buttons:share_creator": NEVER,
    "buttons:button": NEVER,
    "buttons:share": NEVER,
    "buttons:sitemaps": NEVER,
    "buttons:sitemap": NEVER,
    "buttons:creator_picture": NEVER,
    "buttons:button_picture": NEVER,
    "buttons:default_picture": NEVER,
    "buttons:badge": NEVER,
    "buttons:click": NOWHERE,
    "buttons:pay": NEVER,
    "buttons:window": "/accounts/login/?next=… 200 200 409 /subscription/?next=… /subscription/?next=…",
    "buttons:click_at_once": "403 403 403 403 403 403",
    "buttons:builder": CREATORS_BY_GET,
    "buttons:check_page": CREATORS,
    "buttons:oembed": NEVER,
    "buttons:own": CREATORS_BY_GET,
    "buttons:new": CREATORS,
    "buttons:edit": "login open open 200 404 open",
    "buttons:hide": "login open open /b/…/ 404 open",
    "buttons:undo": "login /cake/ 404 404 404 404",
    "buttons:activity": PERSONS_BY_GET,
    "buttons:click_notices": "login" + " /clicks/" * 5,
    "buttons:revoke_keys": "login" + " /clicks/" * 5,
    "buttons:report": NOBODYS,
    "buttons:connections": PERSONS_BY_GET,
    "buttons:set_digest": NOBODYS,
    "buttons:decide_digest": "login" + " /connections/" * 5,
    "accounts:connect_mastodon": "login" + " /connections/" * 5,
    "accounts:mastodon_back": PERSONS_BY_GET,
    "accounts:connect_bluesky": "login" + " /connections/" * 5,
    "accounts:end_connection": NOBODYS,
    "buttons:sites": CREATORS,
    "buttons:site": CREATORS_BY_GET,
    "buttons:check_site": "login open open 200 404 open",
    "buttons:withdraw_claim": "login open open /sites/ 404 open",
    "payouts:cake": PERSONS_BY_GET,
    "payouts:subscription": PERSONS,
    "payouts:change_state": "login" + " /subscription/" * 5,
    "payouts:new_deposit": "login" + " /subscription/" * 5,
    "payouts:deposit": PERSONS_BY_GET,
    "payouts:resume_deposit": "login pay 404 404 404 404",
    "payouts:payment_method": "login pay pay pay pay pay",
    "payouts:remove_payment_method": "login" + " /subscription/" * 5,
    "payouts:new_refund": "login" + " /subscription/" * 5,
    "payouts:statement_list": PERSONS_BY_GET,
    "payouts:statement": PERSONS_BY_GET,
    "payouts:statement_csv": PERSONS_BY_GET,
    "sandbox:pay": "login 200 404 404 404 404",
    "payouts:data": PERSONS_BY_GET,
    "payouts:download_data": PERSONS_BY_GET,
    "payouts:close_account": "login" + " /settings/close/" * 5,
    "payouts:earnings": CREATORS,
    "payouts:earnings_of": CREATORS_BY_GET,
    "payouts:earnings_csv": CREATORS_BY_GET,
    "payouts:open_account": "login open open /earnings/ /earnings/ open",
    "payouts:account_page": "login open open /sandbox/onboard/ /sandbox/onboard/ open",
    "payouts:account_told": CREATORS_BY_GET,
    "payouts:smallest_payout": "login open open /earnings/ /earnings/ open",
    "payouts:cancel_payout": "login open open /earnings/ 404 open",
    "sandbox:onboard": "login 404 404 200 200 404",
    "payouts:stripe_webhook": NOWHERE,
    "admin:index": STAFF,
    "admin:app_list": STAFF,
    "admin:login": NEVER,
    "admin:logout": "/admin/ /admin/ /admin/ /admin/ /admin/ 200",
    "admin:jsi18n": "staff staff staff staff staff 405",
    "admin:autocomplete": "staff staff staff staff staff 405",
    "admin:view_on_site": "staff staff staff staff staff 404",
    "admin:password_change": STAFF,
    "admin:password_change_done": "staff staff staff staff staff 405",
    "admin:account_emailaddress_changelist": STAFF,
    "admin:accounts_closing_changelist": STAFF,
    "admin:accounts_creatorprofile_changelist": STAFF,
    "admin:accounts_notification_changelist": STAFF,
    "admin:accounts_subscription_changelist": STAFF,
    "admin:accounts_user_changelist": STAFF,
    "admin:auth_group_changelist": STAFF,
    "admin:mfa_authenticator_changelist": STAFF,
    "admin:socialaccount_socialaccount_changelist": STAFF,
    "admin:auth_user_password_change": STAFF,
    "admin:buttons_button_changelist": STAFF,
    "admin:buttons_clickreport_changelist": STAFF,
    "admin:buttons_closedperiod_changelist": STAFF,
    "admin:buttons_origindecision_changelist": STAFF,
    "admin:buttons_originstanding_changelist": STAFF,
    "admin:buttons_originstanding_decide": "staff staff staff staff staff 404",
    "admin:buttons_site_changelist": STAFF,
    "admin:buttons_site_contest": "staff staff staff staff staff 404",
    "admin:buttons_sitecheck_changelist": STAFF,
    "admin:ledger_ledgeraccount_changelist": STAFF,
    "admin:ledger_transfer_changelist": STAFF,
    "admin:payouts_debt_changelist": STAFF,
    "admin:payouts_deposit_changelist": STAFF,
    "admin:payouts_payout_changelist": STAFF,
    "admin:payouts_payout_review": STAFF,
    "admin:payouts_refund_changelist": STAFF,
    "admin:payouts_dispute_changelist": STAFF,
    "admin:payouts_payoutaccount_changelist": STAFF,
    "admin:payouts_reconciliationitem_changelist": STAFF,
    "admin:payouts_reconciliationitem_resolve": "staff staff staff staff staff 404",
    "admin:payouts_settlement_changelist": STAFF,
    "admin:payouts_stripeevent_changelist": STAFF,
    "accounts:unsubscribe": EVERYBODY,
    "buttons:discover": NEVER,
    "buttons:discover_feed": NEVER,
    "buttons:creator_feed": NEVER,
    "payouts:cap": "login 200 200 404 200 200",
    "payouts:lift_cap": "login /cake/ /cake/ 404 /cake/ /cake/",
    "payouts:statement_pdf": PERSONS_BY_GET,
    "payouts:history": PERSONS_BY_GET,
    "payouts:history_csv": PERSONS_BY_GET,
    "payouts:history_to": PERSONS_BY_GET,
    "payouts:history_pdf": PERSONS_BY_GET,
    "payouts:year": PERSONS_BY_GET,
    "payouts:year_csv": PERSONS_BY_GET,
    "payouts:year_pdf": PERSONS_BY_GET,
    "payouts:earnings_pdf": CREATORS_BY_GET,
    "payouts:earnings_year": CREATORS_BY_GET,
    "payouts:earnings_year_csv": CREATORS_BY_GET,
    "payouts:earnings_year_pdf": CREATORS_BY_GET,
    "payouts:co_authors": "login open open 200 404 open",
    "payouts:shares": CREATORS_BY_GET,
    "payouts:decide_share": "login open open 404 404 open",
    "admin:payouts_gift_changelist": "staff staff staff staff staff 200",
    "buttons:set_every_month": "login /b/…/ /b/…/ /b/…/ /subscription/?next=… /subscription/?next=…",
    "buttons:stop_every_month": "login" + " /b/…/" * 5,
    "buttons:supporters": CREATORS_BY_GET,
    "design": NEVER,
    "payouts:choose_visibility": "login /@…/ /@…/ 404 /@…/ /@…/",
    "payouts:choose_visibility_of_click": "login /clicks/ 404 404 404 404",
    "payouts:statement_clicks": PERSONS_BY_GET,
    "payouts:confirm_gift": "login" + " /@…/gift/" * 5,
    "payouts:gift": "200 200 200 200 200 200",
    "payouts:given_gift": PERSONS_BY_GET,
    "payouts:pay_first": "login" + " /welcome/" * 5,
    "payouts:visibility": "login 200 200 200 200 200",
    "payouts:welcome": "login /cake/ 200 200 200 200",
    "admin:payouts_coauthor_changelist": STAFF,
}
"""What each role gets by an empty POST, in the words of `ANSWERS`; `pay` is a payment's page, `…` is made up."""

MADE_UP: Final = {
    r"/@[\w-]+/": "/@…/",
    r"^/sandbox/pay/[0-9a-f-]{36}/$": "pay",
    r"\?next=.*": "?next=…",
    r"^/b/[0-9a-z]{12}/$": "/b/…/",
}

EMBED_HOST: Final = settings.EMBED_URL.partition("//")[2]

EMBED: Final = {
    "embed:loader": ("/1.js", 200, 405),
    "embed:pinned_loader": ("/1.0.0.js", 200, 405),
    "embed:frame": ("/b?to={slug}", 200, 405),
    "embed:click": ("/b/click", 405, 403),
    "embed:undo": ("/b/undo", 405, 403),
    "embed:redeem": ("/b/redeem", 405, 403),
    "embed:badge": ("/{slug}.svg", 200, 405),
    "embed:count": ("/{slug}.json", 200, 405),
}
"""What the host of other people's pages says to GET and to POST: the same to everybody, as nobody logs in there."""


def said(response: Any, path: str) -> str:
    """Return the answer in the words of the table."""
    answer = answered(response, path)
    for pattern, word in MADE_UP.items():
        answer = re.sub(pattern, word, answer)
    return answer


def test_every_address_is_posted_to() -> None:
    """Who adds a page says who may post to it; pages of single rows have a test of their own."""
    assert world.url_names() - world.pages_of_single_rows() == set(POSTS)


@pytest.mark.parametrize("role", ROLES)
def test_everybody_is_let_do_what_the_table_says(role: str, town: World) -> None:
    """Each role changes its own things alone, and whatever is only looked at takes no form."""
    client, person = StrictClient(), town.person(role)
    if person is not None:
        client.force_login(world.confirmed(person))
    session = client.cookies.get(settings.SESSION_COOKIE_NAME)
    wrong = []
    for name, answers in POSTS.items():
        # One post logs out, another hides the button: each is taken back, cookies and all.
        sender, before = StrictClient(), transaction.savepoint()
        if session is not None:
            sender.cookies[settings.SESSION_COOKIE_NAME] = session.value
        path = address(name, town)
        got = said(sender.post(path), path)
        transaction.savepoint_rollback(before)
        wanted = answers.split()[ROLES.index(role)]
        if got != wanted:
            wrong.append(f"{name}: {got}, not {wanted}")

    assert wrong == []


def test_every_address_of_the_embed_host_stands_in_its_table() -> None:
    """Who adds one says what it answers."""
    assert world.url_names(settings.EMBED_URLCONF, "embed:") == set(EMBED)


@pytest.mark.parametrize("role", ["anonymous", "fan", "creator", "staff"])
def test_the_embed_host_knows_nobody(role: str, town: World, client: StrictClient) -> None:
    """Whoever has a session of ours gets what all others get, and no press without a ticket is taken."""
    person = town.person(role)
    if person is not None:
        client.force_login(person)
    headers, clicks = {"host": EMBED_HOST}, queries.click_count(public_id=town.button.public_id)
    for path, by_get, by_post in EMBED.values():
        asked = path.format(slug=f"ada-{town.creator.pk}")
        assert client.get(asked, headers=headers).status_code == by_get, path
        assert client.post(asked, headers=headers).status_code in {by_post, HTTPStatus.BAD_REQUEST}, path

    assert queries.click_count(public_id=town.button.public_id) == clicks
