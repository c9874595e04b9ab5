"""The script and style of the button, as they are sent: without comments and spaces, and compressed once."""

import base64
import functools
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import brotli
import rcssmin
import rjsmin

_FOLDER: Final = Path(__file__).resolve().parent / "browser"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """A file as text, compressed by Brotli, and its hashes as pages write them."""

    text: str
    brotli: bytes
    sha256: str
    sha384: str


@functools.cache
def load(name: str) -> Asset:
    """Return one of the files in `browser`."""
    source = (_FOLDER / name).read_text()
    text = str(rjsmin.jsmin(source) if name.endswith(".js") else rcssmin.cssmin(source))
    return Asset(
        text=text,
        brotli=brotli.compress(text.encode(), quality=11),
        sha256=_hash(text, "sha256"),
        sha384=_hash(text, "sha384"),
    )


def _hash(text: str, algorithm: str) -> str:
    """Return a hash as a Content-Security-Policy and the attribute `integrity` have it."""
    digest = hashlib.new(algorithm, text.encode()).digest()
    return f"{algorithm}-{base64.b64encode(digest).decode()}"
