"""A small world for the tests of pages: one person of each role, each with things of their own."""

import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from allauth.account.models import EmailAddress
from django.contrib import admin
from django.db.models import Model
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, resolve
from justhtml import JustHTML

from accounts.models import User
from buttons.models import Button, Click
from flattr.period import Period
from payouts.models import Deposit, Payout
from tests import given, second_factor

NOW: Final = datetime(2026, 11, 15, 12, 0, tzinfo=UTC)
"""When the pages are looked at: October is settled and withdrawable, November is open."""

ROLES: Final = ("anonymous", "fan", "other_fan", "creator", "other_creator", "staff")

QueryCounter = Callable[[int], AbstractContextManager[Any]]
"""What pytest-django's `django_assert_max_num_queries` is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """People and what is theirs. The fan's click, deposit and payment; the creator's buttons and payout."""

    fan: User
    other_fan: User
    creator: User
    other_creator: User
    staff: User
    button: Button
    hidden_button: Button
    click: Click
    deposit: Deposit
    payout: Payout

    def person(self, role: str) -> User | None:
        """Return who plays the role, None for anonymous."""
        return None if role == "anonymous" else getattr(self, role)


def build() -> World:
    """Build the world through the real operations."""
    october = Period(2026, 10)
    creator, other_creator = given.creator("Ada"), given.creator("Bob")
    button, hidden = given.button(creator, title="Song & <dance>"), given.button(creator, title="Hidden song")
    other_button = given.button(other_creator, title="A program")
    fan, other_fan = (given.funded_fan(name, budget_cents=3000, period=october) for name in ("Grace", "Henry"))
    for person in (fan, other_fan):
        given.click(person, button, now=given.MOMENT, times=2)
        given.click(person, other_button, now=given.MOMENT)
    given.settled(october, now=datetime(2026, 11, 1, 0, 10, tzinfo=UTC))
    given.deposit(fan, amount_cents=3000, now=NOW)
    (click,) = given.click(fan, button, now=NOW)
    hidden.hidden_at = NOW
    hidden.save()
    return World(
        fan=fan,
        other_fan=other_fan,
        creator=creator,
        other_creator=other_creator,
        staff=given.user("Staff", is_staff=True, is_superuser=True),
        button=button,
        hidden_button=hidden,
        click=click,
        deposit=pay_page_opened(fan, amount_cents=700),
        payout=given.payout(creator, amount_cents=1000, now=NOW),
    )


def pay_page_opened(fan: User, *, amount_cents: int) -> Deposit:
    """Let the fan go to the pay page; return the deposit that waits there."""
    url = given.started_deposit(fan, amount_cents=amount_cents, now=NOW)
    return Deposit.objects.get(pk=resolve(url).kwargs["payment_id"])


def is_unchanged(thing: Model) -> bool:
    """Tell whether a row is still as it was when it was read."""
    names = [field.attname for field in thing._meta.concrete_fields]
    now = type(thing)._default_manager.get(pk=thing.pk)
    return all(getattr(now, name) == getattr(thing, name) for name in names)


def confirmed(person: User) -> User:
    """Return the person, whose email address is confirmed from now on."""
    EmailAddress.objects.get_or_create(user=person, email=person.email, defaults={"verified": True, "primary": True})
    return person


def log_in(client: Client, path: str, person: User) -> Any:
    """Fill in the login page at that address, as somebody whose email address is confirmed."""
    return client.post(path, {"login": confirmed(person).email, "password": "password"})


def enter_code(client: Client, asked: Any) -> Any:
    """Answer the second step of logging in, to whose page a client was led, and follow where that leads."""
    assert asked.request["PATH_INFO"] == "/accounts/2fa/authenticate/"
    return client.post(asked.request["PATH_INFO"], {"code": second_factor.code()}, follow=True)


def document(response: Any) -> Any:
    """Return the parsed page, with everything that stands in it; it is parsed once, and strictly."""
    if not hasattr(response, "parsed_page"):
        response.parsed_page = JustHTML(response.content.decode(), strict=True, sanitize=False)
    return response.parsed_page


def text(response: Any) -> str:
    """Return the words of the page's main part, spaces made even."""
    (main,) = document(response).query("main")
    return " ".join(main.to_text(separator=" ").split())


def messages(response: Any) -> list[str]:
    """Return what the page tells about what was just done."""
    return [" ".join(each.to_text().split()) for each in document(response).query(".messages .message")]


def hidden_value(response: Any, name: str) -> str:
    """Return the value of the first form field with that name."""
    return str(document(response).query(f'input[name="{name}"]')[0].attrs["value"])


def new_id() -> str:
    """Return an id for a click or another row, as the page would choose one."""
    return str(uuid.uuid4())


def once(**values: str) -> dict[str, str]:
    """Return what a form sends that makes one row, however often it is sent."""
    return {"row_id": new_id(), **values}


def url_names(urlconf: str | None = None, space: str = "") -> set[str]:
    """Return the full name of every address that has one, of the main host or of another."""

    def walk(patterns: list[URLPattern | URLResolver], space: str) -> set[str]:
        names: set[str] = set()
        for each in patterns:
            if isinstance(each, URLResolver):
                inner = f"{space}{each.namespace}:" if each.namespace else space
                names |= walk(each.url_patterns, inner)
            elif each.name:
                names.add(space + each.name)
        return names

    return walk(get_resolver(urlconf).url_patterns, space)


def pages_of_single_rows() -> set[str]:
    """Return the names of the admin's pages of one row, which differ by what each admin allows."""
    return {
        f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}"
        for model in admin.site._registry
        for page in ("add", "change", "delete", "history")
    }
