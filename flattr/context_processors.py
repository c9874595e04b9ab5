"""What every page knows about the house."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def house(request: HttpRequest) -> dict[str, Any]:
    """Give templates the platform's fee, its minimum, and whether money is only pretended and people are a demo's."""
    del request
    return {
        "platform_fee_percent": settings.PLATFORM_FEE_BASIS_POINTS / 100,
        "minimum_payout_cents": settings.MINIMUM_PAYOUT_CENTS,
        "hold_until_day": settings.HOLD_UNTIL_DAY,
        "is_sandbox": settings.PAYMENT_GATEWAY == "sandbox",
        "is_development": settings.DEVELOPMENT,
        "has_social_login": bool(settings.SOCIALACCOUNT_PROVIDERS),
    }
