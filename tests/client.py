"""A test client that looks at every answer."""

from typing import Any

from django.test import Client
from justhtml import JustHTML


class StrictClient(Client):
    """Parses every HTML answer strictly and checks every answer's cache header."""

    def request(self, **request: Any) -> Any:
        """Send a request; raise if the answer is not as every answer has to be."""
        response = super().request(**request)
        cache_control = response.headers.get("Cache-Control", "")
        assert cache_control, f"{request.get('PATH_INFO')} has no cache header"
        is_public = "public" in cache_control
        assert is_public or "private" in cache_control, f"{request.get('PATH_INFO')}: {cache_control}"
        if is_public:
            assert "Cookie" not in response.headers.get("Vary", ""), "a public answer depends on nobody"
            assert not response.cookies, "a public answer sets no cookie"
        if response.headers.get("Content-Type", "").startswith("text/html") and not response.streaming:
            JustHTML(response.content.decode(), strict=True)
        return response
