"""Sites get what proves whose they are, and checks that look for it."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """Adds the columns, the rules and the table."""

    dependencies = [
        ("buttons", "0011_trust"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="SiteCheck",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "proof",
                    models.CharField(
                        choices=[
                            ("file", "file"),
                            ("dns", "DNS record"),
                            ("meta", "tag in the home page"),
                            ("link", "link to the creator’s page"),
                        ],
                        max_length=4,
                        verbose_name="proof",
                    ),
                ),
                ("page", models.URLField(blank=True, max_length=500, verbose_name="page")),
                ("covers_subdomains", models.BooleanField(default=False, verbose_name="with subdomains")),
                ("by_creator", models.BooleanField(verbose_name="asked for by the creator")),
                ("asked_at", models.DateTimeField(verbose_name="asked")),
                ("finished_at", models.DateTimeField(blank=True, null=True, verbose_name="finished")),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("proven", "proven"),
                            ("contested", "proven, and contested"),
                            ("not_found", "not found"),
                            ("missing", "no such page or record"),
                            ("no_address", "no public address"),
                            ("no_answer", "no answer"),
                            ("bad_certificate", "bad certificate"),
                            ("leads_away", "leads elsewhere"),
                            ("bad_status", "refused by the server"),
                            ("not_text", "no text"),
                            ("withdrawn", "claim withdrawn meanwhile"),
                        ],
                        max_length=15,
                        verbose_name="outcome",
                    ),
                ),
            ],
            options={
                "verbose_name": "check of a site",
                "verbose_name_plural": "checks of sites",
            },
        ),
        migrations.AlterModelOptions(
            name="site",
            options={
                "permissions": [("decide_contest", "Can decide whose a contested site is")],
                "verbose_name": "site",
                "verbose_name_plural": "sites",
            },
        ),
        migrations.AddField(
            model_name="site",
            name="checked_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="last checked"),
        ),
        migrations.AddField(
            model_name="site",
            name="contested_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="contested"),
        ),
        migrations.AddField(
            model_name="site",
            name="covers_subdomains",
            field=models.BooleanField(default=False, verbose_name="with subdomains"),
        ),
        migrations.AddField(
            model_name="site",
            name="failing_since",
            field=models.DateTimeField(blank=True, null=True, verbose_name="failing since"),
        ),
        migrations.AddField(
            model_name="site",
            name="failures",
            field=models.PositiveSmallIntegerField(default=0, verbose_name="failed checks in a row"),
        ),
        migrations.AddField(
            model_name="site",
            name="page",
            field=models.URLField(blank=True, max_length=500, verbose_name="page that links to the creator"),
        ),
        migrations.AddField(
            model_name="site",
            name="proof",
            field=models.CharField(
                blank=True,
                choices=[
                    ("file", "file"),
                    ("dns", "DNS record"),
                    ("meta", "tag in the home page"),
                    ("link", "link to the creator’s page"),
                ],
                max_length=4,
                verbose_name="proof",
            ),
        ),
        migrations.AddField(
            model_name="site",
            name="proven_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="proven"),
        ),
        migrations.AddField(
            model_name="site",
            name="token",
            field=models.CharField(blank=True, max_length=32, verbose_name="token"),
        ),
        migrations.AddIndex(
            model_name="site",
            index=models.Index(fields=["host"], name="site_by_host"),
        ),
        migrations.AddIndex(
            model_name="site",
            index=models.Index(
                condition=models.Q(("proof", ""), _negated=True), fields=["checked_at"], name="site_proven_by_check"
            ),
        ),
        migrations.AddConstraint(
            model_name="site",
            constraint=models.UniqueConstraint(
                condition=models.Q(("verified_at__isnull", False)),
                fields=("host",),
                name="site_verified_for_one_creator",
            ),
        ),
        migrations.AddConstraint(
            model_name="site",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("proof", ""), ("proven_at__isnull", True)),
                    models.Q(
                        models.Q(("proof", ""), _negated=True),
                        models.Q(("token", ""), _negated=True),
                        ("proven_at__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="site_proven_by_something",
            ),
        ),
        migrations.AddConstraint(
            model_name="site",
            constraint=models.CheckConstraint(
                condition=models.Q(("verified_at__isnull", True), ("contested_at__isnull", True), _connector="OR"),
                name="site_verified_or_contested",
            ),
        ),
        migrations.AddConstraint(
            model_name="site",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("proof", "link"), _negated=True),
                    models.Q(("contested_at__isnull", True), ("verified_at__isnull", True)),
                    _connector="OR",
                ),
                name="site_never_verified_by_a_link",
            ),
        ),
        migrations.AddConstraint(
            model_name="site",
            constraint=models.CheckConstraint(
                condition=models.Q(("covers_subdomains", False), ("proof", "dns"), _connector="OR"),
                name="site_covers_subdomains_by_dns_alone",
            ),
        ),
        migrations.AddField(
            model_name="sitecheck",
            name="site",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="checks",
                to="buttons.site",
                verbose_name="site",
            ),
        ),
        migrations.AddIndex(
            model_name="sitecheck",
            index=models.Index(fields=["site", "-asked_at"], name="site_check_newest"),
        ),
        migrations.AddIndex(
            model_name="sitecheck",
            index=models.Index(fields=["asked_at"], name="site_check_by_time"),
        ),
        migrations.AddConstraint(
            model_name="sitecheck",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("finished_at__isnull", True), ("outcome", "")),
                    models.Q(("finished_at__isnull", False), models.Q(("outcome", ""), _negated=True)),
                    _connector="OR",
                ),
                name="site_check_ends_with_an_outcome",
            ),
        ),
    ]
