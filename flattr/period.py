"""Periods: calendar months in UTC with an exclusive end, written `2026-10`."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final, Self

_LABEL = re.compile(r"(?P<year>[0-9]{4})-(?P<month>0[1-9]|1[0-2])")
_MONTHS_PER_YEAR: Final = 12


class MalformedPeriod(ValueError):
    """The text isn't a year and a month such as `2026-10`."""

    def __init__(self, text: object) -> None:
        super().__init__(f"period: {text!r} is not a month such as 2026-10")


@dataclass(frozen=True, order=True, slots=True)
class Period:
    """One calendar month in UTC."""

    year: int
    month: int

    def __post_init__(self) -> None:
        """Refuse months that no calendar has."""
        if not (1 <= self.month <= _MONTHS_PER_YEAR and 1 <= self.year <= date.max.year - 1):
            label = f"{self.year}-{self.month}"
            raise MalformedPeriod(label)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `2026-10`.

        :raises MalformedPeriod: for anything else, `2026-13` and `2026-1` included.
        """
        match = _LABEL.fullmatch(text)
        if match is None:
            raise MalformedPeriod(text)
        return cls(int(match["year"]), int(match["month"]))

    @classmethod
    def at(cls, moment: datetime) -> Self:
        """Return the period in which an aware moment lies."""
        if moment.tzinfo is None:
            msg = "A period needs an aware moment; this one has no time zone."
            raise ValueError(msg)
        utc = moment.astimezone(UTC)
        return cls(utc.year, utc.month)

    @property
    def first_day(self) -> date:
        """Return the first day of the month."""
        return date(self.year, self.month, 1)

    @property
    def start(self) -> datetime:
        """Return the first moment that belongs to the period."""
        return datetime(self.year, self.month, 1, tzinfo=UTC)

    @property
    def end(self) -> datetime:
        """Return the first moment that no longer belongs to the period."""
        years, month = divmod(self.month, _MONTHS_PER_YEAR)
        return datetime(self.year + years, month + 1, 1, tzinfo=UTC)

    @property
    def last_moment(self) -> datetime:
        """Return the last microsecond of the period, at which its settlement is booked."""
        return self.end - timedelta(microseconds=1)

    @property
    def next(self) -> Self:
        """Return the month after."""
        return self.shift(1)

    @property
    def previous(self) -> Self:
        """Return the month before."""
        return self.shift(-1)

    def shift(self, months: int) -> Self:
        """Return the period that many months later, or earlier where negative."""
        year, month = divmod(self.year * _MONTHS_PER_YEAR + self.month - 1 + months, _MONTHS_PER_YEAR)
        return type(self)(year, month + 1)

    def __str__(self) -> str:
        """Write the period as `2026-10`."""
        return f"{self.year:04d}-{self.month:02d}"
