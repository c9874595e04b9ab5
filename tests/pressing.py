"""A creator's verified site, a fan, and presses on the frame there, without a browser."""

import hashlib
import secrets
import uuid
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from accounts.models import User
from buttons.models import Button, Click, Confirmation, OneClick, Site
from buttons.operations import buttons as buttons_operations
from buttons.operations import keys, one_clicks
from buttons.operations.one_clicks import Press, Recorded
from tests import given


def verified_button(owner: User | None = None) -> Button:
    """Return a button on a site that is verified for its creator."""
    made = given.button(owner)
    Site.objects.filter(buttons=made).update(verified_at=given.MOMENT)
    return made


def origin_of(button: Button) -> str:
    """Return scheme and host of the button's page."""
    parts = urlsplit(button.url)
    return f"{parts.scheme}://{parts.netloc}"


def challenge_of(verifier: str) -> str:
    """Return what the frame gives our window, as its script makes it."""
    return hashlib.sha256(verifier.encode()).hexdigest()


def confirmed(
    fan: User, button: Button, *, now: datetime, verifier: str = "", origin: str | None = None, click_id: Any = None
) -> Click:
    """Let the fan confirm a click in our window, which a frame on the button's site opened."""
    return keys.confirm_click(
        click_id=click_id or uuid.uuid4(),
        public_id=button.public_id,
        origin=origin_of(button) if origin is None else origin,
        challenge=challenge_of(verifier or secrets.token_hex(32)),
        fan=fan,
        now=now,
    )


def key_for(fan: User, button: Button, *, now: datetime) -> str:
    """Let the fan confirm a click and the frame fetch the key; return its secret."""
    verifier = secrets.token_hex(32)
    confirmed(fan, button, now=now, verifier=verifier)
    return keys.redeem(verifier=verifier, replaced="", now=now).secret


def good_press(**changes: Any) -> Press:
    """Return a press that all speaks for, but for what is changed."""
    return Press(**{"hover_ms": 300, "visible_ms": 2000, "is_proven_visible": True, "x": 500, "y": 500, **changes})


def pressed(
    secret: str,
    button: Button,
    *,
    now: datetime,
    press: Press | None = None,
    click_id: uuid.UUID | None = None,
    origin: str | None = None,
) -> Recorded:
    """Press the frame on the button's site once."""
    return one_clicks.click_at_once(
        click_id=click_id or uuid.uuid4(),
        place=given.place(button, origin=origin_of(button) if origin is None else origin),
        secret=secret,
        press=press or good_press(),
        now=now,
    )


def more_buttons(button: Button, number: int) -> list[Button]:
    """Return more buttons on the same site."""
    return [
        buttons_operations.create_button(creator=button.creator, url=f"{button.url}/{each}", title="More")
        for each in range(number)
    ]


def statistics(
    button: Button, *, now: datetime, confirmed: int = 0, undone: int = 0, pressed: int = 0, **where: Any
) -> None:
    """Let so many fans confirm, and press once, on the button's site at a moment; the first `undone` take it back."""
    shared = {"creator": button.creator, "origin": origin_of(button)}
    fans = [given.user() for _ in range(max(confirmed, pressed))]
    taken_back = [now if number < undone else None for number in range(len(fans))]
    Confirmation.objects.bulk_create(
        Confirmation(
            fan=fan,
            click_id=uuid.uuid4(),
            challenge=secrets.token_hex(32),
            confirmed_at=now,
            undone_at=undone_at,
            **shared,
        )
        for fan, undone_at in list(zip(fans, taken_back, strict=True))[:confirmed]
    )
    seen = {"hover_ms": 300, "x": 500, "y": 500, **where}
    OneClick.objects.bulk_create(
        OneClick(fan=fan, click_id=uuid.uuid4(), clicked_at=now, undone_at=undone_at, button=button, **seen, **shared)
        for fan, undone_at in list(zip(fans, taken_back, strict=True))[:pressed]
    )
