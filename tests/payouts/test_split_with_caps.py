"""The split with caps: nobody above their cap, the rest for the others, and all of it as exact as without."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payouts.split import Capped, level, quota_micros, split_spend

CREATORS = st.integers(1, 8)


@dataclass(frozen=True, kw_only=True)
class Month:
    """What one fan did: `clicks` and `creators` by button, `caps` by creator."""

    spend: int
    clicks: dict[int, int]
    creators: dict[int, int]
    caps: dict[int, int]

    def split(
        self,
        *,
        spend: int | None = None,
        clicks: Mapping[int, int] | None = None,
        caps: Mapping[int, int] | None = None,
    ) -> dict[int, int]:
        """Return the shares, of another spend or with other clicks or caps where they are given."""
        return split_spend(
            spend_micros=self.spend if spend is None else spend,
            clicks=self.clicks if clicks is None else clicks,
            creators=self.creators,
            caps=self.caps if caps is None else caps,
        )

    def by_creator(self, shares: Mapping[int, int]) -> Counter[int]:
        """Return what each creator gets."""
        got = Counter[int]()
        for button, micros in shares.items():
            got[self.creators[button]] += micros
        return got

    @property
    def capped(self) -> dict[int, Capped]:
        """Return the creators with a cap that were clicked."""
        counts = self.by_creator(self.clicks)
        return {each: Capped(micros=self.caps[each], clicks=counts[each]) for each in self.caps if each in counts}

    @property
    def quotas(self) -> dict[int, Fraction]:
        """Return each button's exact quota, found in another way: by the lowest cap a click first."""
        counts, shared = self.by_creator(self.clicks), dict[int, Fraction]()
        micros, clicks = Fraction(self.spend), sum(counts.values())
        for creator in sorted(self.capped, key=lambda each: Fraction(self.caps[each], counts[each])):
            if micros * counts[creator] <= self.caps[creator] * clicks:
                break
            shared[creator] = Fraction(self.caps[creator], counts[creator])
            micros, clicks = micros - self.caps[creator], clicks - counts[creator]
        return {
            button: count * (shared[creator] if (creator := self.creators[button]) in shared else micros / clicks)
            for button, count in self.clicks.items()
        }


@st.composite
def drawn_months(draw: st.DrawFn) -> Month:
    """Draw a month whose numbers are small as often as large, since micros count where they are few."""
    most = draw(st.sampled_from([20, 1000, 500_000_000]))
    creators = draw(st.dictionaries(st.integers(1, 1000), CREATORS, min_size=1, max_size=25))
    clicks = {button: draw(st.integers(1, draw(st.sampled_from([3, 1000])))) for button in creators}
    caps = draw(st.dictionaries(CREATORS, st.integers(0, most), max_size=8))
    return Month(spend=draw(st.integers(0, most)), clicks=clicks, creators=creators, caps=caps)


months = drawn_months()


@given(month=months)
def test_nobody_gets_more_than_their_cap(month: Month) -> None:
    """Not by a micro, not in all their buttons together, and nobody gets less than nothing."""
    shares = month.split()
    got = month.by_creator(shares)

    assert shares.keys() == month.clicks.keys()
    assert min(shares.values()) >= 0
    assert all(got[creator] <= cap for creator, cap in month.caps.items())


@given(month=months)
def test_all_of_the_spend_is_given_unless_everybody_is_full(month: Month) -> None:
    """What one creator may not have goes to the others; where there is nobody else, it isn't given."""
    given_micros = sum(month.split().values())
    if all(creator in month.caps for creator in month.creators.values()):
        assert given_micros == min(month.spend, sum(each.micros for each in month.capped.values()))
    else:
        assert given_micros == month.spend


@given(month=months)
def test_every_share_is_within_one_micro_of_its_quota(month: Month) -> None:
    """Who would get more than their cap gets it exactly, and all others as much a click as each other."""
    shares, quotas = month.split(), month.quotas

    assert all(abs(shares[button] - quotas[button]) < 1 for button in shares)
    full = level(spend_micros=month.spend, clicks=sum(month.clicks.values()), capped=month.capped).full
    got = month.by_creator(shares)
    assert {creator: got[creator] for creator in full} == {creator: month.caps[creator] for creator in full}


@given(month=months, data=st.data())
def test_the_order_does_not_matter(month: Month, data: st.DataObject) -> None:
    """The same clicks and caps given in another order make the same shares."""
    clicks, caps = (dict(data.draw(st.permutations(list(each.items())))) for each in (month.clicks, month.caps))

    assert month.split(clicks=clicks, caps=caps) == month.split()


@given(month=months)
def test_caps_that_nobody_reaches_change_nothing(month: Month) -> None:
    """To the micro: a cap is no reason to round otherwise."""
    plain = month.split(caps={})
    got = month.by_creator(plain)
    wide = {creator: max(cap, got[creator] + len(plain)) for creator, cap in month.caps.items()}

    assert month.split(caps=wide) == plain


@given(month=months)
def test_what_was_given_is_split_alike_again(month: Month) -> None:
    """A settlement whose spends were lowered to what was given is recomputed from them."""
    shares = month.split()

    assert month.split(spend=sum(shares.values())) == shares


@given(month=months, more=st.integers(1, 100), data=st.data())
def test_more_clicks_never_get_less(month: Month, more: int, data: st.DataObject) -> None:
    """A button that is clicked more often has no smaller quota by it, so at most rounding takes a micro."""
    button = data.draw(st.sampled_from(sorted(month.clicks)))
    more_clicks = {**month.clicks, button: month.clicks[button] + more}

    assert month.split(clicks=more_clicks)[button] >= month.split()[button] - 1


@given(month=months, more=st.integers(1, 1000), data=st.data())
def test_a_higher_cap_never_gets_less(month: Month, more: int, data: st.DataObject) -> None:
    """Nor do the others get more by it: but for rounding, by a micro a button."""
    creator = data.draw(st.sampled_from(sorted(set(month.creators.values()))))
    if creator not in month.caps:
        return
    before, after = month.split(), month.split(caps={**month.caps, creator: month.caps[creator] + more})
    own = [button for button in month.clicks if month.creators[button] == creator]

    assert sum(after[button] for button in own) >= sum(before[button] for button in own) - len(own)
    assert all(after[button] <= before[button] + 1 for button in before if button not in own)


@given(month=months, more=st.integers(1, 1000))
def test_more_to_spend_never_gets_less(month: Month, more: int) -> None:
    """But for the micro that the method itself may move (the Alabama paradox)."""
    before, after = month.split(), month.split(spend=month.spend + more)

    assert all(after[button] >= before[button] - 1 for button in before)


@given(month=months, data=st.data())
def test_a_quota_tells_a_share_without_cutting_the_cake(month: Month, data: st.DataObject) -> None:
    """What a page says of one click more is what the month's end would make of it, but for a micro."""
    button = data.draw(st.sampled_from(sorted(month.clicks)))
    creator, capped = month.creators[button], month.capped
    left = level(spend_micros=month.spend, clicks=sum(month.clicks.values()), capped=capped)
    told = quota_micros(left=left, clicks=month.clicks[button], creator=creator, capped=capped)

    assert abs(month.split()[button] - told) <= 1
    assert quota_micros(left=left, clicks=0, creator=creator, capped=capped) == 0


def test_an_example_by_hand() -> None:
    """Of 12 EUR, A may have 3 of the 6 for its clicks; then B may have 4 of 4.5, and C gets the 5 that are left."""
    shares = split_spend(
        spend_micros=12_000_000,
        clicks={1: 3, 2: 1, 3: 2, 4: 2},
        creators={1: 10, 2: 10, 3: 20, 4: 30},
        caps={10: 3_000_000, 20: 4_000_000},
    )

    assert shares == {1: 2_250_000, 2: 750_000, 3: 4_000_000, 4: 5_000_000}


def test_a_micro_left_over_passes_by_who_has_reached_their_cap() -> None:
    """Three buttons of a creator are owed 27/14 of 3 micros; rounded up alike they would get 3, and may have 2."""
    clicks = {1: 3, 2: 3, 3: 3, 4: 1, 5: 1, 6: 1, 7: 1, 8: 1}
    creators = {button: 10 if button <= 3 else button for button in clicks}
    shares = split_spend(spend_micros=3, clicks=clicks, creators=creators, caps={10: 2})

    assert split_spend(spend_micros=3, clicks=clicks) == {1: 1, 2: 1, 3: 1, 4: 0, 5: 0, 6: 0, 7: 0, 8: 0}
    assert shares == {1: 1, 2: 1, 3: 0, 4: 1, 5: 0, 6: 0, 7: 0, 8: 0}


def test_a_negative_cap_is_refused_by_name() -> None:
    """It is a mistake of the caller."""
    with pytest.raises(ValueError, match="caps: that of creator 7"):
        split_spend(spend_micros=1, clicks={1: 1}, creators={1: 7}, caps={7: -1})
