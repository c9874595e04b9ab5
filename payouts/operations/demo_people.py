"""What the people of the demo world do on the pages of the payment provider."""

import json
import urllib.request
from datetime import datetime
from typing import Final

from django.conf import settings

from payouts.gateway import Readiness
from payouts.gateway.sandbox import gateway as sandbox
from payouts.gateway.sandbox.models import SandboxAccount, SandboxPayment
from payouts.models import Deposit, PayoutAccount
from payouts.operations import accounts, deposits

_CARD: Final = "bypassPending"
"""The test card whose money is available at once, so that payouts needn't wait for days."""
_TIMEOUT_SECONDS: Final = 30


class NobodyPays(RuntimeError):
    """The provider is Stripe itself, where people who don't exist fill in no pages."""

    def __init__(self) -> None:
        super().__init__(
            "PAYMENT_GATEWAY: the people of the demo world pay in the sandbox, or with STRIPE=fake, which runs a"
            " Stripe server of our own"
        )


def require_provider() -> None:
    """Make sure that the provider is one of our own.

    :raises NobodyPays: if it isn't.
    """
    if settings.PAYMENT_GATEWAY == "stripe" and settings.STRIPE_API_URL == settings.STRIPE_ITSELF:
        raise NobodyPays


def pay(*, deposit: Deposit, now: datetime) -> None:
    """Let a fan pay a deposit on the provider's page and come back from there."""
    page = deposits.resume_deposit(deposit=deposit)
    if settings.PAYMENT_GATEWAY == "stripe":
        _turn("pay", session=page.rpartition("/")[2], by=_CARD)
    else:
        sandbox.choose(payment=SandboxPayment.objects.get(pk=deposit.id), choice="succeed", at_once=True)
    deposits.collect_deposit(deposit_id=deposit.id, now=now)


def tell_everything(*, account: PayoutAccount, now: datetime) -> None:
    """Let a creator tell the provider all that it asks for and come back from there."""
    if settings.PAYMENT_GATEWAY == "stripe":
        _turn("onboard", account=account.account)
    else:
        SandboxAccount.objects.filter(creator_id=account.creator_id).update(readiness=Readiness.READY)
    accounts.look_at_account(account=account.account, now=now)


def _turn(knob: str, **arguments: str) -> None:
    """Let something happen at the Stripe server of our own, as its page for that does."""
    asked = urllib.request.Request(  # noqa: S310  The address is ours.
        f"{settings.STRIPE_API_URL}/_fake/{knob}",
        data=json.dumps(arguments).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(asked, timeout=_TIMEOUT_SECONDS):  # noqa: S310  The same.
        pass
