"""Posting on a Mastodon server for somebody who let us.

What is asked is in https://docs.joinmastodon.org/methods/apps/, .../methods/oauth/, .../methods/accounts/ and
.../methods/statuses/. The server is one that the person named, so it is asked as any stranger's is.
"""

import base64
import hashlib
import secrets
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from flattr.outside.network import Network
from flattr.outside.social import Refused, asked, text_in, token_in

KEY_LASTS_MINUTES: Final = 60
"""How long a server remembers a post's `Idempotency-Key`, so that it posts once whatever comes twice."""

URL_MAX: Final = 500
_ID_MAX: Final = 500
"""How long the name of an app may be that we keep; those of Mastodon have 43 letters."""

SCOPES: Final = "read:accounts write:statuses"


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """What a server knows us as."""

    server: str
    client_id: str
    client_secret: str


def register(*, server: str, name: str, website: str, redirect_uri: str, network: Network) -> App:
    """Make ourselves known to a server, which is done once for all people who are there.

    :raises NotDone: if the server doesn't do it.
    """
    form = {"client_name": name, "website": website, "redirect_uris": redirect_uri, "scopes": SCOPES}
    content = asked(f"https://{server}/api/v1/apps", form=form, network=network)
    if len(text_in(content, "client_id")) > _ID_MAX:
        msg = f"the answer has a client_id of more than {_ID_MAX} characters"
        raise Refused(msg)
    return App(
        server=server,
        client_id=text_in(content, "client_id"),
        client_secret=text_in(content, "client_secret"),
    )


def new_secret() -> str:
    """Return something that nobody guesses: a state, or a verifier of PKCE (RFC 7636, 4.1)."""
    return secrets.token_urlsafe(48)


def authorize_url(*, app: App, redirect_uri: str, state: str, verifier: str) -> str:
    """Return the page on which somebody lets us act for them.

    The challenge is there for servers since 4.3; older ones pass over what they don't know (RFC 7636, 5).
    """
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    query = {
        "response_type": "code",
        "client_id": app.client_id,
        "redirect_uri": redirect_uri,
        "scope": SCOPES,
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    return f"https://{app.server}/oauth/authorize?{urlencode(query)}"


def redeem(*, app: App, code: str, verifier: str, redirect_uri: str, network: Network) -> str:
    """Return the token for the code with which somebody came back.

    :raises NotDone: if the server gives none.
    """
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "code_verifier": verifier,
        "redirect_uri": redirect_uri,
        "client_id": app.client_id,
        "client_secret": app.client_secret,
        "scope": SCOPES,
    }
    return token_in(asked(f"https://{app.server}/oauth/token", form=form, network=network), "access_token")


def account_name(*, server: str, token: str, network: Network) -> str:
    """Return how the person is called there, such as `@ada@social.example`.

    :raises NotDone: if the server doesn't tell.
    """
    url = f"https://{server}/api/v1/accounts/verify_credentials"
    content = asked(url, method="GET", headers=_bearing(token), network=network)
    return f"@{text_in(content, 'username')}@{server}"[:300]


def post(*, server: str, token: str, text: str, language: str, key: str, network: Network) -> str:
    """Post a text for everybody and return its address; the same key again within an hour posts nothing more.

    :raises NotDone: if the server doesn't, or doesn't say that it did.
    """
    content = asked(
        f"https://{server}/api/v1/statuses",
        form={"status": text, "visibility": "public", "language": language},
        headers={**_bearing(token), "Idempotency-Key": key},
        network=network,
    )
    url = content.get("url")
    is_page = isinstance(url, str) and url.startswith("https://") and url.isprintable()
    return str(url) if is_page and len(str(url)) <= URL_MAX else ""


def revoke(*, app: App, token: str, network: Network) -> None:
    """Tell the server that we shall act for the person no more.

    :raises NotDone: if it doesn't take note.
    """
    form = {"client_id": app.client_id, "client_secret": app.client_secret, "token": token}
    asked(f"https://{app.server}/oauth/revoke", form=form, network=network)


def _bearing(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
