"""No payout goes on or ends without somebody who decided so."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """Adds the constraint."""

    dependencies = [
        ("payouts", "0002_lines_without_comparing"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddConstraint(
            model_name="payout",
            constraint=models.CheckConstraint(
                condition=models.Q(("state", "requested"), ("reviewed_by__isnull", False), _connector="OR"),
                name="payout_decided_by_somebody",
            ),
        ),
    ]
