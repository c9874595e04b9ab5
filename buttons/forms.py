"""Forms about buttons."""

from typing import Any, Self

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from buttons.models import Button, OriginDecision, Site
from buttons.operations import buttons as operations
from buttons.queries.discovery import Order, Wanted

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

    @classmethod
    def of(cls, button: Button, data: QueryDict | None) -> Self:
        """Return the form as one about a button that is there, with what it says now."""
        said = {name: getattr(button, name) for name in cls.Meta.fields}
        form = cls(data, initial={**said, "tags": ", ".join(button.tags)})
        if button.url == operations.creator_page(button.creator.creator_profile.slug):
            form.fields["url"].disabled = True
        else:
            form.fields["url"].help_text = _(
                "Where the page has moved to. The old address leads to the same button. If another button of yours is"
                " there already, it makes room: it keeps its clicks, and takes no more from that page."
            )
        return form


class DiscoverForm(forms.Form):
    """What somebody looks for among all buttons. It comes in addresses, so that each list can be linked to."""

    q = forms.CharField(label=_("Words"), required=False, max_length=100)
    category = forms.ChoiceField(label=_("Category"), required=False, choices=[("", ""), *Button.Category.choices])
    tag = forms.CharField(label=_("Tag"), required=False, max_length=40)
    language = forms.RegexField(r"^[a-z]{2,3}\Z", label=_("Language"), required=False)
    sort = forms.ChoiceField(label=_("Order"), required=False, choices=[(each.value, each.value) for each in Order])

    def clean_tag(self) -> str:
        """Return the tag as tags are kept."""
        return str(self.cleaned_data["tag"]).lower()

    def wanted(self) -> Wanted:
        """Return what is looked for."""
        said = self.cleaned_data
        return Wanted(words=said["q"], category=said["category"], tag=said["tag"], language=said["language"])

    def order(self) -> Order:
        """Return what comes first. Without words nothing is a better answer than another."""
        usual = Order.BEST if self.cleaned_data["q"] else Order.TRENDING
        wanted = Order(self.cleaned_data["sort"] or usual)
        return Order.TRENDING if wanted is Order.BEST and not self.cleaned_data["q"] else wanted


class DecisionForm(forms.Form):
    """What staff decide about a site, and why."""

    verdict = forms.ChoiceField(choices=OriginDecision.Verdict)
    reason = forms.CharField(label=_("Reason"), max_length=500, widget=forms.Textarea(attrs={"rows": 3}))


class BuilderForm(forms.Form):
    """Which form of the button a creator wants, and how it looks. What isn't given is left to the button."""

    form = forms.ChoiceField(
        label=_("Form"),
        initial="html",
        choices=[
            (
                _("A page"),
                [
                    ("html", _("HTML with our script (the best there is)")),
                    ("pinned", _("HTML with one version of our script")),
                    ("link", _("A marked link with our script")),
                    ("iframe", _("A frame, no script")),
                    ("picture", _("A link with a picture, no script")),
                ],
            ),
            (_("A site’s software"), [("wordpress", _("WordPress block")), ("hugo", _("Hugo shortcode"))]),
            (
                _("A README or a text"),
                [("markdown", "Markdown"), ("rst", "reStructuredText"), ("shields", _("Markdown, drawn by Shields"))],
            ),
            (
                _("A feed, or what programs read"),
                [
                    ("payment", _("Link in the head of a page")),
                    ("atom", "Atom"),
                    ("rss", "RSS"),
                    ("podcast", "Podcast"),
                    ("funding", "FUNDING.yml"),
                    ("jsonld", "JSON-LD (schema.org)"),
                ],
            ),
        ],
    )
    url = forms.URLField(
        label=_("Address of the page"),
        required=False,
        assume_scheme="https",
        max_length=operations.URL_BYTES_MAX,
        help_text=_(
            "Leave it empty for a template: with our script each page finds its own. Without it, the button is for"
            " your page here."
        ),
    )
    size = forms.ChoiceField(
        label=_("Size"),
        required=False,
        choices=[("", _("Normal, 132 × 28")), ("small", _("Small, 96 × 20")), ("large", _("Large, 164 × 44"))],
    )
    theme = forms.ChoiceField(
        label=_("Colors"),
        required=False,
        choices=[("", _("As the reader likes it")), ("light", _("Light")), ("dark", _("Dark"))],
    )
    lang = forms.ChoiceField(
        label=_("Language"), required=False, choices=[("", _("The page’s own")), *settings.LANGUAGES]
    )
    text = forms.CharField(
        label=_("Text"),
        required=False,
        max_length=100,
        help_text=_("For who doesn’t see the picture. Without one it is “Flattr” and your name."),
    )

    def clean_url(self) -> str:
        """Return the one spelling of the address."""
        url: str = self.cleaned_data["url"]
        try:
            return operations.canonical_url(url) if url else ""
        except operations.BadUrl as error:
            raise ValidationError(_("A button needs a plain web address without a login in it.")) from error


class PageForm(forms.Form):
    """A page on which somebody has put their button."""

    url = forms.URLField(label=_("Address of your page"), assume_scheme="https", max_length=operations.URL_BYTES_MAX)


class ClaimForm(forms.Form):
    """A site that somebody says is theirs."""

    host = forms.CharField(
        label=_("Your site"), max_length=2000, help_text=_("Such as alice.example, or the address of a page on it.")
    )


class CheckForm(forms.Form):
    """What to look for on a site."""

    proof = forms.ChoiceField(choices=Site.Proof.choices)
    page = forms.URLField(label=_("Page with the link"), assume_scheme="https", max_length=500, required=False)
    covers_subdomains = forms.BooleanField(label=_("For all subdomains, too"), required=False)
