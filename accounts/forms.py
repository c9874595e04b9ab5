"""Forms about people."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.translation import gettext_lazy as _

from accounts.models import CreatorProfile

LINKS_MAX = 20


class LinksField(forms.CharField):
    """Web addresses, one a line."""

    widget = forms.Textarea(attrs={"rows": 3})

    def prepare_value(self, value: Any) -> Any:
        """Show one address a line."""
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        """Read one address a line."""
        links = [line.strip() for line in (super().to_python(value) or "").splitlines() if line.strip()]
        if len(links) > LINKS_MAX:
            raise ValidationError(_("At most 20 links, please."), code="too_many")
        for link in links:
            URLValidator(schemes=["http", "https"])(link)
        return links


class CreatorEditForm(forms.ModelForm[CreatorProfile]):
    """What a creator's page says."""

    links = LinksField(label=_("Links"), required=False, help_text=_("One web address a line."))

    class Meta:
        model = CreatorProfile
        fields = ["name", "text", "links"]
        labels = {"name": _("Name"), "text": _("About you")}
        widgets = {"text": forms.Textarea(attrs={"rows": 4})}


class CreatorForm(CreatorEditForm):
    """What a new creator says, with the address that then stays."""

    class Meta(CreatorEditForm.Meta):
        fields = ["slug", *CreatorEditForm.Meta.fields]
        labels = {**CreatorEditForm.Meta.labels, "slug": _("Address of your page")}
        help_texts = {"slug": _("Small letters, digits and hyphens. It can't be changed later.")}
