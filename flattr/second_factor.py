"""Doors that open only for who has a second factor: an authenticator app or a passkey."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, Final, ParamSpec

from allauth.account.decorators import reauthentication_required, secure_admin_login
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from flattr.navigation import next_page

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]

WAY_BACK: Final = "second_factor_for"
"""Where a session keeps the page that its person was sent away from; the pages of the second factor lead there."""
_FACTORS: Final = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]


def has_second_factor(request: HttpRequest) -> bool:
    """Tell whether who is logged in has a second factor, which they were asked for then; asks the database once."""
    known = vars(request)
    if "_has_second_factor" not in known:
        known["_has_second_factor"] = request.user.is_authenticated and is_mfa_enabled(request.user, types=_FACTORS)
    return bool(known["_has_second_factor"])


def second_factor_required(*, back: str, allow_get: bool = False) -> Callable[[View[P]], View[P]]:
    """Let in who has a second factor and proved within the last minutes to be themselves, or whoever only looks.

    Who has none is led to set it up, and from there to the page named `back`. Who has one confirms it by allauth's
    page, which then goes on with the very request. Only for views that need a login already.
    """

    def decorate(view: View[P]) -> View[P]:
        recent: View[P] = reauthentication_required(view)

        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if allow_get and request.method in {"GET", "HEAD"}:
                return view(request, *args, **kwargs)
            if not has_second_factor(request):
                return _led_to_set_it_up(request, back=resolve_url(back))
            request.session.pop(WAY_BACK, None)
            return recent(request, *args, **kwargs)

        return guarded

    return decorate


def guard_admin(site: AdminSite) -> None:
    """Let staff in who have a second factor, and lead others to the login of everybody or to set it up.

    Guessing passwords is limited at that login. The admin's own form, to which somebody logged in could still
    post, is closed.
    """
    their_login = site.login

    def may_enter(request: HttpRequest) -> bool:
        if not (request.user.is_active and request.user.is_staff and has_second_factor(request)):
            return False
        request.session.pop(WAY_BACK, None)
        return True

    def login(request: HttpRequest, extra_context: dict[str, object] | None = None) -> HttpResponse:
        if not has_second_factor(request):
            return _led_to_set_it_up(request, back=next_page(request, default=resolve_url("admin:index")))
        return their_login(request, extra_context)

    site.has_permission = may_enter  # type: ignore[method-assign]
    site.login = require_safe(secure_admin_login(login))  # type: ignore[method-assign]


def _led_to_set_it_up(request: HttpRequest, *, back: str) -> HttpResponse:
    request.session[WAY_BACK] = back
    messages.info(request, _("This needs a second factor. Set one up, and go on from there."))
    return redirect("mfa_index")
