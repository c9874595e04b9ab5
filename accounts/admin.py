"""Staff's view of people."""

from typing import TYPE_CHECKING, Any, TypeVar

from allauth.account.admin import EmailAddressAdmin
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm, AdminUserCreationForm
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts import operations, queries
from accounts.models import NOTIFICATION_ATTEMPTS_MAX, Closing, CreatorProfile, Notification, Subscription, User
from flattr.admin import LongListAdmin, ReadOnlyAdmin

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

    PasswordForm = AdminPasswordChangeForm[User]
else:
    PasswordForm = AdminPasswordChangeForm

M = TypeVar("M", bound=Model)


class AddressField(forms.EmailField):
    """An address in lower case, as all are kept."""

    def to_python(self, value: str | None) -> str:
        """Return what was typed, in lower case."""
        return str(super().to_python(value)).lower()


class NewUserForm(AdminUserCreationForm[User]):
    """A new user, who logs in by email."""

    class Meta:
        model = User
        fields = ["email"]
        field_classes = {"email": AddressField}


class InvitedUserForm(forms.ModelForm[User]):
    """A new user whose password nobody but themselves will know: they ask for it as one who forgot it."""

    class Meta:
        model = User
        fields = ["email"]
        field_classes = {"email": AddressField}

    def save(self, commit: bool = True) -> User:  # noqa: FBT001, FBT002  It is Django's signature.
        """Save the user without a password."""
        self.instance.set_unusable_password()
        return super().save(commit)


class NewPasswordForm(PasswordForm):
    """A new password for somebody else."""

    # Django adds a list to this text, which is not valid HTML where it stands. (Its stub knows no lazy texts.)
    usable_password_help_text = AdminUserCreationForm.usable_password_help_text  # type: ignore[assignment]


@admin.register(User)
class PersonAdmin(LongListAdmin[User], UserAdmin[User]):
    """Users. Nobody is deleted here: their money's history needs them.

    Who isn't a superuser mends fans and creators, and gives no powers: whoever could set a flag, a permission or
    a password would be a superuser in two steps.
    """

    add_form = NewUserForm
    change_password_form = NewPasswordForm
    ordering = ["-id"]
    list_display = ["email", "name", "is_staff", "is_active", "joined_at"]
    list_filter = ["is_staff", "is_active"]
    search_fields = ["email", "name"]
    fieldsets = [
        (None, {"fields": ["email", "password", "name", "language"]}),
        (
            _("Permissions"),
            {
                "fields": ["is_active", "is_staff", "is_superuser", "groups", "user_permissions"],
                "description": _(
                    "Who isn’t active can’t log in and has no public page, and their buttons are hidden meanwhile."
                ),
            },
        ),
        (_("Dates"), {"fields": ["joined_at", "last_login", "inactive_since"]}),
    ]
    add_fieldsets = [(None, {"classes": ["wide"], "fields": ["email", "usable_password", "password1", "password2"]})]

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Offer passwords to superusers alone."""
        if request.user.is_superuser:
            return super().get_fieldsets(request, obj)
        if obj is None:
            return [(None, {"fields": ["email"]})]
        return [(None, {"fields": ["email", "name", "language"]}), *self.fieldsets[1:]]

    def get_form(self, request: HttpRequest, obj: User | None = None, **kwargs: Any) -> type[forms.ModelForm[User]]:  # type: ignore[override]  # As in the stub of UserAdmin.
        """Let superusers alone choose a new person's password."""
        if obj is None and not request.user.is_superuser:
            kwargs.setdefault("form", InvitedUserForm)
        return super().get_form(request, obj, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        """Let the address be typed for a new person alone, and powers be given by superusers alone.

        Whose account is being closed stays inactive: there is no way back.
        """
        fixed = ["joined_at", "last_login", "inactive_since", *(["email"] if obj is not None else [])]
        if obj is not None and queries.is_closing(user=obj):
            fixed.append("is_active")
        if request.user.is_superuser:
            return fixed
        powers = ["is_staff", "is_superuser", "groups", "user_permissions"]
        return [*fixed, *powers, "is_active"] if obj is not None and obj.is_staff else [*fixed, *powers]

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Keep everybody but superusers from changing other staff."""
        is_theirs = obj is None or obj == request.user or not (obj.is_staff or obj.is_superuser)
        return super().has_change_permission(request, obj) and (request.user.is_superuser or is_theirs)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:  # noqa: A002
        """Let superusers alone set passwords; staff change their own where the old one is asked for."""
        if not request.user.is_superuser:
            raise PermissionDenied
        return super().user_change_password(request, id, form_url)

    def has_delete_permission(self, request: object, obj: User | None = None) -> bool:
        """Refuse to delete."""
        del request, obj
        return False


class WrittenBySuperusers(admin.ModelAdmin[M]):
    """Shows rows by permission and lets superusers alone write them: they decide who may do what."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Let superusers add."""
        return request.user.is_superuser

    def has_change_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        """Let superusers change."""
        del obj
        return request.user.is_superuser

    def has_delete_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        """Let superusers delete."""
        del obj
        return request.user.is_superuser

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Offer actions to superusers: none of them only looks."""
        return super().get_actions(request) if request.user.is_superuser else {}


admin.site.unregister([Group, EmailAddress, Authenticator, SocialAccount])
# Keys come from the environment, and tokens are not kept.
admin.site.unregister([SocialApp, SocialToken])


@admin.register(Group)
class PowersAdmin(WrittenBySuperusers[Group], GroupAdmin):
    """Groups: who may change one gives its members, and so themselves, every permission."""


@admin.register(EmailAddress)
class AddressAdmin(WrittenBySuperusers[EmailAddress], EmailAddressAdmin):  # type: ignore[misc]  # allauth ships no types.
    """Addresses: who may add one to an account gets the email that sets its password."""


class TakenAwayBySuperusers(WrittenBySuperusers[M], LongListAdmin[M]):
    """Shows by what people log in, which they alone set up; a superuser may take it away."""

    list_select_related = ["user"]
    search_fields = ["user__email"]
    ordering = ["-id"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Let nobody make one for somebody else."""
        del request
        return False

    def has_change_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        """Let nobody change one."""
        del request, obj
        return False


@admin.register(SocialAccount)
class SocialAccountAdmin(TakenAwayBySuperusers[SocialAccount]):
    """Accounts elsewhere, by which people log in here."""

    fields = ["user", "provider", "uid", "date_joined", "last_login"]
    list_display = ["user", "provider", "uid", "date_joined"]
    list_filter = ["provider"]


@admin.register(Authenticator)
class SecondFactorAdmin(TakenAwayBySuperusers[Authenticator]):
    """Second factors, without their secrets. Who has lost one and all codes is let in by taking it away here."""

    fields = ["user", "type", "created_at", "last_used_at"]
    list_display = ["user", "type", "created_at", "last_used_at"]
    list_filter = ["type"]


@admin.register(CreatorProfile)
class CreatorProfileAdmin(LongListAdmin[CreatorProfile]):
    """Creators' pages. Their texts can be mended here; their buttons and clicks need them to stay."""

    list_display = ["name", "slug", "user", "created_at"]
    search_fields = ["name", "slug", "user__email"]
    readonly_fields = ["user", "slug", "created_at"]
    list_select_related = ["user"]

    def has_add_permission(self, request: object) -> bool:
        """Refuse to add."""
        del request
        return False

    def has_delete_permission(self, request: object, obj: CreatorProfile | None = None) -> bool:
        """Refuse to delete."""
        del request, obj
        return False


@admin.register(Subscription)
class SubscriptionAdmin(ReadOnlyAdmin[Subscription]):
    """What fans promised, newest first."""

    list_display = ["fan", "budget_cents", "term_months", "state", "effective_from", "created_at"]
    list_filter = ["state", "term_months"]
    search_fields = ["fan__email"]
    list_select_related = ["fan"]
    ordering = ["-id"]


@admin.register(Closing)
class ClosingAdmin(ReadOnlyAdmin[Closing]):
    """Accounts that are being closed, newest first, and when each was."""

    list_display = ["user", "asked_at", "due_at", "begun_at", "ended_at"]
    list_filter = [("ended_at", admin.EmptyFieldListFilter)]
    list_select_related = ["user"]
    ordering = ["-asked_at"]


class StateFilter(admin.SimpleListFilter):
    """Which emails are to be sent, which nobody tries any more, and which are gone."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: object, model_admin: object) -> list[tuple[str, "StrPromise"]]:
        """Return the states."""
        del request, model_admin
        return [("waiting", _("waiting")), ("given_up", _("given up")), ("sent", _("sent"))]

    def queryset(self, request: object, queryset: QuerySet[Notification]) -> QuerySet[Notification]:
        """Return the emails of that state."""
        del request
        is_given_up = Q(sent_at__isnull=True, attempts__gte=NOTIFICATION_ATTEMPTS_MAX)
        states = {
            "waiting": Q(sent_at__isnull=True) & ~is_given_up,
            "given_up": is_given_up,
            "sent": ~Q(sent_at=None),
        }
        return queryset.filter(states.get(self.value() or "", Q()))


@admin.register(Notification)
class NotificationAdmin(ReadOnlyAdmin[Notification]):
    """Emails that were owed and sent. Those that weren't can be sent again."""

    list_display = ["kind", "recipient", "subject_key", "created_at", "sent_at", "attempts"]
    list_filter = [StateFilter, "kind"]
    list_select_related = ["recipient"]
    ordering = ["-id"]
    actions = ["send_again"]

    def has_send_permission(self, request: HttpRequest) -> bool:
        """Let those send again who may change emails, though here nobody changes one in any other way."""
        return request.user.has_perm("accounts.change_notification")

    @admin.action(description=_("Send again"), permissions=["send"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[Notification]) -> None:
        """Have the chosen emails tried anew, as far as they are unsent."""
        number = operations.send_again(notification_ids=list(queryset.values_list("pk", flat=True)))
        if number:
            text = ngettext(
                "%(number)s email will be tried again within a minute.",
                "%(number)s emails will be tried again within a minute.",
                number,
            )
            messages.success(request, text % {"number": number})
        else:
            messages.info(request, gettext("All of these were sent."))
