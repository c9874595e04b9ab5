"""A server that speaks Mastodon's API as far as we use it (https://docs.joinmastodon.org/methods/)."""

import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.networks.faults import Server, Wrong
from tests.outside.servers import Asked

STATUSES: Final = "/api/v1/statuses"
TOKEN: Final = "/oauth/token"


def form_of(asked: Asked) -> dict[str, str]:
    """Return the form that was sent."""
    assert asked.headers["content-type"] == "application/x-www-form-urlencoded"
    return {name: values[0] for name, values in parse_qs(asked.body.decode(), strict_parsing=True).items()}


@dataclass
class Mastodon(Server):
    """It knows apps, codes, tokens and posts, and posts what comes twice under one key once."""

    apps: dict[str, dict[str, str]] = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    tokens: set[str] = field(default_factory=set)
    posts: dict[str, dict[str, str]] = field(default_factory=dict)
    attempts: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Open the doors."""
        super().__post_init__()
        self.door("POST", "/api/v1/apps", self._register)
        self.door("POST", TOKEN, self._redeem)
        self.door("POST", "/oauth/revoke", self._revoke)
        self.door("GET", "/api/v1/accounts/verify_credentials", self._account)
        self.door("POST", STATUSES, self._post)

    def allowed(self, url: str) -> str:
        """Let somebody agree on the page that they were sent to; return the address that it leads back to."""
        parts = urlsplit(url)
        assert (parts.scheme, parts.netloc, parts.path) == ("https", self.host, "/oauth/authorize")
        asked = {name: values[0] for name, values in parse_qs(parts.query, strict_parsing=True).items()}
        app = self.apps[asked["client_id"]]
        assert asked["response_type"] == "code"
        assert asked["redirect_uri"] == app["redirect_uris"]
        assert set(asked["scope"].split()) <= set(app["scopes"].split())
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(8)
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def _register(self, asked: Asked) -> dict[str, Any]:
        client_id = f"client-{len(self.apps)}"
        self.apps[client_id] = {**form_of(asked), "client_secret": f"secret-{client_id}"}
        return {"client_id": client_id, "client_secret": f"secret-{client_id}"}

    def _redeem(self, asked: Asked) -> dict[str, Any]:
        form = form_of(asked)
        given = self.codes.pop(form["code"], None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest())
        is_right = (
            given is not None
            and form["grant_type"] == "authorization_code"
            and given["client_id"] == form["client_id"]
            and self.apps[form["client_id"]]["client_secret"] == form["client_secret"]
            and given["redirect_uri"] == form["redirect_uri"]
            and given["code_challenge"] == challenge.decode().rstrip("=")
        )
        if not is_right:
            raise Wrong(400, "invalid_grant", "The provided authorization grant is invalid")
        token = secrets.token_urlsafe(16)
        self.tokens.add(token)
        return {"access_token": token, "token_type": "Bearer", "scope": form["scope"]}

    def _revoke(self, asked: Asked) -> dict[str, Any]:
        form = form_of(asked)
        if self.apps[form["client_id"]]["client_secret"] != form["client_secret"]:
            raise Wrong(403, "unauthorized_client")
        self.tokens.discard(form["token"])
        return {}

    def _account(self, asked: Asked) -> dict[str, Any]:
        self._require_token(asked)
        return {"id": "1", "username": "grace", "acct": "grace"}

    def _post(self, asked: Asked) -> dict[str, Any]:
        self._require_token(asked)
        key = asked.headers["idempotency-key"]
        self.attempts.append(key)
        if key not in self.posts:
            self.posts[key] = form_of(asked)
        return {"id": key, "url": f"https://{self.host}/@grace/{key}"}

    def _require_token(self, asked: Asked) -> None:
        if asked.headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
            raise Wrong(401, "The access token was revoked")
