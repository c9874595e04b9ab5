"""Links of menus, which know whether they lead to where the visitor is."""

from typing import Any

from django import template
from django.template import RequestContext
from django.urls import reverse
from django.utils.html import format_html

register = template.Library()


@register.simple_tag(takes_context=True)
def nav_link(context: RequestContext, view: str, text: str, *, exact: bool = False) -> Any:
    """Return an item of a menu that leads to a view by its name, and says where the visitor is.

    On the view's own page that is `aria-current="page"`, and `true` on those below its address unless `exact` is set.
    """
    address = reverse(view)
    # An error page may be shown before there is a request.
    path = context["request"].path if "request" in context else ""
    current = "page" if path == address else "true" if path.startswith(address) and not exact else ""
    return format_html(
        '<li><a href="{}"{}>{}</a></li>',
        address,
        format_html(' aria-current="{}"', current) if current else "",
        text,
    )
