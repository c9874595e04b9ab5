"""The period field: a period in, the first day in the table, a period out."""

from datetime import date, datetime
from typing import Any

import pytest
from django.core import serializers
from django.core.exceptions import ValidationError
from django.db import connection

from buttons.models import ClosedPeriod
from flattr.period import Period
from payouts.models import Deposit
from tests import given


@pytest.mark.django_db
def test_a_period_is_stored_as_its_first_day(october: Period, after_october: datetime) -> None:
    """SQL sees a date, Python a period, and each finds the other's."""
    ClosedPeriod.objects.create(period=october, closed_at=after_october)
    with connection.cursor() as cursor:
        cursor.execute("SELECT period FROM buttons_closedperiod")
        assert cursor.fetchone() == (date(2026, 10, 1),)

    assert ClosedPeriod.objects.get().period == october
    by_label: dict[str, Any] = {"period": "2026-10"}
    assert ClosedPeriod.objects.filter(**by_label).exists()
    assert ClosedPeriod.objects.filter(period__lte=october, period__gt=october.previous).exists()
    assert ClosedPeriod.objects.filter(period__in=[october, october.next]).count() == 1


@pytest.mark.django_db
def test_no_period_is_stored_as_none(mid_october: datetime) -> None:
    """A field that may be empty stays empty."""
    deposit = given.deposit(given.user(), amount_cents=500, now=mid_october)

    assert Deposit.objects.get(pk=deposit.pk).for_period is None
    assert Deposit.objects.filter(for_period=None).exists()


@pytest.mark.parametrize(
    "value",
    [Period(2026, 10), "2026-10", date(2026, 10, 1), date(2026, 10, 31), datetime(2026, 10, 5)],  # noqa: DTZ001
)
def test_labels_and_dates_become_periods(value: Any) -> None:
    """Forms, fixtures and the admin bring text or dates."""
    field = ClosedPeriod._meta.get_field("period")

    assert field.to_python(value) == Period(2026, 10)


@pytest.mark.parametrize("value", ["2026-13", "october", 202610])
def test_anything_else_is_a_validation_error(value: Any) -> None:
    """Forms show what is wrong instead of breaking."""
    with pytest.raises(ValidationError, match="is not a month such as 2026-10"):
        ClosedPeriod._meta.get_field("period").to_python(value)


def test_a_period_survives_serialization(october: Period, after_october: datetime) -> None:
    """What is dumped is loaded again."""
    dumped = serializers.serialize("json", [ClosedPeriod(period=october, closed_at=after_october)])
    (loaded,) = serializers.deserialize("json", dumped)

    assert loaded.object.pk == october
