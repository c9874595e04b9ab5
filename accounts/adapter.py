"""What allauth asks of us."""

from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp, SocialLogin
from django.conf import settings
from django.contrib import messages
from django.core.mail import EmailMultiAlternatives
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.operations import closings
from accounts.sessions import BROWSER
from flattr import browsers, emails, languages
from flattr.social import TRUSTED


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types.
    """Remembers the language in which a person signed up, and sends emails in our design."""

    def new_user(self, request: HttpRequest) -> User:
        """Return a new user with the language of the page that they sign up on."""
        user: User = super().new_user(request)
        spoken = (get_language() or "").partition("-")[0]
        user.language = spoken if spoken in dict(settings.LANGUAGES) else "en"
        return user

    def render_mail(self, *arguments: Any, **named: Any) -> EmailMultiAlternatives:
        """Return an email of allauth's, to whose text the same is added as HTML in our design."""
        message: EmailMultiAlternatives = super().render_mail(*arguments, **named)
        emails.add_html(message)
        return message

    def post_login(self, request: HttpRequest, user: User, **arguments: Any) -> HttpResponse:
        """Go on after a login, in the person's language, and note which browser it was made in."""
        response: HttpResponse = super().post_login(request, user, **arguments)
        request.session[BROWSER] = browsers.name_of(request.headers.get("User-Agent", ""))
        languages.remember(response, user.language)
        if closings.take_back(user=user, now=timezone.now()):
            messages.success(request, _("Welcome back. Your account stays open."))
        return response


class SocialAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth ships no types.
    """Takes from accounts elsewhere what we need, and believes of it what it may."""

    def get_app(self, request: HttpRequest, provider: str, client_id: str | None = None) -> Any:
        """Return the keys for a provider; one whose keys aren't set is not there."""
        try:
            return super().get_app(request, provider, client_id)
        except SocialApp.DoesNotExist as error:
            raise Http404 from error

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Take an address for verified only where its provider is one that verifies."""
        del request
        if sociallogin.account.provider not in TRUSTED:
            for address in sociallogin.email_addresses:
                address.verified = False

    def populate_user(self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]) -> User:
        """Call a new user what they are called elsewhere."""
        user: User = super().populate_user(request, sociallogin, data)
        user.name = str(data.get("name") or "")[: User._meta.get_field("name").max_length]  # noqa: SLF001  Django documents it.
        return user


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth ships no types.
    """Calls us by our name in people's apps and passkeys, whatever name of the host was asked for."""

    def get_totp_issuer(self) -> str:
        """Return the name that an authenticator app shows."""
        return "Flattr"

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Return for which host passkeys are."""
        return {"id": urlsplit(settings.APP_URL).hostname or "", "name": "Flattr"}
