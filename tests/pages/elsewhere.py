"""A small server where people have accounts: it speaks OAuth 2 as GitHub and as Mastodon do."""

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

CLIENT_ID: Final = "flattr"
SECRET: Final = "s3cret"


@dataclass(slots=True)
class Elsewhere:
    """What the server knows of the one who has an account there, and what it was asked."""

    url: str
    person: dict[str, Any] = field(default_factory=dict)
    emails: list[dict[str, Any]] = field(default_factory=list)
    challenges: dict[str, str] = field(default_factory=dict)
    is_down: bool = False

    def agree(self, location: str) -> dict[str, str]:
        """Let the person agree on the page that they were led to; return what the way back brings."""
        parts = urlsplit(location)
        assert f"{parts.scheme}://{parts.netloc}" == self.url
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        assert (asked["client_id"], asked["response_type"]) == (CLIENT_ID, "code")
        assert asked["code_challenge_method"] == "S256"
        code = f"code-{len(self.challenges)}"
        self.challenges[code] = asked["code_challenge"]
        return {"code": code, "state": asked["state"]}

    def token_for(self, form: dict[str, str]) -> dict[str, str] | None:
        """Return a token for a code that was given, to who knows both secrets; None otherwise."""
        challenge = self.challenges.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        is_theirs = challenge == base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        is_ours = (form.get("client_id"), form.get("client_secret")) == (CLIENT_ID, SECRET)
        return {"access_token": "token", "token_type": "bearer"} if is_theirs and is_ours else None

    def answer(self, path: str) -> Any:
        """Return what the server tells at a path to who has the token; None where there is nothing."""
        return {
            "/.well-known/oauth-authorization-server": {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/oauth/authorize",
                "token_endpoint": f"{self.url}/oauth/token",
                "userinfo_endpoint": f"{self.url}/oauth/userinfo",
                "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            },
            "/oauth/userinfo": self.person,
            "/user": self.person,
            "/user/emails": self.emails,
        }.get(path)


@contextmanager
def served() -> Iterator[Elsewhere]:
    """Serve it on a port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            is_open = self.path.startswith("/.well-known/")
            is_known = self.headers.get("Authorization", "").endswith(" token")
            found = elsewhere.answer(self.path) if is_open or is_known else None
            self._send(503 if elsewhere.is_down else 404 if found is None else 200, found)

        def do_POST(self) -> None:
            text = self.rfile.read(int(self.headers["Content-Length"])).decode()
            token = elsewhere.token_for({name: values[0] for name, values in parse_qs(text).items()})
            self._send(400 if token is None else 200, token or {"error": "invalid_grant"})

        def log_message(self, *_arguments: object) -> None:
            pass

        def _send(self, status: int, told: Any) -> None:
            body = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    elsewhere = Elsewhere(url=f"http://127.0.0.1:{server.server_port}")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield elsewhere
    finally:
        server.shutdown()
        server.server_close()
