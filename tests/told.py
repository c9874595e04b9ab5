"""What Stripe tells: events as it would send them, signed as it would sign them."""

import itertools
import json
from datetime import datetime
from typing import Any, Final

import stripe

from payouts.gateway import Event
from payouts.models import Deposit, StripeEvent
from payouts.operations import events
from tests import given

SECRET: Final = "whsec_ours"
OTHER_SECRET: Final = "whsec_ours_too"

_numbers = itertools.count(1)


def whole(
    kind: str = "payment_intent.succeeded", about: dict[str, Any] | None = None, **changes: Any
) -> dict[str, Any]:
    """Return an event of Stripe's first API, which shows its object as it was."""
    return {
        "id": f"evt_{next(_numbers)}",
        "object": "event",
        "account": None,
        "api_version": "2026-10-28.endive",
        "created": int(given.MOMENT.timestamp()),
        "data": {"object": about or {"id": "pi_1", "object": "payment_intent", "metadata": {}}},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": kind,
        **changes,
    }


def thin(
    kind: str = "v2.core.account[requirements].updated", subject: str = "acct_1", **changes: Any
) -> dict[str, Any]:
    """Return an event of Stripe's second API, which names its object."""
    return {
        "id": f"evt_thin_{next(_numbers)}",
        "object": "v2.core.event",
        "type": kind,
        "livemode": False,
        "created": "2026-10-15T12:00:00.000Z",
        "context": None,
        "related_object": {"id": subject, "type": "v2.core.account", "url": f"/v2/core/accounts/{subject}"},
        **changes,
    }


def signature(body: str, *, secret: str = SECRET, at: datetime, seconds: int = 0) -> str:
    """Return the header that goes with a body that was signed so many seconds after a moment."""
    moment = int(at.timestamp()) + seconds
    return str(stripe.WebhookSignature.generate_signature_header(body, secret, moment))


def came(kind: str, *, now: datetime, **told: Any) -> StripeEvent:
    """Let an event come; return it as it waits to be handled."""
    fields = {"account": "", "is_live": False, "api_version": "", "subject": "", "movement_id": "", "customer": ""}
    event = Event(id=f"evt_{next(_numbers)}", kind=kind, occurred_at=now, payload={}, **{**fields, **told})
    events.receive(event=event, now=now)
    return StripeEvent.objects.get(pk=event.id)


def about(deposit: Deposit, kind: str = "payment_intent.succeeded") -> StripeEvent:
    """Let an event about a deposit come."""
    return came(kind, now=given.MOMENT, movement_id=str(deposit.pk), subject="pi_1")


def handled(event: StripeEvent, *, now: datetime) -> StripeEvent:
    """Let a worker handle an event; return what became of it."""
    events.handle(event_id=event.pk, now=now)
    return StripeEvent.objects.get(pk=event.pk)


def as_sent(told: Any) -> str:
    """Return the body of an event as it is sent."""
    return json.dumps(told, indent=2)
