"""Co-authors: what is agreed on counts from the next month on, and every month is shared to the micro."""

from datetime import datetime, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import given as any_of
from hypothesis import strategies as st

from accounts import operations as accounts_operations
from accounts.models import Notification, User
from buttons.models import Button
from flattr.period import Period
from flattr.transactions import durable
from payouts.ledger import chart
from payouts.ledger import queries as ledger
from payouts.models import ButtonEarning, CoAuthor, CoAuthorShare, SettlementLine
from payouts.operations import announcements, coauthors, settlement
from payouts.queries import balances, books, earnings, statements
from tests import given
from tests.payouts.sharing import SEPTEMBER, earn, held, offer, share, told

pytestmark = pytest.mark.django_db


@pytest.fixture
def button(ada: User) -> Button:
    """Return Ada's button."""
    return given.button(ada, title="Nets")


def test_a_buttons_income_is_shared(button: Button, ada: User, bob: User, october: Period) -> None:
    """After the fee, by a transfer of its own from one balance to the other, on hold as all earnings are."""
    share(button, bob, 30)
    earn(button, october)
    november = october.next.start + timedelta(days=1)

    assert (held(ada), held(bob)) == (6_300_000, 2_700_000)
    assert CoAuthorShare.objects.get().amount_micros == 2_700_000
    assert [balances.on_hold_micros(creator=each, now=november) for each in (ada, bob)] == [6_300_000, 2_700_000]
    later = november + timedelta(days=12)
    assert [balances.withdrawable_cents(creator=each, now=later) for each in (ada, bob)] == [630, 270]
    assert books.check_books() == []


def test_both_statements_tell_of_it(button: Button, ada: User, bob: User, october: Period) -> None:
    """As entries of the balance, as a line of the month, and in the list of months, also for who has no button."""
    share(button, bob, 30)
    earn(button, october)
    given_away, received = (statements.creator_statement(creator=each, period=october) for each in (ada, bob))

    assert [entry.kind.value for entry in given_away.book.entries] == ["earning", "co_author_share"]
    assert [entry.change_micros for entry in given_away.book.entries] == [9_000_000, -2_700_000]
    assert [entry.change_micros for entry in received.book.entries] == [2_700_000]
    assert (
        [each.amount_micros for each in given_away.given]
        == [2_700_000]
        == [each.amount_micros for each in received.received]
    )
    assert (given_away.received, received.given) == ([], [])
    (month,) = earnings.months(creator=ada)
    assert (month.gross_micros, month.fee_micros, month.shared_micros) == (10_000_000, 1_000_000, -2_700_000)
    (month,) = earnings.months(creator=bob)
    assert (month.clicks, month.net_micros) == (0, 2_700_000)


def test_nothing_is_shared_before_it_is_accepted(button: Button, ada: User, bob: User, october: Period) -> None:
    """An offer moves nothing, nor does one that was declined or taken back."""
    others = [given.creator(name) for name in ("Cleo", "Dora")]
    offer(button, bob, 30)
    coauthors.decline(co_author_id=offer(button, others[0], 10).pk, person=others[0], now=SEPTEMBER)
    coauthors.end(co_author_id=offer(button, others[1], 10).pk, by=ada, now=SEPTEMBER)
    earn(button, october)

    assert held(ada) == 9_000_000
    assert [held(each) for each in (bob, *others)] == [0, 0, 0]


def test_a_change_counts_from_the_next_month_on(
    button: Button, ada: User, bob: User, october: Period, mid_october: datetime
) -> None:
    """What is accepted in October counts in November; what is ended in November, in December no more."""
    accepted = share(button, bob, 30, now=mid_october)
    assert accepted.since == october.next
    earn(button, october)
    assert (held(ada), held(bob)) == (9_000_000, 0)
    coauthors.end(co_author_id=accepted.pk, by=bob, now=october.next.start)
    earn(button, october.next)
    assert (held(ada), held(bob)) == (15_300_000, 2_700_000)
    earn(button, october.shift(2))

    assert (held(ada), held(bob)) == (24_300_000, 2_700_000)
    ended = CoAuthor.objects.get()
    assert (ended.since, ended.until) == (october.next, october.shift(2))


def test_who_left_can_come_back_with_another_part(
    button: Button, ada: User, bob: User, october: Period, mid_october: datetime
) -> None:
    """From the month on in which the old one counts no more, even where a clock goes wrong."""
    first = share(button, bob, 90)
    coauthors.end(co_author_id=first.pk, by=ada, now=mid_october)
    second = share(button, bob, 9, now=mid_october - timedelta(days=20))
    assert second.since == october.next
    earn(button, october)
    earn(button, october.next)

    assert held(bob) == 8_100_000 + 810_000


def test_a_settlement_killed_and_repeated_shares_once(
    button: Button, ada: User, bob: User, october: Period, after_october: datetime
) -> None:
    """A finish that dies keeps nothing of it; the next one does all, and one after that nothing."""
    share(button, bob, 30)
    given.click(given.funded_fan(budget_cents=1000, period=october), button, now=october.start)
    opened = settlement.open_settlement(period=october, now=after_october)
    settlement.settle_range(settlement_id=opened.pk, number=0, now=after_october)
    with pytest.MonkeyPatch.context() as patch:

        def die(**_: object) -> None:
            raise KeyboardInterrupt

        patch.setattr(coauthors, "post_shares", die)
        with pytest.raises(KeyboardInterrupt):
            settlement.finish_settlement(settlement_id=opened.pk, now=after_october)
    assert (held(ada), held(bob), CoAuthorShare.objects.count()) == (0, 0, 0)
    for _ in range(2):
        settlement.finish_settlement(settlement_id=opened.pk, now=after_october)

    assert (held(ada), held(bob), CoAuthorShare.objects.count()) == (6_300_000, 2_700_000, 1)
    assert books.check_books() == []


@pytest.mark.django_db(transaction=True)
def test_two_finishes_at_once_share_once(button: Button, bob: User, october: Period, after_october: datetime) -> None:
    """Whoever comes second finds it done."""
    share(button, bob, 30)
    given.click(given.funded_fan(budget_cents=1000, period=october), button, now=october.start)
    opened = settlement.open_settlement(period=october, now=after_october)
    settlement.settle_range(settlement_id=opened.pk, number=0, now=after_october)

    def finish() -> bool:
        return settlement.finish_settlement(settlement_id=opened.pk, now=after_october)

    assert sorted(map(str, given.at_once(finish, finish))) == ["False", "True"]
    assert held(bob) == 2_700_000
    assert books.check_books() == []


@pytest.mark.django_db(transaction=True)
def test_two_offers_at_once_never_give_away_all(button: Button) -> None:
    """Of two offers of 60 percent, one is refused; of two to the same person, too."""
    people = [given.creator(name) for name in ("Bob", "Cleo")]
    dora = given.creator("Dora")
    outcomes = given.at_once(lambda: offer(button, people[0], 60), lambda: offer(button, people[1], 60))
    again = given.at_once(lambda: offer(button, dora, 5), lambda: offer(button, dora, 5))

    assert sorted(type(each).__name__ for each in outcomes) == ["CoAuthor", "PercentOutOfRange"]
    assert sorted(type(each).__name__ for each in again) == ["AlreadyOffered", "CoAuthor"]


@pytest.mark.django_db(transaction=True)
def test_accepting_and_taking_back_at_once_has_one_outcome(button: Button, ada: User, bob: User) -> None:
    """Either it was accepted and then ended, or taken back and then not there to be accepted."""
    offered = offer(button, bob, 30)
    outcomes = given.at_once(
        lambda: coauthors.accept(co_author_id=offered.pk, person=bob, now=SEPTEMBER),
        lambda: coauthors.end(co_author_id=offered.pk, by=ada, now=SEPTEMBER),
    )
    offered.refresh_from_db()

    assert offered.state == CoAuthor.State.ENDED
    assert isinstance(outcomes[0], CoAuthor) is (offered.since is not None)
    assert offered.until == offered.since


def test_both_sides_hear_of_it(button: Button, ada: User, bob: User) -> None:
    """The offer, the answer, and the end, each told once however often it is said."""
    offered = offer(button, bob, 30)
    for _ in range(2):
        coauthors.accept(co_author_id=offered.pk, person=bob, now=SEPTEMBER + timedelta(days=1))
    for _ in range(2):
        coauthors.end(co_author_id=offered.pk, by=ada, now=SEPTEMBER + timedelta(days=2))

    assert told(bob) == [
        ("co_author_invited", "Ada wants to share a button’s income with you"),
        ("co_author_ended", "“Nets” isn’t shared with you any more"),
    ]
    assert told(ada) == [("co_author_answered", "Bob is a co-author now")]


def test_who_declines_or_leaves_is_told_about(button: Button, ada: User, bob: User) -> None:
    """To the button's creator."""
    refused = offer(button, bob, 30)
    for _ in range(2):
        coauthors.decline(co_author_id=refused.pk, person=bob, now=SEPTEMBER)
    left = share(button, bob, 20, now=SEPTEMBER + timedelta(days=1))
    coauthors.end(co_author_id=left.pk, by=bob, now=SEPTEMBER + timedelta(days=2))
    coauthors.end(co_author_id=offer(button, bob, 10).pk, by=bob, now=SEPTEMBER + timedelta(days=3))

    assert [subject for _, subject in told(ada)] == [
        "Bob won’t be a co-author",
        "Bob is a co-author now",
        "Bob is no co-author any more",
        "Bob won’t be a co-author",
    ]


@pytest.mark.parametrize(
    ("offered", "refusal"),
    [
        (("nobody", 30), coauthors.UnknownCreator),
        (("nobody@example.com", 30), coauthors.UnknownCreator),
        (("fan@example.com", 30), coauthors.UnknownCreator),
        (("", 30), coauthors.UnknownCreator),
        (("ada", 30), coauthors.WithOneself),
        (("bob", 0), coauthors.PercentOutOfRange),
        (("bob", -1), coauthors.PercentOutOfRange),
        (("bob", 100), coauthors.PercentOutOfRange),
    ],
)
def test_a_wrong_offer_is_refused(
    offered: tuple[str, int], refusal: type[Exception], button: Button, ada: User, bob: User
) -> None:
    """With a reason of its own, and without a row."""
    whom, percent = offered
    given.user("Fan", email="fan@example.com")
    slugs = {"ada": ada.creator_profile.slug, "bob": bob.creator_profile.slug}
    with pytest.raises(refusal):
        coauthors.invite(button=button, owner=ada, whom=slugs.get(whom, whom), percent=percent, now=SEPTEMBER)

    assert not CoAuthor.objects.exists()


@pytest.mark.parametrize("form", ["{slug}", "@{slug}", " @{SLUG} "])
def test_a_creator_is_found_by_the_page(form: str, button: Button, ada: User, bob: User) -> None:
    """However its address is typed."""
    slug = bob.creator_profile.slug
    whom = form.format(slug=slug, SLUG=slug.upper())

    assert coauthors.invite(button=button, owner=ada, whom=whom, percent=1, now=SEPTEMBER).person == bob


def test_no_email_tells_whose_page_belongs_to_it(button: Button, ada: User, bob: User) -> None:
    """Whoever knows somebody's email address doesn't learn here what they make, nor under which name."""
    with pytest.raises(coauthors.UnknownCreator):
        coauthors.invite(button=button, owner=ada, whom=bob.email, percent=1, now=SEPTEMBER)


def test_nobody_is_offered_a_second_part(button: Button, bob: User) -> None:
    """While the first is open or accepted."""
    share(button, bob, 30)
    with pytest.raises(coauthors.AlreadyOffered):
        offer(button, bob, 30)


def test_only_the_two_sides_decide(button: Button, ada: User, bob: User) -> None:
    """Others find nothing, the owner can't accept for somebody else, and what is over stays so."""
    offered, stranger = offer(button, bob, 30), given.creator("Mallory")
    for call in (
        lambda: coauthors.accept(co_author_id=offered.pk, person=ada, now=SEPTEMBER),
        lambda: coauthors.accept(co_author_id=offered.pk, person=stranger, now=SEPTEMBER),
        lambda: coauthors.decline(co_author_id=offered.pk, person=stranger, now=SEPTEMBER),
        lambda: coauthors.end(co_author_id=offered.pk, by=stranger, now=SEPTEMBER),
    ):
        with pytest.raises(CoAuthor.DoesNotExist):
            call()
    coauthors.decline(co_author_id=offered.pk, person=bob, now=SEPTEMBER)
    with pytest.raises(coauthors.NotOffered):
        coauthors.accept(co_author_id=offered.pk, person=bob, now=SEPTEMBER)
    with pytest.raises(coauthors.NotOffered):
        coauthors.end(co_author_id=offered.pk, by=ada, now=SEPTEMBER)
    accepted = share(button, bob, 30)
    with pytest.raises(coauthors.NotOffered):
        coauthors.decline(co_author_id=accepted.pk, person=bob, now=SEPTEMBER)


def test_the_month_is_announced_to_both(button: Button, bob: User, october: Period) -> None:
    """The creator reads what co-authors had of it; who has nothing but that, what it brought; both may be true."""
    share(button, bob, 30)
    mine = given.button(bob)
    cleo = given.creator("Cleo")
    share(mine, cleo, 50)
    fan = given.funded_fan(budget_cents=1000, period=october)
    for each in (button, mine):
        given.click(fan, each, now=october.start)
    settled = given.settled(october, now=october.end)
    announcements.announce_settlement(settlement_id=settled.pk, now=october.end)
    written = {
        str(email.recipient): accounts_operations.render_notification(email)
        for email in Notification.objects.filter(kind="earnings_settled").select_related("recipient")
    }

    assert written["Ada"][0] == "You earned €3.15 in 2026-10"
    assert "Your co-authors had €1.35 besides." in written["Ada"][1]
    assert written["Bob"][0] == "You earned €2.25 in 2026-10"
    assert "Your co-authors had €2.25 besides." in written["Bob"][1]
    assert "Buttons that others share with you brought you €1.35 in 2026-10." in written["Bob"][1]
    assert written["Cleo"][0] == "You earned €2.25 in 2026-10 as a co-author"
    assert "Clicks" not in written["Cleo"][1]


def test_the_forecast_knows_what_is_shared(button: Button, ada: User, bob: User, october: Period) -> None:
    """Each side sees its own part of the clicks that there are."""
    share(button, bob, 30)
    given.click(given.funded_fan(budget_cents=1000, period=october), button, now=october.start)
    expected = [earnings.forecast(creator=each, now=october.last_moment) for each in (ada, bob)]

    assert [(each.fans, each.clicks) for each in expected] == [(1, 1), (1, 1)]
    assert [each.high_micros for each in expected] == [6_300_000, 2_700_000]


months = st.lists(st.tuples(st.integers(0, 2), st.integers(200, 5000)), min_size=1, max_size=4)
splits = st.lists(st.lists(st.integers(1, 33), max_size=3), min_size=3, max_size=3)


@any_of(month=months, percents=splits, basis_points=st.integers(0, 3000))
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_month_is_shared_to_the_micro(
    month: list[tuple[int, int]], percents: list[list[int]], basis_points: int, october: Period
) -> None:
    """Each part is its percentage within a micro, the creator has the rest, all is there, and the books hold."""
    before = transaction.savepoint()
    try:
        _share_and_check(month, percents, basis_points, october)
    finally:
        transaction.savepoint_rollback(before)


def _share_and_check(
    month: list[tuple[int, int]], percents: list[list[int]], basis_points: int, period: Period
) -> None:
    people = [given.creator(name) for name in ("Cleo", "Dora", "Eve")]
    buttons = [given.button() for _ in range(3)]
    for each, parts in zip(buttons, percents, strict=True):
        for person, percent in zip(people, parts, strict=False):
            share(each, person, percent)
    for place, budget in month:
        given.click(given.funded_fan(budget_cents=budget, period=period), buttons[place], now=period.start)
        given.click(given.funded_fan(budget_cents=budget + 1, period=period), buttons[0], now=period.start, times=2)
    # Cleo has a part of some of the buttons, and what she gives these is their creators'.
    given.funded(people[0], budget_cents=999, period=period)
    for each in buttons:
        given.click(people[0], each, now=period.start)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.conf.settings.PLATFORM_FEE_BASIS_POINTS", basis_points)
        given.settled(period, now=period.end)
    for each, parts in zip(buttons, percents, strict=True):
        net = sum(earning.net_micros for earning in ButtonEarning.objects.filter(button=each))
        own = SettlementLine.objects.get(button=each, fan=people[0])
        shared = net - (own.amount_micros - own.fee_micros if parts else 0)
        got = dict(
            CoAuthorShare.objects.filter(co_author__button=each).values_list("co_author__person_id", "amount_micros")
        )
        for person, percent in zip(people, parts, strict=False):
            assert abs(got.get(person.pk, 0) * 100 - shared * percent) < 100
        assert held(each.creator) == net - sum(got.values())
    whole = sum(earning.net_micros for earning in ButtonEarning.objects.all())
    assert whole == sum(held(each) for each in [*people, *(each.creator for each in buttons)])
    assert ledger.balance_micros(kind=chart.Kind.SETTLEMENT_CLEARING) == 0
    assert books.check_books() == []


def test_who_closes_their_account_gets_nothing_of_that_month(
    button: Button, ada: User, bob: User, october: Period, mid_october: datetime
) -> None:
    """What they shared in is the creator's again, at once; emails with their name go with it."""
    share(button, bob, 30)
    offer(given.button(bob), ada, 10)
    durable(coauthors.end_all)(user=bob, now=mid_october)
    durable(coauthors.forget)(user=bob)
    earn(button, october)

    assert (held(ada), held(bob)) == (9_000_000, 0)
    assert not CoAuthor.objects.filter(state__in=CoAuthor.OPEN_STATES).exists()
    assert told(ada) == []
