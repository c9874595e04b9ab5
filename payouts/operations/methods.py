"""By what fans pay: their names at the provider, what is saved there, and what they agreed to."""

from datetime import datetime
from typing import Final

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from flattr.period import Period
from flattr.templatetags.money import cents
from flattr.transactions import durable
from payouts.gateway import Payer, SavedMethod, get_gateway
from payouts.models import Consent, PaymentMethod

CONSENT_VERSION: Final = "2026-11"
"""Changes with the words of `CONSENT`."""

CONSENT: Final = _(
    "With the budget you agree that Flattr charges what you pay by, a month's or 3 months' budget at most, without"
    " asking each time and only when your balance doesn't cover the month, until you pause or cancel."
)
"""What stands beside the button that promises a budget."""


def payer_of(*, fan: User) -> Payer:
    """Return a fan as the provider knows them, made known to it where they weren't."""
    known = PaymentMethod.objects.filter(fan=fan).first()
    if known is None:
        customer = get_gateway().open_customer(fan_id=fan.pk, email=fan.email)
        known, _is_new = PaymentMethod.objects.get_or_create(fan=fan, defaults={"customer": customer})
    return Payer(fan_id=fan.pk, customer=known.customer, method=known.method)


def open_method_page(*, fan: User, return_url: str) -> str:
    """Return the address of the provider's page where the fan says by what to pay from now on."""
    return get_gateway().open_method_page(payer=payer_of(fan=fan), return_url=return_url)


def look_at_method(*, fan: User, now: datetime) -> None:
    """Keep what the provider has saved for a fan."""
    _keep(fan=fan, saved=get_gateway().saved_method(payer=payer_of(fan=fan)), now=now)


def look_at_customer(*, customer: str, now: datetime) -> bool:
    """Keep what the provider has saved for the fan whom it calls that; tell whether there is one."""
    known = PaymentMethod.objects.filter(customer=customer).select_related("fan").first()
    if known is None:
        return False
    look_at_method(fan=known.fan, now=now)
    return True


def remove_method(*, fan: User, now: datetime) -> None:
    """Let the provider forget by what the fan paid; nothing is charged without them after that."""
    get_gateway().remove_methods(payer=payer_of(fan=fan))
    look_at_method(fan=fan, now=now)


def consent_text(*, budget_cents: int, term_months: int) -> str:
    """Return what a fan agrees to with a promise, as the page said it, and the most that one charge takes."""
    return f"{CONSENT} ({cents(budget_cents * term_months)})"


@durable
def agree(*, fan: User, text: str, now: datetime) -> None:
    """Keep what the fan agreed to, word by word; the same words again are the same consent."""
    latest = fan.consents.order_by("-given_at", "-id").first()
    if latest is None or (latest.version, latest.text) != (CONSENT_VERSION, text):
        Consent.objects.create(fan=fan, version=CONSENT_VERSION, text=text, given_at=now)


@durable
def _keep(*, fan: User, saved: SavedMethod | None, now: datetime) -> None:
    """Note by what the fan pays now; when it changed matters, as a declined charge is tried again then."""
    known = PaymentMethod.objects.select_for_update().get(fan=fan)
    reference = saved.reference if saved else ""
    if known.method == reference:
        return
    known.method, known.changed_at = reference, now
    known.kind, known.label = (saved.kind, saved.label) if saved else ("", "")
    known.expires = Period(*saved.expires) if saved and saved.expires else None
    known.save(update_fields=["method", "kind", "label", "expires", "changed_at"])
