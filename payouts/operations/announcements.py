"""What a settlement tells the people whose money it moved."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from accounts import operations as accounts_operations
from accounts.models import Notification
from flattr.transactions import durable
from payouts.models import Settlement
from payouts.operations import visibility


@durable
def announce_settlement(*, settlement_id: int, now: datetime) -> None:
    """Note an email for everybody whose money moved; telling twice changes nothing."""
    settlement = Settlement.objects.select_for_update().get(pk=settlement_id)
    if settlement.announced_at is not None or settlement.finished_at is None:
        return
    accounts_operations.notify_many(notifications=_announcements(settlement, now))
    visibility.note_supporters(settlement=settlement)
    settlement.announced_at = now
    settlement.save(update_fields=["announced_at"])


def _announcements(settlement: Settlement, now: datetime) -> Iterator[Notification]:
    """Yield an email for each fan and each creator, without holding all of them in memory."""
    period = str(settlement.period)
    spends = settlement.spends.order_by("fan_id").values_list("fan_id", "spend_micros", "clicks")
    for fan_id, spend, clicks in spends.iterator():
        yield Notification(
            recipient_id=fan_id,
            kind=Notification.Kind.MONTH_SETTLED,
            subject_key=period,
            context={"period": period, "spend_micros": spend, "clicks": clicks},
            created_at=now,
        )
    earnings = settlement.earnings.order_by("creator_id").values_list(
        "creator_id", "gross_micros", "fee_micros", "clicks", "fans"
    )
    given, received = _shares(settlement)
    for creator_id, gross, fee, clicks, fans in earnings.iterator():
        yield _earned(
            creator_id,
            period,
            now,
            gross_micros=gross,
            net_micros=gross - fee - given[creator_id],
            given_micros=given[creator_id],
            received_micros=received.pop(creator_id, 0),
            clicks=clicks,
            fans=fans,
        )
    # Who has nothing but what others share with them.
    for creator_id, micros in sorted(received.items()):
        yield _earned(creator_id, period, now, received_micros=micros)


def _earned(creator_id: int, period: str, now: datetime, **numbers: int) -> Notification:
    return Notification(
        recipient_id=creator_id,
        kind=Notification.Kind.EARNINGS_SETTLED,
        subject_key=period,
        context={"period": period, **numbers},
        created_at=now,
    )


def _shares(settlement: Settlement) -> tuple[Counter[int], Counter[int]]:
    """Return what creators gave to co-authors and what they received as such, in micros by their ids."""
    given: Counter[int] = Counter()
    received: Counter[int] = Counter()
    for share in settlement.co_author_shares.select_related("co_author"):
        given[share.co_author.owner_id] += share.amount_micros
        received[share.co_author.person_id] += share.amount_micros
    return given, received
