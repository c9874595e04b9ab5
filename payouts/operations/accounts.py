"""Where creators' payouts go: accounts at the provider, which knows who they are and their bank accounts."""

from datetime import datetime

from django.conf import settings

from accounts import operations as accounts_operations
from accounts.models import Notification, User
from flattr.transactions import durable
from payouts.gateway import AccountState, get_gateway
from payouts.models import PayoutAccount

State = PayoutAccount.State


class UnknownCountry(ValueError):
    """Nobody is paid out in that country."""

    def __init__(self, country: str) -> None:
        super().__init__(f"country: {country!r} is none that we pay out to")


def open_account(*, creator: User, country: str) -> PayoutAccount:
    """Open an account for a creator who lives in a country (ISO 3166-1 alpha-2); one who has one keeps it.

    One that was closed is replaced.

    :raises UnknownCountry: if the operator doesn't pay out there.
    """
    if country not in settings.PAYOUT_COUNTRIES:
        raise UnknownCountry(country)
    known = PayoutAccount.objects.filter(creator=creator).first()
    if known is not None and known.state != State.GONE:
        return known
    closed = known.account if known else ""
    name = get_gateway().open_account(
        creator_id=creator.pk,
        email=creator.email,
        name=creator.creator_profile.name,
        country=country,
        replaces=closed,
    )
    return _keep_opened(creator=creator, closed=closed, name=name, country=country)


@durable
def _keep_opened(*, creator: User, closed: str, name: str, country: str) -> PayoutAccount:
    """Note a new account in the place of a closed one, if there was one; who comes second finds it noted."""
    account, is_new = PayoutAccount.objects.select_for_update().get_or_create(
        creator=creator, defaults={"account": name, "country": country}
    )
    if not is_new and account.account == closed:
        account.former = [*account.former, closed]
        account.account, account.country, account.state = name, country, State.NEEDS_CREATOR
        account.requirements, account.due_at = [], None
        account.save(update_fields=["former", "account", "country", "state", "requirements", "due_at"])
    return account


def account_page(*, account: PayoutAccount, return_url: str, refresh_url: str) -> str:
    """Return the address, good once and soon, of the provider's page where the creator tells what is missing."""
    return get_gateway().account_page(account=account.account, return_url=return_url, refresh_url=refresh_url)


def look_at_account(*, account: str, now: datetime) -> PayoutAccount.State:
    """Ask the provider about the account that it calls that, keep the answer, and return the account's state."""
    return keep_account(account=account, told=get_gateway().account_state(account=account), now=now)


@durable
def keep_account(*, account: str, told: AccountState, now: datetime) -> PayoutAccount.State:
    """Keep what the provider says of an account, and tell its creator when it becomes ready, or won't by itself."""
    known = PayoutAccount.objects.select_for_update(of=("self",)).select_related("creator").get(account=account)
    before, state = known.state, State(told.readiness.value)
    known.state, known.due_at, known.looked_at = state, told.due_at, now
    known.requirements = [[each.code, each.urgency.value] for each in told.requirements]
    known.save(update_fields=["state", "requirements", "due_at", "looked_at"])
    if state not in {before, State.PENDING}:
        accounts_operations.notify(
            recipient=known.creator,
            kind=Notification.Kind.ACCOUNT_READY if state == State.READY else Notification.Kind.ACCOUNT_NOT_READY,
            subject_key=f"{now:%Y-%m-%dT%H:%M:%S}",
            context={},
            now=now,
        )
    return state


@durable
def set_smallest_payout(*, creator: User, least_cents: int) -> None:
    """Keep below which amount in cents the creator isn't to be paid out; the operator's minimum holds besides."""
    PayoutAccount.objects.filter(creator=creator).update(least_cents=least_cents)
