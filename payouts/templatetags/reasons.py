"""Reasons and requirements in words."""

from typing import TYPE_CHECKING, Final

from django import template
from django.utils.translation import gettext_lazy as _

from payouts.gateway import REASONS

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as StrPromise

register = template.Library()

_REQUIREMENTS: "Final[dict[str, StrPromise]]" = {
    "identity.attestations.terms_of_service": _("Accept the provider's terms"),
    "identity.individual.date_of_birth": _("Your date of birth"),
    "identity.individual.address": _("Your address"),
    "identity.individual.documents": _("A document that shows who you are"),
    "identity.individual": _("Who you are"),
    "identity.business_details": _("About your business"),
    "configuration.recipient": _("A bank account"),
    "default_outbound_destination": _("A bank account"),
    "external_account": _("A bank account"),
}
"""What a provider wants, by how its code for it begins; the longest beginning counts."""


@register.filter
def reason(code: str) -> str:
    """Say a code in the visitor's language; staff's own words stay as they are."""
    return str(REASONS.get(code, code))


@register.filter
def requirement(code: str) -> str:
    """Say what a provider wants to know."""
    beginnings = [beginning for beginning in _REQUIREMENTS if code.startswith(beginning)]
    return str(_REQUIREMENTS[max(beginnings, key=len)] if beginnings else _("Something else: the provider says what"))
