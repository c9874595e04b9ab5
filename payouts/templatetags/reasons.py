"""Why something was declined, in words."""

from django import template

from payouts.gateway import REASONS

register = template.Library()


@register.filter
def reason(code: str) -> str:
    """Say a provider's reason in words; a reviewer's own words stay as they are."""
    return str(REASONS.get(code, code))
