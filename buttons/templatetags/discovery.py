"""What is trending, for pages that aren't about it."""

from typing import Any, Final

from django import template

from buttons.queries import discovery

_SHOWN_MAX: Final = 6

register = template.Library()


@register.inclusion_tag("components/trending_creators.html")
def trending_creators() -> dict[str, Any]:
    """Show the creators of what many fans click now, or nothing while nobody clicks."""
    return {"profiles": discovery.hottest_creators(most=_SHOWN_MAX)}
