"""What a fan gives a creator once, beside the cake."""

import uuid
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Final

from django.conf import settings
from django.db import IntegrityError
from django.db.models import Count, Q, Sum

from accounts import operations as accounts_operations
from accounts.models import Notification, User
from buttons import queries as buttons_queries
from buttons.models import Button
from flattr import money
from flattr.period import Period
from flattr.transactions import durable, required, savepoint
from payouts.ledger import chart
from payouts.ledger import operations as ledger
from payouts.models import Gift
from payouts.models.gifts import GIFT_CENTS_MAX, GIFT_CENTS_MIN, NOTE_LENGTH_MAX
from payouts.operations import moments
from payouts.queries import balances

GIFTS_A_DAY_MAX: Final = 10
GIFT_CENTS_A_DAY_MAX: Final = 10_000
"""Of one fan in any 24 hours. Whoever tries stolen cards wants the money to come somewhere quickly."""

_DAY: Final = timedelta(days=1)


class GiftRefused(ValueError):
    """The gift can't be given."""


class GiftOutOfRange(GiftRefused):
    """The amount is below the minimum or above the maximum."""

    def __init__(self, amount_cents: int) -> None:
        super().__init__(f"amount_cents: {amount_cents} is not between {GIFT_CENTS_MIN} and {GIFT_CENTS_MAX} cents")


class NoteTooLong(GiftRefused):
    """The note has more characters than there is room for."""

    def __init__(self, length: int) -> None:
        super().__init__(f"note: {length} characters are more than {NOTE_LENGTH_MAX}")


class GiftToOneself(GiftRefused):
    """Nobody gives themselves anything."""

    def __init__(self) -> None:
        super().__init__("creator: nobody gives themselves anything")


class CreatorClosed(GiftRefused):
    """The creator's page is closed, or the button is hidden or another creator's."""


class TooManyGifts(GiftRefused):
    """The fan has given as much in a day as may be."""

    def __init__(self) -> None:
        super().__init__(
            f"amount_cents: in 24 hours a fan gives at most {GIFTS_A_DAY_MAX} gifts and {GIFT_CENTS_A_DAY_MAX} cents"
        )


class NotEnoughToGive(GiftRefused):
    """What this month's budget and months being settled leave of the balance is less than the gift."""

    def __init__(self, amount_cents: int, spare_micros: int) -> None:
        super().__init__(
            f"amount_cents: {amount_cents} is above the {money.micros_to_cents(max(0, spare_micros))} cents that the"
            " month's budget leaves of the balance"
        )


class GiftIdTaken(GiftRefused):
    """The id belongs to another gift."""

    def __init__(self, gift_id: uuid.UUID) -> None:
        super().__init__(f"gift_id: {gift_id} stands for another gift")


@durable
def give_gift(
    *,
    gift_id: uuid.UUID,
    fan: User,
    creator: User,
    amount_cents: int,
    note: str = "",
    button: Button | None = None,
    now: datetime,
) -> Gift:
    """Give a creator an amount in cents from the fan's balance, less the platform's fee; the same id gives it once.

    The budget of the running month stays in the balance, clicked or not. The creator can withdraw the gift when
    this month's earnings can be withdrawn, and is told of it with the note, whose spaces are made even.

    :raises GiftOutOfRange: below 2 or above 50 EUR.
    :raises NoteTooLong: above 200 characters.
    :raises GiftToOneself: if the creator is the fan.
    :raises CreatorClosed: if the creator has no open page, or the button isn't an open one of theirs.
    :raises TooManyGifts: above 10 gifts or 100 EUR in 24 hours.
    :raises NotEnoughToGive: if the balance less what is reserved is smaller.
    :raises GiftIdTaken: if the id stands for another gift.
    """
    note = " ".join(note.split())
    if not GIFT_CENTS_MIN <= amount_cents <= GIFT_CENTS_MAX:
        raise GiftOutOfRange(amount_cents)
    if len(note) > NOTE_LENGTH_MAX:
        raise NoteTooLong(len(note))
    if creator.pk == fan.pk:
        raise GiftToOneself
    # No month is closed meanwhile, or its settlement could fix what is taken here.
    moment = moments.open_moment(wanted=now, now=now)
    # Two may give each other something, so both are locked in one order.
    for person in sorted([fan, creator], key=attrgetter("pk")):
        accounts_operations.lock_fan(fan=person)
    known = Gift.objects.filter(pk=gift_id).first()
    if known is not None:
        if (known.fan_id, known.creator_id, known.amount_cents) != (fan.pk, creator.pk, amount_cents):
            raise GiftIdTaken(gift_id)
        return known
    _require_open(creator, button)
    _require_day_not_full(fan, amount_cents, moment)
    gift = _keep(
        Gift(
            id=gift_id,
            fan=fan,
            creator=creator,
            button=button,
            amount_cents=amount_cents,
            fee_micros=fee_micros_of(amount_cents=amount_cents),
            note=note,
            made_at=moment,
            withdrawable_at=moments.withdrawable_from(Period.at(moment)),
        )
    )
    _post(gift)
    _tell(gift, now)
    return gift


def fee_micros_of(*, amount_cents: int) -> int:
    """Return the platform's fee in micros on a gift of an amount in cents."""
    amount_micros = money.cents_to_micros(amount_cents)
    return money.fee_of(amount_micros=amount_micros, basis_points=settings.PLATFORM_FEE_BASIS_POINTS)


@required
def forget_notes(*, person: User) -> None:
    """Take away what somebody wrote, or was written, along with gifts, and our emails that have it."""
    written = Gift.objects.filter(fan=person).exclude(note="")
    Notification.objects.filter(
        recipient__in=written.values("creator"),
        kind=Notification.Kind.GIFT_RECEIVED,
        subject_key__in=[str(key) for key in written.values_list("pk", flat=True)],
    ).delete()
    Gift.objects.filter(Q(fan=person) | Q(creator=person)).update(note="")


def _require_open(creator: User, button: Button | None) -> None:
    if not buttons_queries.open_pages().filter(user=creator).exists():
        msg = "creator: this page is closed"
        raise CreatorClosed(msg)
    if button is not None and (button.creator_id != creator.pk or button.hidden_at is not None):
        msg = f"button: {button.public_id} is hidden, or another creator's"
        raise CreatorClosed(msg)


def _require_day_not_full(fan: User, amount_cents: int, moment: datetime) -> None:
    given = Gift.objects.filter(fan=fan, made_at__gt=moment - _DAY).aggregate(
        number=Count("pk"), cents=Sum("amount_cents")
    )
    if given["number"] >= GIFTS_A_DAY_MAX or (given["cents"] or 0) + amount_cents > GIFT_CENTS_A_DAY_MAX:
        raise TooManyGifts


@required
def _keep(gift: Gift) -> Gift:
    try:
        with savepoint():
            gift.save(force_insert=True)
    except IntegrityError as error:
        # Somebody else used the id in the same moment, for a gift to somebody else.
        raise GiftIdTaken(gift.pk) from error
    return gift


@required
def _post(gift: Gift) -> None:
    """Move the gift to the creator and its fee to the platform.

    :raises NotEnoughToGive: if what is reserved would be touched.
    """
    pots = {
        chart.TransferKind.GIFT: ledger.open_account(kind=chart.Kind.CREATOR_BALANCE, owner=gift.creator).pk,
        chart.TransferKind.GIFT_FEE: ledger.open_account(kind=chart.Kind.PLATFORM_FEE).pk,
    }
    own = ledger.open_account(kind=chart.Kind.FAN_BALANCE, owner=gift.fan).pk
    ledger.lock_accounts(account_ids=[own, *pots.values()])
    balance, reserved = balances.balance_and_reserved(fan=gift.fan, period=Period.at(gift.made_at))
    if money.cents_to_micros(gift.amount_cents) > balance - reserved:
        raise NotEnoughToGive(gift.amount_cents, balance - reserved)
    amounts = {chart.TransferKind.GIFT: gift.net_micros, chart.TransferKind.GIFT_FEE: gift.fee_micros}
    ledger.post(
        postings=[
            ledger.Posting(
                debit_account_id=own,
                credit_account_id=pots[kind],
                amount_micros=micros,
                kind=kind,
                idempotency_key=f"gift:{gift.pk}:{kind}",
                occurred_at=gift.made_at,
            )
            for kind, micros in amounts.items()
            if micros > 0
        ]
    )


@required
def _tell(gift: Gift, now: datetime) -> None:
    accounts_operations.notify(
        recipient=gift.creator,
        kind=Notification.Kind.GIFT_RECEIVED,
        subject_key=str(gift.pk),
        context={
            "amount_cents": gift.amount_cents,
            "net_micros": gift.net_micros,
            "note": gift.note,
            "day": f"{gift.withdrawable_at:%Y-%m-%d}",
            "period": str(Period.at(gift.made_at)),
        },
        now=now,
    )
