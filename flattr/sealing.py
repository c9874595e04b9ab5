"""Secrets of other services that we keep for people, encrypted so that a copy of the database alone reveals none.

Django's `signing` doesn't hide what it signs, so this is Fernet of the `cryptography` package
(https://cryptography.io/en/latest/fernet/), with keys made of `SECRET_KEY` and of the keys that were used before it.
"""

import base64
from typing import Final

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

_PURPOSE: Final = b"flattr.sealing"


class Unsealable(ValueError):
    """It was sealed by a key that we don't have any more, or never was sealed here."""


def seal(secret: str) -> str:
    """Return a secret encrypted and signed, as text."""
    return _box().encrypt(secret.encode()).decode()


def unseal(sealed: str) -> str:
    """Return the secret.

    :raises Unsealable: if none of our keys opens it.
    """
    try:
        return _box().decrypt(sealed).decode()
    except (InvalidToken, ValueError) as error:
        msg = "secret: none of our keys opens it"
        raise Unsealable(msg) from error


def _box() -> MultiFernet:
    return MultiFernet([_fernet(key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


def _fernet(key: str) -> Fernet:
    # The key also signs sessions and forms; what is made of it here can do nothing there.
    made = HKDF(algorithm=SHA256(), length=32, salt=None, info=_PURPOSE).derive(key.encode())
    return Fernet(base64.urlsafe_b64encode(made))
