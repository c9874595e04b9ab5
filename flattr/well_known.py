"""Files that programs look for at fixed addresses."""

from datetime import timedelta
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

_EXPIRES_AFTER: Final = timedelta(days=180)


@require_safe
def robots_txt(request: HttpRequest) -> HttpResponse:
    """Return what search engines may look at (RFC 9309): all, as only what they see can tell them not to list it."""
    del request
    return _text(f"User-agent: *\nDisallow:\n\nSitemap: {settings.APP_URL}{reverse('buttons:sitemaps')}\n")


@require_safe
def security_txt(request: HttpRequest) -> HttpResponse:
    """Return whom to tell about a hole in what we do (RFC 9116). It counts for half a year from when it is read."""
    del request
    fields = {
        "Contact": settings.SECURITY_CONTACT,
        "Expires": (timezone.now() + _EXPIRES_AFTER)
        .replace(hour=0, minute=0, second=0)
        .strftime("%Y-%m-%dT%H:%M:%SZ"),
        "Preferred-Languages": ", ".join(code for code, _ in settings.LANGUAGES),
        "Canonical": settings.APP_URL + reverse("security_txt"),
    }
    return _text("".join(f"{name}: {value}\n" for name, value in fields.items()))


def _text(text: str) -> HttpResponse:
    return HttpResponse(
        text, content_type="text/plain; charset=utf-8", headers={"Cache-Control": "public, max-age=86400"}
    )
