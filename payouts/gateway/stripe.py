"""Stripe's API in our own types: the only module that imports its library.

What the answers mean for us is `stripe_gateway`'s. The API: https://docs.stripe.com/api, version 2026-10-28.endive.
"""

import contextlib
import functools
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import stripe
from django.conf import settings

from payouts.gateway import OrderRefused, ProviderFailed, ProviderUnavailable
from payouts.gateway.stripe_facts import Account, BalanceLine, Dispute, Intent, Method, Page, Sending

if TYPE_CHECKING:
    from stripe.params import PaymentIntentCreateParams, RefundCreateParams, TransferCreateParams
    from stripe.params.checkout import SessionCreateParams
    from stripe.params.v2.core import AccountCreateParams, AccountLinkCreateParams

API_VERSION: Final = "2026-10-28.endive"
CURRENCY: Final = "eur"
_TIMEOUT_SECONDS: Final = 15
_NETWORK_RETRIES: Final = 2
_PAGE: Final = 100
_KINDS_AT_ONCE: Final = 20
_SERVER_ERROR: Final = 500


class NotDone(OrderRefused):
    """Stripe said no to what it does for other objects, or for this one at another time; `code` says why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@contextlib.contextmanager
def _asking() -> Iterator[None]:
    """Turn the library's errors into ours.

    :raises ProviderUnavailable: if nobody can say whether it was done, or it may be tried again as it is.
    :raises ProviderFailed: if Stripe answered that it failed, which it will repeat to the same idempotency key.
    :raises OrderRefused: if the request or the key is wrong.
    :raises NotDone: if the object isn't in a state for it, or isn't there for us any more.
    """
    try:
        yield
    except (stripe.APIConnectionError, stripe.RateLimitError) as error:
        raise ProviderUnavailable(str(error)) from error
    except (stripe.AuthenticationError, stripe.PermissionError, stripe.IdempotencyError) as error:
        # An account that its creator has taken away from us is no fault of ours.
        taken_away = error.code == "account_invalid"
        raise (NotDone(error.code or "", str(error)) if taken_away else OrderRefused(str(error))) from error
    except stripe.CardError as error:
        raise NotDone(error.code or "card_declined", str(error)) from error
    except stripe.InvalidRequestError as error:
        is_about_us = error.param or (error.code or "").startswith("parameter_")
        if is_about_us and error.http_status != HTTPStatus.NOT_FOUND:
            raise OrderRefused(str(error)) from error
        raise NotDone(error.code or "", str(error)) from error
    except stripe.StripeError as error:
        failed = (error.http_status or 0) >= _SERVER_ERROR
        raise (ProviderFailed if failed else ProviderUnavailable)(str(error)) from error


def create_customer(*, email: str, fan_id: int) -> str:
    """Make a customer and return its id."""
    with _asking():
        customer = _client().v1.customers.create(
            {"email": email, "metadata": {"fan_id": str(fan_id)}}, {"idempotency_key": f"fan-{fan_id}"}
        )
    return customer.id


def pages_of(*, customer: str, since: datetime) -> list[Page]:
    """Return the Checkout pages that were made for a customer since then, newest first."""
    with _asking():
        found = _client().v1.checkout.sessions.list(
            {"customer": customer, "created": {"gte": int(since.timestamp())}, "limit": _PAGE}
        )
        return [_page(each) for each in found.auto_paging_iter()]


def create_page(params: "SessionCreateParams", *, key: str) -> Page:
    """Make a Checkout page."""
    with _asking():
        return _page(_client().v1.checkout.sessions.create(params, {"idempotency_key": key}))


def expire_page(page_id: str) -> None:
    """Close a Checkout page."""
    with _asking():
        _client().v1.checkout.sessions.expire(page_id)


def intents_of(*, customer: str, since: datetime) -> list[Intent]:
    """Return the PaymentIntents that were made for a customer since then, newest first, with their fees."""
    with _asking():
        found = _client().v1.payment_intents.list(
            {
                "customer": customer,
                "created": {"gte": int(since.timestamp())},
                "limit": _PAGE,
                "expand": ["data.latest_charge.balance_transaction"],
            }
        )
        return [_intent(each) for each in found.auto_paging_iter()]


def create_intent(params: "PaymentIntentCreateParams", *, key: str) -> None:
    """Make a PaymentIntent.

    :raises NotDone: if it is confirmed with that and declined; it is there all the same.
    """
    with _asking():
        _client().v1.payment_intents.create(params, {"idempotency_key": key})


def cancel_intent(intent_id: str) -> None:
    """Close a PaymentIntent."""
    with _asking():
        _client().v1.payment_intents.cancel(intent_id)


def methods_of(*, customer: str) -> list[Method]:
    """Return what a customer can be charged by, newest first."""
    with _asking():
        found = _client().v1.customers.payment_methods.list(customer, {"limit": _PAGE})
        methods = [_method(each) for each in found.auto_paging_iter()]
    return sorted(methods, key=lambda method: method.made_at, reverse=True)


def detach_method(method_id: str) -> None:
    """Let nobody charge a card or a debit any more."""
    with _asking():
        _client().v1.payment_methods.detach(method_id)


def refunds_of(*, payment: str) -> list[Sending]:
    """Return the refunds of a PaymentIntent, newest first."""
    with _asking():
        found = _client().v1.refunds.list({"payment_intent": payment, "limit": _PAGE})
        return [_refund(each) for each in found.auto_paging_iter()]


def create_refund(params: "RefundCreateParams", *, key: str) -> Sending:
    """Pay a part of a PaymentIntent back."""
    with _asking():
        return _refund(_client().v1.refunds.create(params, {"idempotency_key": key}))


def transfers_in(*, group: str) -> list[Sending]:
    """Return the transfers of a group, newest first."""
    with _asking():
        found = _client().v1.transfers.list({"transfer_group": group, "limit": _PAGE})
        return [_transfer(each) for each in found.auto_paging_iter()]


def create_transfer(params: "TransferCreateParams", *, key: str) -> Sending:
    """Send money from our balance to a connected account."""
    with _asking():
        return _transfer(_client().v1.transfers.create(params, {"idempotency_key": key}))


def create_account(params: "AccountCreateParams", *, key: str) -> str:
    """Make a connected account and return its id."""
    with _asking():
        return _client().v2.core.accounts.create(params, {"idempotency_key": key}).id


def create_account_link(params: "AccountLinkCreateParams") -> str:
    """Return the address of a page on which a connected account's owner tells what is missing."""
    with _asking():
        return _client().v2.core.account_links.create(params).url


def account(account_id: str) -> Account:
    """Return a connected account as it is now."""
    with _asking():
        found = _client().v2.core.accounts.retrieve(
            account_id, {"include": ["configuration.recipient", "requirements"]}
        )
    recipient = found.configuration.recipient if found.configuration else None
    capabilities = recipient.capabilities if recipient else None
    balance = capabilities.stripe_balance if capabilities else None
    transfers = balance.stripe_transfers if balance else None
    wanted = found.requirements
    deadline = wanted.summary.minimum_deadline if wanted and wanted.summary else None
    return Account(
        id=found.id,
        is_closed=bool(found.closed),
        transfers=transfers.status if transfers else "restricted",
        wanted=tuple(
            (entry.description, entry.minimum_deadline.status)
            for entry in (wanted.entries if wanted and wanted.entries else [])
            if entry.awaiting_action_from == "user"
        ),
        due_at=(deadline.time or "") if deadline else "",
    )


def dispute(dispute_id: str) -> Dispute:
    """Return a dispute as it is now."""
    with _asking():
        found = _client().v1.disputes.retrieve(dispute_id)
    booked = sorted(found.balance_transactions, key=lambda each: each.created)
    return Dispute(
        id=found.id,
        payment=_id(found.payment_intent),
        status=found.status,
        reason=found.reason,
        amount_cents=found.amount,
        currency=found.currency,
        moved_cents=tuple(each.amount for each in booked),
        fees_cents=tuple(each.fee for each in booked),
    )


def warned_payment(warning_id: str) -> str:
    """Return the PaymentIntent that an early fraud warning is about."""
    with _asking():
        found = _client().v1.radar.early_fraud_warnings.retrieve(warning_id)
    return _id(found.payment_intent)


def balance_lines(*, since: datetime) -> Iterator[BalanceLine]:
    """Yield the balance transactions since then, newest first."""
    with _asking():
        found = _client().v1.balance_transactions.list(
            {"created": {"gte": int(since.timestamp())}, "limit": _PAGE, "expand": ["data.source"]}
        )
        for each in found.auto_paging_iter():
            yield BalanceLine(
                id=each.id,
                kind=each.type,
                subject=_subject(each),
                currency=each.currency,
                amount_cents=each.amount,
                fee_cents=each.fee,
                made_at=_moment(each.created),
            )


def balance_cents() -> int:
    """Return all of our own balance in our currency, in cents."""
    with _asking():
        found = _client().v1.balance.retrieve()
    free = sum(part.amount for part in found.available if part.currency == CURRENCY)
    pending = sum(part.amount for part in found.pending if part.currency == CURRENCY)
    reserved = sum(part.amount for part in _maybe(found, "connect_reserved") or [] if part.currency == CURRENCY)
    return int(free + pending + reserved)


def _subject(line: stripe.BalanceTransaction) -> str:
    """Return the id of what a line is about: for a charge its PaymentIntent, for a reversal the transfer."""
    source: Any = line.source
    for name in ("payment_intent", "transfer") if _id(source).startswith(("ch_", "py_", "trr_")) else ():
        if value := _maybe(source, name):
            return _id(value)
    return _id(source) or line.id


def events_since(since: datetime, *, kinds: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield the events of our own account of some kinds since then, each as a webhook would have told it.

    Stripe keeps them for 30 days.
    """
    for start in range(0, len(kinds), _KINDS_AT_ONCE):
        some = list(kinds[start : start + _KINDS_AT_ONCE])
        with _asking():
            found = _client().v1.events.list(
                {"created": {"gte": int(since.timestamp())}, "types": some, "limit": _PAGE}
            )
            yield from (each.to_dict(for_json=True) for each in found.auto_paging_iter())


def thin_events_since(since: datetime, *, kinds: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield the thin events of some kinds since then, at most 20 kinds; Stripe keeps them for 30 days."""
    with _asking():
        found = _client().v2.core.events.list(
            {"created": {"gte": f"{since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"}, "types": [*kinds], "limit": _PAGE}
        )
        yield from (each.to_dict(for_json=True) for each in found.auto_paging_iter())


def signed_at(body: bytes, *, signature: str, secrets: Sequence[str]) -> int | None:
    """Return when a body was signed with one of the secrets, in seconds since 1970, or None if it wasn't."""
    for secret in secrets:
        # The library trips over bodies that aren't UTF-8 and over signatures that aren't ASCII.
        with contextlib.suppress(stripe.SignatureVerificationError, ValueError, TypeError):
            stripe.WebhookSignature.verify_header(body, signature, secret)
            # It has read the first moment in the header, and signed that with the body.
            return int(next(part for part in signature.split(",") if part.startswith("t="))[2:])
    return None


def _page(found: stripe.checkout.Session) -> Page:
    return Page(
        id=found.id,
        status=found.status or "expired",
        url=found.url or "",
        note=found.client_reference_id or "",
        payment=_id(found.payment_intent),
    )


def _intent(found: stripe.PaymentIntent) -> Intent:
    error = found.last_payment_error
    charge = found.latest_charge if isinstance(found.latest_charge, stripe.Charge) else None
    booked = charge.balance_transaction if charge else None
    return Intent(
        id=found.id,
        status=found.status,
        amount_cents=found.amount,
        currency=found.currency,
        note=_note(found, "deposit_id"),
        error_code=(_maybe(error, "code") or "unknown") if error else "",
        decline_code=_maybe(error, "decline_code") or "",
        fee_cents=booked.fee if isinstance(booked, stripe.BalanceTransaction) else None,
        charged_at=_moment(charge.created) if charge else None,
    )


def _method(found: stripe.PaymentMethod) -> Method:
    card: stripe.PaymentMethod.Card | None = _maybe(found, "card")
    details = card or _maybe(found, "sepa_debit")
    return Method(
        id=found.id,
        kind=found.type,
        brand=(_maybe(card, "display_brand") or card.brand) if card else "",
        last4=(_maybe(details, "last4") or "") if details else "",
        expires=(card.exp_year, card.exp_month) if card else None,
        made_at=_moment(found.created),
    )


def _refund(found: stripe.Refund) -> Sending:
    return Sending(
        id=found.id,
        status=found.status or "pending",
        amount_cents=found.amount,
        currency=found.currency,
        note=_note(found, "refund_id"),
        target="",
        taken_back_cents=0,
        made_at=_moment(found.created),
        failure_code=_maybe(found, "failure_reason") or "",
    )


def _transfer(found: stripe.Transfer) -> Sending:
    return Sending(
        id=found.id,
        status="succeeded",
        amount_cents=found.amount,
        currency=found.currency,
        note=_note(found, "payout_id"),
        target=_id(found.destination),
        taken_back_cents=found.amount_reversed,
        made_at=_moment(found.created),
        failure_code="",
    )


def _id(reference: Any) -> str:
    """Return the id of what Stripe gives as an id, as an object or not at all."""
    return "" if reference is None else reference if isinstance(reference, str) else reference.id


def _maybe(found: Any, name: str) -> Any:
    """Return what an object says under a name, None where it says nothing: Stripe leaves some out."""
    return found[name] if found is not None and name in found else None


def _note(found: Any, name: str) -> str:
    """Return one of our own notes on an object, or an empty text."""
    return str(_maybe(_maybe(found, "metadata"), name) or "")


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _client() -> stripe.StripeClient:
    return _client_for(settings.STRIPE_KEY, settings.STRIPE_API_URL)


@functools.lru_cache(maxsize=4)
def _client_for(key: str, address: str) -> stripe.StripeClient:
    return stripe.StripeClient(
        key,
        stripe_version=API_VERSION,
        base_addresses={"api": address},
        max_network_retries=_NETWORK_RETRIES,
        http_client=stripe.RequestsClient(timeout=_TIMEOUT_SECONDS),
    )
