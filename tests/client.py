"""A test client that looks at every answer."""

import time
from typing import Any

from allauth.account.internal.flows import login
from allauth.account.internal.userkit import user_id_to_str
from django.test import Client
from justhtml import JustHTML


class StrictClient(Client):
    """Parses every HTML answer strictly and checks every answer's cache header."""

    def force_login(self, user: Any, backend: str | None = None) -> None:
        """Log in as somebody who also proved just now to be themselves."""
        super().force_login(user, backend)
        session = self.session
        session[login.AUTHENTICATION_METHODS_SESSION_KEY] = [
            {"method": "password", "at": time.time(), "reauthenticated": True}
        ]
        session[login._AUTHENTICATION_METHODS_USER_SESSION_KEY] = user_id_to_str(user)
        session.save()

    def request(self, **request: Any) -> Any:
        """Send a request; raise if the answer is not as every answer has to be."""
        response: Any = super().request(**request)
        cache_control = response.headers.get("Cache-Control", "")
        assert cache_control, f"{request.get('PATH_INFO')} has no cache header"
        is_public = "public" in cache_control
        assert is_public or "private" in cache_control, f"{request.get('PATH_INFO')}: {cache_control}"
        if is_public:
            assert "Cookie" not in response.headers.get("Vary", ""), "a public answer depends on nobody"
            assert not response.cookies, "a public answer sets no cookie"
        if response.headers.get("Content-Type", "").startswith("text/html") and not response.streaming:
            # Whoever looks into it needn't parse it once more, which takes longer than to answer it did.
            response.parsed_page = JustHTML(response.content.decode(), strict=True, sanitize=False)
        return response
