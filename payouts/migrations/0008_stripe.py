"""Real money: what is kept of the provider, disputes, and where the books differ."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import flattr.fields


class Migration(migrations.Migration):
    """Makes the tables and fields, and says of each refund which deposit it came from."""

    dependencies = [
        ("accounts", "0006_stripe"),
        ("payouts", "0007_settlement_digest"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Consent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.CharField(max_length=20, verbose_name="version of the text")),
                ("text", models.TextField(verbose_name="text")),
                ("given_at", models.DateTimeField(verbose_name="given")),
            ],
            options={
                "verbose_name": "consent",
                "verbose_name_plural": "consents",
            },
        ),
        migrations.CreateModel(
            name="Dispute",
            fields=[
                ("id", models.CharField(editable=False, max_length=100, primary_key=True, serialize=False)),
                ("amount_cents", models.PositiveIntegerField(verbose_name="amount in cents")),
                ("fee_cents", models.PositiveIntegerField(default=0, verbose_name="fee in cents")),
                ("is_fee_returned", models.BooleanField(default=False, verbose_name="fee returned")),
                ("is_taken", models.BooleanField(default=False, verbose_name="money taken")),
                (
                    "state",
                    models.CharField(
                        choices=[("asked", "asked about"), ("open", "open"), ("won", "won"), ("lost", "lost")],
                        default="asked",
                        max_length=5,
                        verbose_name="state",
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=100, verbose_name="reason")),
                ("opened_at", models.DateTimeField(verbose_name="opened")),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="ended")),
            ],
            options={
                "verbose_name": "dispute",
                "verbose_name_plural": "disputes",
            },
        ),
        migrations.CreateModel(
            name="DisputeShare",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "source",
                    models.CharField(
                        choices=[("fan", "fan"), ("creator", "creator"), ("platform", "platform")],
                        max_length=8,
                        verbose_name="whose",
                    ),
                ),
                ("amount_micros", models.BigIntegerField(verbose_name="amount")),
            ],
            options={
                "verbose_name": "share of a dispute",
                "verbose_name_plural": "shares of disputes",
            },
        ),
        migrations.CreateModel(
            name="PaymentMethod",
            fields=[
                (
                    "fan",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="payment_method",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="fan",
                    ),
                ),
                (
                    "customer",
                    models.CharField(max_length=100, unique=True, verbose_name="provider's name of the fan"),
                ),
                ("method", models.CharField(blank=True, max_length=100, verbose_name="provider's name of it")),
                ("kind", models.CharField(blank=True, max_length=30, verbose_name="kind")),
                ("label", models.CharField(blank=True, max_length=100, verbose_name="label")),
                ("expires", flattr.fields.PeriodField(blank=True, null=True, verbose_name="expires")),
                ("changed_at", models.DateTimeField(blank=True, null=True, verbose_name="changed")),
            ],
            options={
                "verbose_name": "payment method",
                "verbose_name_plural": "payment methods",
            },
        ),
        migrations.CreateModel(
            name="PayoutAccount",
            fields=[
                (
                    "creator",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="payout_account",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="creator",
                    ),
                ),
                ("account", models.CharField(max_length=100, unique=True, verbose_name="provider's name of it")),
                ("country", models.CharField(max_length=2, verbose_name="country")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("ready", "ready"),
                            ("pending", "being checked"),
                            ("needs_creator", "needs you"),
                            ("refused", "refused"),
                            ("gone", "closed"),
                        ],
                        default="needs_creator",
                        max_length=13,
                        verbose_name="state",
                    ),
                ),
                ("requirements", models.JSONField(blank=True, default=list, verbose_name="what is missing")),
                ("due_at", models.DateTimeField(blank=True, null=True, verbose_name="due")),
                ("looked_at", models.DateTimeField(blank=True, null=True, verbose_name="last looked at")),
                ("least_cents", models.PositiveIntegerField(default=0, verbose_name="smallest payout in cents")),
            ],
            options={
                "verbose_name": "payout account",
                "verbose_name_plural": "payout accounts",
            },
        ),
        migrations.CreateModel(
            name="ProcessorMovement",
            fields=[
                ("id", models.CharField(editable=False, max_length=100, primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=50, verbose_name="kind")),
                ("subject", models.CharField(db_index=True, max_length=100, verbose_name="about")),
                ("amount_cents", models.BigIntegerField(verbose_name="amount in cents")),
                ("fee_cents", models.BigIntegerField(verbose_name="fee in cents")),
                ("occurred_at", models.DateTimeField(db_index=True, verbose_name="occurred")),
            ],
            options={
                "verbose_name": "movement at the provider",
                "verbose_name_plural": "movements at the provider",
            },
        ),
        migrations.CreateModel(
            name="ReconciliationItem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("unknown", "the provider moved what we know nothing of"),
                            ("differs", "the provider moved another amount"),
                            ("missing", "we booked what the provider didn't move"),
                            ("balance", "the balances differ"),
                        ],
                        max_length=8,
                        verbose_name="kind",
                    ),
                ),
                ("subject", models.CharField(max_length=100, verbose_name="about")),
                ("detail", models.TextField(verbose_name="detail")),
                ("difference_cents", models.BigIntegerField(verbose_name="difference in cents")),
                ("since", models.DateTimeField(verbose_name="since")),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="ended")),
                ("note", models.TextField(blank=True, verbose_name="note")),
            ],
            options={
                "verbose_name": "difference",
                "verbose_name_plural": "differences",
                "permissions": [("resolve_item", "Can resolve differences")],
            },
        ),
        migrations.CreateModel(
            name="StripeEvent",
            fields=[
                ("id", models.CharField(editable=False, max_length=100, primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=150, verbose_name="kind")),
                ("account", models.CharField(blank=True, max_length=100, verbose_name="account")),
                ("api_version", models.CharField(blank=True, max_length=50, verbose_name="API version")),
                ("subject", models.CharField(blank=True, max_length=100, verbose_name="object")),
                ("movement_id", models.CharField(blank=True, max_length=100, verbose_name="our row")),
                ("customer", models.CharField(blank=True, max_length=100, verbose_name="provider's name of the fan")),
                ("occurred_at", models.DateTimeField(verbose_name="occurred")),
                ("received_at", models.DateTimeField(verbose_name="received")),
                ("payload", models.JSONField(verbose_name="payload")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("new", "new"),
                            ("handled", "handled"),
                            ("ignored", "ignored"),
                            ("waiting", "waiting"),
                        ],
                        default="new",
                        max_length=8,
                        verbose_name="state",
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0, verbose_name="attempts")),
                ("due_at", models.DateTimeField(blank=True, null=True, verbose_name="to be tried")),
                ("error", models.TextField(blank=True, verbose_name="error")),
                ("handled_at", models.DateTimeField(blank=True, null=True, verbose_name="handled")),
            ],
            options={
                "verbose_name": "event of Stripe's",
                "verbose_name_plural": "events of Stripe's",
            },
        ),
        migrations.RemoveConstraint(
            model_name="deposit",
            name="deposit_renews_a_period_once",
        ),
        migrations.RemoveConstraint(
            model_name="payout",
            name="payout_decided_by_somebody",
        ),
        migrations.RemoveIndex(
            model_name="deposit",
            name="deposit_open",
        ),
        migrations.AddField(
            model_name="deposit",
            name="attempt",
            field=models.PositiveIntegerField(default=0, verbose_name="failures of the provider"),
        ),
        migrations.AddField(
            model_name="deposit",
            name="reference",
            field=models.CharField(blank=True, max_length=100, verbose_name="provider's name of it"),
        ),
        migrations.AddField(
            model_name="payout",
            name="attempt",
            field=models.PositiveIntegerField(default=0, verbose_name="failures of the provider"),
        ),
        migrations.AddField(
            model_name="payout",
            name="first_reviewer",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="first_reviewed_payouts",
                to=settings.AUTH_USER_MODEL,
                verbose_name="first reviewed by",
            ),
        ),
        migrations.AddField(
            model_name="payout",
            name="held_since",
            field=models.DateTimeField(blank=True, null=True, verbose_name="held since"),
        ),
        migrations.AddField(
            model_name="payout",
            name="reference",
            field=models.CharField(blank=True, max_length=100, verbose_name="provider's name of it"),
        ),
        migrations.AddField(
            model_name="refund",
            name="attempt",
            field=models.PositiveIntegerField(default=0, verbose_name="failures of the provider"),
        ),
        migrations.AddField(
            model_name="refund",
            name="deposit",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="refunds",
                to="payouts.deposit",
                verbose_name="deposit",
            ),
        ),
        migrations.AddField(
            model_name="refund",
            name="reference",
            field=models.CharField(blank=True, max_length=100, verbose_name="provider's name of it"),
        ),
        migrations.AddField(
            model_name="refund",
            name="request_id",
            field=models.UUIDField(db_index=True, default=uuid.uuid4, editable=False, verbose_name="request"),
        ),
        migrations.AlterField(
            model_name="deposit",
            name="state",
            field=models.CharField(
                choices=[
                    ("pending", "pending"),
                    ("processing", "on its way"),
                    ("needs_fan", "needs your confirmation"),
                    ("succeeded", "succeeded"),
                    ("declined", "declined"),
                    ("expired", "expired"),
                    ("review", "being looked at"),
                ],
                default="pending",
                max_length=10,
                verbose_name="state",
            ),
        ),
        migrations.AlterField(
            model_name="payout",
            name="state",
            field=models.CharField(
                choices=[
                    ("requested", "waiting for review"),
                    ("rejected", "rejected"),
                    ("approved", "approved"),
                    ("sending", "being sent"),
                    ("sent", "sent"),
                    ("failed", "failed"),
                    ("cancelled", "cancelled"),
                    ("returned", "came back"),
                ],
                default="requested",
                max_length=9,
                verbose_name="state",
            ),
        ),
        migrations.AlterField(
            model_name="refund",
            name="state",
            field=models.CharField(
                choices=[
                    ("requested", "requested"),
                    ("sent", "sent"),
                    ("failed", "failed"),
                    ("bounced", "came back"),
                ],
                default="requested",
                max_length=9,
                verbose_name="state",
            ),
        ),
        migrations.AddIndex(
            model_name="deposit",
            index=models.Index(
                condition=models.Q(("state__in", ["pending", "processing", "needs_fan"])),
                fields=["started_at"],
                name="deposit_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="deposit",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["pending", "processing", "needs_fan", "succeeded"])),
                fields=("fan", "for_period"),
                name="deposit_renews_a_period_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="deposit",
            constraint=models.UniqueConstraint(
                condition=models.Q(("reference", ""), _negated=True),
                fields=("reference",),
                name="deposit_of_one_payment",
            ),
        ),
        migrations.AddConstraint(
            model_name="payout",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["requested", "cancelled"]), ("reviewed_by__isnull", False), _connector="OR"
                ),
                name="payout_decided_by_somebody",
            ),
        ),
        migrations.AddConstraint(
            model_name="payout",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("first_reviewer__isnull", True),
                    models.Q(
                        models.Q(("first_reviewer", models.F("creator")), _negated=True),
                        models.Q(
                            ("reviewed_by__isnull", True),
                            models.Q(("reviewed_by", models.F("first_reviewer")), _negated=True),
                            ("state", "rejected"),
                            _connector="OR",
                        ),
                    ),
                    _connector="OR",
                ),
                name="payout_reviewed_by_two",
            ),
        ),
        migrations.AddField(
            model_name="consent",
            name="fan",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="consents",
                to=settings.AUTH_USER_MODEL,
                verbose_name="fan",
            ),
        ),
        migrations.AddField(
            model_name="dispute",
            name="deposit",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="disputes",
                to="payouts.deposit",
                verbose_name="deposit",
            ),
        ),
        migrations.AddField(
            model_name="disputeshare",
            name="dispute",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="shares", to="payouts.dispute"
            ),
        ),
        migrations.AddField(
            model_name="disputeshare",
            name="owner",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="dispute_shares",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="reconciliationitem",
            name="ended_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="resolved_items",
                to=settings.AUTH_USER_MODEL,
                verbose_name="resolved by",
            ),
        ),
        migrations.AddIndex(
            model_name="stripeevent",
            index=models.Index(
                condition=models.Q(("state__in", ["new", "waiting"])),
                fields=["received_at"],
                name="stripe_event_open",
            ),
        ),
        migrations.AddIndex(
            model_name="stripeevent",
            index=models.Index(fields=["-received_at"], name="stripe_event_by_time"),
        ),
        migrations.AddConstraint(
            model_name="stripeevent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("handled_at__isnull", True), ("state__in", ["new", "waiting"])),
                    models.Q(("handled_at__isnull", False), ("state__in", ["handled", "ignored"])),
                    _connector="OR",
                ),
                name="stripe_event_ends_at_a_time",
            ),
        ),
        migrations.AddIndex(
            model_name="consent",
            index=models.Index(fields=["fan", "-given_at"], name="consent_of_fan"),
        ),
        migrations.AddIndex(
            model_name="dispute",
            index=models.Index(fields=["-opened_at"], name="dispute_by_time"),
        ),
        migrations.AddConstraint(
            model_name="dispute",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["won", "asked"]), ("is_taken", True), _connector="OR"),
                name="dispute_taken_while_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="disputeshare",
            constraint=models.UniqueConstraint(
                fields=("dispute", "source", "owner"), name="dispute_share_once", nulls_distinct=False
            ),
        ),
        migrations.AddConstraint(
            model_name="disputeshare",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount_micros__gt", 0)), name="dispute_share_of_something"
            ),
        ),
        migrations.AddConstraint(
            model_name="disputeshare",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("owner__isnull", True), ("source", "platform")),
                    models.Q(models.Q(("source", "platform"), _negated=True), ("owner__isnull", False)),
                    _connector="OR",
                ),
                name="dispute_share_of_somebody",
            ),
        ),
        migrations.AddIndex(
            model_name="reconciliationitem",
            index=models.Index(fields=["-since"], name="difference_by_time"),
        ),
        migrations.AddConstraint(
            model_name="reconciliationitem",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at__isnull", True)),
                fields=("kind", "subject"),
                name="difference_open_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="reconciliationitem",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("ended_by__isnull", True),
                    models.Q(("ended_at__isnull", False), models.Q(("note", ""), _negated=True)),
                    _connector="OR",
                ),
                name="difference_resolved_with_a_note",
            ),
        ),
        # A refund came from the newest deposit before it, as far as anybody knows. The references are compared at
        # once, since a table with comparisons to come can't be changed.
        migrations.RunSQL(
            """
            UPDATE payouts_refund AS refund SET request_id = refund.id, deposit_id = (
                SELECT id FROM payouts_deposit
                WHERE fan_id = refund.fan_id AND state = 'succeeded'
                ORDER BY started_at > refund.requested_at, started_at DESC LIMIT 1);
            SET CONSTRAINTS ALL IMMEDIATE;
            """,
            migrations.RunSQL.noop,
        ),
        migrations.AlterField(
            model_name="refund",
            name="deposit",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="refunds",
                to="payouts.deposit",
                verbose_name="deposit",
            ),
        ),
    ]
