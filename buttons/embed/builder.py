"""The builder: where creators choose a form of their button, see it, and copy it with a text about privacy."""

from collections.abc import Mapping
from typing import Any, Final, cast
from urllib.parse import urlsplit

from csp.decorators import csp_update
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from accounts.models import CreatorProfile
from accounts.views import creator_required, user_of
from buttons import snippets
from buttons.embed import assets, loader
from buttons.forms import BuilderForm, PageForm
from buttons.operations import buttons as operations
from buttons.operations import keys
from buttons.snippets import Order

_HINTS: Final = {
    "html": gettext_lazy("Paste it where the button shall be. The second line is enough once a page."),
    "pinned": gettext_lazy(
        "As HTML, but browsers run exactly this version of our script, and nothing that we change later."
    ),
    "link": gettext_lazy("For editors that strip elements they don’t know. Our script makes a button of the link."),
    "iframe": gettext_lazy(
        "No script of ours runs in your page. Give the page’s address, as a frame can’t find it out. Where frames are"
        " blocked, nothing is shown."
    ),
    "picture": gettext_lazy("For mail, feeds and pages without scripts. A click opens our page."),
    "wordpress": gettext_lazy("Paste it into the code editor of a post, or into a block of your own HTML."),
    "hugo": gettext_lazy("Save it as layouts/shortcodes/flattr.html, and write {{< flattr >}} into a page."),
    "markdown": gettext_lazy("For a README or any text in Markdown. Give the page’s address."),
    "rst": gettext_lazy("For a README or documentation in reStructuredText."),
    "shields": gettext_lazy("Looks like the badges beside it. Shields fetches the count from us and draws it."),
    "payment": gettext_lazy("For the head of a page. Feed readers and browser extensions find the button by it."),
    "atom": gettext_lazy("For a feed or one of its entries; give the entry’s address."),
    "rss": gettext_lazy("For a channel or one of its items; give the item’s address."),
    "podcast": gettext_lazy("For a channel or one of its episodes. Podcast apps show it as a link."),
    "funding": gettext_lazy("For the file .github/FUNDING.yml of a repository."),
    "jsonld": gettext_lazy("For the head of a page. Search engines read it."),
}


@creator_required
@require_safe
def show_builder(request: HttpRequest) -> HttpResponse:
    """Show the form by which a creator chooses, and what comes of it; all of it is in the page's address."""
    # Not above the function: there the settings would be read too early for tests, which serve us by other names.
    ours = {"frame-src": [settings.EMBED_URL], "img-src": [settings.EMBED_URL]}
    return cast("HttpResponse", csp_update(ours)(_page)(request))


def _page(request: HttpRequest) -> HttpResponse:
    form = BuilderForm({"form": "html", **request.GET.dict()})
    shown: dict[str, Any] = {
        "form": form,
        "page_form": PageForm(initial={"url": request.GET.get("url", "")}, auto_id="page_%s"),
        "privacy": [(code, name, privacy_text(language=code)) for code, name in settings.LANGUAGES],
    }
    if form.is_valid():
        chosen = dict(form.cleaned_data)
        kind = chosen.pop("form")
        profile = CreatorProfile.objects.get(user=user_of(request))
        shown |= _made(kind, operations.order_for(profile, **chosen))
    return render(request, "buttons/builder.html", shown)


def _made(kind: str, order: Order) -> Mapping[str, Any]:
    """Return the snippet, what it is for, and how it looks: as a frame, as a picture, or not at all."""
    if kind == "pinned":
        snippet = snippets.pinned_element(order, version=loader.VERSION, integrity=assets.load("loader.js").sha384)
    else:
        snippet = snippets.FORMS[kind](order)
    preview = ""
    if kind in snippets.FRAMED:
        preview = snippets.frame(order)
    elif kind in snippets.PICTURED:
        preview = snippets.linked_picture(order)
    return {
        "snippet": snippet,
        "hint": _HINTS[kind],
        "preview": mark_safe(preview),  # noqa: S308  It is escaped where it is made.
        "link": order.link,
    }


def privacy_text(*, language: str) -> str:
    """Return what creators may tell their readers about the button, in a language."""
    with translation.override(language):
        return _(
            "This page shows a button of Flattr, loaded from %(host)s. As with everything that is loaded, your"
            " browser tells that server your IP address, its own name and languages, and which site asks; the address"
            " of this page goes along, as the button is for it. Flattr keeps no IP address of who sees or presses it."
            " Before you press the button for the first time, Flattr stores nothing in your browser: no cookie, no"
            " storage, no identifier.\n"
            "When you press it for the first time here, a window of Flattr’s own site opens, in which you log in,"
            " with cookies of that site, and confirm. Who logs in is counted by IP address for a minute, so that"
            " nobody guesses passwords. After that your browser keeps one cookie with a key for the"
            " button, for %(days)d days from your last click. It is partitioned and good on this site alone, so"
            " nobody can follow you from site to site by it.\n"
            "Flattr keeps each click: whose it is, for which button, when, on which site, and, where one press was"
            " enough, where on the button it was and how long the pointer had been there, to find clicks that nobody"
            " meant. This site learns how many clicks the button has, and never who made them."
        ) % {"host": urlsplit(settings.EMBED_URL).netloc, "days": keys.KEY_LASTS.days}
