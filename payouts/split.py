"""The split: one fan's sum cut into one equal slice per click. The only place where the rule is written."""

from collections.abc import Mapping


def split_spend(*, spend_micros: int, clicks: Mapping[int, int]) -> dict[int, int]:
    """Return each button's share of the spend in micros, by largest remainder.

    A button's quota is `spend * its clicks / all clicks`. Everyone gets the whole micros of their
    quota; the micros left over go one each to the largest remainders, ties to the smaller key. So
    the shares sum to the spend exactly, each lies within one micro of its quota, and the order in
    which the clicks are given doesn't matter. The method is Hamilton's; see
    `docs/decisions/0003-largest-remainder.md`.

    `clicks` maps a button's id to its number of clicks, 1 or more. No clicks make no shares.

    :raises ValueError: if the spend is negative or a button has fewer than one click.
    """
    if spend_micros < 0:
        msg = f"spend_micros: {spend_micros} is negative"
        raise ValueError(msg)
    for button, count in clicks.items():
        if count < 1:
            msg = f"clicks: button {button} has {count} clicks; at least 1 is needed"
            raise ValueError(msg)
    all_clicks = sum(clicks.values())
    shares: dict[int, int] = {}
    remainders: list[tuple[int, int]] = []
    for button, count in clicks.items():
        shares[button], remainder = divmod(spend_micros * count, all_clicks)
        remainders.append((-remainder, button))
    left_over = spend_micros - sum(shares.values()) if shares else 0
    for _, button in sorted(remainders)[:left_over]:
        shares[button] += 1
    return shares
