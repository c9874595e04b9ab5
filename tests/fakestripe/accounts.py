"""Connected accounts, of API v2, and the links to the pages where their owners tell about themselves."""

from typing import Any, Final

import stripe

from tests.fakestripe.errors import Refused, no_such
from tests.fakestripe.events import emit, emit_thin, instant
from tests.fakestripe.routing import Call, answers, page
from tests.fakestripe.shapes import Json, blank
from tests.fakestripe.world import DAY, World, copied

LINK_SECONDS: Final = 300
"""So long is a link good."""

INCLUDABLE: Final = ("configuration", "defaults", "future_requirements", "identity", "requirements")
"""Parts of an account that are null unless a request includes them."""

ASKED_FIRST: Final = ("identity.individual.given_name", "identity.individual.date_of_birth", "payout_methods")
STATUSES: Final = {
    "active": [],
    "pending": [{"code": "requirements_pending_verification", "resolution": "no_resolution"}],
    "restricted": [{"code": "requirements_past_due", "resolution": "provide_info"}],
    "rejected": [{"code": "rejected_other", "resolution": "contact_stripe"}],
    "unsupported": [{"code": "unsupported_country", "resolution": "no_resolution"}],
}
"""What a capability can be, with the details that Stripe tells."""

KEPT: Final = {
    "identity": {"country", "entity_type"},
    "defaults": {"currency", "locales", "profile", "responsibilities"},
}
"""What the fake keeps of what is told about an account."""

CAPABILITY: Final = "stripe_balance.stripe_transfers"


def invalid(message: str, param: str) -> Refused:
    """Return a refusal of API v2."""
    return Refused(message, code="invalid_fields", param=param)


def can_receive(account: Json) -> bool:
    """Tell whether transfers to an account are possible."""
    return bool(_transfers(account)["status"] == "active")


def _transfers(account: Json) -> Json:
    recipient = account["configuration"]["recipient"] or {}
    found: Json = recipient.get("capabilities", {}).get("stripe_balance", {}).get("stripe_transfers", {"status": ""})
    return found


def _requirement(asked: str, status: str) -> Json:
    """Return one thing that an account's owner must tell, and how pressing it is."""
    deadline = {"status": status}
    restricts = {"capability": CAPABILITY, "configuration": "recipient", "deadline": deadline}
    return {
        "awaiting_action_from": "user",
        "description": asked,
        "errors": [],
        "impact": {"restricts_capabilities": [restricts]},
        "minimum_deadline": deadline,
        "reference": None,
        "requested_reasons": [{"code": "routine_onboarding"}],
    }


def _requirements(asked: list[str], status: str, due_at: int | None) -> Json:
    deadline = {"status": status, "time": instant(due_at) if due_at else None}
    return blank(
        stripe.v2.core.Account.Requirements,
        entries=[_requirement(one, status) for one in asked],
        summary={"minimum_deadline": deadline if asked else None},
    )


def set_state(
    world: World, account: Json, *, status: str, asked: list[str], due_at: int | None = None, past: bool = False
) -> None:
    """Change whether an account may receive transfers, and what it is asked for until when (seconds, UTC).

    :raises Refused: if there is no such status.
    """
    if status not in STATUSES:
        raise Refused(f"status must be one of {', '.join(STATUSES)}, not {status}", param="status")
    before = copied(account)
    capability = {"status": status, "status_details": copied({"details": STATUSES[status]})["details"]}
    if account["configuration"]["recipient"]:
        account["configuration"]["recipient"]["capabilities"]["stripe_balance"]["stripe_transfers"] = capability
    account["requirements"] = _requirements(asked, "past_due" if past else "currently_due", due_at)
    if before["requirements"] != account["requirements"]:
        emit_thin(world, "v2.core.account[requirements].updated", account)
    if _transfers(before) != _transfers(account):
        kind = "v2.core.account[configuration.recipient].capability_status_updated"
        emit_thin(world, kind, account, updated_capability=CAPABILITY)


def _shown(account: Json, include: list[str]) -> Json:
    """Return an account with the parts that a request includes; the others are null."""
    answer = copied(account)
    for part in INCLUDABLE:
        wanted = [name for name in include if name.partition(".")[0] == part]
        if not wanted:
            answer[part] = None
        elif part == "configuration":
            answer[part] = {name: answer[part][name] if f"{part}.{name}" in wanted else None for name in answer[part]}
    return answer


def _find(call: Call, name: str, param: str = "id") -> Json:
    account = call.world.data["objects"].get(name)
    if account is None or account["object"] != "v2.core.account" or call.world.hidden(name).get("gone"):
        raise Refused(f"No such account: '{name}'", status=404, code="not_found", param=param)
    found: Json = account
    return found


def _merged(old: Any, new: Any) -> Any:
    """Return a nested update: hashes are merged, null unsets, anything else replaces."""
    if not isinstance(old, dict) or not isinstance(new, dict):
        return new
    return {**old, **{name: _merged(old.get(name), value) for name, value in new.items()}}


def _apply(account: Json, params: Json) -> None:
    """Put what a request says into an account."""
    for name in ("contact_email", "contact_phone", "dashboard", "display_name", "metadata"):
        if name in params:
            account[name] = _merged(account.get(name), params[name])
    for part, kept in KEPT.items():
        told = params.get(part, {})
        if other := sorted(told.keys() - kept):
            raise _not_done(f"{part}.{other[0]}")
        account[part] = _merged(account[part], told)
    configuration = params.get("configuration", {})
    if other := sorted(configuration.keys() - {"recipient"}):
        raise _not_done(f"configuration.{other[0]}")
    wanted = configuration.get("recipient", {}).get("capabilities", {}).get("stripe_balance", {})
    if wanted.get("stripe_transfers", {}).get("requested") and not account["configuration"]["recipient"]:
        _need(account["identity"]["country"], "identity.country")
        _need(account["defaults"]["responsibilities"]["losses_collector"], "defaults.responsibilities")
        account["applied_configurations"] = ["recipient"]
        balance = {"payouts": None, "stripe_transfers": {"status": "restricted", "status_details": []}}
        capabilities = {"bank_accounts": None, "cards": None, "stripe_balance": balance}
        account["configuration"]["recipient"] = {"applied": True, "capabilities": capabilities}


def _not_done(param: str) -> Refused:
    return Refused(f"The fake doesn't do {param} of accounts.", status=501, kind="api_error", param=param)


def _need(value: Any, param: str) -> None:
    if not value:
        raise invalid(f"{param} is required for this configuration.", param)


@answers("POST", "/v2/core/accounts")
def _create(call: Call) -> Json:
    world, params = call.world, call.params
    account = blank(
        stripe.v2.core.Account,
        id=world.new_id("acct").replace("acct_", "acct_1"),
        created=instant(world.now()),
        configuration=blank(stripe.v2.core.Account.Configuration),
        defaults=blank(
            stripe.v2.core.Account.Defaults,
            responsibilities=dict.fromkeys(("fees_collector", "losses_collector"))
            | {"requirements_collector": "stripe"},
        ),
        identity=blank(stripe.v2.core.Account.Identity),
        metadata={},
        requirements=_requirements([], "currently_due", None),
    )
    _apply(account, params)
    made = world.add(stripe.v2.core.Account, "acct", **account)
    emit_thin(world, "v2.core.account.created", made)
    if made["configuration"]["recipient"]:
        set_state(world, made, status="restricted", asked=list(ASKED_FIRST))
    return _shown(made, params.get("include", []))


@answers("GET", "/v2/core/accounts/{id}")
def _retrieve(call: Call) -> Json:
    return _shown(_find(call, call.ids["id"]), call.params.get("include", []))


@answers("POST", "/v2/core/accounts/{id}")
def _update(call: Call) -> Json:
    account = _find(call, call.ids["id"])
    changed = copied(account)
    _apply(changed, call.params)
    account.update(changed)
    emit_thin(call.world, "v2.core.account.updated", account)
    return _shown(account, call.params.get("include", []))


@answers("GET", "/v2/core/accounts")
def _list(call: Call) -> Json:
    found = [one for one in call.world.every("v2.core.account") if not call.world.hidden(one["id"]).get("gone")]
    return page(call, [_shown(account, []) for account in found])


@answers("POST", "/v2/core/account_links")
def _link(call: Call) -> Json:
    world, params = call.world, call.params
    account = _find(call, params["account"], "account")
    kind = params["use_case"]["type"]
    if kind not in params["use_case"]:
        raise invalid(f"use_case.{kind} is required.", f"use_case.{kind}")
    urls = params["use_case"][kind]
    token = world.new_id("link")
    expires = world.now() + LINK_SECONDS
    hidden = {"account": account["id"], "expires": expires, "used": False, **urls}
    world.data["hidden"][token] = hidden
    name = f"{world.url}/onboard/{token}"
    use_case = {"type": kind, kind: {"collection_options": None, "return_url": None, **urls}}
    other = "account_update" if kind == "account_onboarding" else "account_onboarding"
    return blank(
        stripe.v2.core.AccountLink,
        account=account["id"],
        created=instant(world.now()),
        expires_at=instant(expires),
        url=name,
        use_case={**use_case, other: None},
    )


@answers("POST", "/v1/accounts/{account}/login_links")
def _login(call: Call) -> Json:
    name = call.ids["account"]
    world = call.world
    account = world.data["objects"].get(name, {})
    if account.get("object") != "v2.core.account" or world.hidden(name).get("gone"):
        raise no_such("account", name, "account")
    if account["dashboard"] != "express":
        raise Refused("Cannot create a login link for an account without the Express Dashboard.", param="account")
    if account["requirements"]["entries"]:
        raise Refused("Cannot create a login link for an account that has not completed onboarding.", param="account")
    return blank(stripe.LoginLink, created=world.now(), url=f"{world.url}/express/{name}")


def deauthorise(world: World, account: Json) -> None:
    """Let an account's owner end the connection: the platform can't reach it any more."""
    world.hidden(account["id"])["gone"] = True
    application = blank(stripe.Application, id="ca_fake", name="Flattr")
    application.pop("deleted", None)
    emit(world, "account.application.deauthorized", application, account=account["id"])


def remind(world: World, account: Json, *, asked: list[str], days: int) -> None:
    """Ask an account's owner for more within so many days; what it may do stays as it is until then."""
    due_at = world.now() + days * DAY
    set_state(world, account, status=_transfers(account)["status"], asked=asked, due_at=due_at)
