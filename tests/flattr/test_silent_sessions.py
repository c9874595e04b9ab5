"""What the database does with a session that says nothing."""

import pytest
from django.db import connection

pytestmark = pytest.mark.django_db


def test_a_session_that_is_stuck_in_a_transaction_is_ended() -> None:
    """Every session of ours asks the database for it; the rest is seen over a network alone (`benchmarks/hosts`)."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW idle_in_transaction_session_timeout")
        assert cursor.fetchone() == ("5min",)
