"""Where a visitor goes after a form."""

from typing import Final

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme, urlencode

_LENGTH_MAX: Final = 200
"""How long an address may be, as it travels inside others: through a payment provider's page, for example."""


def next_page(request: HttpRequest, *, default: str) -> str:
    """Return the address of ours that the request asks to go on to, or the default where it is none or too long."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    is_short = len(urlencode({"next": wanted})) <= _LENGTH_MAX
    return wanted if is_ours and is_short else default
