"""What pages say while the payment provider can't be asked, or refuses what we asked of it."""

import functools
import logging
from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from payouts.gateway import OrderRefused, ProviderUnavailable
from payouts.operations import alarms

View = Callable[..., HttpResponse]

logger = logging.getLogger(__name__)


def leading_back_where_away(name: str) -> Callable[[View], View]:
    """Make a view lead to the page of that name, with a word of why, where the provider can't be asked or refuses."""

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def decorated(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
            try:
                return view(request, *args, **kwargs)
            except ProviderUnavailable:
                messages.error(request, _("Our payment provider doesn't answer. Please try again in a few minutes."))
            except OrderRefused as refusal:
                _tell_staff(request, refusal, page=name)
                messages.error(
                    request,
                    _(
                        "Our payment provider refused what we asked of it. That is our fault: nothing is lost, and"
                        " our staff are told. Please try again later."
                    ),
                )
            return redirect(name)

        return decorated

    return decorate


def _tell_staff(request: HttpRequest, refusal: OrderRefused, *, page: str) -> None:
    """Raise an alarm, once a day for each page, about a refusal that nobody but us can mend."""
    now = timezone.now()
    logger.error("The provider refused %s %s", request.method, request.path, exc_info=refusal)
    alarms.raise_alarm(subject=f"refused:{page}:{now:%Y-%m-%d}", lines=[f"{request.path}: {refusal}"], now=now)
