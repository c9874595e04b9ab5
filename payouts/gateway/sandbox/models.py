"""What a pretended payment provider remembers. None of it is money, and no rule of ours may rest on it."""

from django.db import models
from django.utils import timezone


class SandboxPayment(models.Model):
    """One movement at the provider, under the id that the asker chose."""

    class State(models.TextChoices):
        """How far it has come at the provider."""

        OPEN = "open"
        """Its pay page waits for the person."""
        CHALLENGED = "challenged"
        """The person's bank wants a confirmation."""
        SUCCEEDING = "succeeding"
        """It will have succeeded at `due_at`."""
        FAILING = "failing"
        """It will have failed at `due_at`."""
        CANCELLED = "cancelled"
        """Its asker closed it before the person had decided."""

    id = models.UUIDField(primary_key=True)
    person_id = models.BigIntegerField()
    amount_cents = models.PositiveIntegerField()
    """Nothing where a card is only saved."""
    is_incoming = models.BooleanField()
    is_saved = models.BooleanField(default=True)
    """Whether what it was paid by may be charged again."""
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    reason = models.CharField(max_length=200, blank=True)
    due_at = models.DateTimeField(default=timezone.now)
    return_url = models.CharField(max_length=500, blank=True)

    def __str__(self) -> str:
        """Show the movement's id."""
        return str(self.id)


class SandboxAccount(models.Model):
    """A creator's account at the provider."""

    creator_id = models.BigIntegerField(primary_key=True)
    readiness = models.CharField(max_length=20, default="needs_creator")

    def __str__(self) -> str:
        """Show whose account it is."""
        return str(self.creator_id)
