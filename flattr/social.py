"""Accounts elsewhere by which people log in here. Each is offered where the operator has set its keys."""

from typing import Any, Final

from environs import Env, validate

_PROVIDERS: Final = "allauth.socialaccount.providers"
APPS: Final = [
    f"{_PROVIDERS}.{name}" for name in ("facebook", "github", "google", "openid_connect", "twitter_oauth2")
]
"""The parts of allauth that know them. A Mastodon server is asked as one of OpenID Connect."""

_PAGES: Final = {
    "facebook": "https://www.facebook.com",
    "github": "https://github.com",
    "google": "https://accounts.google.com",
    "twitter_oauth2": "https://x.com",
}
"""Where each asks its people whether they want to log in here."""

TRUSTED: Final = frozenset({"github", "google"})
"""Those that say of each address whether they have verified it. Who brings a verified one is logged in to the account
here that has it; what any other server says of an address is worth nothing."""


def providers(env: Env) -> dict[str, dict[str, Any]]:
    """Return allauth's settings of the providers whose keys are set.

    :raises EnvError: if a key is set without its secret, or one of a Mastodon server without its address.
    """
    wanted = validate.Length(min=1)
    found: dict[str, dict[str, Any]] = {}
    if google := env.str("GOOGLE_CLIENT_ID", ""):
        secret = env.str("GOOGLE_SECRET", validate=wanted)
        found["google"] = {"APPS": [_app(google, secret)], "OAUTH_PKCE_ENABLED": True, "EMAIL_AUTHENTICATION": True}
    if github := env.str("GITHUB_CLIENT_ID", ""):
        secret = env.str("GITHUB_SECRET", validate=wanted)
        found["github"] = {"APPS": [_app(github, secret)], "OAUTH_PKCE_ENABLED": True, "EMAIL_AUTHENTICATION": True}
    if x := env.str("X_CLIENT_ID", ""):
        found["twitter_oauth2"] = {"APPS": [_app(x, env.str("X_SECRET", validate=wanted))]}
    if facebook := env.str("FACEBOOK_CLIENT_ID", ""):
        found["facebook"] = {"APPS": [_app(facebook, env.str("FACEBOOK_SECRET", validate=wanted))]}
    if mastodon := env.str("MASTODON_CLIENT_ID", ""):
        secret = env.str("MASTODON_SECRET", validate=wanted)
        server = env.str("MASTODON_URL", validate=validate.URL(schemes=["https"])).rstrip("/")
        found["openid_connect"] = {"APPS": [mastodon_app(mastodon, secret, server=server)]}
    return found


def login_pages(chosen: dict[str, dict[str, Any]]) -> list[str]:
    """Return the origins to which a form of ours leads on the way to these providers."""
    pages = [_PAGES[name] for name in chosen if name in _PAGES]
    servers = [app["settings"]["server"] for app in chosen.get("openid_connect", {}).get("APPS", [])]
    return pages + servers


def mastodon_app(client_id: str, secret: str, *, server: str) -> dict[str, Any]:
    """Return how a Mastodon server (4.4 or newer) is asked.

    It describes itself by RFC 8414, and tells by its `userinfo` who somebody is (`sub` is the address of their
    account), and no email address: docs.joinmastodon.org/spec/oauth.
    """
    return {
        **_app(client_id, secret),
        "provider_id": "mastodon",
        "name": "Mastodon",
        "settings": {
            "server": server,
            "server_url": f"{server}/.well-known/oauth-authorization-server",
            "scope": ["profile"],
            "oauth_pkce_enabled": True,
        },
    }


def _app(client_id: str, secret: str) -> dict[str, Any]:
    return {"client_id": client_id, "secret": secret, "key": ""}
