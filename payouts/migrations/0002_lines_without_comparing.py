"""The database no longer compares the references of spends and lines: that took longer than all else."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def _reference(model: str, name: str, to: str, related_name: str, *, indexed: bool = False) -> migrations.AlterField:
    return migrations.AlterField(
        model_name=model,
        name=name,
        field=models.ForeignKey(
            db_constraint=False,
            db_index=indexed,
            on_delete=django.db.models.deletion.PROTECT,
            related_name=related_name,
            to=to,
        ),
    )


class Migration(migrations.Migration):
    """Drops the constraints."""

    dependencies = [
        ("buttons", "0001_initial"),
        ("payouts", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        _reference("settlementspend", "settlement", "payouts.settlement", "spends"),
        _reference("settlementspend", "fan", settings.AUTH_USER_MODEL, "settlement_spends", indexed=True),
        _reference("settlementline", "settlement", "payouts.settlement", "lines"),
        _reference("settlementline", "fan", settings.AUTH_USER_MODEL, "settlement_lines"),
        _reference("settlementline", "button", "buttons.button", "settlement_lines"),
        _reference("settlementline", "creator", settings.AUTH_USER_MODEL, "earned_lines"),
    ]
