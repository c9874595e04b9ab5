"""Forms about people."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import available_timezones

from allauth.mfa.webauthn.forms import AddWebAuthnForm, EditWebAuthnForm
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.translation import gettext_lazy as _

from accounts.models import CreatorProfile, Notification, User, Visibility
from flattr.outside import bluesky
from flattr.outside.hosts import BadHost, canonical_host

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

Kind = Notification.Kind

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

    links = LinksField(
        label=_("Links"),
        required=False,
        help_text=_(
            "One web address a line. To have Mastodon show that your page here is yours, put the address of your"
            " profile there into this list, and the address of your page here among the links of that profile: we"
            ' mark your links by rel="me", which Mastodon looks for.'
        ),
    )

    class Meta:
        model = CreatorProfile
        fields = ["name", "text", "links", "thanks"]
        labels = {"name": _("Name"), "text": _("About you"), "thanks": _("Your thanks")}
        widgets = {"text": forms.Textarea(attrs={"rows": 4}), "thanks": forms.Textarea(attrs={"rows": 3})}
        help_texts = {
            "thanks": _("Who has just clicked a button of yours reads this. Plain text, 500 characters at most.")
        }


class CreatorForm(CreatorEditForm):
    """What a new creator says, with the address that then stays."""

    class Meta(CreatorEditForm.Meta):
        fields = ["slug", "name", "text", "links"]
        labels = {**CreatorEditForm.Meta.labels, "slug": _("Address of your page")}
        help_texts = {"slug": _("Small letters, digits and hyphens. It can't be changed later.")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Kinds of emails that are about one matter, each with what it tells."""

    title: "StrPromise"
    kinds: "tuple[tuple[Kind, StrPromise], ...]"


_MONTHS: Final = Group(
    title=_("Your months"),
    kinds=((Kind.MONTH_SETTLED, _("A month is settled: what your budget became")),),
)
_CLICKS: Final = Group(
    title=_("Your clicks"),
    kinds=(
        (Kind.FIRST_CLICKS, _("Your first clicks on a site, the day after")),
        (Kind.WEEKLY_CLICKS, _("A week of clicks by one press, counted by site")),
        (Kind.STANDING_ENDS, _("A click that you repeat every month ends, a week before")),
    ),
)
_POSTS: Final = Group(
    title=_("Your monthly posts"),
    kinds=(
        (Kind.DIGEST_DRAFTED, _("What we will post for you, three days before")),
        (Kind.DIGEST_FAILED, _("A monthly post couldn’t be made")),
        (Kind.CONNECTION_LOST, _("A network lets us post for you no more")),
    ),
)
_PAYMENTS: Final = Group(
    title=_("Your payments"),
    kinds=(
        (Kind.DEPOSIT_NEEDS_YOU, _("Your bank wants you to confirm a payment")),
        (Kind.DEPOSIT_DECLINED, _("A payment was declined")),
        (Kind.DEPOSIT_PAST_DUE, _("A month is not paid, and we don't try again")),
        (Kind.DEPOSIT_DISPUTED, _("A bank takes a payment back")),
        (Kind.REFUND_SENT, _("A refund is on its way to you")),
        (Kind.REFUND_FAILED, _("A refund didn't arrive")),
    ),
)
_EARNINGS: Final = Group(
    title=_("Your earnings"),
    kinds=(
        (Kind.CREATOR_WEEK, _("Every week: your clicks, supporters and best buttons, and a forecast of the month")),
        (Kind.EARNINGS_SETTLED, _("Every month, once it is settled: what you earned")),
        (Kind.GIFT_RECEIVED, _("Somebody gives you something beside the cake")),
        (Kind.EARNINGS_HELD, _("Earnings are held, since a bank takes a payment back")),
        (Kind.EARNINGS_RELEASED, _("Held earnings are yours again")),
        (Kind.EARNINGS_OWED, _("You owe what a bank took back")),
    ),
)
_SHARES: Final = Group(
    title=_("Your co-authors"),
    kinds=(
        (Kind.CO_AUTHOR_INVITED, _("Somebody wants to share a button’s income with you")),
        (Kind.CO_AUTHOR_ANSWERED, _("A co-author has accepted, declined or left")),
        (Kind.CO_AUTHOR_ENDED, _("A button’s income isn’t shared with you any more")),
    ),
)
_PAYOUTS: Final = Group(
    title=_("Your payouts"),
    kinds=(
        (Kind.PAYOUT_APPROVED, _("A payout is approved")),
        (Kind.PAYOUT_SENT, _("A payout is sent")),
        (Kind.PAYOUT_REJECTED, _("A payout is rejected, and why")),
        (Kind.PAYOUT_FAILED, _("A payout came back")),
        (Kind.ACCOUNT_READY, _("Your payout account is ready")),
        (Kind.ACCOUNT_NOT_READY, _("Your payout account needs you")),
    ),
)
_SITES: Final = Group(
    title=_("Your sites"),
    kinds=(
        (Kind.SITE_LOST, _("A site is not proven any more")),
        (Kind.SITE_CONTESTED, _("Somebody else has proven your site")),
        (Kind.CONTEST_DECIDED, _("It is decided whose a site is")),
    ),
)
_ACCOUNT: Final = Group(
    title=_("Your account"),
    kinds=(
        (Kind.CLOSING_ASKED, _("Your account will be closed")),
        (Kind.CLOSING_STOPPED, _("Your account stays open")),
        (Kind.CLOSED, _("Your account is closed")),
    ),
)
_STAFF: Final = Group(title=_("Staff"), kinds=((Kind.ALARM, _("Something is late or wrong")),))

FOR_FANS: Final = (_MONTHS, _CLICKS, _POSTS, _PAYMENTS, _ACCOUNT)
FOR_CREATORS: Final = (_EARNINGS, _SHARES, _PAYOUTS, _SITES)
FOR_STAFF: Final = (_STAFF,)


def label_of(kind: Kind) -> "StrPromise":
    """Return what an email of that kind tells."""
    groups = (*FOR_FANS, *FOR_CREATORS, *FOR_STAFF)
    return next(label for group in groups for each, label in group.kinds if each == kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """An email that a person may or may not do without."""

    kind: str
    label: "StrPromise"
    is_optional: bool
    is_on: bool


def time_zones() -> list[str]:
    """Return the names of UTC and all time zones of places, in order."""
    return ["UTC", *sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/"))]


class SettingsForm(forms.Form):
    """How a person reads Flattr, and of what we write to them."""

    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        choices=lambda: [(zone, zone.replace("_", " ")) for zone in time_zones()],
        help_text=_("Dates are shown in it. Months begin and end at midnight UTC, for everybody."),
    )

    def __init__(self, data: Any = None, *, user: User, is_creator: bool) -> None:
        super().__init__(data, initial={"language": user.language, "time_zone": user.time_zone})
        self._groups = (*FOR_FANS, *(FOR_CREATORS if is_creator else ()), *(FOR_STAFF if user.is_staff else ()))
        self._muted = set(user.muted)
        offered = [(kind.value, label) for group in self._groups for kind, label in group.kinds]
        self.fields["wanted"] = forms.MultipleChoiceField(required=False, choices=offered)

    def groups(self) -> Iterator[tuple["StrPromise", list[Switch]]]:
        """Yield each matter with its switches, as they stand."""
        wanted = self["wanted"].value() if self.is_bound else None
        for group in self._groups:
            yield (
                group.title,
                [
                    Switch(
                        kind=kind.value,
                        label=label,
                        is_optional=kind in Notification.OPTIONAL,
                        is_on=kind not in Notification.OPTIONAL
                        or (kind.value not in self._muted if wanted is None else kind.value in wanted),
                    )
                    for kind, label in group.kinds
                ],
            )

    def muted(self) -> set[str]:
        """Return the kinds that the person does without; what the form didn't offer stays as it was."""
        offered = {kind.value for group in self._groups for kind, _label in group.kinds} & Notification.OPTIONAL
        return (self._muted - offered) | (offered - set(self.cleaned_data["wanted"]))


class VisibilityForm(forms.Form):
    """Who may see whom a person supports, and by which name."""

    visibility = forms.ChoiceField(
        label=_("Who sees whom you support?"),
        choices=[
            (Visibility.PUBLIC, _("Everybody: your name stands on the pages of the creators whom you support")),
            (Visibility.CREATORS, _("Creators only: each creator sees your name among their supporters")),
            (Visibility.ANONYMOUS, _("Nobody: your clicks are counted, and your name is shown to nobody")),
        ],
        widget=forms.RadioSelect,
    )
    name = forms.CharField(
        label=_("Name"),
        max_length=80,
        required=False,
        help_text=_("By which you are shown. It needn’t be the one in your passport."),
    )

    def __init__(self, data: Any = None, *, user: User) -> None:
        super().__init__(data, initial={"visibility": user.visibility, "name": user.name})


class NewKeyForm(AddWebAuthnForm):  # type: ignore[misc]  # allauth ships no types.
    """A new key or passkey, with a label that is translated."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.fields["name"].label = _("Name")


class KeyNameForm(EditWebAuthnForm):  # type: ignore[misc]  # The same.
    """What a key or passkey is called, with a label that is translated."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.fields["name"].label = _("Name")


class ServerField(forms.CharField):
    """A server, by its name, by an address on it or by somebody who is there, such as `@ada@social.example`."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=300, **options)

    def clean(self, value: Any) -> str:
        """Return the one spelling of the server's name."""
        typed = str(super().clean(value))
        try:
            return server_in(typed)
        except BadHost as error:
            raise ValidationError(
                _("That is no server. Give its name, such as mastodon.social."), code="bad_host"
            ) from error


def server_in(typed: str) -> str:
    """Return the server that somebody names.

    :raises BadHost: if it is none.
    """
    return canonical_host(typed if "://" in typed else typed.rpartition("@")[2].partition("/")[0])


class ServerForm(forms.Form):
    """On which Mastodon server somebody is."""

    server = ServerField(label=_("Your Mastodon server"))


class BlueskyForm(forms.Form):
    """Somebody's account on Bluesky, or on another server of its kind."""

    identifier = forms.CharField(label=_("Your name there"), max_length=300)
    password = forms.CharField(label=_("App password"), max_length=200, widget=forms.PasswordInput)
    server = ServerField(label=_("Server"), initial=bluesky.USUAL_SERVER)

    def clean_identifier(self) -> str:
        """Return the name as the server knows it, without the sign that people put before it."""
        return str(self.cleaned_data["identifier"]).strip().removeprefix("@")
