"""Worlds to measure in, made by SQL: people, promises, paid deposits, buttons and a month's clicks.

Ids follow from numbers, so that the load generators know them without asking: fans are 1 to F,
creators F + 1 to F + C, staff is the last one. Rows are written as operations would have left them,
with all indexes in place; triggers rest meanwhile, and `check_books` proves the result.
"""

import hashlib
import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Final

from psycopg2.extensions import connection

from benchmarks.sizes import World
from flattr.period import Period

_SPREAD: Final = 1_000_003
"""A prime: numbers multiplied by it, modulo a smaller one, are all different and lie scattered."""

_LAX: Final = """
    SET synchronous_commit = off;
    SET session_replication_role = replica;
    SET timezone = 'UTC';
    SET maintenance_work_mem = '1GB';
    SELECT setseed(0.5)
"""
"""Makes worlds faster, and the same each time. What is measured has connections of its own."""

_PEOPLE: Final = (
    """
    INSERT INTO accounts_user
        (id, password, is_superuser, email, name, language, is_staff, is_active, muted, time_zone, joined_at)
    SELECT n, 'unusable-' || n, n > %(fans)s + %(creators)s, 'person-' || n || '@example.com', 'Person ' || n,
           'en', n > %(fans)s + %(creators)s, true, '{}', 'UTC',
           %(start)s - interval '1 year' + n * interval '1 second'
    FROM generate_series(1, %(fans)s + %(creators)s + 1) AS n
    """,
    """
    INSERT INTO accounts_creatorprofile (user_id, slug, name, text, links, created_at)
    SELECT n, 'creator-' || n, 'Creator ' || n, '', '{}', %(start)s - interval '1 year'
    FROM generate_series(%(fans)s + 1, %(fans)s + %(creators)s) AS n
    """,
    """
    INSERT INTO buttons_site
        (id, host, creator_id, verified_at, created_at, token, proof, page, covers_subdomains, failures)
    SELECT n, 'creator-' || n || '.example', %(fans)s + n, %(start)s, %(start)s - interval '1 year', '', '', '',
           FALSE, 0
    FROM generate_series(1, %(creators)s) AS n
    """,
    """
    INSERT INTO buttons_button (id, public_id, creator_id, site_id, url, title, description, category, tags,
                                language, created_at)
    SELECT n, left(md5(n::text), 12), %(fans)s + 1 + (n - 1) %% %(creators)s, 1 + (n - 1) %% %(creators)s,
           'https://creator-' || 1 + (n - 1) %% %(creators)s || '.example/' || n, 'Work ' || n, '', 'audio',
           '{}', 'en', %(start)s - interval '1 year' + n * interval '1 second'
    FROM generate_series(1, %(buttons)s) AS n
    """,
)

# Budgets from 2 to 20 EUR. Nine fans of ten have paid for one to three months, the tenth for less than one.
_MONEY: Final = (
    """
    INSERT INTO accounts_subscription (fan_id, budget_cents, term_months, state, effective_from, created_at)
    SELECT n, 200 + (n::bigint * %(spread)s) %% 1801, 1, 'active', %(start)s::date, %(start)s
    FROM generate_series(1, %(fans)s) AS n
    """,
    """
    INSERT INTO payouts_deposit (id, fan_id, amount_cents, processor_fee_cents, state, reason, reference, attempt,
                                 started_at, ended_at)
    SELECT gen_random_uuid(), fan_id, amount_cents, 10 + amount_cents * 14 / 1000, 'succeeded', '', '', 0,
           %(start)s, %(start)s
    FROM (SELECT fan_id, CASE fan_id %% 10 WHEN 0 THEN budget_cents / 2 ELSE budget_cents * (1 + fan_id %% 3) END
                         AS amount_cents
          FROM accounts_subscription ORDER BY fan_id) AS paid
    """,
    """
    INSERT INTO ledger_ledgeraccount (kind, owner_id, debits_micros, credits_micros, created_at)
    SELECT 'processor_cash', NULL::bigint, sum(amount_cents) * 10000, sum(processor_fee_cents) * 10000, %(start)s
    FROM payouts_deposit
    UNION ALL
    SELECT 'processor_fee', NULL::bigint, sum(processor_fee_cents) * 10000, 0, %(start)s FROM payouts_deposit
    UNION ALL
    (SELECT 'fan_balance', fan_id, 0, amount_cents::bigint * 10000, %(start)s FROM payouts_deposit ORDER BY fan_id)
    """,
    """
    INSERT INTO ledger_transfer (debit_account_id, credit_account_id, amount_micros, kind, idempotency_key,
                                 occurred_at)
    SELECT cash.id, balance.id, deposit.amount_cents::bigint * 10000, 'deposit',
           format('deposit:%%s:gross', deposit.id), %(start)s
    FROM payouts_deposit AS deposit
    JOIN ledger_ledgeraccount AS cash ON cash.kind = 'processor_cash'
    JOIN ledger_ledgeraccount AS balance ON balance.kind = 'fan_balance' AND balance.owner_id = deposit.fan_id
    UNION ALL
    SELECT fee.id, cash.id, deposit.processor_fee_cents::bigint * 10000, 'processor_fee',
           format('deposit:%%s:fee', deposit.id), %(start)s
    FROM payouts_deposit AS deposit
    JOIN ledger_ledgeraccount AS cash ON cash.kind = 'processor_cash'
    JOIN ledger_ledgeraccount AS fee ON fee.kind = 'processor_fee'
    """,
)

# The first clicks of a whole month are each fan's one, in a viral month all for button 1. The rest is drawn: fans so
# that the keenest of a million gives about a thousand clicks in ten millions, buttons by rank with a chance of about
# one in the rank (Zipf's law), as `popular_button` does it.
_CLICKS: Final = """
    INSERT INTO {table} (id, fan_id, button_id, creator_id, period, clicked_at, origin)
    SELECT gen_random_uuid(), fan, button, %(fans)s + 1 + (button - 1) %% %(creators)s, %(month)s::date,
           %(month)s + n::float8 / (%(clicks)s + 1) * (%(until)s - %(month)s), ''
    FROM (SELECT n, 1 + CASE WHEN n <= %(first)s THEN n
                             ELSE floor(power(random(), 1.5) * %(fans)s)::bigint END * %(spread)s %% %(fans)s AS fan,
                 CASE WHEN %(viral)s AND n <= %(first)s THEN 1
                      ELSE 1 + (floor(power(%(buttons)s + 1, random()))::bigint * %(spread)s) %% %(buttons)s
                      END AS button
          FROM generate_series(1::bigint, %(clicks)s) AS n) AS drawn
"""

# A month that has no partition yet gets one that is filled first and indexed then, in a fifth of the time.
_MAKE_APART: Final = """
    CREATE TABLE {table} (LIKE buttons_click INCLUDING DEFAULTS INCLUDING CONSTRAINTS)
"""
_ATTACH: Final = "ALTER TABLE buttons_click ATTACH PARTITION {table} FOR VALUES IN (%(month)s::date)"

_FILLED: Final = (
    "accounts_user",
    "accounts_creatorprofile",
    "accounts_subscription",
    "buttons_site",
    "buttons_button",
    "buttons_click",
    "ledger_ledgeraccount",
    "ledger_transfer",
    "payouts_deposit",
)
_SEQUENCES: Final = ("accounts_user", "buttons_site", "buttons_button")


PGBENCH_DRAW: Final = f"""
\\set fan random(1, :fans)
\\set rank greatest(1, int(pow(:buttons + 1, random(0, 999999999) / 1000000000.0) - 0.5))
\\set button 1 + (:rank * {_SPREAD}) % :buttons
\\set creator :fans + 1 + (:button - 1) % :creators
"""
"""Draws `fan`, `button` and `creator` in pgbench as the rest here does. It has no `floor`, and its `int` rounds."""


def this_month() -> Period:
    """Return the month that clicks are given in."""
    return Period.at(now())


def now() -> datetime:
    """Return the time. Django's clock wants its settings, and this is a door."""
    return datetime.now(UTC)  # noqa: TID251


def public_id(button: int) -> str:
    """Return the public id of a button by its number."""
    return hashlib.md5(str(button).encode(), usedforsecurity=False).hexdigest()[:12]


def popular_button(buttons: int, chance: random.Random) -> int:
    """Draw a button by Zipf's law: rank r has a chance of about one in r."""
    return 1 + int((buttons + 1) ** chance.random()) * _SPREAD % buttons


def build(
    database: connection, world: World, *, month: datetime, until: datetime, report: Callable[[str], None]
) -> None:
    """Fill a migrated, empty database. The clicks lie between the two moments, the second excluded."""
    with database.cursor() as cursor:
        cursor.execute(_LAX)
        report(f"making {world.fans:,} fans, {world.creators:,} creators, {world.buttons:,} buttons")
        start = month.replace(year=month.year - 1)
        people = {"fans": world.fans, "creators": world.creators, "buttons": world.buttons, "start": start}
        for statement in (*_PEOPLE, *_MONEY):
            cursor.execute(statement, {**people, "spread": _SPREAD})
        for table in _SEQUENCES:
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}")  # noqa: S608  Our own names.
        if world.clicks:
            add_clicks(
                database, world, clicks=world.clicks, first=world.fans, month=month, until=until, report=report
            )
        # As autovacuum would have left them long before the month's end. It leaves empty tables alone, so that
        # the planner doesn't take them for empty for ever. Rows whose commit isn't flushed are not yet marked as
        # visible to all, and then no index is read without the table; so all is flushed first,
        # and commits wait again.
        cursor.execute("SET synchronous_commit = on")
        cursor.execute("CHECKPOINT")
        cursor.execute(f"VACUUM (ANALYZE) {', '.join(_FILLED)}")
        cursor.execute("CHECKPOINT")


def add_clicks(
    database: connection,
    world: World,
    *,
    clicks: int,
    first: int,
    month: datetime,
    until: datetime,
    report: Callable[[str], None],
) -> None:
    """Add clicks of a month to a world, of which so many go to each fan once."""
    report(f"making {clicks:,} clicks of {month:%Y-%m}{' with a viral creator' if world.viral else ''}")
    numbers = {
        "fans": world.fans,
        "creators": world.creators,
        "buttons": world.buttons,
        "viral": world.viral,
        "clicks": clicks,
        "first": first,
        "month": month,
        "until": until,
        "spread": _SPREAD,
    }
    with database.cursor() as cursor:
        cursor.execute(_LAX)
        table = f"buttons_click_{month:%Y_%m}"
        cursor.execute("SELECT to_regclass(%s) IS NULL", [table])
        is_new = cursor.fetchone() == (True,)
        if is_new:
            cursor.execute(_MAKE_APART.format(table=table))
        cursor.execute(_CLICKS.format(table=table), numbers)
        if is_new:
            cursor.execute(_ATTACH.format(table=table), numbers)


def list_buttons(database: connection) -> None:
    """Put all buttons into the catalogue, the first ones as the hottest."""
    with database.cursor() as cursor:
        cursor.execute("SELECT buttons_list(ARRAY(SELECT id FROM buttons_button))")
        cursor.execute("UPDATE buttons_listing SET hot_at = now() - button_id * interval '1 minute'")


def draws(world: World, *, seed: int) -> Iterator[tuple[int, int]]:
    """Yield fans, drawn evenly, and buttons, drawn by Zipf's law, without end."""
    chance = random.Random(seed)  # noqa: S311  Nothing is secret here.
    while True:
        yield chance.randrange(1, world.fans + 1), popular_button(world.buttons, chance)
