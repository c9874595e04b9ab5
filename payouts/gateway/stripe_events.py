"""What Stripe tells by itself: events, whole ones of its first API and thin ones of its second.

They come by webhook or from its list of them (https://docs.stripe.com/webhooks). Whatever stands in one, at most it
is refused: what is stored of it fits into our rows.
"""

import json
import math
import uuid
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.conf import settings

from payouts.gateway import Event, EventRefused, stripe

EVENT_LASTS: Final = timedelta(minutes=5)

OWN_KINDS: Final = (
    "checkout.session.completed",
    "checkout.session.expired",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "payment_intent.succeeded",
    "payment_intent.processing",
    "payment_intent.requires_action",
    "payment_intent.payment_failed",
    "payment_intent.canceled",
    "payment_method.attached",
    "payment_method.updated",
    "payment_method.automatically_updated",
    "payment_method.detached",
    "charge.refunded",
    "refund.created",
    "refund.updated",
    "refund.failed",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.closed",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
    "radar.early_fraud_warning.created",
    "transfer.created",
    "transfer.reversed",
    "payout.failed",
)
"""What we want to be told of our own account."""

CONNECTED_KINDS: Final = ("account.updated", "account.application.deauthorized", "payout.paid", "payout.failed")
"""What we want to be told of the accounts of creators."""

THIN_KINDS: Final = (
    "v2.core.account.closed",
    "v2.core.account[requirements].updated",
    "v2.core.account[configuration.recipient].capability_status_updated",
)
"""What we want to be told by thin events, which are about the accounts of creators too."""

_LONGEST: Final = 100
_LONGEST_KIND: Final = 80
_DEEPEST: Final = 50
_NOTES: Final = ("deposit_id", "refund_id", "payout_id")


def read(*, body: bytes, signature: str, now: datetime) -> Event:
    """Return the event in a webhook's body.

    :raises EventRefused: if none of `settings.STRIPE_WEBHOOK_SECRETS` signed it within five minutes of `now`, or it
        isn't an event. Its text names the field.
    """
    signed_at = stripe.signed_at(body, signature=signature, secrets=settings.STRIPE_WEBHOOK_SECRETS)
    if signed_at is None:
        msg = "Stripe-Signature: none of our secrets signed this"
        raise EventRefused(msg)
    # An old one may be somebody's who has listened; one of the future would be good for longer than five minutes.
    if abs(int(now.timestamp()) - signed_at) > EVENT_LASTS.total_seconds():
        msg = "Stripe-Signature: not signed within the last five minutes"
        raise EventRefused(msg)
    try:
        told = json.loads(body.decode())
    except (ValueError, RecursionError) as error:
        msg = "body: not JSON"
        raise EventRefused(msg) from error
    return _event(told)


def remembered(*, since: datetime) -> Iterator[Event]:
    """Yield the events that Stripe keeps of our account since then, and the thin ones, of the kinds that we want."""
    for told in stripe.events_since(since, kinds=OWN_KINDS):
        yield _event(told)
    for told in stripe.thin_events_since(since, kinds=THIN_KINDS):
        yield _event(told)


def _event(given: Any) -> Event:
    """Read an event of either form.

    :raises EventRefused: if it has neither.
    """
    told = _storable(given, depth=0)
    # A tuple, since not everything that may stand there can be looked for in a set.
    if not isinstance(told, dict) or told.get("object") not in ("event", "v2.core.event"):
        msg = "body: not an event"
        raise EventRefused(msg)
    data = _object(told, "data")
    about = _object(told, "related_object") if told["object"] == "v2.core.event" else _object(data, "object")
    if not isinstance(told.get("livemode"), bool):
        msg = "body.livemode: neither true nor false"
        raise EventRefused(msg)
    return Event(
        id=_text(told, "id", longest=_LONGEST),
        kind=_text(told, "type", longest=_LONGEST_KIND),
        account=_name(told.get("account")) or _name(told.get("context")),
        is_live=told["livemode"],
        api_version=_name(told.get("api_version"))[:50],
        occurred_at=_moment(told.get("created")),
        subject=_name(about),
        movement_id=_movement_id(_object(about, "metadata")),
        # What was taken off a customer names it among what it was before.
        customer=_name(about.get("customer")) or _name(_object(data, "previous_attributes").get("customer")),
        payload=told,
    )


def _storable(value: Any, *, depth: int) -> Any:
    """Return JSON without what PostgreSQL doesn't store: NUL characters, halves of characters, endless numbers.

    :raises EventRefused: if it is nested deeper than anything of Stripe's.
    """
    if depth > _DEEPEST:
        msg = "body: nested too deep"
        raise EventRefused(msg)
    match value:
        case str():
            return value.encode(errors="replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")
        case float() if not math.isfinite(value):
            return str(value)
        case dict():
            return {_storable(name, depth=depth): _storable(each, depth=depth + 1) for name, each in value.items()}
        case list():
            return [_storable(each, depth=depth + 1) for each in value]
        case _:
            return value


def _object(told: Mapping[str, Any], field: str) -> dict[str, Any]:
    """Return the object in a field, or an empty one where there is none."""
    found = told.get(field)
    return found if isinstance(found, dict) else {}


def _text(told: Mapping[str, Any], field: str, *, longest: int) -> str:
    """Return the text in a field.

    :raises EventRefused: if there is none, or a longer one than we keep.
    """
    found = told.get(field)
    if not isinstance(found, str) or not 1 <= len(found) <= longest:
        msg = f"body.{field}: not a text of 1 to {longest} characters"
        raise EventRefused(msg)
    return found


def _name(value: Any) -> str:
    """Return the name of what stands there as an object or by its name, or an empty text."""
    found = value.get("id") if isinstance(value, dict) else value
    return found if isinstance(found, str) and len(found) <= _LONGEST else ""


def _movement_id(notes: Mapping[str, Any]) -> str:
    """Return the id of our row among the notes that we put on an object, or an empty text."""
    for name in _NOTES:
        with suppress(ValueError):
            return str(uuid.UUID(str(notes.get(name))))
    return ""


def _moment(value: Any) -> datetime:
    """Return a moment that is told in seconds since 1970 or as a text with its offset.

    :raises EventRefused: if it isn't.
    """
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else datetime.fromtimestamp(value, UTC)
    except (ValueError, TypeError, OverflowError, OSError):
        moment = None
    if moment is None or moment.tzinfo is None:
        msg = "body.created: not a moment"
        raise EventRefused(msg)
    return moment
