"""Asks for pages inside Django, as people who have little in them and as those who have the most."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import TypeVar

from allauth.mfa.models import Authenticator
from django.apps import apps
from django.contrib import admin
from django.db import connection
from django.db.models import Model, QuerySet
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from benchmarks.cluster import HOST
from benchmarks.failures import UnableToMeasure
from buttons.models import Button
from flattr.period import Period
from payouts.models import SettlementEarning, SettlementSpend

M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One address as one person."""

    name: str
    path: str
    visitor: User | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a page took."""

    name: str
    path: str
    milliseconds: list[float]
    queries: list[str]
    bytes: int


def measure(*, period: Period, requests: int) -> list[Answer]:
    """Ask for every page some times, and once more for its queries."""
    return [_ask(page, requests) for page in [*_pages(period), *_catalogue(), *_admin_lists()]]


def _pages(period: Period) -> Iterator[Page]:
    """Yield the pages that show a person's or a button's history."""
    spends = SettlementSpend.objects.filter(settlement__period=period).order_by("clicks", "id")
    earnings = SettlementEarning.objects.filter(settlement__period=period).order_by("fans", "id")
    for whose, at in (("ordinary", 0.5), ("busiest", 1.0)):
        fan, creator = _at(spends, at).fan, _at(earnings, at).creator
        button = Button.objects.filter(creator=creator).order_by("pk")[0]
        slug = creator.creator_profile.slug
        for name, path, visitor in (
            ("cake", reverse("payouts:cake"), fan),
            ("subscription", reverse("payouts:subscription"), fan),
            ("statements", reverse("payouts:statement_list"), fan),
            ("statement", reverse("payouts:statement", args=[period]), fan),
            ("earnings", reverse("payouts:earnings"), creator),
            ("earnings of a month", reverse("payouts:earnings_of", args=[period]), creator),
            ("own buttons", reverse("buttons:own"), creator),
            ("creator", reverse("buttons:creator", args=[slug]), None),
            ("button", reverse("buttons:button", args=[button.public_id]), None),
            ("click", reverse("buttons:click", args=[button.public_id]), fan),
        ):
            yield Page(name=f"{name}, {whose}", path=path, visitor=visitor)


def _catalogue() -> Iterator[Page]:
    """Yield the ways to look through all buttons, as a stranger; each button has the word that is searched for."""
    path = reverse("buttons:discover")
    for name, query in {"trending": "", "newest": "?sort=newest", "category": "?category=audio"}.items():
        yield Page(name=f"catalogue, {name}", path=path + query, visitor=None)
    yield Page(name="catalogue, search", path=f"{path}?q=work", visitor=None)


def _admin_lists() -> Iterator[Page]:
    """Yield the first page of every list of the admin."""
    staff = User.objects.filter(is_superuser=True)[0]
    # Nobody else may enter; what it holds matters only to who logs in.
    Authenticator.objects.get_or_create(user=staff, type=Authenticator.Type.TOTP, defaults={"data": {}})
    for model in apps.get_models():
        if admin.site.is_registered(model):
            label = f"{model._meta.app_label}_{model._meta.model_name}"  # noqa: SLF001  Django documents it.
            yield Page(name=f"admin {label}", path=reverse(f"admin:{label}_changelist"), visitor=staff)


def _at(rows: "QuerySet[M]", part: float) -> M:
    """Return the row that lies that far into the ordered rows."""
    count = rows.count()
    return rows[min(count - 1, int(count * part))]


def _ask(page: Page, requests: int) -> Answer:
    """Ask for a page, first for its queries, which also warms the caches, then for the time.

    :raises UnableToMeasure: if it isn't answered.
    """
    client = Client()
    if page.visitor is not None:
        client.force_login(page.visitor)
    headers = {"host": HOST, "x-forwarded-proto": "https"}
    with CaptureQueriesContext(connection) as captured:
        response = client.get(page.path, headers=headers)
    # The next request forgets them.
    queries = [query["sql"] for query in captured.captured_queries]
    if response.status_code != HTTPStatus.OK:
        msg = f"{page.path} answered {response.status_code}"
        raise UnableToMeasure(msg)
    milliseconds: list[float] = []
    for _ in range(requests):
        started = time.perf_counter()
        client.get(page.path, headers=headers)
        milliseconds.append((time.perf_counter() - started) * 1000)
    return Answer(
        name=page.name,
        path=page.path,
        milliseconds=milliseconds,
        queries=queries,
        bytes=len(response.content),
    )
