"""Migrations that fill rows: what was there before says afterwards what it would say had it been made since."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.apps.registry import Apps
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from accounts.models import User
from payouts.models import Payout, Refund
from tests import given

pytestmark = pytest.mark.django_db(transaction=True)


def migrated(*, after: str, fill: Callable[[Apps], Any]) -> None:
    """Go back to where the payouts stood after a migration, let rows be made there, and migrate them to today."""
    leaves = MigrationExecutor(connection).loader.graph.leaf_nodes()
    executor = MigrationExecutor(connection)
    executor.migrate([("payouts", after)])
    try:
        others = [leaf for leaf in leaves if leaf[0] != "payouts"]
        fill(executor.loader.project_state([("payouts", after), *others]).apps)
    finally:
        MigrationExecutor(connection).migrate(leaves)


def test_a_refund_of_before_came_from_the_newest_deposit_before_it(mid_october: datetime) -> None:
    """Of the same fan, and paid; where all came later, from the newest of all."""
    fan, other = given.user("Grace"), given.user("Henry")
    deposits: list[Any] = []

    def refunds(old: Apps) -> None:
        def row(model: str, person: User, day: int, state: str, **fields: object) -> Any:
            moment = {"Deposit": "started_at", "Refund": "requested_at"}[model]
            fields |= {"fan_id": person.pk, "amount_cents": 500, "state": state}
            return old.get_model("payouts", model).objects.create(
                **fields, **{moment: mid_october + timedelta(days=day)}
            )

        deposits.extend(row("Deposit", fan, day, "succeeded", processor_fee_cents=0).pk for day in (1, 5))
        row("Deposit", fan, 6, "declined")
        row("Deposit", other, 6, "succeeded", processor_fee_cents=0)
        for day in (0, 3, 7):
            row("Refund", fan, day, "sent")

    migrated(after="0007_settlement_digest", fill=refunds)

    first, second = deposits
    found = list(Refund.objects.order_by("requested_at"))
    assert [refund.deposit_id for refund in found] == [second, first, second]
    assert [refund.request_id for refund in found] == [refund.pk for refund in found]


def test_a_payout_of_before_went_to_the_only_account_of_its_creator(mid_october: datetime) -> None:
    """Where it was sent; one that wasn't went nowhere yet."""
    creator = given.creator("Ada")

    def payouts(old: Apps) -> None:
        for days, state in enumerate(("requested", "sending", "sent", "rejected")):
            old.get_model("payouts", "Payout").objects.create(
                creator_id=creator.pk,
                amount_cents=500,
                state=state,
                requested_at=mid_october + timedelta(days=days),
                reviewed_by_id=None if state == "requested" else given.user().pk,
            )

    migrated(after="0009_debts", fill=payouts)

    name = f"sandbox-{creator.pk}"
    found = Payout.objects.order_by("requested_at").values_list("state", "account")
    assert list(found) == [("requested", ""), ("sending", name), ("sent", name), ("rejected", "")]
