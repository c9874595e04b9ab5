"""What papers say: a fan's and a creator's month and year, and where a fan's money went since the beginning.

The figures are those of the pages. A long list is cut; what it leaves out stands in one row, so that its sums hold.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Final

from django.conf import settings
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from accounts.models import User
from flattr.papers import Column, Paper
from flattr.templatetags.money import cents, month
from flattr.templatetags.money import money_filter as amount
from payouts.models import ButtonEarning, Gift
from payouts.queries import history, statements
from payouts.queries.earnings import ButtonSum
from payouts.queries.gifts import GiftSum
from payouts.templatetags.entries import in_words

ROWS_MAX: Final = 1000
"""How many rows a list has. More take more than a second, and are found in the CSV file."""

_DECIMALS: Final = 4


def month_of_fan(
    *,
    fan: User,
    statement: statements.FanStatement,
    given: Sequence[history.Given],
    gifts: Sequence[Gift],
    now: datetime,
) -> bytes:
    """Return a fan's month: the balance, who had what of the cake, by creator and by button, and gifts."""
    paper = _begun(_("Statement of %(period)s") % {"period": month(statement.period)}, fan, now)
    spend = statement.spend
    if now < statement.period.end:
        paper.paragraph(_("This month is still running."))
    if spend is None:
        paper.paragraph(_("Nothing has been settled for you in this month."))
    else:
        paper.facts(
            [
                (_("Given"), amount(spend.spend_micros)),
                (_("Of that, our fee"), amount(statement.fee_micros)),
                (_("Clicks"), str(spend.clicks)),
                (_("One click was worth"), amount(statement.click_worth_micros, _DECIMALS)),
            ]
        )
    _put_entries(paper, statement.book)
    if spend is not None:
        _put_creators(paper, given)
        paper.heading(_("Where every cent went"))
        rows = [
            (
                (line.button.title, line.creator.name if line.creator else ""),
                (line.clicks, line.amount_micros, line.fee_micros),
            )
            for line in statement.lines
        ]
        paper.table(
            columns=[
                Column(_("Button"), 5),
                Column(_("Creator"), 3),
                *_money_columns(_("Amount"), _("Of that, our fee")),
            ],
            rows=_cut(rows),
            total=_total(rows, texts=2),
        )
        _put_caps(paper, statement)
    _put_gifts(paper, gifts)
    return paper.file()


def month_of_creator(
    *, creator: User, statement: statements.CreatorStatement, gifts: Sequence[GiftSum], now: datetime
) -> bytes:
    """Return a creator's month: the balance entry by entry, what each button earned and co-authors had, and gifts."""
    paper = _begun(_("Earnings of %(period)s") % {"period": month(statement.period)}, creator, now)
    earning = statement.earning
    if now < statement.period.end:
        paper.paragraph(_("This month is still running."))
    if earning is None:
        paper.paragraph(_("Nothing has been settled for you in this month."))
    else:
        paper.facts(
            [
                (_("Gross"), amount(earning.gross_micros)),
                (_("Fee"), amount(earning.fee_micros)),
                (_("Net"), amount(earning.net_micros)),
                (_("Clicks"), str(earning.clicks)),
                (_("Fans"), str(earning.fans)),
            ]
        )
    if statement.given or statement.received:
        gave, got = (sum(share.amount_micros for share in shares) for shares in (statement.given, statement.received))
        paper.facts([(_("To your co-authors"), amount(gave)), (_("As a co-author of others"), amount(got))])
    if statement.recoveries:
        kept = sum(recovery.amount_micros for recovery in statement.recoveries)
        paper.facts([(_("Kept for payments that banks took back"), amount(kept, _DECIMALS))])
    _put_entries(paper, statement.book)
    if earning is not None:
        _put_buttons(paper, statement.lines)
    _put_received_gifts(paper, gifts)
    return paper.file()


def year_of_fan(*, fan: User, year: int, giving: history.Giving, balance: history.Balance, now: datetime) -> bytes:
    """Return a fan's year: what moved the balance, what was given by month, and to whom."""
    paper = _begun(_("Your year %(year)s") % {"year": f"{year:04d}"}, fan, now)
    if now < statements.months_of(year)[1].end:
        paper.paragraph(_("This year is still running."))
    _put_giving(paper, giving)
    _put_balance(paper, balance)
    _put_months(paper, giving)
    _put_creators(paper, giving.creators)
    return paper.file()


def history_of_fan(*, fan: User, giving: history.Giving, now: datetime) -> bytes:
    """Return where a fan's money went since the beginning: by year, by month, and to whom."""
    paper = _begun(_("Where your money went"), fan, now)
    _put_giving(paper, giving)
    if giving.months:
        paper.heading(_("By year"))
        rows = [(f"{each.year:04d}", str(each.months), *_given(each, giving)) for each in giving.years]
        paper.table(
            columns=[Column(_("Year"), 3), Column(_("Months"), 2, is_number=True), *_given_columns(giving)],
            rows=rows,
            total=(_("Together"), str(len(giving.months)), *_given(giving, giving)),
        )
    _put_months(paper, giving)
    _put_creators(paper, giving.creators)
    return paper.file()


def year_of_creator(
    *, creator: User, year: int, earned: history.Earned, balance: history.Balance, now: datetime
) -> bytes:
    """Return a creator's year: what moved the balance, what was earned by month and by button, what was paid out."""
    paper = _begun(_("Your earnings of %(year)s") % {"year": f"{year:04d}"}, creator, now)
    if now < statements.months_of(year)[1].end:
        paper.paragraph(_("This year is still running."))
    shared = [(_("Shared"), amount(earned.shared_micros))] if earned.has_shares else []
    paper.facts(
        [
            (_("Gross"), amount(earned.gross_micros)),
            (_("Fee"), amount(earned.fee_micros)),
            *shared,
            (_("Net"), amount(earned.net_micros)),
            (_("Paid out"), cents(earned.paid_out_cents)),
            (_("Clicks"), str(earned.clicks)),
        ]
    )
    _put_balance(paper, balance)
    if earned.months:
        paper.heading(_("By month"))
        titles = (_("Gross"), _("Fee"), *([_("Shared")] if earned.has_shares else []), _("Net"))
        rows = [
            (
                (month(each.settlement.period),),
                (
                    each.clicks,
                    each.gross_micros,
                    each.fee_micros,
                    *([each.shared_micros] if earned.has_shares else []),
                    each.net_micros,
                ),
            )
            for each in earned.months
        ]
        columns = [Column(_("Month"), 4), *_money_columns(*titles)]
        paper.table(columns=columns, rows=_cut(rows), total=_total(rows, texts=1))
        if earned.buttons:
            _put_buttons(paper, earned.buttons)
    _put_received_gifts(paper, earned.gifts)
    if earned.payouts:
        paper.heading(_("Payouts"))
        paper.table(
            columns=[Column(_("Sent"), 2), Column(_("Reference"), 5), Column(_("Amount"), 2, is_number=True)],
            rows=[(_day(each.ended_at), str(each.pk), cents(each.amount_cents)) for each in earned.payouts],
            total=(_("Together"), "", cents(earned.paid_out_cents)),
        )
    return paper.file()


_Row = tuple[tuple[str, ...], tuple[int, ...]]
"""A row's texts; then a number of clicks or gifts, and amounts in micros."""


def _begun(title: str, person: User, now: datetime) -> Paper:
    """Return a paper that says whose it is, from whom, and from when."""
    paper = Paper(title=title, made_at=now)
    paper.facts([each for each in ((_("Name"), person.name), (_("Email"), person.email)) if each[1]])
    paper.paragraph(
        _("Made on %(date)s by Flattr, %(url)s. Months and days begin and end at midnight UTC.")
        % {"date": _day(now), "url": settings.APP_URL}
    )
    return paper


def _put_giving(paper: Paper, giving: history.Giving) -> None:
    if not giving.months:
        paper.paragraph(_("You gave nothing in this time."))
        return
    gifts = [(_("Of that, gifts"), amount(giving.gifts_micros))] if giving.gifts_micros else []
    paper.facts(
        [
            (_("Given"), amount(giving.amount_micros)),
            *gifts,
            (_("Of that, our fee"), amount(giving.fee_micros)),
            (_("Clicks"), str(giving.clicks)),
            (_("Creators"), str(len(giving.creators))),
            (_("Months"), str(len(giving.months))),
        ]
    )


def _put_entries(paper: Paper, book: statements.Entries) -> None:
    paper.heading(_("Your balance"))
    entries = [
        (
            _day(each.occurred_at),
            in_words(each.kind, each.change_micros),
            amount(each.change_micros),
            amount(each.balance_micros),
        )
        for each in book.entries.rows[:ROWS_MAX]
    ]
    left = book.entries.rows[ROWS_MAX:]
    if left:
        text = ngettext("%(number)s more entry", "%(number)s more entries", len(left)) % {"number": len(left)}
        change_micros = sum(each.change_micros for each in left)
        entries.append(("", text, amount(change_micros), amount(book.closing_micros)))
    paper.table(
        columns=[
            Column(_("Date"), 2),
            Column(_("What"), 6),
            Column(pgettext("of a balance", "Change"), 2, is_number=True),
            Column(_("Balance"), 2, is_number=True),
        ],
        rows=[("", _("Opening balance"), "", amount(book.opening_micros)), *entries],
        total=("", _("Closing balance"), "", amount(book.closing_micros)),
    )


def _put_balance(paper: Paper, balance: history.Balance) -> None:
    paper.heading(_("Your balance"))
    changes = [(in_words(each.kind, each.change_micros), amount(each.change_micros)) for each in balance.changes]
    paper.table(
        columns=[Column(_("What"), 6), Column(pgettext("of a balance", "Change"), 2, is_number=True)],
        rows=[(_("Opening balance"), amount(balance.opening_micros)), *changes],
        total=(_("Closing balance"), amount(balance.closing_micros)),
    )


def _put_months(paper: Paper, giving: history.Giving) -> None:
    if giving.months:
        paper.heading(_("By month"))
        paper.table(
            columns=[Column(_("Month"), 4), *_given_columns(giving)],
            rows=[(month(each.period), *_given(each, giving)) for each in giving.months],
            total=(_("Together"), *_given(giving, giving)),
        )


def _given_columns(giving: history.Giving) -> list[Column]:
    """Return the columns of what was given, one of gifts where there were any."""
    gifts = [_("Of that, gifts")] if giving.gifts_micros else []
    return [Column(title, 2, is_number=True) for title in (_("Clicks"), _("Given"), *gifts)]


def _given(part: history.Giving | history.GivenMonth | history.YearSum, giving: history.Giving) -> tuple[str, ...]:
    """Return what was given in a part of the time in these columns."""
    gifts = [amount(part.gifts_micros)] if giving.gifts_micros else []
    return (str(part.clicks), amount(part.amount_micros), *gifts)


def _put_creators(paper: Paper, given: Sequence[history.Given]) -> None:
    if given:
        profiles = history.profiles_of(given[:ROWS_MAX])
        has_gifts = any(each.gifts_micros for each in given)
        rows = [
            (
                (profiles[each.creator_id].name if each.creator_id in profiles else "",),
                (each.clicks, each.amount_micros, each.fee_micros, *([each.gifts_micros] if has_gifts else [])),
            )
            for each in given
        ]
        paper.heading(_("By creator"))
        titles = (_("Amount"), _("Of that, our fee"), *([_("Of that, gifts")] if has_gifts else []))
        columns = [Column(_("Creator"), 5), *_money_columns(*titles)]
        paper.table(columns=columns, rows=_cut(rows), total=_total(rows, texts=1))


def _put_buttons(paper: Paper, buttons: Iterable[ButtonEarning | ButtonSum]) -> None:
    rows = [
        ((each.button.title,), (each.clicks, each.gross_micros, each.fee_micros, each.net_micros)) for each in buttons
    ]
    paper.heading(_("By button"))
    columns = [Column(_("Button"), 5), *_money_columns(_("Gross"), _("Fee"), _("Net"))]
    paper.table(columns=columns, rows=_cut(rows), total=_total(rows, texts=1))


def _put_caps(paper: Paper, statement: statements.FanStatement) -> None:
    """Write which caps held something back, of which a fan has a hundred at most, and what became of it."""
    if statement.caps:
        numbers = attrgetter("clicks", "most_micros", "by_clicks_micros", "over_micros")
        rows = [((each.creator_name,), numbers(each)) for each in statement.caps]
        titles = (_("Cap of that month"), _("By clicks alone"), _("Held back"))
        paper.heading(_("What your caps held back"))
        paper.table(columns=[Column(_("Creator"), 5), *_money_columns(*titles)], rows=_cut(rows))
        if statement.passed_on_micros > 0:
            paper.paragraph(_("What was held back went to your other slices, by your clicks."))
        if statement.kept_micros:
            text = _("Everybody whom you clicked was at their cap, so %(kept)s stayed in your balance.")
            paper.paragraph(text % {"kept": amount(statement.kept_micros, _DECIMALS)})


def _put_gifts(paper: Paper, gifts: Sequence[Gift]) -> None:
    """Write a fan's gifts of a month, of which a day has ten at most."""
    if gifts:
        paper.heading(_("Gifts beside the cake"))
        paper.table(
            columns=[
                Column(_("Date"), 3),
                Column(_("Creator"), 5),
                Column(_("Amount"), 2, is_number=True),
                Column(_("Of that, our fee"), 2, is_number=True),
            ],
            rows=[
                (
                    _day(each.made_at),
                    each.creator.creator_profile.name,
                    cents(each.amount_cents),
                    amount(each.fee_micros),
                )
                for each in gifts
            ],
            total=(
                _("Together"),
                "",
                cents(sum(each.amount_cents for each in gifts)),
                amount(sum(each.fee_micros for each in gifts)),
            ),
        )


def _put_received_gifts(paper: Paper, gifts: Sequence[GiftSum]) -> None:
    if gifts:
        rows = [
            ((month(each.period),), (each.number, each.amount_micros, each.fee_micros, each.net_micros))
            for each in gifts
        ]
        paper.heading(_("Gifts beside the cake"))
        columns = [Column(_("Month"), 4), *_money_columns(_("Gross"), _("Fee"), _("Net"), counted=_("Gifts"))]
        paper.table(columns=columns, rows=_cut(rows), total=_total(rows, texts=1))


def _money_columns(*titles: str, counted: str = "") -> list[Column]:
    """Return the columns of a number, of clicks if nothing else is said, and of amounts."""
    return [
        Column(counted or _("Clicks"), 1.2, is_number=True),
        *(Column(title, 2.2, is_number=True) for title in titles),
    ]


def _cut(rows: Sequence[_Row]) -> list[Sequence[str]]:
    """Return the rows in words; those that are too many in one, with their sums."""
    shown = [_in_words(*row) for row in rows[:ROWS_MAX]]
    left = rows[ROWS_MAX:]
    if left:
        text = ngettext("%(number)s more, see the CSV file", "%(number)s more, see the CSV file", len(left))
        texts = (text % {"number": len(left)}, *[""] * (len(left[0][0]) - 1))
        shown.append(_in_words(texts, _sums(left)))
    return shown


def _total(rows: Sequence[_Row], *, texts: int) -> Sequence[str]:
    return _in_words((_("Together"), *[""] * (texts - 1)), _sums(rows))


def _sums(rows: Sequence[_Row]) -> tuple[int, ...]:
    return tuple(sum(column) for column in zip(*(numbers for _texts, numbers in rows), strict=True))


def _in_words(texts: Sequence[str], numbers: Sequence[int]) -> Sequence[str]:
    number, *amounts = numbers
    return [*texts, str(number), *(amount(micros, _DECIMALS) for micros in amounts)]


def _day(moment: datetime | None) -> str:
    """Write the day of UTC."""
    return formats.date_format(moment, "DATE_FORMAT") if moment else ""
