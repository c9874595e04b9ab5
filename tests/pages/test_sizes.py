"""How many bytes a button is: the limits of docs/button.md, on what is really sent."""

from typing import Final
from urllib.parse import urlencode

import brotli
import pytest
from django.conf import settings

from tests import given
from tests.client import StrictClient

pytestmark = pytest.mark.django_db

EMBED_HOST: Final = settings.EMBED_URL.partition("//")[2]
LOADER_BYTES: Final = 900
FRAME_BYTES: Final = 2500
BADGE_BYTES: Final = 500
TOTAL_BYTES: Final = 3500


def sent(client: StrictClient, path: str, **headers: str) -> bytes:
    """Return the body that is sent from the embed host."""
    answer = client.get(path, headers={"host": EMBED_HOST, "referer": "https://artist.example/", **headers})
    assert answer.status_code == 200
    return bytes(answer.content)


@pytest.mark.parametrize("path", ["/1.js", "/1.0.0.js"])
def test_the_loader_is_small(path: str, client: StrictClient) -> None:
    """As it is sent, compressed, and the same script either way."""
    compressed = sent(client, path, **{"accept-encoding": "gzip, br"})

    assert len(compressed) <= LOADER_BYTES
    assert brotli.decompress(compressed) == sent(client, path)


@pytest.mark.parametrize("language", [code for code, _ in settings.LANGUAGES])
@pytest.mark.parametrize("size", ["", "small", "large"])
def test_the_frame_is_small(language: str, size: str, client: StrictClient) -> None:
    """In each language and size, alone and with all else that a button loads; nothing is loaded after it."""
    button = given.button()
    asked = {"to": button.creator.creator_profile.slug, "url": button.url, "lang": language, "size": size}
    document = sent(client, f"/b?{urlencode(asked)}")
    compressed = len(brotli.compress(document))

    assert f"lang={language}>".encode() in document
    assert compressed <= FRAME_BYTES
    loader = len(sent(client, "/1.js", **{"accept-encoding": "br"}))
    badge = len(brotli.compress(sent(client, f"/{asked['to']}.svg?{urlencode(asked)}")))
    assert loader + compressed + badge <= TOTAL_BYTES


def test_the_badge_is_small(client: StrictClient) -> None:
    """With all that it needs to be drawn."""
    slug = given.button().creator.creator_profile.slug

    assert len(brotli.compress(sent(client, f"/{slug}.svg"))) <= BADGE_BYTES
