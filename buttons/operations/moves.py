"""Buttons that are edited, and pages that move: a button goes along, and its old address leads to it.

No click ever changes its button. Where two buttons turn out to be for one page, one gets both addresses; the other
keeps its clicks and a page of its own here, and takes no more from pages elsewhere.
"""

from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings

from buttons.models import Button, ButtonAlias
from buttons.operations.buttons import BadUrl, button_at, canonical_url, creator_page, lock_addresses, site_at
from buttons.queries import sites as queries
from flattr.emails import one_line
from flattr.transactions import durable, required


class UnverifiedSite(ValueError):
    """The page is on no site that is verified for the creator."""


@durable
def edit_button(
    *,
    button: Button,
    url: str,
    title: str,
    description: str,
    category: str,
    tags: tuple[str, ...],
    language: str,
    now: datetime,
) -> Button:
    """Write what the creator says of a button; what its page says of itself is not asked any more.

    With another address the button moves there. Another button that is there already makes room.

    :raises BadUrl: if the address can't be one, or the button is the creator's own page's, which stays where it is.
    :raises UnverifiedSite: if the new address is on no site that is verified for the creator.
    """
    address = canonical_url(url)
    lock_addresses(creator_id=button.creator_id)
    edited = Button.objects.select_related("creator__creator_profile").get(pk=button.pk)
    if address != edited.url:
        if edited.url == creator_page(edited.creator.creator_profile.slug):
            msg = "url: the button of your page here stays there"
            raise BadUrl(msg)
        if not _is_verified(edited, address):
            msg = f"url: you haven't shown that {urlsplit(address).hostname} is yours"
            raise UnverifiedSite(msg)
        _take(edited, address, now=now)
    edited.title, edited.description, edited.category = one_line(title), description, category
    edited.tags, edited.language, edited.read_next_at = list(tags), language, None
    edited.save()
    return edited


@required
def follow_page(*, button: Button, url: str, now: datetime) -> None:
    """Let a button go where its page says that it is, if both addresses are on sites verified for the creator.

    Of two buttons for one page the one that was made first gets both addresses. The caller has locked the creator's
    addresses, and `url` is in its one spelling.
    """
    if url == button.url or not (_is_verified(button, button.url) and _is_verified(button, url)):
        return
    there = button_at(creator_id=button.creator_id, url=url)
    if there is not None and there.pk < button.pk:
        _leave(button, to=there, now=now)
    else:
        _take(button, url, now=now)


def _is_verified(button: Button, url: str) -> bool:
    return queries.is_verified(creator_id=button.creator_id, host=urlsplit(url).hostname or "")


@required
def _take(button: Button, url: str, *, now: datetime) -> None:
    """Let a button have an address, and its old one lead to it."""
    there = Button.objects.filter(creator_id=button.creator_id, url=url).first()
    if there is not None:
        _leave(there, to=button, now=now)
    ButtonAlias.objects.filter(creator_id=button.creator_id, url=url).delete()
    if button.url != _page_here(button):
        _lead(button.url, to=button, now=now)
    button.url, button.site = url, site_at(creator_id=button.creator_id, url=url)
    button.save(update_fields=["url", "site"])


@required
def _leave(button: Button, *, to: Button, now: datetime) -> None:
    """Let all addresses of a button lead to another one of the same creator; its own is its page here from now on."""
    ButtonAlias.objects.filter(button=button).update(button=to)
    left = button.url
    button.url, button.site, button.read_next_at = _page_here(button), None, None
    button.save(update_fields=["url", "site", "read_next_at"])
    _lead(left, to=to, now=now)


@required
def _lead(url: str, *, to: Button, now: datetime) -> None:
    ButtonAlias.objects.create(creator_id=to.creator_id, url=url, button=to, created_at=now)


def _page_here(button: Button) -> str:
    return f"{settings.APP_URL}/b/{button.public_id}/"
