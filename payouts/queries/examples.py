"""A month as an example for those who haven't had one: cut and charged by the same rules as all others."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from flattr import money
from payouts.gateway.prices import price_of
from payouts.split import split_spend

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as StrPromise

_BUDGET_CENTS: Final = 500
_CLICKED: "Final[list[tuple[StrPromise, int]]]" = [(_("a song"), 5), (_("a podcast"), 3), (_("a program"), 2)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExamplePart:
    """What one thing got: its slices, their amount, our fee of that, and what its creator keeps, in micros."""

    name: "StrPromise"
    clicks: int
    amount_micros: int
    fee_micros: int

    @property
    def net_micros(self) -> int:
        """Return what the creator keeps."""
        return self.amount_micros - self.fee_micros


@dataclass(frozen=True, slots=True, kw_only=True)
class ExampleMonth:
    """A fan's month. `processor_micros` is what the card company keeps of it, which our fee has to cover."""

    budget_micros: int
    parts: list[ExamplePart]
    processor_micros: int

    @property
    def clicks(self) -> int:
        """Return all clicks."""
        return sum(part.clicks for part in self.parts)

    @property
    def click_micros(self) -> int:
        """Return what one click is worth."""
        return self.budget_micros // self.clicks

    @property
    def fee_micros(self) -> int:
        """Return our fee in all."""
        return sum(part.fee_micros for part in self.parts)

    @property
    def net_micros(self) -> int:
        """Return what the creators keep in all."""
        return sum(part.net_micros for part in self.parts)


def example_month() -> ExampleMonth:
    """Return 5 EUR and ten clicks, paid by card month by month, at the fees that are set here."""
    budget_micros = money.cents_to_micros(_BUDGET_CENTS)
    clicks = {number: count for number, (_name, count) in enumerate(_CLICKED)}
    shares = split_spend(spend_micros=budget_micros, clicks=clicks)
    return ExampleMonth(
        budget_micros=budget_micros,
        parts=[
            ExamplePart(
                name=name,
                clicks=count,
                amount_micros=shares[number],
                fee_micros=money.fee_of(
                    amount_micros=shares[number], basis_points=settings.PLATFORM_FEE_BASIS_POINTS
                ),
            )
            for number, (name, count) in enumerate(_CLICKED)
        ],
        processor_micros=money.cents_to_micros(price_of("card").fee_cents(amount_cents=_BUDGET_CENTS)),
    )
