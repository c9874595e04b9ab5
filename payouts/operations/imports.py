"""Real input from files: a month of somebody's listening as clicks."""

import csv
import hashlib
import io
import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.contrib.auth.hashers import make_password
from django.utils.text import slugify

from accounts.models import BUDGET_CENTS_MAX, BUDGET_CENTS_MIN, CreatorProfile, Subscription, User
from accounts.operations import BudgetOutOfRange
from buttons import queries as buttons_queries
from buttons.models import Button, Click, Site
from buttons.operations import clicks as clicks_operations
from flattr.period import Period
from flattr.transactions import durable, required
from payouts.gateway import get_gateway
from payouts.models import Deposit
from payouts.operations import deposits

COLUMNS: Final = ("fan", "creator", "clicks")
CLICKS_MAX: Final = 10_000
NAME_LENGTH_MAX: Final = 80
_PROBLEMS_MAX: Final = 20
_NAMESPACE: Final = uuid.UUID("6f3b0c1e-5f0e-4d43-9a57-6c1f2f1f2a10")


class UnableToImport(ValueError):
    """The file or its period can't be taken; each problem names its line. Nothing was imported."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the file."""

    fan: str
    creator: str
    clicks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What an import came to: fans and creators in the file, and the clicks that weren't there before."""

    fans: int
    creators: int
    clicks: int


def parse_clicks(content: bytes) -> list[Row]:
    """Read the columns fan, creator and clicks from CSV in UTF-8.

    :raises UnableToImport: naming every bad line, up to 20.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise UnableToImport([f"line {line}: not UTF-8"]) from error
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next(reader, [])
        missing = [column for column in COLUMNS if column not in header]
        if missing:
            raise UnableToImport([f"line 1: the column {column} is missing" for column in missing])
        places = [header.index(column) for column in COLUMNS]
        return _parse_rows(((reader.line_num, row) for row in reader if row), places, len(header))
    except csv.Error as error:
        raise UnableToImport([f"line {reader.line_num}: {error}"]) from error


def _parse_rows(rows: Iterable[tuple[int, list[str]]], places: list[int], width: int) -> list[Row]:
    problems: list[str] = []
    found: list[Row] = []
    first_lines: dict[tuple[str, str], int] = {}
    for line, values in rows:
        if len(values) != width:
            problems.append(f"line {line}: {len(values)} values, the header has {width}")
            continue
        fan, creator, clicks = (values[place].strip() for place in places)
        problem = _problem_with(fan, creator, clicks)
        first_line = first_lines.setdefault((fan, creator), line)
        if problem:
            problems.append(f"line {line}: {problem}")
        elif first_line != line:
            problems.append(f"line {line}: fan {fan!r} and creator {creator!r} stand on line {first_line} already")
        else:
            found.append(Row(fan, creator, int(clicks)))
        if len(problems) >= _PROBLEMS_MAX:
            break
    if problems:
        raise UnableToImport(problems)
    if not found:
        raise UnableToImport(["line 2: there is no row"])
    return found


def _problem_with(fan: str, creator: str, clicks: str) -> str:
    """Say what is wrong with the values of a line, or nothing."""
    for column, name in (("fan", fan), ("creator", creator)):
        if not name or "\0" in name:
            return f"{column} is empty or not text"
    if len(fan) > NAME_LENGTH_MAX:
        return f"fan is longer than {NAME_LENGTH_MAX} characters"
    if not (clicks.isascii() and clicks.isdigit()):
        return f"clicks is {clicks!r}, not a whole number of 1 or more"
    if not 1 <= int(clicks[:9]) <= CLICKS_MAX or len(clicks) > len(str(CLICKS_MAX)):
        return f"clicks is {clicks[:20]}, not between 1 and {CLICKS_MAX}"
    return ""


@durable
def import_clicks(*, rows: list[Row], period: Period, budget_cents: int, now: datetime) -> Imported:
    """Add fans, creators, buttons and clicks, with a sandbox deposit of the budget for each fan. All or nothing.

    Importing the same file twice changes nothing: every id is made from its line.

    :raises BudgetOutOfRange: below 200 or above 50,000 cents.
    :raises UnableToImport: if the period is closed or hasn't begun, if a fan has promised another budget for it or
        anything for a later one, or if real money moves here.
    """
    if not BUDGET_CENTS_MIN <= budget_cents <= BUDGET_CENTS_MAX:
        raise BudgetOutOfRange(budget_cents)
    if get_gateway().moves_real_money:
        raise UnableToImport(["an import makes sandbox deposits, and here real money moves"])
    if now < period.start:
        raise UnableToImport([f"period: {period} hasn't begun"])
    if buttons_queries.period_is_closed(period=period):
        raise UnableToImport([f"period: {period} is closed or settled already"])
    fans = _import_fans(sorted({row.fan for row in rows}), period=period, budget_cents=budget_cents, now=now)
    buttons = _import_creators(sorted({row.creator for row in rows}), now=now)
    clicks = [
        Click(
            id=uuid.uuid5(_NAMESPACE, f"click:{period}:{row.fan}:{row.creator}:{number}"),
            fan_id=fans[row.fan],
            button_id=buttons[row.creator].pk,
            creator_id=buttons[row.creator].creator_id,
            period=period,
            clicked_at=period.start + timedelta(seconds=number),
            origin="",
        )
        for row in rows
        for number in range(row.clicks)
    ]
    new = clicks_operations.import_clicks(clicks=clicks)
    return Imported(fans=len(fans), creators=len(buttons), clicks=new)


@required
def _import_fans(names: list[str], *, period: Period, budget_cents: int, now: datetime) -> dict[str, int]:
    """Make the fans, their budgets and their deposits; return user ids by name."""
    users = _import_users(names, domain="fans.invalid", now=now)
    _import_promises(users, period=period, budget_cents=budget_cents, now=now)
    ids = {uuid.uuid5(_NAMESPACE, f"deposit:{period}:{name}"): user_id for name, user_id in users.items()}
    known = set(Deposit.objects.filter(id__in=ids).values_list("id", flat=True))
    made = Deposit.objects.bulk_create(
        Deposit(
            id=deposit_id,
            fan_id=user_id,
            amount_cents=budget_cents,
            processor_fee_cents=0,
            state=Deposit.State.SUCCEEDED,
            started_at=period.start,
            ended_at=period.start,
        )
        for deposit_id, user_id in ids.items()
        if deposit_id not in known
    )
    deposits.book_deposits(deposits=made, occurred_at=period.start)
    return users


@required
def _import_promises(users: dict[str, int], *, period: Period, budget_cents: int, now: datetime) -> None:
    """Let each fan promise the budget from the period on, unless that is what they promised before.

    What counts is said last, so a promise for an older month than the latest would change the later one.
    """
    latest = {
        promise.fan_id: promise
        for promise in Subscription.objects.filter(fan_id__in=users.values())
        .order_by("fan_id", "-id")
        .distinct("fan_id")
    }
    problems: list[str] = []
    new: list[Subscription] = []
    for name, user_id in users.items():
        promise = latest.get(user_id)
        if promise is not None and promise.budget_cents == budget_cents and promise.effective_from <= period:
            continue
        if promise is not None and promise.effective_from >= period:
            problems.append(
                f"fan {name!r} has promised {promise.budget_cents} cents from {promise.effective_from} on,"
                f" not {budget_cents} from {period} on"
            )
        new.append(Subscription(fan_id=user_id, budget_cents=budget_cents, effective_from=period, created_at=now))
    if problems:
        raise UnableToImport(problems[:_PROBLEMS_MAX])
    Subscription.objects.bulk_create(new)


@required
def _import_creators(names: list[str], *, now: datetime) -> dict[str, Button]:
    """Make the creators, each with one site and one button; return the buttons by creator's name."""
    users = _import_users(names, domain="creators.invalid", now=now)
    slugs = {name: _slug(name) for name in names}
    CreatorProfile.objects.bulk_create(
        (CreatorProfile(user_id=users[name], slug=slugs[name], name=name[:200], created_at=now) for name in names),
        ignore_conflicts=True,
    )
    hosts = {name: f"{slug}.example" for name, slug in slugs.items()}
    Site.objects.bulk_create(
        (Site(creator_id=users[name], host=hosts[name], created_at=now) for name in names),
        ignore_conflicts=True,
    )
    sites = dict(
        Site.objects.filter(host__in=hosts.values(), creator_id__in=users.values()).values_list("host", "id")
    )
    Button.objects.bulk_create(
        (
            Button(
                creator_id=users[name],
                site_id=sites[hosts[name]],
                url=f"https://{hosts[name]}/",
                title=name[:200],
                category=Button.Category.AUDIO,
                created_at=now,
            )
            for name in names
        ),
        ignore_conflicts=True,
    )
    found = Button.objects.filter(site_id__in=sites.values(), url__startswith="https://").in_bulk(field_name="pk")
    by_site = {button.site_id: button for button in found.values()}
    return {name: by_site[sites[hosts[name]]] for name in names}


def _import_users(names: list[str], *, domain: str, now: datetime) -> dict[str, int]:
    """Make one user a name, who can't log in; return user ids by name."""
    emails = {name: f"{_slug(name)}@{domain}" for name in names}
    User.objects.bulk_create(
        (
            User(email=email, name=name[:NAME_LENGTH_MAX], password=make_password(None), joined_at=now)
            for name, email in emails.items()
        ),
        ignore_conflicts=True,
    )
    ids = dict(User.objects.filter(email__in=emails.values()).values_list("email", "id"))
    return {name: ids[email] for name, email in emails.items()}


def _slug(name: str) -> str:
    """Return an address for a name in any script: what of it is plain, and a short digest that tells it apart."""
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    plain = re.sub(r"[-_]+", "-", slugify(name))[:40].strip("-")
    return f"{plain or 'name'}-{digest}"
