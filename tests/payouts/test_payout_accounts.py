"""Where payouts go: an account at the provider, asked about whenever it matters."""

from datetime import datetime, timedelta

import pytest

from accounts.models import User
from payouts.gateway import AccountState, Readiness, Requirement, Urgency
from payouts.gateway.sandbox.models import SandboxAccount
from payouts.models import PayoutAccount
from payouts.operations import accounts
from payouts.queries import balances, due
from payouts.templatetags.reasons import requirement
from tests import given

pytestmark = pytest.mark.django_db

State = PayoutAccount.State


@pytest.fixture
def creator() -> User:
    """Return a creator without an account."""
    person = given.creator("Ada")
    PayoutAccount.objects.all().delete()
    SandboxAccount.objects.all().delete()
    return person


@pytest.fixture
def account(creator: User) -> PayoutAccount:
    """Return a new account, for which something is missing."""
    return accounts.open_account(creator=creator, country="FR")


def told(creator: User) -> list[str]:
    """Return what the creator was told of, in order."""
    return list(creator.notifications.order_by("created_at").values_list("kind", flat=True))


def keep(account: PayoutAccount, readiness: Readiness, *, now: datetime, wanted: tuple[Requirement, ...] = ()) -> str:
    """Keep what a provider says, and return the account's state."""
    said = AccountState(readiness=readiness, requirements=wanted, due_at=now if wanted else None)
    return str(accounts.keep_account(account=account.account, told=said, now=now))


def test_an_account_is_opened_once(creator: User, account: PayoutAccount) -> None:
    """Asked for again, in another country even, it is the same."""
    again = accounts.open_account(creator=creator, country="DE")

    assert again == account
    assert (account.account, account.country, account.state) == (f"sandbox-{creator.pk}", "FR", "needs_creator")
    assert str(account) == "Ada: needs_creator"


def test_a_closed_account_is_replaced(creator: User, account: PayoutAccount, mid_october: datetime) -> None:
    """By one in another country, too, as often as it takes; the provider's old names are kept."""
    accounts.set_smallest_payout(creator=creator, least_cents=5000)
    names = [account.account]
    for country in ("DE", "FR"):
        keep(account, Readiness.GONE, now=mid_october)
        account = accounts.open_account(creator=creator, country=country)
        again = accounts.open_account(creator=creator, country="AT")
        assert (again.account, again.country, again.state) == (account.account, country, "needs_creator")
        assert account.former == names
        names.append(account.account)
        assert accounts.look_at_account(account=account.account, now=mid_october) == State.NEEDS_CREATOR

    assert len(set(names)) == 3
    assert PayoutAccount.objects.get().least_cents == 5000


def test_a_refused_creator_stays_refused(creator: User, account: PayoutAccount, mid_october: datetime) -> None:
    """Another account would be refused, too: staff have to look."""
    keep(account, Readiness.REFUSED, now=mid_october)

    assert accounts.open_account(creator=creator, country="DE").state == State.REFUSED


@pytest.mark.parametrize("country", ["US", "fr", "", "FRA"])
def test_nobody_is_paid_where_the_operator_does_not_pay(country: str, creator: User) -> None:
    """The refusal names the field."""
    with pytest.raises(accounts.UnknownCountry, match=f"country: '{country}' is none that we pay out to"):
        accounts.open_account(creator=creator, country=country)
    assert not PayoutAccount.objects.exists()


def test_what_is_missing_is_kept_until_it_is_told(account: PayoutAccount, mid_october: datetime) -> None:
    """With how soon it is wanted, and by when."""
    wanted = (Requirement(code="identity.individual.address", urgency=Urgency.PAST_DUE),)
    assert keep(account, Readiness.NEEDS_CREATOR, now=mid_october, wanted=wanted) == "needs_creator"
    account.refresh_from_db()
    assert account.requirements == [["identity.individual.address", "past_due"]]
    assert (account.due_at, account.looked_at) == (mid_october, mid_october)
    keep(account, Readiness.READY, now=mid_october)
    account.refresh_from_db()

    assert (account.state, account.requirements, account.due_at) == ("ready", [], None)


def test_a_creator_is_told_when_the_account_becomes_ready_and_when_it_stops(
    creator: User, account: PayoutAccount, mid_october: datetime
) -> None:
    """Once for each change, also for the worse, and not while the provider only looks."""
    says = [Readiness.PENDING, Readiness.READY, Readiness.READY, Readiness.NEEDS_CREATOR, Readiness.GONE]
    for number, readiness in enumerate(says):
        keep(account, readiness, now=mid_october + timedelta(hours=number))

    assert told(creator) == ["account_ready", "account_not_ready", "account_not_ready"]


def test_accounts_that_may_become_ready_are_asked_about(account: PayoutAccount, mid_october: datetime) -> None:
    """A refused or closed one stays so."""
    found = []
    for readiness in Readiness:
        keep(account, readiness, now=mid_october)
        found += [readiness] if due.accounts_to_look_at() else []

    assert found == [Readiness.PENDING, Readiness.NEEDS_CREATOR]


def test_the_larger_of_both_minimums_holds(creator: User, account: PayoutAccount) -> None:
    """The operator's, and the creator's own."""
    smallest = []
    for least in (0, 999, 5000):
        accounts.set_smallest_payout(creator=creator, least_cents=least)
        smallest.append(balances.smallest_payout_cents(creator=creator))

    assert smallest == [1000, 1000, 5000]
    assert account.creator == creator


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("identity.individual.date_of_birth.day", "Your date of birth"),
        ("identity.individual.surname", "Who you are"),
        ("configuration.recipient.default_outbound_destination", "A bank account"),
        ("something.new", "Something else: the provider says what"),
    ],
)
def test_what_is_missing_is_said_in_words(code: str, words: str) -> None:
    """By the longest beginning that we know."""
    assert requirement(code) == words
