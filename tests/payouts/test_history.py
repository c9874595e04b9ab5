"""Longer times than a month: whatever was clicked, the sums are those of the book."""

import random
from dataclasses import dataclass
from datetime import timedelta

import pytest

from accounts.models import User
from flattr.period import Period
from payouts.gateway import Outcome, Result
from payouts.ledger.chart import Kind, TransferKind
from payouts.ledger.queries import Change
from payouts.models import Settlement
from payouts.operations import payouts
from payouts.queries import balances, history, statements
from tests import given
from tests.pages.world import QueryCounter
from tests.payouts.sharing import share

pytestmark = pytest.mark.django_db

MONTHS = (Period(2026, 11), Period(2026, 12), Period(2027, 1))
YEARS = (2026, 2027)


@dataclass(frozen=True, slots=True)
class Life:
    """Three settled months around a new year, by a seed."""

    fans: list[User]
    creators: list[User]


def lived(seed: int) -> Life:
    """Let some fans click some buttons, and give something beside the cake, for three months, and all be settled.

    Of one button another creator has a part.
    """
    chance = random.Random(seed)
    creators = [given.creator(name) for name in ("Ada", "Bob", "Cleo")]
    buttons = [given.button(creator) for creator in creators for _ in range(2)]
    share(buttons[0], creators[1], chance.randint(1, 99))
    fans = [given.funded_fan(budget_cents=chance.randint(200, 999), period=MONTHS[0]) for _ in range(4)]
    for period in MONTHS:
        for fan in fans:
            given.deposit(fan, amount_cents=chance.randint(200, 999), now=period.start)
            for button in chance.sample(buttons, chance.randrange(len(buttons))):
                given.click(fan, button, now=period.start + timedelta(days=3), times=chance.randint(1, 3))
            for creator in chance.sample(creators, chance.randrange(3)):
                cents = chance.randint(200, 333)
                given.deposit(fan, amount_cents=cents + 999, now=period.start)
                given.gift(fan, creator, amount_cents=cents, now=period.start + timedelta(days=20))
        given.settled(period, now=period.end + timedelta(minutes=10))
    return Life(fans=fans, creators=creators)


def moved(book: history.Balance, *kinds: TransferKind) -> int:
    """Return by how many micros transfers of these kinds changed a balance."""
    return sum(each.change_micros for each in book.changes if each.kind in kinds)


@pytest.mark.parametrize("seed", range(3))
def test_what_a_fan_gave_is_what_the_book_says(seed: int) -> None:
    """By month, by creator and by both it is the same sum; each year's balance goes on where the last one ended."""
    life = lived(seed)
    for fan in life.fans:
        balance_micros = 0
        for year in YEARS:
            giving = history.giving(fan=fan, year=year)
            book = history.balance(kind=Kind.FAN_BALANCE, owner=fan, year=year)
            by_both = history.given_by_month(fan=fan, year=year)

            assert giving.amount_micros - giving.gifts_micros == -moved(book, TransferKind.SHARE)
            assert giving.gifts_micros == -moved(book, TransferKind.GIFT, TransferKind.GIFT_FEE)
            assert sum(each.gifts_micros for each in giving.creators) == giving.gifts_micros
            assert sum(each.gifts_micros for _period, each in by_both) == giving.gifts_micros
            assert sum(each.amount_micros for each in giving.creators) == giving.amount_micros
            assert sum(each.amount_micros for _period, each in by_both) == giving.amount_micros
            assert sum(each.fee_micros for _period, each in by_both) == giving.fee_micros
            assert sum(each.clicks for each in giving.creators) == giving.clicks
            assert book.opening_micros == balance_micros
            balance_micros = book.closing_micros
        everything = history.giving(fan=fan)

        assert balance_micros == balances.fan_balance_micros(fan=fan)
        assert sum(each.amount_micros for each in everything.years) == everything.amount_micros
        assert sum(each.gifts_micros for each in everything.years) == everything.gifts_micros
        assert everything.amount_micros - everything.gifts_micros == sum(
            each.spend_micros for each in statements.fan_months(fan=fan)
        )


@pytest.mark.parametrize("seed", range(3))
def test_what_a_creator_earned_is_what_the_book_says(seed: int) -> None:
    """By month and by button it is the same sum, and what fans gave; gifts and co-authors' shares stand apart."""
    life = lived(seed)
    for creator in life.creators:
        for year in YEARS:
            earned = history.earned(creator=creator, year=year)
            book = history.balance(kind=Kind.CREATOR_BALANCE, owner=creator, year=year)
            given_to = [
                each
                for fan in life.fans
                for each in history.giving(fan=fan, year=year).creators
                if each.creator_id == creator.pk
            ]
            rows = history.earned_by_month(creator=creator, year=year)

            shares = history.shared_by_month(creator=creator, year=year)
            fees = earned.fee_micros + sum(each.fee_micros for each in earned.gifts)

            assert earned.net_micros == moved(book, TransferKind.EARNING, TransferKind.CO_AUTHOR_SHARE)
            assert earned.shared_micros == moved(book, TransferKind.CO_AUTHOR_SHARE)
            assert (
                sum(
                    each.amount_micros if each.co_author.person_id == creator.pk else -each.amount_micros
                    for each in shares
                )
                == earned.shared_micros
            )
            assert earned.gifts_micros == moved(book, TransferKind.GIFT)
            assert sum(each.net_micros for each in earned.buttons) == earned.net_micros - earned.shared_micros
            assert sum(each.net_micros for each in rows) == earned.net_micros - earned.shared_micros
            assert sum(each.amount_micros - each.gifts_micros for each in given_to) == earned.gross_micros
            assert sum(each.gifts_micros for each in given_to) == sum(each.amount_micros for each in earned.gifts)
            assert sum(each.fee_micros for each in given_to) == fees
            assert sum(each.clicks for each in given_to) == earned.clicks == sum(each.clicks for each in rows)


def test_a_year_has_the_payouts_that_were_sent_in_it() -> None:
    """One that was asked for in December and sent in January is the new year's; one that is rejected is none's."""
    november = MONTHS[0]
    creator, staff = given.creator(), given.user("Staff", is_staff=True)
    given.earned(creator, micros=50_000_000, period=november, now=november.end + timedelta(minutes=10))
    asked_at, sent_at = MONTHS[1].last_moment, MONTHS[2].start + timedelta(hours=1)
    sent, rejected = (given.payout(creator, amount_cents=amount, now=asked_at) for amount in (1500, 1000))
    payouts.reject_payout(payout_id=rejected.pk, reviewer=staff, reason="No.", now=sent_at)
    payouts.approve_payout(payout_id=sent.pk, reviewer=staff, now=sent_at)
    payouts.record_payout(payout_id=sent.pk, outcome=Outcome(result=Result.SUCCEEDED), now=sent_at)
    old, new = (history.earned(creator=creator, year=year) for year in YEARS)
    balance = history.balance(kind=Kind.CREATOR_BALANCE, owner=creator, year=2027)

    assert (old.payouts, old.paid_out_cents, old.net_micros) == ([], 0, 45_000_000)
    assert ([each.pk for each in new.payouts], new.paid_out_cents, new.net_micros) == ([sent.pk], 1500, 0)
    assert balance.changes == [Change(kind=TransferKind.PAYOUT_RETURNED, change_micros=10_000_000)]
    assert balance.closing_micros == 30_000_000


def test_nobody_reads_half_a_settlement() -> None:
    """A month whose proof failed, or isn't made yet, is in no sum."""
    life = lived(0)
    Settlement.objects.filter(period=MONTHS[2]).update(finished_at=None, digest="")
    fan, creator = life.fans[0], life.creators[0]

    assert [each.clicks for each in history.giving(fan=fan).months if each.period == MONTHS[2]] in ([], [0])
    assert sum(each.clicks for each in history.giving(fan=fan, year=2027).creators) == 0
    assert history.shared_by_month(creator=creator, year=2027) == []
    assert history.earned(creator=creator, year=2027).buttons == []
    assert history.earned_by_month(creator=creator, year=2027) == []


def test_who_never_gave_has_an_empty_history(django_assert_max_num_queries: QueryCounter) -> None:
    """No month, no creator, no balance, and no error."""
    person = given.user()
    with django_assert_max_num_queries(3):
        giving = history.giving(fan=person)

    assert (giving.months, giving.creators, giving.years, giving.amount_micros) == ([], [], [], 0)
    assert history.balance(kind=Kind.FAN_BALANCE, owner=person, year=2026).closing_micros == 0
