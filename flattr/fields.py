"""Model fields that every app shares."""

from datetime import date
from typing import TYPE_CHECKING, Any, TypeVar

from django.core import exceptions
from django.db import models

from flattr.period import MalformedPeriod, Period

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

# The set and get types of the field; None joins them where the field is nullable.
S = TypeVar("S")
G = TypeVar("G")


class PeriodField(models.DateField[S, G]):
    """A `Period`, kept as the date of its first day so that SQL can compare and partition by it."""

    if TYPE_CHECKING:
        # These are how the stubs' plugin learns a field's types; a date field's own are narrower.
        _pyi_private_set_type: Period | str  # type: ignore[assignment]
        _pyi_private_get_type: Period  # type: ignore[assignment]
        _pyi_lookup_exact_type: Period  # type: ignore[assignment]

    def from_db_value(
        self, value: date | None, expression: object, connection: "BaseDatabaseWrapper"
    ) -> Period | None:
        """Turn the stored date into a `Period`."""
        del expression, connection
        return None if value is None else Period(value.year, value.month)

    def to_python(self, value: Any) -> Any:
        """Turn a label, a date or a period into a `Period`; raise `ValidationError` for the rest."""
        if value is None or isinstance(value, Period):
            return value
        if isinstance(value, date):
            return Period(value.year, value.month)
        try:
            return Period.parse(str(value))
        except MalformedPeriod as error:
            raise exceptions.ValidationError(str(error), code="invalid") from error

    def get_prep_value(self, value: Any) -> Any:
        """Turn a period into the date that is stored."""
        period = self.to_python(value)
        return period.first_day if isinstance(period, Period) else period

    def get_db_prep_value(
        self,
        value: Any,
        connection: "BaseDatabaseWrapper",
        prepared: bool = False,  # noqa: FBT001, FBT002  Django's own signature.
    ) -> Any:
        """Turn a period into the backend's date."""
        return connection.ops.adapt_datefield_value(value if prepared else self.get_prep_value(value))

    def value_to_string(self, obj: models.Model) -> str:
        """Write the period's label, as serializers want it."""
        return str(self.value_from_object(obj))
