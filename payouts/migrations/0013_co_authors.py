"""Who shares in what buttons earn, and what each month brought them."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import flattr.fields


class Migration(migrations.Migration):
    """Adds the tables, without rows."""

    dependencies = [
        ("buttons", "0016_digests"),
        ("payouts", "0012_caps"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CoAuthor",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("percent", models.PositiveSmallIntegerField(verbose_name="percent")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("invited", "offered"),
                            ("accepted", "accepted"),
                            ("declined", "declined"),
                            ("ended", "ended"),
                        ],
                        default="invited",
                        max_length=8,
                        verbose_name="state",
                    ),
                ),
                ("invited_at", models.DateTimeField(verbose_name="offered at")),
                ("answered_at", models.DateTimeField(blank=True, null=True, verbose_name="answered at")),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="ended at")),
                ("since", flattr.fields.PeriodField(blank=True, null=True, verbose_name="first month")),
                ("until", flattr.fields.PeriodField(blank=True, null=True, verbose_name="first month no more")),
                (
                    "button",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="co_authors",
                        to="buttons.button",
                        verbose_name="button",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="shared_out",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="the button’s creator",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="shared_in",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="co-author",
                    ),
                ),
            ],
            options={
                "verbose_name": "co-author of a button",
                "verbose_name_plural": "co-authors of buttons",
            },
        ),
        migrations.CreateModel(
            name="CoAuthorShare",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("amount_micros", models.BigIntegerField(verbose_name="amount")),
                (
                    "co_author",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="shares", to="payouts.coauthor"
                    ),
                ),
                (
                    "settlement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="co_author_shares",
                        to="payouts.settlement",
                    ),
                ),
            ],
            options={
                "verbose_name": "co-author’s share",
                "verbose_name_plural": "co-authors’ shares",
            },
        ),
        migrations.AddConstraint(
            model_name="coauthor",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["invited", "accepted"])),
                fields=("button", "person"),
                name="co_author_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="coauthor",
            constraint=models.CheckConstraint(
                condition=models.Q(("percent__range", (1, 99))), name="co_author_leaves_something"
            ),
        ),
        migrations.AddConstraint(
            model_name="coauthor",
            constraint=models.CheckConstraint(
                condition=models.Q(("owner", models.F("person")), _negated=True), name="co_author_is_somebody_else"
            ),
        ),
        migrations.AddConstraint(
            model_name="coauthor",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("since__isnull", True), ("state__in", ["invited", "declined"]), ("until__isnull", True)
                    ),
                    models.Q(("since__isnull", False), ("state", "accepted"), ("until__isnull", True)),
                    models.Q(("since__isnull", True), ("state", "ended"), ("until__isnull", True)),
                    models.Q(("since__isnull", False), ("state", "ended"), ("until__gte", models.F("since"))),
                    _connector="OR",
                ),
                name="co_author_for_some_months",
            ),
        ),
        migrations.AddConstraint(
            model_name="coauthorshare",
            constraint=models.UniqueConstraint(fields=("settlement", "co_author"), name="co_author_share_once"),
        ),
        migrations.AddConstraint(
            model_name="coauthorshare",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount_micros__gt", 0)), name="co_author_share_of_something"
            ),
        ),
    ]
