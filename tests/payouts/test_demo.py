"""The demo world: complete, balanced, and the same when it is loaded again."""

from datetime import datetime, timedelta
from io import StringIO

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command

from accounts.models import CreatorProfile, Subscription, User
from buttons.models import Click
from flattr.period import Period
from payouts.ledger.models import Transfer
from payouts.models import Payout, Settlement
from payouts.operations import demo, imports
from payouts.queries import books, due
from tests import given

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


def test_the_demo_world_goes_on_after_idle_months(mid_october: datetime) -> None:
    """Whoever comes back after months finds every month since settled, and one that runs."""
    demo.load(now=mid_october, say=lambda _step: None)
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
