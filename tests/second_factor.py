"""Second factors of people in tests, and the codes that their apps would show."""

import base64
import hashlib
import hmac
import time
from typing import Final

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import encrypt

from accounts.models import User

SECRET: Final = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
"""What an app and we would share, in base 32."""


def give(person: User, *, secret: str = SECRET) -> User:
    """Return the person, who has an authenticator app from now on."""
    Authenticator.objects.get_or_create(
        user=person, type=Authenticator.Type.TOTP, defaults={"data": {"secret": encrypt(secret)}}
    )
    return person


def code(*, secret: str = SECRET, at: float | None = None) -> str:
    """Return the six digits that the app shows now, or at a moment told as Unix time, by RFC 6238."""
    moment = time.time() if at is None else at
    digest = hmac.digest(base64.b32decode(secret), int(moment // 30).to_bytes(8), hashlib.sha1)
    start = digest[-1] & 0x0F
    return f"{(int.from_bytes(digest[start : start + 4]) & 0x7FFFFFFF) % 10**6:06}"
