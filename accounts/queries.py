"""Reads about people and their promises."""

from typing import TYPE_CHECKING

from django.db.models import QuerySet

from accounts.models import CreatorProfile, Subscription, User
from flattr.period import Period

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser


def subscription_for(*, fan: User, period: Period) -> Subscription | None:
    """Return the row that is in force in the period, or None where the fan has promised nothing yet."""
    return fan.subscriptions.filter(effective_from__lte=period).order_by("-id").first()


def latest_subscription(*, fan: User) -> Subscription | None:
    """Return what the fan said last, whether or not it is in force yet."""
    return fan.subscriptions.order_by("-id").first()


def subscription_history(*, fan: User) -> QuerySet[Subscription]:
    """Return all that the fan ever said, newest first."""
    return fan.subscriptions.order_by("-id")


def active_subscriptions(*, period: Period) -> QuerySet[Subscription]:
    """Return the rows in force in the period, one a fan, of those fans whose budget is to be cut."""
    in_force = Subscription.objects.filter(effective_from__lte=period).order_by("fan_id", "-id").distinct("fan_id")
    return Subscription.objects.filter(
        id__in=in_force.values("id"), state=Subscription.State.ACTIVE, fan__is_active=True
    )


def is_creator(user: "User | AnonymousUser") -> bool:
    """Tell whether the user has a creator's page."""
    return user.is_authenticated and CreatorProfile.objects.filter(user_id=user.pk).exists()
