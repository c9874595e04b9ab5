"""Whose a host is, and what was looked for to know it."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User


class Site(models.Model):
    """A creator's host, with what proves that it is theirs.

    It is verified for its creator while `verified_at` is set, and for one creator at a time. A link (`rel=me`) proves
    a page, not the host, so it never verifies. A row without a token is a host that has buttons and that nobody
    has claimed.
    """

    class Proof(models.TextChoices):
        """What is looked for."""

        FILE = "file", _("file")
        DNS = "dns", _("DNS record")
        META = "meta", _("tag in the home page")
        LINK = "link", _("link to the creator’s page")

    creator = models.ForeignKey(User, on_delete=models.PROTECT, related_name="sites", verbose_name=_("creator"))
    host = models.CharField(_("host"), max_length=253)
    token = models.CharField(_("token"), max_length=32, blank=True)
    proof = models.CharField(_("proof"), max_length=4, choices=Proof, blank=True)
    page = models.URLField(_("page that links to the creator"), max_length=500, blank=True)
    covers_subdomains = models.BooleanField(_("with subdomains"), default=False)
    proven_at = models.DateTimeField(_("proven"), null=True, blank=True)
    verified_at = models.DateTimeField(_("verified"), null=True, blank=True)
    contested_at = models.DateTimeField(_("contested"), null=True, blank=True)
    checked_at = models.DateTimeField(_("last checked"), null=True, blank=True)
    failures = models.PositiveSmallIntegerField(_("failed checks in a row"), default=0)
    failing_since = models.DateTimeField(_("failing since"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"), default=timezone.now)

    class Meta:
        verbose_name = _("site")
        verbose_name_plural = _("sites")
        permissions = [("decide_contest", "Can decide whose a contested site is")]
        indexes = [
            models.Index(fields=["host"], name="site_by_host"),
            models.Index(fields=["checked_at"], condition=~models.Q(proof=""), name="site_proven_by_check"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["creator", "host"], name="site_once_a_creator"),
            models.UniqueConstraint(
                fields=["host"], condition=models.Q(verified_at__isnull=False), name="site_verified_for_one_creator"
            ),
            models.CheckConstraint(
                condition=models.Q(proof="", proven_at__isnull=True)
                | (~models.Q(proof="") & ~models.Q(token="") & models.Q(proven_at__isnull=False)),
                name="site_proven_by_something",
            ),
            models.CheckConstraint(
                condition=models.Q(verified_at__isnull=True) | models.Q(contested_at__isnull=True),
                name="site_verified_or_contested",
            ),
            models.CheckConstraint(
                condition=~models.Q(proof="link") | models.Q(verified_at__isnull=True, contested_at__isnull=True),
                name="site_never_verified_by_a_link",
            ),
            models.CheckConstraint(
                condition=models.Q(covers_subdomains=False) | models.Q(proof="dns"),
                name="site_covers_subdomains_by_dns_alone",
            ),
        ]

    def __str__(self) -> str:
        """Show the domain."""
        return self.host


class SiteCheck(models.Model):
    """One look for a site's proof, asked for by its creator or due by itself; a worker does it and writes its end."""

    class Outcome(models.TextChoices):
        """What was found; most are troubles of `flattr.outside`."""

        PROVEN = "proven", _("proven")
        CONTESTED = "contested", _("proven, and contested")
        NOT_FOUND = "not_found", _("not found")
        MISSING = "missing", _("no such page or record")
        NO_ADDRESS = "no_address", _("no address")
        NOT_PUBLIC = "not_public", _("no public address")
        NO_DNS = "no_dns", _("no answer from DNS")
        REFUSED = "refused", _("connection refused")
        TOO_SLOW = "too_slow", _("no answer in time")
        NO_TLS = "no_tls", _("no encryption")
        NO_ANSWER = "no_answer", _("no answer")
        BAD_CERTIFICATE = "bad_certificate", _("bad certificate")
        LEADS_AWAY = "leads_away", _("leads elsewhere")
        BAD_STATUS = "bad_status", _("refused by the server")
        NOT_TEXT = "not_text", _("no text")
        WITHDRAWN = "withdrawn", _("claim withdrawn meanwhile")

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="checks", verbose_name=_("site"))
    proof = models.CharField(_("proof"), max_length=4, choices=Site.Proof)
    page = models.URLField(_("page"), max_length=500, blank=True)
    covers_subdomains = models.BooleanField(_("with subdomains"), default=False)
    by_creator = models.BooleanField(_("asked for by the creator"))
    asked_at = models.DateTimeField(_("asked"))
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    outcome = models.CharField(_("outcome"), max_length=15, choices=Outcome, blank=True)

    class Meta:
        verbose_name = _("check of a site")
        verbose_name_plural = _("checks of sites")
        indexes = [
            models.Index(fields=["site", "-asked_at"], name="site_check_newest"),
            models.Index(fields=["asked_at"], name="site_check_by_time"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(finished_at__isnull=True, outcome="")
                | (models.Q(finished_at__isnull=False) & ~models.Q(outcome="")),
                name="site_check_ends_with_an_outcome",
            )
        ]

    def __str__(self) -> str:
        """Show what is looked for."""
        return f"{self.get_proof_display()}: {self.get_outcome_display()}"


class PageCheck(models.Model):
    """One look at a page for what is wrong with the button on it, asked for by its creator; a worker does it.

    It has ended with a trouble of `flattr.outside` if the page couldn't be got, else with what was found: by language
    a list of `{"text": …, "line": …}`, of which the line may be empty.
    """

    creator = models.ForeignKey(User, on_delete=models.CASCADE, related_name="page_checks", verbose_name=_("creator"))
    url = models.URLField(_("page"), max_length=2000)
    host = models.CharField(_("host"), max_length=253)
    asked_at = models.DateTimeField(_("asked"))
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    trouble = models.CharField(_("trouble"), max_length=15, blank=True)
    findings = models.JSONField(_("findings"), default=dict, blank=True)

    class Meta:
        verbose_name = _("check of a page")
        verbose_name_plural = _("checks of pages")
        indexes = [
            models.Index(fields=["host", "asked_at"], name="page_check_by_host"),
            models.Index(fields=["asked_at"], name="page_check_by_time"),
        ]

    def __str__(self) -> str:
        """Show the page."""
        return self.url
