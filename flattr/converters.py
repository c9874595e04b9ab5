"""Parts of addresses."""

from flattr.period import MalformedPeriod, Period


class PeriodConverter:
    """A period in an address, such as `2026-10`."""

    regex = "[0-9]{4}-[0-9]{2}"

    def to_python(self, value: str) -> Period:
        """Read the period; a malformed one is a page that doesn't exist."""
        try:
            return Period.parse(value)
        except MalformedPeriod as error:
            raise ValueError(value) from error

    def to_url(self, value: Period | str) -> str:
        """Write the period."""
        return str(value)


class YearConverter:
    """A year of UTC in an address, such as `2026`, whose months are periods."""

    regex = "[0-9]{4}"

    def to_python(self, value: str) -> int:
        """Read the year; one that has no months is a page that doesn't exist."""
        try:
            return Period(int(value), 12).year
        except MalformedPeriod as error:
            raise ValueError(value) from error

    def to_url(self, value: int) -> str:
        """Write the year in four digits."""
        return f"{value:04d}"
