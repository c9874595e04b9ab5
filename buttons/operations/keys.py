"""Keys by which one press on a site is enough: given for a click that was confirmed in our window, and taken back."""

import hashlib
import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q

from accounts.models import User
from buttons.models import Click, Confirmation, SiteKey
from buttons.operations import clicks, origins
from flattr.transactions import durable

KEY_LASTS: Final = timedelta(days=90)
REDEEM_WITHIN: Final = timedelta(minutes=2)
"""How long a frame may take to fetch the key of a click that was confirmed."""

_SECRET_BYTES: Final = 32


class NoKey(ValueError):
    """The browser has no key that is good on this site."""


class NothingConfirmed(ValueError):
    """No click was confirmed for this secret, or it was too long ago, or its key was fetched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Redeemed:
    """A new key's secret for the browser, and the click that it came of."""

    secret: str
    click: Click


def confirm_click(
    *, click_id: uuid.UUID, public_id: str, origin: str, challenge: str, fan: User, now: datetime
) -> Click:
    """Record a click that the fan confirmed in our window; the same id again changes nothing.

    Where a frame opened the window, its challenge lets it have a key for the site, once.

    :raises UnableToClick: if the click can't be recorded (see `clicks.record_click`).
    """
    click = clicks.record_click(click_id=click_id, fan=fan, public_id=public_id, origin=origin, now=now)
    if challenge and origin:
        # Another click's challenge is nobody's: whoever made it up knows its secret.
        Confirmation.objects.bulk_create(
            [
                Confirmation(
                    fan=fan,
                    creator_id=click.creator_id,
                    click_id=click.id,
                    origin=origin,
                    challenge=challenge,
                    confirmed_at=now,
                )
            ],
            ignore_conflicts=True,
        )
        origins.note_window(fan=fan, creator_id=click.creator_id, origin=origin, now=now)
    return click


@durable
def redeem(*, verifier: str, replaced: str, now: datetime) -> Redeemed:
    """Return a key for whoever knows the secret behind a challenge; the key that it replaces is revoked.

    :raises NothingConfirmed: if there is no such confirmation, it is older than two minutes, or its key was given.
    """
    confirmation = (
        Confirmation.objects.select_for_update(of=("self",))
        .select_related("fan")
        .filter(challenge=challenge_of(verifier), redeemed_at__isnull=True, confirmed_at__gt=now - REDEEM_WITHIN)
        .first()
    )
    if confirmation is None:
        msg = "verifier: no click was confirmed for it in the last two minutes"
        raise NothingConfirmed(msg)
    confirmation.redeemed_at = now
    confirmation.save(update_fields=["redeemed_at"])
    _revoke(_known_by(replaced), now)
    secret = _new_secret()
    SiteKey.objects.create(
        fan=confirmation.fan,
        origin=confirmation.origin,
        secret_hash=hash_of(secret),
        created_at=now,
        used_at=now,
        expires_at=now + KEY_LASTS,
    )
    found = Click.objects.select_related("fan", "button")
    click = found.filter(id=confirmation.click_id, fan=confirmation.fan).latest("period")
    return Redeemed(secret=secret, click=click)


def find_key(*, secret: str, now: datetime) -> SiteKey:
    """Return the key that a secret stands for.

    :raises NoKey: if it stands for none, or for one that is revoked or too old.
    """
    good = SiteKey.objects.filter(revoked_at__isnull=True, expires_at__gt=now, fan__is_active=True)
    key = good.select_related("fan").filter(_known_by(secret)).first() if secret else None
    if key is None:
        msg = "key: none that is good"
        raise NoKey(msg)
    return key


@durable
def renew_secret(*, key: SiteKey, used: str, now: datetime) -> str:
    """Return a new secret for a key; the one that was `used` stays good until the new one is used."""
    secret = _new_secret()
    SiteKey.objects.filter(pk=key.pk, revoked_at__isnull=True).update(
        secret_hash=hash_of(secret), previous_hash=hash_of(used), used_at=now
    )
    return secret


@durable
def revoke_keys(*, fan: User, origin: str | None, now: datetime) -> None:
    """Take back the fan's keys for a site, or all of them, in whatever browser: there, each click asks again."""
    which = Q(fan=fan) if origin is None else Q(fan=fan, origin=origin)
    _revoke(which, now)
    # Else a key that is given for a click confirmed before would be enough again.
    Confirmation.objects.filter(which, revoked_at__isnull=True).update(revoked_at=now)


def challenge_of(verifier: str) -> str:
    """Return the challenge of a secret, its SHA-256. It binds a window to a frame as PKCE does (RFC 7636)."""
    return hash_of(verifier)


def hash_of(secret: str) -> str:
    """Return what is kept of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _known_by(secret: str) -> Q:
    hashed = hash_of(secret)
    return Q(secret_hash=hashed) | Q(previous_hash=hashed)


def _revoke(keys: Q, now: datetime) -> None:
    SiteKey.objects.filter(keys, revoked_at__isnull=True).update(revoked_at=now)


def _new_secret() -> str:
    return secrets.token_urlsafe(_SECRET_BYTES)
