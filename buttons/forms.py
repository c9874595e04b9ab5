"""Forms about buttons."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from buttons.models import Button, OriginDecision

TAGS_MAX = 20


class TagsField(forms.CharField):
    """Tags, separated by commas."""

    def to_python(self, value: Any) -> Any:
        """Read the tags, each once."""
        tags = [tag.strip().lower() for tag in (super().to_python(value) or "").split(",")]
        return tuple(dict.fromkeys(tag for tag in tags if tag))[:TAGS_MAX]


class ButtonForm(forms.ModelForm[Button]):
    """A new button."""

    url = forms.URLField(
        label=_("Address"),
        assume_scheme="https",
        max_length=2000,
        help_text=_("The page that people read, hear or use."),
    )
    tags = TagsField(label=_("Tags"), required=False, help_text=_("Separated by commas."), max_length=400)
    language = forms.CharField(label=_("Language"), required=False, max_length=10, help_text=_("Such as en or fr."))

    class Meta:
        model = Button
        fields = ["url", "title", "description", "category", "tags", "language"]
        labels = {"title": _("Title"), "description": _("Description"), "category": _("Category")}
        widgets = {"description": forms.Textarea(attrs={"rows": 3})}


class DecisionForm(forms.Form):
    """What staff decide about a site, and why."""

    verdict = forms.ChoiceField(choices=OriginDecision.Verdict)
    reason = forms.CharField(label=_("Reason"), max_length=500, widget=forms.Textarea(attrs={"rows": 3}))
