"""Sessions in the database that know whose they are, so that one query finds both. Named by the settings."""

from typing import Any, Final

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts.models import Session

SINCE: Final = "since"
USED: Final = "used"
BROWSER: Final = "browser"
"""What the data of a session tells its person: the days (UTC) of its beginning and last use, and where it is.
Days and a coarse name are all that they need to tell their browsers apart, so nothing finer is kept."""


def session_handle(session_key: str) -> str:
    """Return by which name a page may tell of a session, whose key would let in whoever reads it."""
    return salted_hmac("accounts.session", session_key).hexdigest()[:32]


class SessionStore(DatabaseStore):
    """Django's store of sessions in a table, with the user beside the data."""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        """Return the table."""
        return Session

    def _validate_session_key(self, key: str | None) -> bool:
        """Tell whether a key may be looked for; a cookie can hold what the database takes for no text at all."""
        return bool(super()._validate_session_key(key)) and key is not None and key.isalnum()  # type: ignore[misc]  # Its stub doesn't know it.

    def load(self) -> dict[str, Any]:
        """Return the data, and have it saved again on the first use in a day."""
        data = super().load()
        if SESSION_KEY in data and data.get(USED) != _today():
            self.modified = True
        return data

    def save(self, must_create: bool = False) -> None:  # noqa: FBT001, FBT002  It is Django's signature.
        """Save the data, and for who is logged in the day."""
        if self.session_key is not None:
            data = self._get_session(no_load=must_create)  # type: ignore[attr-defined]  # Its stub doesn't know it.
            if SESSION_KEY in data:
                data[USED] = _today()
                data.setdefault(SINCE, data[USED])
        super().save(must_create)

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        """Return the row for the data, with the user who is logged in by it."""
        row: Session = super().create_model_instance(data)  # type: ignore[assignment]  # Its stub knows no other table.
        user_id = data.get(SESSION_KEY)
        row.user_id = None if user_id is None else int(user_id)
        return row


def _today() -> str:
    return timezone.now().date().isoformat()
