"""The demo world: complete, balanced, and the same when it is loaded again."""

from datetime import datetime
from io import StringIO

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command

from accounts.models import CreatorProfile, Subscription, User
from buttons.models import Click
from flattr.period import Period
from payouts.ledger.models import Transfer
from payouts.models import Payout, Settlement
from payouts.operations import demo
from payouts.queries import books

pytestmark = pytest.mark.django_db


def test_the_demo_world_is_complete_and_stays_the_same(mid_october: datetime) -> None:
    """12 creators, 40 fans, two settled months, one that runs, and a payout that waits; twice is once."""
    steps: list[str] = []
    demo.load(now=mid_october, say=steps.append)
    running = Period.at(mid_october)

    assert CreatorProfile.objects.count() == 12
    assert Subscription.objects.count() == 40
    settled = list(Settlement.objects.filter(finished_at__isnull=False).order_by("period"))
    assert [settlement.period for settlement in settled] == [running.shift(-2), running.previous]
    assert Click.objects.filter(period=running, clicked_at__lte=mid_october).exists()
    assert Payout.objects.get().state == Payout.State.REQUESTED
    assert books.check_books() == []
    assert "The settlement of 2026-09" in steps

    counts = [model.objects.count() for model in (User, Click, Transfer, Payout)]
    demo.load(now=mid_october, say=steps.append)

    assert [model.objects.count() for model in (User, Click, Transfer, Payout)] == counts


def test_the_command_prints_how_to_log_in(mid_october: datetime) -> None:
    """Whoever starts the app learns whom to be."""
    demo.load(now=mid_october, say=lambda _step: None)
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
