"""What allauth asks of us."""

from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language

from accounts.models import User
from accounts.sessions import BROWSER
from flattr import browsers, languages


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types.
    """Remembers the language in which a person signed up, for the emails that we send later."""

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:  # noqa: FBT001, FBT002
        """Save a new user with the language of the page that they signed up on."""
        spoken = (get_language() or "").partition("-")[0]
        user.language = spoken if spoken in dict(settings.LANGUAGES) else "en"
        saved: User = super().save_user(request, user, form, commit)
        return saved

    def post_login(self, request: HttpRequest, user: User, **arguments: Any) -> HttpResponse:
        """Go on after a login, in the person's language, and note which browser it was made in."""
        response: HttpResponse = super().post_login(request, user, **arguments)
        request.session[BROWSER] = browsers.name_of(request.headers.get("User-Agent", ""))
        languages.remember(response, user.language)
        return response


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth ships no types.
    """Calls us by our name in people's apps and passkeys, whatever name of the host was asked for."""

    def get_totp_issuer(self) -> str:
        """Return the name that an authenticator app shows."""
        return "Flattr"

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Return for which host passkeys are."""
        return {"id": urlsplit(settings.APP_URL).hostname or "", "name": "Flattr"}
