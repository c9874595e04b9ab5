"""Doing without a kind of email by a link in it, as mail programs do it for their users (RFC 8058)."""

from typing import Final

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.urls import reverse

from accounts.models import Notification, User
from flattr.transactions import durable

_SIGNER: Final = Signer(salt=__name__)


class BadLink(ValueError):
    """The link isn't one of ours."""


def headers_of(notification: Notification) -> dict[str, str]:
    """Return the headers by which a mail program offers to do without such emails; none where they must be told."""
    url = link_of(notification)
    # RFC 8058: one POST by the mail program is enough, without a login.
    return {"List-Unsubscribe": f"<{url}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"} if url else {}


def link_of(notification: Notification) -> str:
    """Return the address at which the recipient does without emails of this kind, or nothing where nobody does.

    Whoever has the email has the link, and can do no more by it than that. It never ends, as emails are kept long.
    """
    if notification.kind not in Notification.OPTIONAL:
        return ""
    token = _SIGNER.sign(f"{notification.recipient_id}:{notification.kind}")
    return settings.APP_URL + reverse("accounts:unsubscribe", args=[token])


def kind_of(*, token: str) -> Notification.Kind:
    """Return which kind of email a link is about.

    :raises BadLink: if it isn't one of ours.
    """
    return _read(token)[1]


@durable
def mute(*, token: str) -> None:
    """Let the person whose link it is do without that kind of email; twice is as once.

    :raises BadLink: if it isn't one of ours.
    """
    user_id, kind = _read(token)
    user = User.objects.select_for_update(no_key=True).filter(pk=user_id).first()
    # Who is gone is written to no more, and nothing is noted of them.
    if user is not None and not user.is_gone:
        user.muted = sorted({*user.muted, kind.value})
        user.save(update_fields=["muted"])


def _read(token: str) -> tuple[int, Notification.Kind]:
    try:
        user_id, _, kind = _SIGNER.unsign(token).partition(":")
        return int(user_id), Notification.Kind(kind)
    except (BadSignature, ValueError) as error:
        msg = "token: this is no link of ours"
        raise BadLink(msg) from error
