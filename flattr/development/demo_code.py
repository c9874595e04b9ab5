"""The code that the second step of logging in asks the people of the demo world for. Development alone has it."""

import time
from typing import Final

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

_PERIOD_SECONDS: Final = 30


@require_safe
def demo_code(request: HttpRequest) -> HttpResponse:
    """Show the six digits of these 30 seconds, of the one secret that the demo world's people share."""
    code = format_hotp_value(hotp_value(settings.DEMO_TOTP_SECRET, int(time.time()) // _PERIOD_SECONDS))
    return render(request, "demo_code.html", {"code": code})
