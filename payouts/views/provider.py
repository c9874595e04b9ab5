"""What pages say while the payment provider can't be asked."""

import functools
from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from payouts.gateway import ProviderUnavailable

View = Callable[..., HttpResponse]


def leading_back_where_away(name: str) -> Callable[[View], View]:
    """Make a view lead to the page of that name, with a word of why, where the provider can't be asked."""

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def decorated(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
            try:
                return view(request, *args, **kwargs)
            except ProviderUnavailable:
                messages.error(request, _("Our payment provider doesn't answer. Please try again in a few minutes."))
                return redirect(name)

        return decorated

    return decorate
