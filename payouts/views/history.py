"""Longer times than a month: where a fan's money went since the beginning, and a fan's and a creator's year.

Each is a page, a CSV file and a PDF file, of the same figures.
"""

from collections.abc import Collection, Sequence
from typing import Final

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import CreatorProfile
from accounts.views import creator_required, user_of
from flattr import money, pages
from flattr.charts import Bar
from flattr.period import Period
from flattr.templatetags.money import month as in_words
from payouts.ledger.chart import Kind
from payouts.queries import gifts, statements
from payouts.queries import history as queries
from payouts.views import earned_lines, papers
from payouts.views.files import csv_response, pdf_response

DRAWN_MONTHS: Final = 24
"""How many months the drawing of a history has."""

MONTHS_ON_A_PAGE: Final = 24


@login_required
@require_safe
def since_the_beginning(request: HttpRequest) -> HttpResponse:
    """Show where the fan's money went since the beginning, by month, year and creator."""
    giving = queries.giving(fan=user_of(request))
    spent = {each.period: each.amount_micros for each in giving.months}
    return render(
        request,
        "payouts/history.html",
        {
            "giving": giving,
            "first": min(spent, default=None),
            "bars": _bars(_last_months(spent), spent),
            "creators": _creators(request, giving),
            "months": cut_months(request, giving.months),
        },
    )


@login_required
@require_safe
def since_the_beginning_csv(request: HttpRequest) -> HttpResponse:
    """Return what each creator had of each month, as a file."""
    return _given_csv(request, name="flattr-history.csv")


@login_required
@require_safe
def since_the_beginning_pdf(request: HttpRequest) -> HttpResponse:
    """Return the history as a paper."""
    fan = user_of(request)
    file = papers.history_of_fan(fan=fan, giving=queries.giving(fan=fan), now=timezone.now())
    return pdf_response(name="flattr-history.pdf", file=file)


@login_required
@require_safe
def to_creator(request: HttpRequest, slug: str) -> HttpResponse:
    """Show what the fan gave to one creator, month by month."""
    profile = get_object_or_404(CreatorProfile.objects.select_related("user"), slug=slug)
    given = queries.given_by_month(fan=user_of(request), creator=profile.user)
    amounts = {period: each.amount_micros for period, each in given}
    return render(
        request,
        "payouts/history_to.html",
        {
            "profile": profile,
            "amount_micros": sum(amounts.values()),
            "gifts_micros": sum(each.gifts_micros for _period, each in given),
            "fee_micros": sum(each.fee_micros for _period, each in given),
            "clicks": sum(each.clicks for _period, each in given),
            "bars": _bars(_last_months(amounts), amounts),
            "months": pages.cut_list(
                given,
                key_of=lambda each: _newest_first(each[0]),
                place=pages.Place.of(request, name="months", size=MONTHS_ON_A_PAGE),
            ),
        },
    )


@login_required
@require_safe
def year_of_fan(request: HttpRequest, year: int) -> HttpResponse:
    """Show what the fan gave in a year, by month and creator, and what moved the balance."""
    fan = user_of(request)
    giving = queries.giving(fan=fan, year=year)
    spent = {each.period: each.amount_micros for each in giving.months}
    return render(
        request,
        "payouts/year.html",
        {
            "year": year,
            "giving": giving,
            "bars": _bars(_months_of(year), spent),
            "creators": _creators(request, giving),
            "balance": queries.balance(kind=Kind.FAN_BALANCE, owner=fan, year=year),
        },
    )


@login_required
@require_safe
def year_of_fan_csv(request: HttpRequest, year: int) -> HttpResponse:
    """Return what each creator had of each month of a year, as a file."""
    return _given_csv(request, name=f"flattr-{year:04d}.csv", year=year)


@login_required
@require_safe
def year_of_fan_pdf(request: HttpRequest, year: int) -> HttpResponse:
    """Return the fan's year as a paper."""
    fan = user_of(request)
    file = papers.year_of_fan(
        fan=fan,
        year=year,
        giving=queries.giving(fan=fan, year=year),
        balance=queries.balance(kind=Kind.FAN_BALANCE, owner=fan, year=year),
        now=timezone.now(),
    )
    return pdf_response(name=f"flattr-{year:04d}.pdf", file=file)


@creator_required
@require_safe
def year_of_creator(request: HttpRequest, year: int) -> HttpResponse:
    """Show what the creator earned in a year, by month and button, what was paid out, and what moved the balance."""
    creator = user_of(request)
    earned = queries.earned(creator=creator, year=year)
    net = {each.settlement.period: each.net_micros for each in earned.months}
    buttons = pages.cut_list(
        earned.buttons, key_of=lambda each: (-each.net_micros, each.button.pk), place=pages.Place.of(request)
    )
    return render(
        request,
        "payouts/earnings_year.html",
        {
            "year": year,
            "earned": earned,
            "bars": _bars(_months_of(year), net),
            "buttons": buttons,
            "balance": queries.balance(kind=Kind.CREATOR_BALANCE, owner=creator, year=year),
        },
    )


@creator_required
@require_safe
def year_of_creator_csv(request: HttpRequest, year: int) -> HttpResponse:
    """Return what each button earned in each month of a year, co-authors' shares and gifts, as a file."""
    creator = user_of(request)
    first, last = statements.months_of(year)
    rows: list[list[object]] = [
        *(
            [str(each.settlement.period), *earned_lines.of_button(each)]
            for each in queries.earned_by_month(creator=creator, year=year)
        ),
        *(
            [str(each.settlement.period), *earned_lines.of_share(each, creator=creator)]
            for each in queries.shared_by_month(creator=creator, year=year)
        ),
        *(
            [str(Period.at(each.made_at)), *earned_lines.of_gift(each)]
            for each in gifts.received(creator=creator, first=first, last=last)
        ),
    ]
    return csv_response(
        name=f"flattr-earnings-{year:04d}.csv",
        header=["month", *earned_lines.HEADER],
        # Each month has its buttons first, then what was shared, then its gifts.
        rows=sorted(rows, key=lambda row: str(row[0])),
    )


@creator_required
@require_safe
def year_of_creator_pdf(request: HttpRequest, year: int) -> HttpResponse:
    """Return the creator's year as a paper, such as tax offices want it."""
    creator = user_of(request)
    file = papers.year_of_creator(
        creator=creator,
        year=year,
        earned=queries.earned(creator=creator, year=year),
        balance=queries.balance(kind=Kind.CREATOR_BALANCE, owner=creator, year=year),
        now=timezone.now(),
    )
    return pdf_response(name=f"flattr-earnings-{year:04d}.pdf", file=file)


def cut_months(request: HttpRequest, months: Sequence[queries.GivenMonth]) -> pages.Page[queries.GivenMonth]:
    """Return the page of a fan's months, the newest first, that the request asks for."""
    return pages.cut_list(
        months,
        key_of=lambda each: _newest_first(each.period),
        place=pages.Place.of(request, name="months", size=MONTHS_ON_A_PAGE),
    )


def _creators(
    request: HttpRequest, giving: queries.Giving
) -> pages.Page[tuple[CreatorProfile | None, queries.Given]]:
    """Return the page of the creators who had something that the request asks for."""
    page = pages.cut_list(
        giving.creators,
        key_of=lambda each: (-each.amount_micros, each.creator_id),
        place=pages.Place.of(request, name="creators"),
    )
    profiles = queries.profiles_of(page)
    return page.showing([(profiles.get(each.creator_id), each) for each in page])


def _given_csv(request: HttpRequest, *, name: str, year: int | None = None) -> HttpResponse:
    """Return a row for each month and creator, the newest month first, amounts to the micro, of which gifts last."""
    given = queries.given_by_month(fan=user_of(request), year=year)
    profiles = queries.profiles_of(each for _period, each in given)
    return csv_response(
        name=name,
        header=["month", "creator", "clicks", "amount_eur", "fee_eur", "gifts_eur"],
        rows=[
            [
                str(period),
                profiles[each.creator_id].name if each.creator_id in profiles else "",
                each.clicks,
                *(_euros(micros) for micros in (each.amount_micros, each.fee_micros, each.gifts_micros)),
            ]
            for period, each in given
        ],
    )


def _bars(periods: Sequence[Period], micros: dict[Period, int]) -> list[Bar]:
    """Return a bar for each month, of those without anything too; none where there is nothing at all."""
    return [Bar(label=in_words(each), amount_micros=micros.get(each, 0)) for each in periods] if micros else []


def _last_months(known: Collection[Period]) -> list[Period]:
    """Return the last months up to the newest one known, from the first one known on."""
    first, newest = min(known, default=None), max(known, default=None)
    if first is None or newest is None:
        return []
    drawn = [newest.shift(-back) for back in reversed(range(DRAWN_MONTHS))]
    return [period for period in drawn if period >= first]


def _newest_first(period: Period) -> tuple[int]:
    return (-period.first_day.toordinal(),)


def _months_of(year: int) -> list[Period]:
    return [Period(year, number) for number in range(1, 13)]


def _euros(micros: int) -> str:
    return money.format_micros(micros, decimals=6)
