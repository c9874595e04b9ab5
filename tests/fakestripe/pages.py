"""The hosted pages that people see: Checkout, the confirmation of a card, and the onboarding of an account."""

import urllib.parse
from html import escape
from typing import TYPE_CHECKING, Final

from tests.fakestripe import accounts, checkout, intents, methods
from tests.fakestripe.api import Answer
from tests.fakestripe.errors import Refused
from tests.fakestripe.shapes import Json
from tests.fakestripe.world import World

if TYPE_CHECKING:
    from collections.abc import Callable

STYLE: Final = """
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif }
body { margin: 0 auto; max-width: 40rem; padding: 1rem; overflow-wrap: anywhere }
input, select, button { font: inherit; padding: .5rem; max-width: 100%; box-sizing: border-box }
label { display: block; margin-top: 1rem }
label + input, label + select { width: 100% }
button { margin: 1rem 1rem 0 0; cursor: pointer }
table { border-collapse: collapse; width: 100% }
th, td { text-align: start; padding: .25rem; vertical-align: top }
.wide { overflow-x: auto }
[role=alert] { border: 2px solid; padding: .5rem }
"""

Fields = dict[str, str]


def document(title: str, body: str, status: int = 200) -> Answer:
    """Return a page; the body is HTML."""
    html = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">'
        f"<style>{STYLE}</style></head><body><main><p>Fake Stripe: no money moves here.</p>"
        f"<h1>{escape(title)}</h1>{body}</main></body></html>"
    )
    return Answer(status, html, {"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store"})


def redirect(url: str) -> Answer:
    """Send the browser elsewhere."""
    return Answer(303, "", {"Location": url})


def money(amount: int, currency: str) -> str:
    """Return cents as people read them."""
    sign = "-" if amount < 0 else ""
    return f"{sign}{abs(amount) // 100}.{abs(amount) % 100:02} {currency.upper()}"


def answer(world: World, method: str, path: str, fields: Fields) -> Answer:
    """Answer a request to a hosted page."""
    first, *rest = path.strip("/").split("/")
    pages: dict[tuple[str, int], Callable[[World, str, list[str], Fields], Answer]] = {
        ("pay", 1): _checkout,
        ("pay", 2): _confirm if rest[:1] == ["confirm"] else _return,
        ("onboard", 1): _onboard,
        ("onboarding", 1): _onboarding,
        ("express", 1): _express,
    }
    page = pages.get((first, len(rest)))
    if page is None:
        return document("There is no such page", "", 404)
    with world.lock:
        world.catch_up()
        try:
            found = page(world, method, rest, fields)
        except (KeyError, Refused) as error:
            found = document("This link is wrong", f"<p>{escape(str(error))}</p>", 404)
        world.catch_up()
        world.save()
        return found


def _done(session: Json) -> Answer:
    url = session["success_url"].replace("{CHECKOUT_SESSION_ID}", session["id"])
    return redirect(url)


def _checkout(world: World, method: str, rest: list[str], fields: Fields) -> Answer:
    session = world.find("checkout.session", rest[0])
    if session["status"] != "open":
        words = {"complete": "This has been paid", "expired": "This page has expired"}
        return document(words[session["status"]], "<p>You can close it.</p>")
    error = ""
    if method == "POST":
        try:
            by = fields.get("number", "").strip() or fields.get("test", "")
            typed = methods.method_typed(
                world, by, email=fields.get("email") or None, name=fields.get("name") or None
            )
            checkout.submit(world, session, typed)
        except Refused as refused:
            error = str(refused)
        else:
            if session["status"] == "complete":
                return _done(session)
            return redirect(world.get(session["payment_intent"])["next_action"]["redirect_to_url"]["url"])
    elif session["payment_intent"] and (last := world.get(session["payment_intent"])["last_payment_error"]):
        error = last["message"]
    return _pay_form(world, session, error)


def _pay_form(world: World, session: Json, error: str) -> Answer:
    is_payment = session["mode"] == "payment"
    lines = "".join(
        f"<tr><th scope=row>{escape(line['description'])}</th><td>{line['quantity']}</td>"
        f"<td>{money(line['amount_total'], line['currency'])}</td></tr>"
        for line in world.hidden(session["id"])["line_items"]["data"]
    )
    choices = "".join(
        f'<option value="{escape(number)}">{escape(words)}</option>'
        for number, words in [
            *((card.number, f"Card {name}, {card.number}") for name, card in methods.CARDS.items()),
            *((iban, f"Direct debit that {fate}, {iban}") for iban, fate in methods.DEBITS.items()),
        ]
    )
    total = money(session["amount_total"], session["currency"]) if is_payment else ""
    button = f"Pay {total}" if is_payment else "Save"
    alert = f'<p role="alert">{escape(error)}</p>' if error else ""
    cancel = f'<a href="{escape(session["cancel_url"])}">Cancel and go back</a>' if session["cancel_url"] else ""
    email = escape(_email(world, session))
    bought = f"<table><caption>What you pay</caption>{lines}</table>" if lines else ""
    body = f"""{alert}{bought}
<form method="post">
<label for="email">Email</label><input id="email" name="email" type="email" autocomplete="email" value="{email}">
<label for="name">Name</label><input id="name" name="name" autocomplete="name">
<label for="number">Card number or IBAN</label><input id="number" name="number" autocomplete="off">
<label for="test">Or one for tests</label><select id="test" name="test">{choices}</select>
<button>{button}</button> {cancel}</form>"""
    return document(f"Pay {total}" if is_payment else "Save what you pay by", body, 402 if error else 200)


def _email(world: World, session: Json) -> str:
    customer = world.get(session["customer"]) if session["customer"] else {}
    return session["customer_email"] or customer.get("email") or ""


def _return(world: World, _method: str, rest: list[str], _fields: Fields) -> Answer:
    session = world.find("checkout.session", rest[0])
    return _done(session) if session["status"] == "complete" else redirect(f"{world.url}/pay/{session['id']}")


def _confirm(world: World, method: str, rest: list[str], fields: Fields) -> Answer:
    intent = world.find("payment_intent", rest[1])
    if intent["status"] != "requires_action":
        return document("There is nothing to confirm", "<p>You can close this page.</p>")
    if method == "POST":
        intents.owner_answered(world, intent, confirmed="confirm" in fields)
        back = world.hidden(intent["id"])["return_url"]
        if session := intents.session_of(world, intent["id"]):
            checkout.finish(world, session)
            return redirect(back)
        went = "succeeded" if intent["status"] == "succeeded" else "failed"
        told = {"payment_intent": intent["id"], "redirect_status": went}
        return redirect(f"{back}{'&' if '?' in back else '?'}{urllib.parse.urlencode(told)}")
    amount = money(intent["amount"], intent["currency"])
    buttons = (
        '<form method="post"><button name="confirm">Confirm</button><button name="refuse">Refuse</button></form>'
    )
    return document(f"Your bank asks: pay {amount}?", buttons)


def _onboard(world: World, _method: str, rest: list[str], _fields: Fields) -> Answer:
    """Follow a link, which is good once; the page has an address of its own that goes on being good."""
    link = world.hidden(rest[0])
    if link["used"] or link["expires"] <= world.now():
        return redirect(link["refresh_url"])
    link["used"] = True
    token = world.new_id("visit")
    world.data["hidden"][token] = {**link, "visit": True}
    return redirect(f"{world.url}/onboarding/{token}")


def _onboarding(world: World, method: str, rest: list[str], fields: Fields) -> Answer:
    visit = world.hidden(rest[0])
    if not visit.get("visit"):
        raise KeyError(rest[0])
    account = world.get(visit["account"])
    if method == "POST":
        if "complete" in fields:
            accounts.set_state(world, account, status="active", asked=[])
        elif "more" in fields:
            accounts.set_state(world, account, status="pending", asked=["identity.individual.documents"])
        return redirect(visit.get("return_url") or visit["refresh_url"])
    asked = "".join(f"<li>{escape(entry['description'])}</li>" for entry in account["requirements"]["entries"])
    name = escape(account["display_name"] or account["id"])
    body = f"""<p>We ask {name} for:</p><ul>{asked or "<li>nothing</li>"}</ul>
<form method="post"><button name="complete">Complete</button><button name="later">Leave for later</button>
<button name="more">Complete, but more is needed</button></form>"""
    return document("Tell about yourself", body)


def _express(world: World, _method: str, rest: list[str], _fields: Fields) -> Answer:
    account = world.find("v2.core.account", rest[0])
    return document("Your dashboard", f"<p>{escape(account['display_name'] or account['id'])}</p>")
