"""What is drawn for the load is what the worlds are made of."""

import itertools
import random
from collections import Counter

from benchmarks import world
from benchmarks.sizes import SCALES, World

TOWN = World(fans=50, creators=7, buttons=1000, clicks=0)


def test_popularity_follows_zipf() -> None:
    """The most popular of a thousand buttons gets about a tenth of all clicks, and every draw is a button."""
    chance = random.Random(1)
    counts = Counter(world.popular_button(TOWN.buttons, chance) for _ in range(20_000))

    assert set(counts) <= set(range(1, TOWN.buttons + 1))
    assert 0.08 < counts.most_common(1)[0][1] / 20_000 < 0.12
    assert len(counts) > 900


def test_draws_are_the_same_for_the_same_seed() -> None:
    """A round can be repeated, and another round asks for other buttons."""
    first, same, other = (list(itertools.islice(world.draws(TOWN, seed=seed), 100)) for seed in (1, 1, 2))

    assert first == same != other


def test_every_world_of_a_scale_has_a_database_of_its_own() -> None:
    """Worlds live side by side in one cluster."""
    for scale in SCALES.values():
        names = [month.world.name for month in scale.months]

        assert len(set(names)) == len(names)
