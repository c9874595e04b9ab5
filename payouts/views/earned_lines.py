"""What a creator earned, as lines of CSV files: amounts in euros, to the micro, below 0 where they were given on."""

from typing import Final

from accounts.models import User
from flattr import money
from payouts.models import ButtonEarning, CoAuthorShare, Gift

HEADER: Final = ("button", "address", "clicks", "gross_eur", "fee_eur", "net_eur")


def of_button(earning: ButtonEarning) -> list[object]:
    """Return what a button earned in a month."""
    amounts = (earning.gross_micros, earning.fee_micros, earning.net_micros)
    return [earning.button.title, earning.button.url, earning.clicks, *map(_euros, amounts)]


def of_share(share: CoAuthorShare, *, creator: User) -> list[object]:
    """Return what co-authorship in a button gave or took in a month: a net amount alone, as the fee is paid."""
    button = share.co_author.button
    sign = 1 if share.co_author.person_id == creator.pk else -1
    return [button.title, button.url, "", "", "", _euros(sign * share.amount_micros)]


def of_gift(gift: Gift) -> list[object]:
    """Return a gift, which has no clicks and needs no button."""
    what = [gift.button.title, gift.button.url] if gift.button else ["", ""]
    amounts = (money.cents_to_micros(gift.amount_cents), gift.fee_micros, gift.net_micros)
    return [*what, "", *map(_euros, amounts)]


def _euros(micros: int) -> str:
    return money.format_micros(micros, decimals=6)
