"""What fans' files (CSV) say: a row for each button and gift of a month, and for what stayed in the balance."""

from collections.abc import Iterable
from typing import Final

from flattr import money
from payouts.models import Gift
from payouts.queries.caps import HeldBack
from payouts.queries.statements import FanLine, FanStatement

_OF_CAPS: Final = ("cap_eur", "by_clicks_eur", "kept_in_balance_eur")
"""The creator's cap where it made the slice smaller, the slice without any cap, and what caps left of the cake."""

HEADER: Final = ("button", "address", "creator", "clicks", "amount_eur", "fee_eur", *_OF_CAPS)


def rows_of(statement: FanStatement, *, gifts: Iterable[Gift]) -> list[list[object]]:
    """Return the rows of a fan's month: buttons, gifts, and one of what caps left in the balance, if they did."""
    caps = {each.cap.creator_id: each for each in statement.caps}
    rows = [_of_button(line, caps.get(line.button.creator_id)) for line in statement.lines]
    rows += [_of_gift(each) for each in gifts]
    if statement.kept_micros:
        rows.append([*[""] * (len(HEADER) - 1), _euros(statement.kept_micros)])
    return rows


def _of_button(line: FanLine, cap: HeldBack | None) -> list[object]:
    of_cap: list[object] = ["", "", ""]
    if cap is not None:
        of_cap = [_euros(cap.most_micros), _euros(cap.by_clicks_micros * line.clicks // cap.clicks), ""]
    creator = line.creator.name if line.creator else ""
    amounts = [_euros(line.amount_micros), _euros(line.fee_micros)]
    return [line.button.title, line.button.url, creator, line.clicks, *amounts, *of_cap]


def _of_gift(gift: Gift) -> list[object]:
    """Return a gift's row; it has no clicks, and no cap is about it."""
    button = [gift.button.title, gift.button.url] if gift.button else ["", ""]
    amounts = [_euros(money.cents_to_micros(gift.amount_cents)), _euros(gift.fee_micros)]
    return [*button, gift.creator.creator_profile.name, "", *amounts, "", "", ""]


def _euros(micros: int) -> str:
    return money.format_micros(micros, decimals=6)
