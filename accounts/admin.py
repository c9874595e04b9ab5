"""Staff's view of people."""

from typing import TYPE_CHECKING

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm, AdminUserCreationForm
from django.utils.translation import gettext_lazy as _

from accounts.models import CreatorProfile, Notification, Subscription, User
from flattr.admin import ReadOnlyAdmin

if TYPE_CHECKING:
    PasswordForm = AdminPasswordChangeForm[User]
else:
    PasswordForm = AdminPasswordChangeForm


class NewUserForm(AdminUserCreationForm[User]):
    """A new user, who logs in by email."""

    class Meta:
        model = User
        fields = ["email"]
        field_classes = {"email": forms.EmailField}

    def clean_email(self) -> str:
        """Keep addresses in lower case, as all are."""
        return str(self.cleaned_data["email"]).lower()


class NewPasswordForm(PasswordForm):
    """A new password for somebody else."""

    # Django adds a list to this text, which is not valid HTML where it stands. (Its stub knows no lazy texts.)
    usable_password_help_text = AdminUserCreationForm.usable_password_help_text  # type: ignore[assignment]


@admin.register(User)
class PersonAdmin(UserAdmin[User]):
    """Users. Nobody is deleted here: their money's history needs them."""

    add_form = NewUserForm
    change_password_form = NewPasswordForm
    ordering = ["-joined_at"]
    list_display = ["email", "name", "is_staff", "is_active", "joined_at"]
    list_filter = ["is_staff", "is_active"]
    search_fields = ["email", "name"]
    fieldsets = [
        (None, {"fields": ["email", "password", "name", "language"]}),
        (_("Permissions"), {"fields": ["is_active", "is_staff", "is_superuser", "groups", "user_permissions"]}),
        (_("Dates"), {"fields": ["joined_at", "last_login"]}),
    ]
    add_fieldsets = [(None, {"classes": ["wide"], "fields": ["email", "usable_password", "password1", "password2"]})]

    def get_readonly_fields(self, request: object, obj: User | None = None) -> list[str]:
        """Let the address be typed for a new person alone."""
        del request
        return ["joined_at", "last_login"] if obj is None else ["email", "joined_at", "last_login"]

    def has_delete_permission(self, request: object, obj: User | None = None) -> bool:
        """Refuse to delete."""
        del request, obj
        return False


@admin.register(CreatorProfile)
class CreatorProfileAdmin(admin.ModelAdmin[CreatorProfile]):
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


@admin.register(Notification)
class NotificationAdmin(ReadOnlyAdmin[Notification]):
    """Emails that were owed and sent."""

    list_display = ["kind", "recipient", "subject_key", "created_at", "sent_at", "attempts"]
    list_filter = ["kind", ("sent_at", admin.EmptyFieldListFilter)]
    list_select_related = ["recipient"]
    ordering = ["-created_at"]
