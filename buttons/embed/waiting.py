"""A click that waits in the session until its fan has logged in, signed up or set a budget, and then is done once."""

import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.http import urlencode

from buttons import sharing

LASTS: Final = timedelta(hours=1)
RESUME: Final = "resume"
_KEPT: Final = "waiting_click"


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingClick:
    """What a click is made of that was asked for on a page of ours, at `path`.

    `challenge` is what the frame that opened the page gave it, or empty where it came by a link. `via` is the
    token of whoever shared that link; it travels in addresses alone, and is in no session.
    """

    path: str
    public_id: str
    click_id: uuid.UUID
    origin: str
    challenge: str = ""
    via: uuid.UUID | None = None


def let_wait(request: HttpRequest, click: WaitingClick) -> str:
    """Let the click wait in the session; return the address that completes it, worth nothing to anybody else."""
    token = secrets.token_urlsafe(16)
    request.session[_KEPT] = {
        "path": click.path,
        "button": click.public_id,
        "click_id": str(click.click_id),
        "origin": click.origin,
        "challenge": click.challenge,
        "asked_at": timezone.now().isoformat(),
        "token": token,
    }
    handed_on = {RESUME: token} | ({} if click.via is None else {sharing.VIA: str(click.via)})
    return f"{click.path}?{urlencode(handed_on)}"


def resumed(request: HttpRequest, *, path: str) -> WaitingClick | None:
    """Take the click that waits for this page out of the session, if this is the way back that completes it."""
    token, kept = request.GET.get(RESUME, ""), _kept_for(request, path)
    if kept is None or not constant_time_compare(token, kept["token"]):
        return None
    forget(request, path=path)
    if timezone.now() - datetime.fromisoformat(kept["asked_at"]) > LASTS:
        return None
    return WaitingClick(
        path=path,
        public_id=kept["button"],
        click_id=uuid.UUID(kept["click_id"]),
        origin=kept["origin"],
        challenge=kept["challenge"],
        via=sharing.token_in(request.GET.get(sharing.VIA, "")),
    )


def forget(request: HttpRequest, *, path: str) -> None:
    """Let no click of this page wait any longer: it is being made, or another was asked for in its place."""
    if _kept_for(request, path) is not None:
        del request.session[_KEPT]


def _kept_for(request: HttpRequest, path: str) -> dict[str, str] | None:
    kept: dict[str, str] | None = request.session.get(_KEPT)
    return kept if kept is not None and kept["path"] == path else None
