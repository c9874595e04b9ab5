"""Sharing what a button earns: offered, accepted, ended, and moved at the month's end.

Whatever is agreed on counts from the next month on, so nothing changes a month that runs or is over.
"""

from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q

from accounts import operations as accounts_operations
from accounts.models import CreatorProfile, Notification, User
from buttons import queries as buttons_queries
from buttons.models import Button
from flattr.period import Period
from flattr.transactions import durable, required
from payouts.ledger import chart
from payouts.ledger import operations as ledger
from payouts.models import ButtonEarning, CoAuthor, CoAuthorShare, Settlement, SettlementEarning
from payouts.queries import coauthors

State = CoAuthor.State

PERCENT_MAX: Final = coauthors.WHOLE_PERCENT - 1
OFFERS_A_DAY_MAX: Final = 10
"""How many offers of one creator that aren't accepted somebody may get in 24 hours, as each is an email to them."""

_DAY: Final = timedelta(days=1)
_ANSWERS: Final = ("accepted", "declined", "left")
_TOLD: Final = (
    Notification.Kind.CO_AUTHOR_INVITED,
    Notification.Kind.CO_AUTHOR_ANSWERED,
    Notification.Kind.CO_AUTHOR_ENDED,
)


class CannotShare(ValueError):
    """The button's income can't be shared like that."""


class UnknownCreator(CannotShare):
    """No creator's page has that address."""


class WithOneself(CannotShare):
    """A button's creator has all the rest of it anyhow."""


class PercentOutOfRange(CannotShare):
    """The percentage is too small, or more than what is left of the button's income."""

    def __init__(self, percent: int, left: int) -> None:
        super().__init__(f"percent: {percent} is not between 1 and {left}")
        self.left = left


class AlreadyOffered(CannotShare):
    """The creator has an offer for this button, or shares in it."""


class TooManyOffers(CannotShare):
    """They were offered so much in a day that they have to answer first."""

    def __init__(self) -> None:
        super().__init__(f"whom: they have {OFFERS_A_DAY_MAX} offers of one day that they didn't accept")


class NotOffered(ValueError):
    """It was taken back, declined or ended before."""


@durable
def invite(*, button: Button, owner: User, whom: str, percent: int, now: datetime) -> CoAuthor:
    """Offer another creator a whole percentage of what a button of the owner's earns, and tell them by email.

    `whom` is the address of their page, such as `ada` or `@ada`. Until they accept, nothing is shared.

    :raises UnknownCreator: if no creator has that address.
    :raises WithOneself: if it is the owner's.
    :raises PercentOutOfRange: if the owner would keep less than one percent.
    :raises AlreadyOffered: if they have an offer for the button, or share in it.
    :raises TooManyOffers: if they have had ten of the owner's in 24 hours and accepted none of those.
    """
    _lock(button_id=button.pk)
    person = _creator_called(whom)
    if person == owner:
        msg = "whom: that is the button's own creator"
        raise WithOneself(msg)
    if CoAuthor.objects.filter(button=button, person=person, state__in=CoAuthor.OPEN_STATES).exists():
        msg = f"whom: {whom} has an offer for this button"
        raise AlreadyOffered(msg)
    unaccepted = CoAuthor.objects.filter(owner=owner, person=person, since=None, invited_at__gt=now - _DAY)
    if unaccepted.count() >= OFFERS_A_DAY_MAX:
        raise TooManyOffers
    left = PERCENT_MAX - coauthors.offered_percent(button_id=button.pk, period=Period.at(now).next)
    if not 1 <= percent <= left:
        raise PercentOutOfRange(percent, left)
    made = CoAuthor.objects.create(button=button, owner=owner, person=person, percent=percent, invited_at=now)
    _tell(made, person, Notification.Kind.CO_AUTHOR_INVITED, now=now)
    return made


@durable
def accept(*, co_author_id: int, person: User, now: datetime) -> CoAuthor:
    """Let a creator take what they were offered, from the next month on; accepting twice is as once.

    :raises CoAuthor.DoesNotExist: if it wasn't offered to them.
    :raises NotOffered: if it isn't offered any more.
    """
    offer = _locked(co_author_id, person=person)
    if offer.state == State.ACCEPTED:
        return offer
    _require_offered(offer)
    offer.state, offer.answered_at = State.ACCEPTED, now
    # Where clocks differ, they could have left in the month before which this would begin.
    before = CoAuthor.objects.filter(button=offer.button, person=person, until__isnull=False)
    offer.since = max([Period.at(now).next, *(each for each in before.values_list("until", flat=True) if each)])
    offer.save()
    _tell(offer, offer.owner, Notification.Kind.CO_AUTHOR_ANSWERED, now=now, answer="accepted", period=offer.since)
    return offer


@durable
def decline(*, co_author_id: int, person: User, now: datetime) -> None:
    """Let a creator refuse what they were offered; declining twice is as once.

    :raises CoAuthor.DoesNotExist: if it wasn't offered to them.
    :raises NotOffered: if it isn't offered any more.
    """
    offer = _locked(co_author_id, person=person)
    if offer.state == State.DECLINED:
        return
    _require_offered(offer)
    offer.state, offer.answered_at = State.DECLINED, now
    offer.save()
    _tell(offer, offer.owner, Notification.Kind.CO_AUTHOR_ANSWERED, now=now, answer="declined")


@durable
def end(*, co_author_id: int, by: User, now: datetime) -> None:
    """Let either side end it: what was accepted from the next month on, what was only offered at once; once.

    :raises CoAuthor.DoesNotExist: if it is neither theirs nor for them.
    :raises NotOffered: if it was declined.
    """
    found = _locked(co_author_id, by=by)
    if found.state == State.DECLINED:
        msg = "co_author: this was declined"
        raise NotOffered(msg)
    if found.state != State.ENDED:
        _end(found, by=by, until=Period.at(now).next, now=now)


@required
def end_all(*, user: User, now: datetime) -> None:
    """End all that somebody shares in or out whose account is closed, with this month, which brings them nothing.

    What was ended this month would else have gone on until its end.
    """
    period = Period.at(now)
    goes_on = Q(state__in=CoAuthor.OPEN_STATES) | Q(since__lte=period, until__gt=period)
    rows = CoAuthor.objects.filter(goes_on, Q(owner=user) | Q(person=user))
    for found in rows.select_related("button", "owner", "person").select_for_update(of=("self",)).order_by("id"):
        _end(found, by=user, until=period, now=now)


@required
def forget(*, user: User) -> None:
    """Delete the emails in which others were told the name of somebody who is gone."""
    about = CoAuthor.objects.filter(Q(owner=user) | Q(person=user))
    keys = [key for each in about for key in (each.key, *(f"{each.key}:{answer}" for answer in _ANSWERS))]
    Notification.objects.filter(kind__in=_TOLD, subject_key__in=keys).delete()


@required
def note_shares(*, settlement: Settlement) -> None:
    """Write what each co-author gets of what buttons have earned in the settlement, after the fee.

    What co-authors gave the button themselves isn't shared.
    """
    co_authors = coauthors.in_force(period=settlement.period)
    own = coauthors.given_by_themselves(settlement=settlement, co_authors=co_authors)
    earnings = ButtonEarning.objects.filter(settlement=settlement, button__in=list(co_authors)).order_by("button_id")
    CoAuthorShare.objects.bulk_create(
        CoAuthorShare(settlement=settlement, co_author_id=key, amount_micros=micros)
        for earning in earnings
        for key, micros in coauthors.parts_of(
            micros=earning.net_micros - own[earning.button_id], co_authors=co_authors[earning.button_id]
        ).items()
        if micros
    )


@required
def lock_accounts(*, settlement: Settlement) -> None:
    """Open and lock the balances of all who earn in a settlement with co-authors, before any of it is posted.

    Else the co-authors' would be locked after those of creators and the platform, which whoever gives a co-author
    something meanwhile locks after the co-author's: each would wait for the other.
    """
    people = CoAuthorShare.objects.filter(settlement=settlement).values_list("co_author__person_id", flat=True)
    owners: set[int | None] = set(people)
    if owners:
        owners.update(SettlementEarning.objects.filter(settlement=settlement).values_list("creator_id", flat=True))
        accounts = ledger.open_accounts(kind=chart.Kind.CREATOR_BALANCE, owner_ids=owners)
        ledger.lock_accounts(account_ids=accounts.values())


@required
def post_shares(*, settlement: Settlement) -> None:
    """Move the shares from the balances of the buttons' creators, whose earnings are posted, to the co-authors'."""
    ledger.post_from(
        source="""
            SELECT debit.id AS debit_account_id, credit.id AS credit_account_id,
                   share.amount_micros, %(kind)s AS kind,
                   format('settlement:%%s:co_author:%%s', %(period)s, agreed.id) AS idempotency_key,
                   %(occurred_at)s AS occurred_at
            FROM payouts_coauthorshare AS share
            JOIN payouts_coauthor AS agreed ON agreed.id = share.co_author_id
            JOIN ledger_ledgeraccount AS debit
                 ON debit.kind = %(creator_balance)s AND debit.owner_id = agreed.owner_id
            JOIN ledger_ledgeraccount AS credit
                 ON credit.kind = %(creator_balance)s AND credit.owner_id = agreed.person_id
            WHERE share.settlement_id = %(settlement)s
            """,
        parameters={
            "settlement": settlement.pk,
            "kind": chart.TransferKind.CO_AUTHOR_SHARE.value,
            "creator_balance": chart.Kind.CREATOR_BALANCE.value,
            "period": str(settlement.period),
            "occurred_at": settlement.period.last_moment,
        },
    )


def _creator_called(whom: str) -> User:
    """Return the creator whose page has that address.

    Nobody is found by their email, which would tell whose page belongs to it.

    :raises UnknownCreator: if there is none.
    """
    profile = buttons_queries.open_pages().filter(slug=whom.strip().lower().removeprefix("@")).first()
    if profile is None:
        msg = f"whom: no creator has the address {whom}"
        raise UnknownCreator(msg)
    return profile.user


@required
def _lock(*, button_id: int) -> None:
    """Let one change of a button's co-authors follow another until the transaction ends."""
    Button.objects.select_for_update(no_key=True).get(pk=button_id)


@required
def _locked(co_author_id: int, *, person: User | None = None, by: User | None = None) -> CoAuthor:
    """Return a row that is for a person, or of somebody at either side, while nothing else changes its button's.

    :raises CoAuthor.DoesNotExist: if it isn't.
    """
    theirs = Q(person=person) if person is not None else Q(person=by) | Q(owner=by)
    rows = CoAuthor.objects.filter(theirs, pk=co_author_id).select_related("button", "owner", "person")
    _lock(button_id=rows.get().button_id)
    return rows.select_for_update(of=("self",), no_key=True).get()


def _require_offered(offer: CoAuthor) -> None:
    if offer.state != State.INVITED:
        msg = f"co_author: this is {offer.state}"
        raise NotOffered(msg)


@required
def _end(found: CoAuthor, *, by: User, until: Period, now: datetime) -> None:
    was_accepted = found.since is not None
    found.state, found.ended_at = State.ENDED, now
    if found.since is not None:
        found.until = max(found.since, until)
    found.save()
    if by == found.person:
        answer = "left" if was_accepted else "declined"
        _tell(found, found.owner, Notification.Kind.CO_AUTHOR_ANSWERED, now=now, answer=answer, period=until)
    elif was_accepted:
        _tell(found, found.person, Notification.Kind.CO_AUTHOR_ENDED, now=now, period=until)


@required
def _tell(
    about: CoAuthor,
    recipient: User,
    kind: Notification.Kind,
    *,
    now: datetime,
    answer: str = "",
    period: Period | None = None,
) -> None:
    """Owe one side an email about what the other one did."""
    names = dict(CreatorProfile.objects.filter(pk__in=[about.owner_id, about.person_id]).values_list("pk", "name"))
    accounts_operations.notify(
        recipient=recipient,
        kind=kind,
        subject_key=f"{about.key}:{answer}" if answer else about.key,
        context={
            "owner": names[about.owner_id],
            "person": names[about.person_id],
            "title": about.button.title,
            "percent": about.percent,
            "answer": answer,
            "period": str(period or ""),
        },
        now=now,
    )
