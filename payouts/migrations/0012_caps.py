"""How much of a fan's cake a creator may get; what was said for a month that is closed stays as it was."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import flattr.fields

FORWARD = """
-- The lock and the refusal are those of clicks (see `buttons/migrations/0002`).
CREATE TRIGGER refuse_closed_period BEFORE INSERT OR UPDATE OR DELETE ON payouts_creatorcap
    FOR EACH ROW EXECUTE FUNCTION buttons_refuse_closed_period();
"""

BACKWARD = "DROP TRIGGER refuse_closed_period ON payouts_creatorcap"


class Migration(migrations.Migration):
    """Adds the table and its trigger."""

    dependencies = [
        ("buttons", "0016_digests"),
        ("payouts", "0011_newest_deposits"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CreatorCap",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("most_cents", models.PositiveIntegerField(null=True, verbose_name="at most, in cents")),
                ("period", flattr.fields.PeriodField(verbose_name="in effect from")),
                ("changed_at", models.DateTimeField(verbose_name="changed")),
                (
                    "creator",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "fan",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="caps",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "cap for a creator",
                "verbose_name_plural": "caps for creators",
                "constraints": [
                    models.UniqueConstraint(fields=("fan", "creator", "period"), name="creator_cap_once_a_period"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("most_cents__isnull", True), ("most_cents__range", (1, 50000)), _connector="OR"
                        ),
                        name="creator_cap_within_limits",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("fan", models.F("creator")), _negated=True),
                        name="creator_cap_never_for_oneself",
                    ),
                ],
            },
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
