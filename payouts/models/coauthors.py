"""Who shares in what a button earns: what creators agreed on, and what each month brought of it."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from buttons.models import Button
from flattr.fields import PeriodField
from payouts.models.settlements import Settlement


class CoAuthor(models.Model):
    """A part of a button's income that its creator offered to another one, and the periods for which it is theirs.

    Percentage and people never change: who wants another one ends this and offers anew. Rows stay, so that each
    settled month can be recomputed.
    """

    class State(models.TextChoices):
        """How far it has come."""

        INVITED = "invited", _("offered")
        ACCEPTED = "accepted", _("accepted")
        DECLINED = "declined", _("declined")
        ENDED = "ended", _("ended")
        """By either side, or taken back before it was accepted."""

    OPEN_STATES = (State.INVITED, State.ACCEPTED)

    button = models.ForeignKey(Button, on_delete=models.PROTECT, related_name="co_authors", verbose_name=_("button"))
    owner = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="shared_out", verbose_name=_("the button’s creator")
    )
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="shared_in", verbose_name=_("co-author"))
    percent = models.PositiveSmallIntegerField(_("percent"))
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.INVITED)
    invited_at = models.DateTimeField(_("offered at"))
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    since = PeriodField(_("first month"), null=True, blank=True)
    until = PeriodField(_("first month no more"), null=True, blank=True)

    class Meta:
        verbose_name = _("co-author of a button")
        verbose_name_plural = _("co-authors of buttons")
        constraints = [
            models.UniqueConstraint(
                fields=["button", "person"], condition=Q(state__in=["invited", "accepted"]), name="co_author_once"
            ),
            models.CheckConstraint(condition=Q(percent__range=(1, 99)), name="co_author_leaves_something"),
            models.CheckConstraint(condition=~Q(owner=F("person")), name="co_author_is_somebody_else"),
            models.CheckConstraint(
                condition=Q(state__in=["invited", "declined"], since__isnull=True, until__isnull=True)
                | Q(state="accepted", since__isnull=False, until__isnull=True)
                | Q(state="ended", since__isnull=True, until__isnull=True)
                | Q(state="ended", since__isnull=False, until__gte=F("since")),
                name="co_author_for_some_months",
            ),
        ]

    def __str__(self) -> str:
        """Show who has how much of what."""
        return f"{self.percent} % of {self.button} for {self.person}"

    @property
    def key(self) -> str:
        """Return what emails about it are told apart by."""
        return f"co_author:{self.pk}"


class CoAuthorShare(models.Model):
    """What a co-author got of what others gave a button in one settlement, from its creator's balance to theirs."""

    settlement = models.ForeignKey(Settlement, on_delete=models.PROTECT, related_name="co_author_shares")
    co_author = models.ForeignKey(CoAuthor, on_delete=models.PROTECT, related_name="shares")
    amount_micros = models.BigIntegerField(_("amount"))

    class Meta:
        verbose_name = _("co-author’s share")
        verbose_name_plural = _("co-authors’ shares")
        constraints = [
            models.UniqueConstraint(fields=["settlement", "co_author"], name="co_author_share_once"),
            models.CheckConstraint(condition=Q(amount_micros__gt=0), name="co_author_share_of_something"),
        ]

    def __str__(self) -> str:
        """Show how much it is, and of which month."""
        return f"{self.amount_micros} micros of {self.settlement}"
