"""Fans give creators something once, beside the cake."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """Adds gifts."""

    dependencies = [
        ("buttons", "0016_digests"),
        ("payouts", "0013_co_authors"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Gift",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("amount_cents", models.PositiveIntegerField(verbose_name="amount in cents")),
                ("fee_micros", models.BigIntegerField(verbose_name="fee")),
                ("note", models.CharField(blank=True, max_length=200, verbose_name="note")),
                ("made_at", models.DateTimeField(verbose_name="made")),
                ("withdrawable_at", models.DateTimeField(verbose_name="withdrawable from")),
                (
                    "button",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="gifts",
                        to="buttons.button",
                        verbose_name="button",
                    ),
                ),
                (
                    "creator",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="gifts_received",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="creator",
                    ),
                ),
                (
                    "fan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="gifts_given",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="fan",
                    ),
                ),
            ],
            options={
                "verbose_name": "gift",
                "verbose_name_plural": "gifts",
                "indexes": [
                    models.Index(fields=["creator", "-made_at"], name="gift_to_creator"),
                    models.Index(fields=["-made_at", "-id"], name="gift_newest_first"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("amount_cents__range", (200, 5000))), name="gift_within_limits"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("fee_micros__gte", 0),
                            (
                                "fee_micros__lte",
                                models.F("amount_cents") * models.Value(10000),
                            ),
                        ),
                        name="gift_fee_in_range",
                    ),
                    models.CheckConstraint(
                        condition=~models.Q(fan=models.F("creator")), name="gift_to_somebody_else"
                    ),
                ],
            },
        ),
    ]
