"""Reads about the posts that fans let us make once a month."""

from datetime import datetime
from typing import Final

from django.conf import settings
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import formats
from django.utils.translation import ngettext, override

from accounts.models import Connection, CreatorProfile, User
from buttons import queries, sharing
from buttons.models import Digest
from buttons.queries import visibility
from flattr.period import Period

LISTED_MAX: Final = 5
SHOWN_MAX: Final = 12
DUE_AT_ONCE_MAX: Final = 1000
"""How many posts are rung for at once. All of a month's are due in the same minute, and take hours."""
_NAME_MAX: Final = 36
"""How long a creator's name may be in a post, so that five fit into one."""


def connections_that_post() -> QuerySet[Connection]:
    """Return the connections whose people want a post once a month."""
    return Connection.objects.filter(
        posts_digest=True, state=Connection.State.ACTIVE, owner__is_active=True
    ).order_by("pk")


def undrafted_connections(*, period: Period) -> QuerySet[Connection, int]:
    """Return the ids of those for which nothing about a period was drafted."""
    drafted = Digest.objects.filter(fan=OuterRef("owner"), network=OuterRef("network"), period=period)
    return connections_that_post().filter(~Exists(drafted)).values_list("pk", flat=True)


def due_digests(*, now: datetime) -> QuerySet[Digest]:
    """Return the posts that are to be made now, or tried again."""
    return Digest.objects.filter(state=Digest.State.WAITING, due_at__lte=now).order_by("due_at")


def shown_digests(*, fan: User) -> list[Digest]:
    """Return the fan's latest posts, newest first, with those that wait."""
    return list(Digest.objects.filter(fan=fan).select_related("connection").order_by("-created_at")[:SHOWN_MAX])


def digests_about(*, creator: User) -> QuerySet[Digest]:
    """Return the posts that lead to the page of a creator. All posts are looked through: ask seldom."""
    profile = CreatorProfile.objects.filter(user=creator).first()
    if profile is None:
        return Digest.objects.none()
    page = reverse("buttons:creator", args=[profile.slug])
    return Digest.objects.filter(Q(text__contains=page) | Q(links__icontains=page))


def composed(*, connection: Connection, period: Period) -> sharing.Post | None:
    """Return what would be posted about a period, in the language of its fan, or None where there is nobody to name.

    It names the creators whom the fan clicked most, by clicks of which everybody may know; of other clicks it tells
    nothing, by its order neither. The links to their pages have the fan's token.
    """
    fan = connection.owner
    # Who is inactive, or closed their account, has no page that a post could lead to.
    clicks = queries.clicks_that_stand(period=period).filter(fan=fan, creator__is_active=True)
    by_creator = visibility.public_clicks(clicks, fan=fan).values("creator").annotate(clicks=Count("id"))
    found = [row["creator"] for row in by_creator.order_by("-clicks", "creator")]
    if not found:
        return None
    listed = found[:LISTED_MAX]
    profiles = CreatorProfile.objects.in_bulk(listed)
    links = [(_name_of(profiles[each]), _page_of(profiles[each], fan)) for each in listed]
    with override(fan.language):
        values = {"month": formats.date_format(period.first_day, "YEAR_MONTH_FORMAT"), "number": len(found)}
        begins = ngettext(
            "In %(month)s I supported %(number)s creator on Flattr:",
            "In %(month)s I supported %(number)s creators on Flattr:",
            len(found),
        )
        left_out = len(found) - len(listed)
        more = ngettext("and %(number)s other", "and %(number)s others", left_out) % {"number": left_out}
    return sharing.listing(
        begins=begins % values,
        links=links,
        ends=more if left_out else "",
        has_room_for_urls=connection.network == Connection.Network.MASTODON,
    )


def _name_of(profile: CreatorProfile) -> str:
    return sharing.cut(sharing.without_calls(profile.name), room=_NAME_MAX)


def _page_of(profile: CreatorProfile, fan: User) -> str:
    return sharing.with_token(settings.APP_URL + reverse("buttons:creator", args=[profile.slug]), fan.share_token)
