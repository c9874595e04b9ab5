"""How large the worlds are and how long is measured."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """How many of each there are. `viral` gives every fan a click on one and the same button."""

    fans: int
    creators: int
    buttons: int
    clicks: int = 0
    viral: bool = False

    @property
    def name(self) -> str:
        """Return the name of its database."""
        kind = "viral" if self.viral else "world"
        return f"{kind}_{self.fans}_{self.creators}_{self.buttons}_{self.clicks}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """A month to settle: its world, and whether the same month with a viral creator is settled in turn."""

    world: World
    with_viral: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """All sizes of one run. Seconds are those of one measurement, of which a round has two."""

    rounds: int
    seconds: float
    click_world: World
    badge_world: World
    months: tuple[Month, ...]
    page_requests: int
    waits: bool
    """Whether there is time to wait for what is cached to grow old."""

    @property
    def numbers(self) -> range:
        """Return the numbers of the rounds; 0 warms everything up, where there is more than one to come."""
        return range(0 if self.rounds > 1 else 1, self.rounds + 1)


def _month(*, clicks: int, buttons: int, creators: int, with_viral: bool = False) -> Month:
    """Return a month with ten clicks a fan."""
    world = World(fans=clicks // 10, creators=creators, buttons=buttons, clicks=clicks)
    return Month(world=world, with_viral=with_viral)


SCALES: Final = {
    "full": Scale(
        rounds=5,
        seconds=10,
        click_world=World(fans=2_000, creators=1_000, buttons=10_000),
        badge_world=World(fans=10_000, creators=100_000, buttons=1_000_000, clicks=1_000_000),
        months=(
            _month(clicks=400_000, buttons=50_000, creators=20_000, with_viral=True),
            _month(clicks=1_000_000, buttons=50_000, creators=20_000),
            _month(clicks=10_000_000, buttons=50_000, creators=20_000, with_viral=True),
        ),
        page_requests=9,
        waits=True,
    ),
    "small": Scale(
        rounds=5,
        seconds=3,
        click_world=World(fans=500, creators=200, buttons=2_000),
        badge_world=World(fans=1_000, creators=1_000, buttons=20_000, clicks=20_000),
        months=(
            _month(clicks=20_000, buttons=2_000, creators=800, with_viral=True),
            _month(clicks=200_000, buttons=20_000, creators=8_000, with_viral=True),
        ),
        page_requests=5,
        waits=True,
    ),
    "smoke": Scale(
        rounds=1,
        seconds=0.3,
        click_world=World(fans=20, creators=5, buttons=50),
        badge_world=World(fans=20, creators=5, buttons=100, clicks=200),
        months=(
            _month(clicks=200, buttons=20, creators=8),
            _month(clicks=2_000, buttons=20, creators=8, with_viral=True),
        ),
        page_requests=2,
        waits=False,
    ),
}
"""The targets hold for `full`; `small` is for trying a change, `smoke` only shows that everything runs."""
