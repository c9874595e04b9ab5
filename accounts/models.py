"""People and what they promised: users, creators' profiles, subscriptions and the mail we owe them."""

import uuid
from importlib import import_module
from typing import Any, ClassVar, Final

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.functions import RandomUUID
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.base_session import AbstractBaseSession
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from flattr.fields import PeriodField

BUDGET_CENTS_MIN: Final = 200
BUDGET_CENTS_MAX: Final = 50_000
NOTIFICATION_ATTEMPTS_MAX: Final = 8
CLOSED_DOMAIN: Final = "closed.invalid"
"""The domain of addresses that stand for people who are gone. No mail ever goes there (RFC 2606)."""


class UserManager(BaseUserManager["User"]):
    """Creates users; Django's commands and allauth rely on these names."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a user who logs in by email."""
        user = self.model(email=email.lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a user who may do everything in the admin."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        """Find a user by email, without regard to case."""
        return self.get(email=(username or "").lower())


class Visibility(models.TextChoices):
    """Who may see whom a fan supports. How much they give is nobody's to see."""

    PUBLIC = "public", _("everybody")
    CREATORS = "creators", _("only the creators themselves")
    ANONYMOUS = "anonymous", _("nobody")


class User(AbstractBaseUser, PermissionsMixin):
    """A person: a fan, a creator, staff, or several of these at once."""

    email = models.EmailField(_("email address"), unique=True)
    name = models.CharField(_("name"), max_length=80, blank=True)
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES, default="en")
    time_zone = models.CharField(_("time zone"), max_length=50, default="UTC")
    muted = ArrayField(models.CharField(max_length=20), verbose_name=_("emails not wanted"), default=list, blank=True)
    # It stands in the links that the person shares, and tells nobody but us whose they are.
    share_token = models.UUIDField(
        _("token of shared links"), default=uuid.uuid4, db_default=RandomUUID(), unique=True, editable=False
    )
    visibility = models.CharField(
        _("who may see whom they support"),
        max_length=9,
        choices=Visibility,
        default=Visibility.ANONYMOUS,
        db_default=Visibility.ANONYMOUS,
    )
    is_staff = models.BooleanField(_("staff"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    # A trigger writes it (see `migrations/0019`).
    inactive_since = models.DateTimeField(_("inactive since"), null=True, blank=True, editable=False)
    joined_at = models.DateTimeField(_("joined"), default=timezone.now)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = [
            # Addresses are kept in lower case, which makes the plain unique index ignore case.
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="user_email_in_lower_case")
        ]
        # Those who may be named are few, and looked for each month.
        indexes = [models.Index(fields=["id"], condition=~models.Q(visibility="anonymous"), name="user_seen")]

    def __str__(self) -> str:
        """Show the name where there is one, else the address."""
        return self.name or self.email

    @property
    def is_gone(self) -> bool:
        """Tell whether the account was closed and the person forgotten."""
        return self.email.endswith(f"@{CLOSED_DOMAIN}")


class Session(AbstractBaseSession):
    """A browser's session, with whoever is logged in by it."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="sessions")

    @classmethod
    def get_session_store_class(cls) -> type[SessionBase]:
        """Return the store that writes these rows."""
        store: type[SessionBase] = import_module(settings.SESSION_ENGINE).SessionStore
        return store


class CreatorProfile(models.Model):
    """What makes a user a creator: the public page that receives clicks."""

    user = models.OneToOneField(
        User,
        on_delete=models.PROTECT,
        related_name="creator_profile",
        primary_key=True,
        verbose_name=_("user"),
    )
    slug = models.CharField(
        _("address"),
        max_length=60,
        unique=True,
        validators=[RegexValidator(r"^[a-z0-9]+(-[a-z0-9]+)*\Z", _("Use a-z, 0-9 and single hyphens."))],
    )
    name = models.CharField(_("name"), max_length=200)
    text = models.TextField(_("about"), blank=True, max_length=5000)
    links = ArrayField(models.URLField(max_length=500), verbose_name=_("links"), default=list, blank=True, size=20)
    # What whoever has just clicked reads: plain text.
    thanks = models.TextField(_("thanks"), blank=True, max_length=500, default="", db_default="")
    created_at = models.DateTimeField(_("created"), default=timezone.now)

    class Meta:
        verbose_name = _("creator")
        verbose_name_plural = _("creators")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(slug__regex=r"^[a-z0-9]+(-[a-z0-9]+)*$"), name="creator_slug_is_plain"
            )
        ]

    def __str__(self) -> str:
        """Show the creator's public name."""
        return self.name


class Subscription(models.Model):
    """A fan's promise from one period on, until a newer row says otherwise. Rows are only ever added.

    The row in force for a period is the newest one that takes effect in or before it.
    """

    class State(models.TextChoices):
        """What the fan wants to happen."""

        ACTIVE = "active", _("active")
        """The budget is cut every month."""
        PAUSED = "paused", _("paused")
        """Nothing is cut or charged; the fan means to come back."""
        CANCELLED = "cancelled", _("cancelled")
        """Nothing is cut or charged any more."""

    class Term(models.IntegerChoices):
        """How many months one charge pays for."""

        MONTHLY = 1, _("1 month")
        QUARTERLY = 3, _("3 months")

    fan = models.ForeignKey(User, on_delete=models.PROTECT, related_name="subscriptions", verbose_name=_("fan"))
    budget_cents = models.PositiveIntegerField(_("monthly budget in cents"))
    term_months = models.PositiveSmallIntegerField(_("term"), choices=Term, default=Term.MONTHLY)
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.ACTIVE)
    effective_from = PeriodField(_("in effect from"))
    created_at = models.DateTimeField(_("created"))

    class Meta:
        verbose_name = _("subscription")
        verbose_name_plural = _("subscriptions")
        indexes = [models.Index(fields=["fan", "-id"], name="subscription_newest_of_fan")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(budget_cents__range=(BUDGET_CENTS_MIN, BUDGET_CENTS_MAX)),
                name="subscription_budget_within_limits",
            ),
            models.CheckConstraint(condition=models.Q(term_months__in=[1, 3]), name="subscription_term_known"),
            models.CheckConstraint(
                condition=models.Q(state__in=["active", "paused", "cancelled"]),
                name="subscription_state_known",
            ),
        ]

    def __str__(self) -> str:
        """Show whose promise it is and from when."""
        return f"{self.fan}: {self.budget_cents} cents from {self.effective_from} ({self.state})"


class Notification(models.Model):
    """An email that we owe a person. Written with the fact that it tells, sent by a worker afterwards."""

    class Kind(models.TextChoices):
        """What the email is about; each kind has templates of its own under `templates/emails/`."""

        MONTH_SETTLED = "month_settled", _("month settled (fan)")
        EARNINGS_SETTLED = "earnings_settled", _("month settled (creator)")
        CREATOR_WEEK = "creator_week", _("week of a creator")
        CO_AUTHOR_INVITED = "co_author_invited", _("asked to be a co-author")
        CO_AUTHOR_ANSWERED = "co_author_answered", _("co-author has answered")
        CO_AUTHOR_ENDED = "co_author_ended", _("co-authorship ended")
        DEPOSIT_NEEDS_YOU = "deposit_needs_you", _("deposit needs confirmation")
        DEPOSIT_DECLINED = "deposit_declined", _("deposit declined")
        DEPOSIT_PAST_DUE = "deposit_past_due", _("deposit past due")
        GIFT_RECEIVED = "gift_received", _("gift received")
        PAYOUT_APPROVED = "payout_approved", _("payout approved")
        PAYOUT_REJECTED = "payout_rejected", _("payout rejected")
        PAYOUT_SENT = "payout_sent", _("payout sent")
        PAYOUT_FAILED = "payout_failed", _("payout failed")
        DEPOSIT_DISPUTED = "deposit_disputed", _("deposit disputed")
        EARNINGS_HELD = "earnings_held", _("earnings held for a dispute")
        EARNINGS_RELEASED = "earnings_released", _("earnings released")
        EARNINGS_OWED = "earnings_owed", _("earnings owed for a lost dispute")
        ACCOUNT_READY = "account_ready", _("payout account ready")
        ACCOUNT_NOT_READY = "account_not_ready", _("payout account not ready any more")
        REFUND_SENT = "refund_sent", _("refund sent")
        REFUND_FAILED = "refund_failed", _("refund failed")
        FIRST_CLICKS = "first_clicks", _("first clicks on a site")
        WEEKLY_CLICKS = "weekly_clicks", _("week of clicks by one press")
        STANDING_ENDS = "standing_ends", _("standing clicks about to end")
        SITE_LOST = "site_lost", _("site not proven any more")
        SITE_CONTESTED = "site_contested", _("site claimed by somebody else")
        CONTEST_DECIDED = "contest_decided", _("contest of a site decided")
        CLOSING_ASKED = "closing_asked", _("account will be closed")
        CLOSING_STOPPED = "closing_stopped", _("account stays open")
        CLOSED = "closed", _("account closed")
        DIGEST_DRAFTED = "digest_drafted", _("monthly post about to be posted")
        DIGEST_FAILED = "digest_failed", _("monthly post not posted")
        CONNECTION_LOST = "connection_lost", _("connection to a network lost")
        ALARM = "alarm", _("alarm for staff")

    OPTIONAL: ClassVar = frozenset(
        {
            Kind.MONTH_SETTLED,
            Kind.EARNINGS_SETTLED,
            Kind.CREATOR_WEEK,
            Kind.CO_AUTHOR_INVITED,
            Kind.GIFT_RECEIVED,
            Kind.FIRST_CLICKS,
            Kind.WEEKLY_CLICKS,
            Kind.STANDING_ENDS,
            Kind.DIGEST_DRAFTED,
            Kind.REFUND_SENT,
            Kind.PAYOUT_APPROVED,
            Kind.PAYOUT_SENT,
            Kind.ACCOUNT_READY,
        }
    )
    """The kinds that a person may do without. All others ask for something, or tell of a loss."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    recipient = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="notifications", verbose_name=_("recipient")
    )
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    subject_key = models.CharField(_("what it tells of"), max_length=100)
    context = models.JSONField(_("context"), default=dict)
    created_at = models.DateTimeField(_("created"))
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    tried_at = models.DateTimeField(_("last tried"), null=True, blank=True)

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        constraints = [
            models.UniqueConstraint(fields=["recipient", "kind", "subject_key"], name="notification_told_once")
        ]
        indexes = [
            models.Index(fields=["created_at"], condition=models.Q(sent_at__isnull=True), name="notification_unsent")
        ]

    def __str__(self) -> str:
        """Show what is told to whom."""
        return f"{self.kind} to {self.recipient}"


class Closing(models.Model):
    """Somebody who wants their account closed. Until it begins, logging in takes the wish back, and the row with it.

    Their user's row stays for the books, with nothing in it that tells who they were.
    """

    user = models.OneToOneField(
        User, on_delete=models.PROTECT, related_name="closing", primary_key=True, verbose_name=_("user")
    )
    asked_at = models.DateTimeField(_("asked"))
    due_at = models.DateTimeField(_("due"))
    begun_at = models.DateTimeField(_("begun"), null=True, blank=True)
    """Since when nobody logs in, the public pages are closed, and the balance is on its way back."""
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    class Meta:
        verbose_name = _("closing of an account")
        verbose_name_plural = _("closings of accounts")
        indexes = [models.Index(fields=["due_at"], condition=models.Q(ended_at__isnull=True), name="closing_open")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ended_at__isnull=True) | models.Q(begun_at__isnull=False),
                name="closing_begins_first",
            )
        ]

    def __str__(self) -> str:
        """Show whose account it is."""
        return str(self.user)


class MastodonServer(models.Model):
    """What a Mastodon server knows us as, since somebody of ours wanted to be connected to it."""

    host = models.CharField(_("host"), max_length=253, primary_key=True)
    client_id = models.CharField(max_length=500)
    sealed_secret = models.TextField()
    created_at = models.DateTimeField(_("created"))

    class Meta:
        verbose_name = _("Mastodon server")
        verbose_name_plural = _("Mastodon servers")

    def __str__(self) -> str:
        """Show the host."""
        return self.host


class Connection(models.Model):
    """A person's account elsewhere, where we may post for them. Nothing is posted unless they also ask for that."""

    class Network(models.TextChoices):
        """Where it is."""

        MASTODON = "mastodon", "Mastodon"
        BLUESKY = "bluesky", "Bluesky"

    class State(models.TextChoices):
        """What became of it."""

        ACTIVE = "active", _("connected")
        ENDED = "ended", _("ended by the person")
        LOST = "lost", _("ended by the network")

    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="connections", verbose_name=_("owner"))
    network = models.CharField(_("network"), max_length=10, choices=Network)
    server = models.CharField(_("server"), max_length=253)
    name = models.CharField(_("name there"), max_length=300)
    # Encrypted: a token of Mastodon's, or what goes on with a session of Bluesky's.
    sealed_secret = models.TextField(blank=True)
    posts_digest = models.BooleanField(_("posts once a month"), default=False)
    state = models.CharField(_("state"), max_length=6, choices=State, default=State.ACTIVE)
    connected_at = models.DateTimeField(_("connected"))
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    class Meta:
        verbose_name = _("connection")
        verbose_name_plural = _("connections")
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "network"], condition=models.Q(state="active"), name="connection_once_a_network"
            ),
            models.CheckConstraint(
                condition=models.Q(state="active", ended_at__isnull=True) & ~models.Q(sealed_secret="")
                | models.Q(state__in=["ended", "lost"], ended_at__isnull=False, sealed_secret="", posts_digest=False),
                name="connection_keeps_no_secret_when_ended",
            ),
        ]
        indexes = [models.Index(fields=["id"], condition=models.Q(posts_digest=True), name="connection_that_posts")]

    def __str__(self) -> str:
        """Show the account."""
        return f"{self.name} ({self.network})"
