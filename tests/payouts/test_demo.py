"""The demo world: complete, balanced, and the same when it is loaded again."""

from datetime import datetime, timedelta
from io import StringIO
from typing import Final

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command

from accounts.models import CreatorProfile, Subscription, User
from buttons.models import Click, ClickVisibility, StandingClick, Supporter
from buttons.queries import visibility
from flattr.period import Period
from payouts.gateway import stripe as api
from payouts.ledger.models import Transfer
from payouts.models import CoAuthor, CoAuthorShare, Deposit, PaymentMethod, Payout, PayoutAccount, Settlement
from payouts.operations import demo, imports, payouts, reconciliation
from payouts.queries import books, due
from tests import given
from tests.kept import Kept
from tests.payouts.paying import assert_books_are_stripes, moment

pytestmark = pytest.mark.django_db


def _build() -> list[str]:
    """Load the demo world of the middle of October; return the steps that were told."""
    steps: list[str] = []
    demo.load(now=given.MOMENT, say=steps.append)
    return steps


WORLD: Final = Kept(_build)


def test_the_demo_world_is_complete_and_stays_the_same(mid_october: datetime) -> None:
    """12 creators, 40 fans, two settled months, one that runs, and a payout that waits; twice is once."""
    steps = WORLD.given()
    running = Period.at(mid_october)

    assert CreatorProfile.objects.count() == 12
    assert Subscription.objects.count() == 40
    settled = list(Settlement.objects.filter(finished_at__isnull=False).order_by("period"))
    assert [settlement.period for settlement in settled] == [running.shift(-2), running.previous]
    assert Click.objects.filter(period=running, clicked_at__lte=mid_october).exists()
    assert Payout.objects.get().state == Payout.State.REQUESTED
    assert list(CoAuthor.objects.order_by("pk").values_list("state", flat=True)) == ["accepted", "invited"]
    assert CoAuthorShare.objects.count() == 2
    assert (StandingClick.objects.count(), User.objects.exclude(visibility="anonymous").count()) == (2, 9)
    assert Supporter.objects.filter(by_clicks="").exists()
    assert ClickVisibility.objects.count() == 2
    assert visibility.named_supporters(creator=Supporter.objects.get(by_clicks="public").creator)
    assert books.check_books() == []
    assert "The settlement of 2026-09" in steps

    counts = [model.objects.count() for model in (User, Click, Transfer, Payout, CoAuthor)]
    demo.load(now=mid_october, say=steps.append)

    assert [model.objects.count() for model in (User, Click, Transfer, Payout, CoAuthor)] == counts


def test_the_demo_world_goes_on_after_idle_months(mid_october: datetime) -> None:
    """Whoever comes back after months finds every month since settled, and one that runs."""
    WORLD.given()
    back = Period.at(mid_october).shift(3).start + timedelta(days=14)
    demo.load(now=back, say=lambda _step: None)

    assert due.due_periods(now=back) == []
    assert Click.objects.filter(period=Period.at(back)).exists()
    assert books.check_books() == []


def test_the_demo_world_is_made_beside_an_imported_month(october: Period, mid_october: datetime) -> None:
    """A month that was imported and settled by hand makes those since due, and they are settled, too."""
    june = october.shift(-4)
    rows = imports.parse_clicks(b"fan,creator,clicks\nAna,Ben,3\n")
    imports.import_clicks(rows=rows, period=june, budget_cents=500, now=mid_october)
    given.settled(june, now=mid_october)
    demo.load(now=mid_october, say=lambda _step: None)

    settled = Settlement.objects.filter(finished_at__isnull=False).order_by("period")
    assert list(settled.values_list("period", flat=True)) == [june.shift(months) for months in range(4)]
    assert books.check_books() == []


@pytest.mark.usefixtures("stripe")
def test_the_demo_world_pays_by_a_stripe_server_of_our_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fans pay and save a card there, creators are ready, the payout can be sent, and the books are Stripe's.

    One fan pays once more, for gifts.
    """
    monkeypatch.setattr(demo, "FANS", 15)
    now = moment()
    demo.load(now=now, say=lambda _step: None)
    demo.load(now=now, say=lambda _step: None)

    assert Deposit.objects.filter(state="succeeded", reference__startswith="pi_").count() == 15 + 1
    assert PaymentMethod.objects.exclude(method="").count() == 15
    assert PayoutAccount.objects.filter(state="ready", account__startswith="acct_").count() == 12
    before = api.balance_cents()
    payout = Payout.objects.get()
    payouts.approve_payout(payout_id=payout.pk, reviewer=User.objects.get(email=demo.STAFF), now=now)
    payouts.advance_payout(payout_id=payout.pk, now=now)
    assert api.balance_cents() == before - 2500
    assert reconciliation.reconcile(now=moment()) == []
    assert_books_are_stripes()


def test_the_demo_world_does_not_ask_stripe_itself(settings: LazySettings) -> None:
    """Nobody would pay there, so it is refused before anything is made, and the word to use is named."""
    settings.PAYMENT_GATEWAY, settings.STRIPE_API_URL = "stripe", "https://api.stripe.com"
    with pytest.raises(CommandError, match="STRIPE=fake"):
        call_command("demo")
    assert not User.objects.exists()


def test_the_command_prints_how_to_log_in() -> None:
    """Whoever starts the app learns whom to be."""
    WORLD.given()
    output = StringIO()
    call_command("demo", stdout=output, stderr=StringIO())

    for login in (demo.STAFF, "fan1@demo.example", "artist@demo.example"):
        assert login in output.getvalue()
        assert User.objects.get(email=login).check_password(demo.PASSWORD)


def test_the_demo_world_is_for_development_alone(settings: LazySettings) -> None:
    """Its passwords are known, so production refuses it and changes nothing."""
    settings.DEVELOPMENT = False
    with pytest.raises(CommandError, match="FLATTR_ENV"):
        call_command("demo")
    assert not User.objects.exists()
