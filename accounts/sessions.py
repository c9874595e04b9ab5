"""Sessions in the database that know whose they are, so that one query finds both. Named by the settings."""

from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore

from accounts.models import Session


class SessionStore(DatabaseStore):
    """Django's store of sessions in a table, with the user beside the data."""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        """Return the table."""
        return Session

    def _validate_session_key(self, key: str | None) -> bool:
        """Tell whether a key may be looked for; a cookie can hold what the database takes for no text at all."""
        return bool(super()._validate_session_key(key)) and key is not None and key.isalnum()  # type: ignore[misc]  # Its stub doesn't know it.

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        """Return the row for the data, with the user who is logged in by it."""
        row: Session = super().create_model_instance(data)  # type: ignore[assignment]  # Its stub knows no other table.
        user_id = data.get(SESSION_KEY)
        row.user_id = None if user_id is None else int(user_id)
        return row
