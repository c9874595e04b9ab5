"""Every page, asked for by everybody: who gets what stands in one table, and a page without an entry fails."""

import re
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

import pytest
from django.core.signing import Signer
from django.urls import reverse

from accounts.operations import muting
from buttons import tickets
from tests import given
from tests.client import StrictClient
from tests.pages import world
from tests.pages.world import ROLES, World

EVERYBODY: Final = "200 200 200 200 200 200"
NOBODY_BY_GET: Final = "login 405 405 405 405 405"
PERSONS: Final = "login 200 200 200 200 200"
CREATORS: Final = "login open open 200 200 open"
STAFF: Final = "staff staff staff staff staff 200"
STRANGERS: Final = "200 /cake/ /cake/ /cake/ /cake/ /cake/"

ANSWERS: Final = {
    # The house.
    "landing": EVERYBODY,
    "healthz": EVERYBODY,
    "readyz": EVERYBODY,
    "schema": EVERYBODY,
    "robots_txt": EVERYBODY,
    "security_txt": EVERYBODY,
    "api_button": EVERYBODY,
    # Logging in and out, as allauth does it.
    "account_login": STRANGERS,
    "account_signup": STRANGERS,
    "account_logout": "/ 200 200 200 200 200",
    "account_inactive": EVERYBODY,
    "account_reauthenticate": PERSONS,
    "account_email": PERSONS,
    "account_email_verification_sent": "/accounts/login/" + " /accounts/email/" * 5,
    "account_change_password": PERSONS,
    "account_set_password": "login" + " /accounts/password/change/" * 5,
    "account_reset_password": EVERYBODY,
    "account_reset_password_done": EVERYBODY,
    "account_reset_password_from_key": EVERYBODY,
    "account_reset_password_from_key_done": EVERYBODY,
    "account_confirm_login_code": "/accounts/login/" + " /cake/" * 5,
    # Second factors. Creators and staff have one, so that nothing but it is asked for.
    "mfa_index": PERSONS,
    "mfa_authenticate": "/accounts/login/" + " /cake/" * 5,
    "mfa_reauthenticate": "login" + " /accounts/reauthenticate/" * 2 + " 200 200 200",
    "mfa_activate_totp": "login 200 200" + " /accounts/2fa/totp/deactivate/" * 3,
    "mfa_deactivate_totp": "login 404 404 200 200 200",
    "mfa_view_recovery_codes": "login 404 404 404 404 404",
    "mfa_download_recovery_codes": "login 404 404 404 404 404",
    "mfa_generate_recovery_codes": PERSONS,
    "mfa_list_webauthn": PERSONS,
    "mfa_add_webauthn": PERSONS,
    "mfa_edit_webauthn": "login 404 404 404 404 404",
    "mfa_remove_webauthn": "login 404 404 404 404 404",
    "mfa_login_webauthn": "/accounts/login/" + " /cake/" * 5,
    "mfa_reauthenticate_webauthn": "login" + " /accounts/reauthenticate/" * 5,
    # Accounts elsewhere. The tests' own environment has no keys, so none is offered, and none can be begun.
    "socialaccount_connections": PERSONS,
    "socialaccount_login_cancelled": EVERYBODY,
    "socialaccount_login_error": "401 401 401 401 401 401",
    "socialaccount_signup": " ".join(["/accounts/login/"] * 6),
    **{
        f"{provider}_{step}": "404 404 404 404 404 404"
        for provider in ("facebook", "github", "google", "openid_connect", "twitter_oauth2")
        for step in ("login", "callback")
    },
    "facebook_login_by_token": "404 404 404 404 404 404",
    "google_login_by_token": "404 404 404 404 404 404",
    "demo_code": EVERYBODY,
    "design": EVERYBODY,
    # People.
    "accounts:settings": PERSONS,
    "accounts:sessions": PERSONS,
    "accounts:unsubscribe": EVERYBODY,
    "accounts:end_sessions": NOBODY_BY_GET,
    "accounts:become_creator": "login 200 200 /creator/ /creator/ 200",
    "accounts:edit_creator": CREATORS,
    # Buttons.
    "buttons:discover": EVERYBODY,
    "buttons:discover_feed": EVERYBODY,
    "buttons:creator": EVERYBODY,
    "buttons:creator_feed": EVERYBODY,
    "buttons:share_creator": EVERYBODY,
    "buttons:button": EVERYBODY,
    "buttons:share": EVERYBODY,
    "buttons:sitemaps": EVERYBODY,
    "buttons:sitemap": EVERYBODY,
    "buttons:creator_picture": EVERYBODY,
    "buttons:button_picture": EVERYBODY,
    "buttons:default_picture": EVERYBODY,
    "buttons:badge": EVERYBODY,
    "buttons:click": EVERYBODY,
    "buttons:pay": "404 404 404 404 404 404",
    "buttons:window": EVERYBODY,
    "buttons:click_at_once": "405 405 405 405 405 405",
    "buttons:builder": CREATORS,
    "buttons:check_page": CREATORS,
    "buttons:oembed": "404 404 404 404 404 404",
    "buttons:own": CREATORS,
    "buttons:new": CREATORS,
    "buttons:edit": "login open open 200 404 open",
    "buttons:hide": "login open open 405 405 open",
    "buttons:undo": NOBODY_BY_GET,
    "buttons:supporters": CREATORS,
    "buttons:set_every_month": NOBODY_BY_GET,
    "buttons:stop_every_month": NOBODY_BY_GET,
    "buttons:activity": PERSONS,
    "buttons:click_notices": NOBODY_BY_GET,
    "buttons:revoke_keys": NOBODY_BY_GET,
    "buttons:report": NOBODY_BY_GET,
    "buttons:connections": PERSONS,
    "buttons:set_digest": NOBODY_BY_GET,
    "buttons:decide_digest": NOBODY_BY_GET,
    "accounts:connect_mastodon": NOBODY_BY_GET,
    "accounts:mastodon_back": "login" + " /connections/" * 5,
    "accounts:connect_bluesky": NOBODY_BY_GET,
    "accounts:end_connection": NOBODY_BY_GET,
    "buttons:sites": CREATORS,
    "buttons:site": "login open open 200 404 open",
    "buttons:check_site": "login open open 405 405 open",
    "buttons:withdraw_claim": "login open open 405 405 open",
    # A fan's money.
    "payouts:cake": PERSONS,
    "payouts:cap": "login 200 200 404 200 200",
    "payouts:lift_cap": NOBODY_BY_GET,
    "payouts:subscription": PERSONS,
    "payouts:change_state": NOBODY_BY_GET,
    "payouts:new_deposit": NOBODY_BY_GET,
    "payouts:deposit": "login 200 404 404 404 404",
    "payouts:resume_deposit": NOBODY_BY_GET,
    "payouts:payment_method": "login" + " /subscription/" * 5,
    "payouts:remove_payment_method": NOBODY_BY_GET,
    "payouts:new_refund": NOBODY_BY_GET,
    "payouts:statement_list": PERSONS,
    "payouts:statement": PERSONS,
    "payouts:statement_csv": PERSONS,
    "payouts:statement_pdf": PERSONS,
    "payouts:statement_clicks": PERSONS,
    "payouts:history": PERSONS,
    "payouts:history_csv": PERSONS,
    "payouts:history_to": PERSONS,
    "payouts:history_pdf": PERSONS,
    "payouts:year": PERSONS,
    "payouts:year_csv": PERSONS,
    "payouts:year_pdf": PERSONS,
    # The way of somebody new. The fan has gone it, and the other fan's month isn't paid.
    "payouts:welcome": "login /cake/ 200 200 200 200",
    "payouts:pay_first": NOBODY_BY_GET,
    # Gifts beside the cake. Nothing waits to be confirmed here.
    "payouts:gift": EVERYBODY,
    "payouts:confirm_gift": "login" + " /@ada-{creator}/gift/" * 5,
    "payouts:given_gift": "login 404 404 404 404 404",
    "sandbox:pay": "login 200 404 404 404 404",
    # All that is a person's. Staff, and people with money on its way, don't close their accounts.
    "payouts:data": PERSONS,
    "payouts:download_data": PERSONS,
    "payouts:visibility": PERSONS,
    "payouts:choose_visibility": NOBODY_BY_GET,
    "payouts:choose_visibility_of_click": NOBODY_BY_GET,
    "payouts:close_account": "login /settings/data/ 200" + " /settings/data/" * 3,
    # A creator's money.
    "payouts:earnings": CREATORS,
    "payouts:earnings_of": CREATORS,
    "payouts:earnings_csv": CREATORS,
    "payouts:earnings_pdf": CREATORS,
    "payouts:earnings_year": CREATORS,
    "payouts:earnings_year_csv": CREATORS,
    "payouts:earnings_year_pdf": CREATORS,
    "payouts:co_authors": "login open open 200 404 open",
    "payouts:shares": CREATORS,
    "payouts:decide_share": "login open open 405 405 open",
    "payouts:open_account": "login open open 405 405 open",
    "payouts:account_page": "login open open /sandbox/onboard/ /sandbox/onboard/ open",
    "payouts:account_told": "login open open /earnings/ /earnings/ open",
    "payouts:smallest_payout": "login open open 405 405 open",
    "payouts:cancel_payout": "login open open 405 405 open",
    "sandbox:onboard": "login 404 404 200 200 404",
    # The payment provider's door.
    "payouts:stripe_webhook": "405 405 405 405 405 405",
    # Staff. The pages of single rows have a test of their own, by what their admin allows.
    "admin:index": STAFF,
    "admin:app_list": STAFF,
    "admin:login": "login 403 403 403 403 /admin/",
    "admin:logout": "/admin/ /admin/ /admin/ /admin/ /admin/ 405",
    "admin:jsi18n": STAFF,
    "admin:autocomplete": "staff staff staff staff staff 403",
    "admin:view_on_site": "staff staff staff staff staff 404",
    "admin:password_change": STAFF,
    "admin:password_change_done": STAFF,
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
    "admin:payouts_coauthor_changelist": STAFF,
    "admin:payouts_debt_changelist": STAFF,
    "admin:payouts_deposit_changelist": STAFF,
    "admin:payouts_gift_changelist": STAFF,
    "admin:payouts_payout_changelist": STAFF,
    "admin:payouts_payout_review": STAFF,
    "admin:payouts_refund_changelist": STAFF,
    "admin:payouts_dispute_changelist": STAFF,
    "admin:payouts_payoutaccount_changelist": STAFF,
    "admin:payouts_reconciliationitem_changelist": STAFF,
    "admin:payouts_reconciliationitem_resolve": "staff staff staff staff staff 404",
    "admin:payouts_settlement_changelist": STAFF,
    "admin:payouts_stripeevent_changelist": STAFF,
}
"""What each role gets by GET, in the order of `ROLES`: a status, or where it is led instead (`login`, `open` a
page as a creator, the `staff` login, or an address)."""

PUBLIC: Final = {
    "buttons:badge",
    "buttons:creator_feed",
    "buttons:discover_feed",
    "buttons:creator_picture",
    "buttons:button_picture",
    "buttons:default_picture",
    "api_button",
    "buttons:sitemap",
    "buttons:sitemaps",
    "robots_txt",
    "security_txt",
}
"""What anybody may keep: it says the same to everybody."""

INLINE: Final = ("script:not([src])", "style", "[style]")
DATA: Final = frozenset({"application/json", "application/ld+json"})
"""Scripts that are only read: no policy keeps them from that."""


ABOUT_A_BUTTON: Final = (
    "api_button",
    "buttons:badge",
    "buttons:button",
    "buttons:button_picture",
    "buttons:click",
    "buttons:click_at_once",
    "buttons:edit",
    "buttons:hide",
    "buttons:set_every_month",
    "buttons:share",
    "buttons:stop_every_month",
    "payouts:co_authors",
)
ABOUT_A_CREATOR: Final = (
    "buttons:creator",
    "buttons:creator_feed",
    "buttons:creator_picture",
    "buttons:share_creator",
    "payouts:cap",
    "payouts:choose_visibility",
    "payouts:confirm_gift",
    "payouts:gift",
    "payouts:history_to",
    "payouts:lift_cap",
)
ABOUT_A_SITE: Final = ("buttons:check_site", "buttons:site", "buttons:withdraw_claim")
ABOUT_A_DEPOSIT: Final = ("payouts:deposit", "payouts:resume_deposit", "sandbox:pay")
ABOUT_A_MONTH: Final = tuple(
    f"payouts:{page}{kind}"
    for page, kinds in {"earnings": ("_csv", "_of", "_pdf"), "statement": ("", "_clicks", "_csv", "_pdf")}.items()
    for kind in kinds
)
"""The pages that are about the town's button, creator, site, deposit, and the month of its clicks."""


def arguments_of(town: World) -> dict[str, list[object]]:
    """Return what the addresses of pages have that are about something."""
    return {
        **{name: [town.button.public_id] for name in ABOUT_A_BUTTON},
        **{name: [f"ada-{town.creator.pk}"] for name in ABOUT_A_CREATOR},
        **{name: [urlsplit(town.button.url).hostname] for name in ABOUT_A_SITE},
        **{name: [town.deposit.pk] for name in ABOUT_A_DEPOSIT},
        **{name: ["2026-10"] for name in ABOUT_A_MONTH},
        "account_reset_password_from_key": ["1", "key"],
        "admin:app_list": ["payouts"],
        "admin:auth_user_password_change": [town.fan.pk],
        "admin:buttons_originstanding_decide": [0],
        **{name: [town.payout.pk] for name in ("admin:payouts_payout_review", "payouts:cancel_payout")},
        "admin:view_on_site": [1, 1],
        "accounts:end_connection": [0],
        "accounts:unsubscribe": [Signer(salt=muting.__name__).sign(f"{town.fan.pk}:month_settled")],
        "buttons:set_digest": [0],
        **{f"buttons:{name}": [town.click.pk] for name in ("decide_digest", "report", "undo")},
        "payouts:choose_visibility_of_click": [town.click.period, town.click.pk],
        "buttons:window": [tickets.mint(place=given.place(town.button))],
        "buttons:sitemap": ["buttons", 1],
        "admin:buttons_site_contest": [town.button.site_id],
        **{f"mfa_{name}_webauthn": [1] for name in ("edit", "remove")},
        "accounts:mastodon_back": ["social.example"],
        **{f"openid_connect_{name}": ["mastodon"] for name in ("login", "callback")},
        "admin:payouts_reconciliationitem_resolve": [0],
        "payouts:decide_share": [0],
        **{f"payouts:{name}{kind}": [2026] for name in ("year", "earnings_year") for kind in ("", "_csv", "_pdf")},
        "payouts:given_gift": [town.click.pk],
    }


def address(name: str, town: World) -> str:
    """Return the address of a page, about the things of the fan and the creator where it is about something."""
    path = reverse(name, args=arguments_of(town).get(name))
    if name == "buttons:window":
        place = given.place(town.button)
        path += "?" + urlencode({"to": place.to, "url": place.url, "site": place.origin})
    return path


def answered(response: Any, path: str) -> str:
    """Return the answer in the words of the table."""
    if response.status_code != 302:
        return str(response.status_code)
    places = {
        f"/accounts/login/?next={quote(path)}": "login",
        f"/accounts/login/?{urlencode({'next': path})}": "login",
        f"/admin/login/?next={path}": "staff",
        "/creator/new/": "open",
    }
    location = str(response.headers["Location"])
    return places.get(location, location)


def breaches(name: str, response: Any) -> Iterator[str]:
    """Yield what an answer doesn't keep of what every answer has to."""
    cache_control, wanted = response.headers["Cache-Control"], "public" if name in PUBLIC else "private"
    if response.status_code == 200 and wanted not in cache_control:
        yield f"Cache-Control is {cache_control}"
    for header, value in {
        "X-Frame-Options": "DENY",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
    }.items():
        if response.headers.get(header) != value:
            yield f"{header} is {response.headers.get(header)}"
    policy = response.headers.get("Content-Security-Policy", "")
    if not re.search(r"default-src '(self|none)'", policy) or "unsafe" in policy:
        yield f"the policy is {policy}"
    if response.headers["Content-Type"].startswith("text/html") and response.content:
        yield from inline_code(world.document(response))


def inline_code(page: Any) -> Iterator[str]:
    """Yield the elements that the policy would silence: own scripts and styles inside the page."""
    for selector in INLINE:
        for element in page.query(selector):
            if element.attrs.get("type") not in DATA:
                yield f"inline {selector} in <{element.name}>"
    for element in page.query("*"):
        for attribute in element.attrs:
            if attribute.startswith("on"):
                yield f"inline {attribute} in <{element.name}>"


def test_every_address_stands_in_the_table() -> None:
    """Who adds a page says who may see it."""
    assert world.url_names() - world.pages_of_single_rows() == set(ANSWERS)


@pytest.mark.walk
@pytest.mark.parametrize("role", ROLES)
def test_everybody_gets_what_the_table_says(role: str, town: World, client: StrictClient) -> None:
    """Each role gets its own pages, valid and private, is kept from all others, and changes nothing by looking."""
    person = town.person(role)
    if person is not None:
        client.force_login(world.confirmed(person))
    wrong = []
    for name, answers in ANSWERS.items():
        path = address(name, town)
        response = client.get(path)
        wanted = answers.split()[ROLES.index(role)]
        if answered(response, path) != wanted.format(creator=town.creator.pk):
            wrong.append(f"{name}: {answered(response, path)}, not {wanted}")
        wrong += [f"{name}: {breach}" for breach in breaches(name, response)]

    assert wrong == []
    assert all(map(world.is_unchanged, (town.button, town.click, town.deposit, town.payout)))
