"""A small world to look at: creators with sites and buttons, fans, two settled months and one that runs."""

import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Final
from urllib.parse import urlsplit

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import encrypt
from django.conf import settings
from django.contrib.auth.hashers import make_password

from accounts import operations as accounts_operations
from accounts import queries as accounts_queries
from accounts.models import CreatorProfile, User, Visibility
from buttons import queries as buttons_queries
from buttons.models import Button, Click, Site, StandingClick
from buttons.operations import buttons as buttons_operations
from buttons.operations import clicks as clicks_operations
from buttons.operations import standing, trending
from flattr.period import Period
from flattr.transactions import durable
from payouts.models import CoAuthor, Deposit, PayoutAccount, Settlement
from payouts.operations import (
    accounts,
    caps,
    coauthors,
    demo_people,
    deposits,
    gifts,
    payouts,
    settlement,
    visibility,
)
from payouts.queries import balances, due

PASSWORD: Final = "flattr-demo"  # noqa: S105  Printed at every start; the demo world is for development alone.
STAFF: Final = "staff@demo.example"
FANS: Final = 40
_SEED: Final = 2010
_NAMESPACE: Final = uuid.UUID("b8a6c1de-0f55-4f0e-9d0c-2f1a0c5c7f10")
_PAYOUT_CENTS: Final = 2500
_GIFTS_CENTS: Final = (500, 200)
_hashed: Final = cache(make_password)
"""Hashing is slow on purpose, and all have one password."""


@dataclass(frozen=True, slots=True)
class Maker:
    """A creator of the demo world, with the titles of what they make."""

    slug: str
    name: str
    category: Button.Category
    text: str
    titles: tuple[str, ...]
    tags: tuple[str, ...] = ()
    language: str = "en"


MAKERS: Final = (
    Maker(
        "artist",
        "Ada Marin",
        Button.Category.IMAGES,
        "Paints harbours at dawn.",
        ("First light", "Low tide", "Nets"),
        ("painting", "sea"),
    ),
    Maker(
        "kite",
        "The Kite Makers",
        Button.Category.AUDIO,
        "Folk songs with a drum machine.",
        ("Northern wind", "Paper"),
        ("folk", "music"),
    ),
    Maker(
        "podolsk",
        "Radio Podolsk",
        Button.Category.AUDIO,
        "A podcast about trains.",
        ("Night train", "Gauge"),
        ("podcast", "trains"),
    ),
    Maker(
        "loops",
        "Loops & Semicolons",
        Button.Category.TEXT,
        "Essays on programming.",
        ("On names", "Two clocks"),
        ("essays", "programming"),
    ),
    Maker(
        "tinytool",
        "tinytool",
        Button.Category.SOFTWARE,
        "A small tool that does one thing.",
        ("tinytool 3",),
        ("tools", "programming"),
    ),
    Maker(
        "marguerite",
        "Marguerite Élan",
        Button.Category.TEXT,
        "Des nouvelles courtes.",
        ("La gare", "L’été d’après"),
        ("stories",),
        "fr",
    ),
    Maker(
        "pixelbarn",
        "Pixel Barn",
        Button.Category.VIDEO,
        "Animated films made in a barn.",
        ("Owls", "The gate"),
        ("film", "animation"),
    ),
    Maker(
        "soup",
        "Soup of the Day",
        Button.Category.TEXT,
        "One soup a day, no story before it.",
        ("Leek", "Miso"),
        ("cooking",),
    ),
    Maker(
        "yuki",
        "雪のピアノ",
        Button.Category.AUDIO,
        "Piano, recorded in winter.",
        ("二月", "朝"),
        ("piano", "music"),
        "ja",
    ),
    Maker(
        "openmap",
        "Open Map Friends",
        Button.Category.PEOPLE,
        "We walk and draw the map.",
        ("Footpaths",),
        ("maps", "walking"),
    ),
    Maker(
        "chess",
        "Slow Chess",
        Button.Category.VIDEO,
        "Endgames, explained slowly.",
        ("Rook endings", "Zugzwang"),
        ("chess",),
    ),
    Maker(
        "stars",
        "Under the Stars",
        Button.Category.AUDIO,
        "Astronomy for the way to work.",
        ("Perihelion", "Dust"),
        ("podcast", "astronomy"),
    ),
)


def load(*, now: datetime, say: Callable[[str], None]) -> None:
    """Make the demo world, or what is missing of it; loading it twice changes nothing.

    :raises NobodyPays: if the provider is Stripe itself.
    """
    demo_people.require_provider()
    running = Period.at(now)
    months = (running.shift(-2), running.shift(-1), running)
    say("Creators and their buttons")
    _make_staff(now)
    buttons = [button for maker in MAKERS for button in _make_creator(maker, months[0].start)]
    say("What creators share")
    _share_buttons(buttons, months[0].start, now)
    say("Fans with their budgets and deposits")
    fans = [_make_fan(number, months[0].start) for number in range(1, FANS + 1)]
    # Last month's statement shows what it held back, unless that month is closed.
    _set_a_cap(
        fans[0], buttons[len(MAKERS[0].titles)].creator, now if Settlement.objects.exists() else months[1].start
    )
    for month in months:
        if not buttons_queries.period_is_closed(period=month):
            say(f"Clicks of {month}")
            _make_clicks(fans, buttons, month, now)
    trending.count_heat(now=now)
    # Months are settled without a gap, so those between an older settlement and the demo's own come first.
    for month in sorted({*months[:2], *due.due_periods(now=now)}):
        say(f"The settlement of {month}")
        settlement.settle(period=month, clock=lambda: now, step=lambda _done, _ranges: None)
    _make_wishes(fans, running, now)
    _give_second_factor(buttons[0].creator)
    _ask_for_payout(buttons[0].creator, now)
    _give_gifts(fans[0], buttons, now)


def logins() -> list[str]:
    """Return lines that tell how to log in to the demo world."""
    return [
        f"fan       {_fan_email(1)}      password {PASSWORD}",
        f"creator   {_creator_email('artist')}    password {PASSWORD}",
        f"staff     {STAFF}     password {PASSWORD}   (/admin/)",
        f"the creator and staff are asked for a code as well: {settings.APP_URL}/demo-code/ shows it",
    ]


def _make_staff(now: datetime) -> None:
    _give_second_factor(_make_user(STAFF, "Staff", now, is_staff=True, is_superuser=True))


def _give_second_factor(user: User) -> None:
    """Let the user be asked for the codes that a page of development shows."""
    Authenticator.objects.get_or_create(
        user=user,
        type=Authenticator.Type.TOTP,
        defaults={"data": {"secret": encrypt(settings.DEMO_TOTP_SECRET)}},
    )


@durable
def _make_user(email: str, name: str, now: datetime, **fields: bool) -> User:
    """Make a user whose address counts as verified."""
    user = User.objects.filter(email=email).first()
    if user is None:
        user = User.objects.create(email=email, password=_hashed(PASSWORD), name=name, joined_at=now, **fields)
    EmailAddress.objects.get_or_create(user=user, email=email, defaults={"verified": True, "primary": True})
    return user


def _make_creator(maker: Maker, now: datetime) -> list[Button]:
    """Make a creator with a site under `localhost`, and a button for each work."""
    user = _make_user(_creator_email(maker.slug), maker.name, now)
    if not CreatorProfile.objects.filter(user=user).exists():
        profile = accounts_operations.become_creator(user=user, slug=maker.slug, name=maker.name, text=maker.text)
        accounts_operations.update_creator(
            profile=profile, name=maker.name, text=maker.text, links=[], thanks=f"Thank you! {maker.text}"
        )
    if not PayoutAccount.objects.filter(creator=user).exists():
        demo_people.tell_everything(account=accounts.open_account(creator=user, country="FR"), now=now)
    port = urlsplit(settings.APP_URL).port
    site = f"http://{maker.slug}.localhost" + (f":{port}" if port else "")
    known = {button.title for button in Button.objects.filter(creator=user)}
    for number, title in enumerate(maker.titles, start=1):
        if title not in known:
            buttons_operations.create_button(
                creator=user,
                url=f"{site}/works/{number}",
                title=title,
                description=maker.text,
                category=maker.category,
                tags=maker.tags,
                language=maker.language,
            )
    # Nobody can prove a site under `localhost` from outside, so these are taken as proved.
    Site.objects.filter(creator=user, verified_at__isnull=True).update(verified_at=now)
    return list(Button.objects.filter(creator=user).select_related("creator").order_by("id"))


def _share_buttons(buttons: list[Button], start: datetime, now: datetime) -> None:
    """Let two creators share a button, from the first month on where none is settled, and let an offer wait."""
    shared, offered = buttons[0], buttons[len(MAKERS[0].titles)]
    artist, kite = shared.creator, offered.creator
    moment = now if Settlement.objects.exists() else start - timedelta(days=1)
    if not CoAuthor.objects.filter(button=shared).exists():
        made = coauthors.invite(button=shared, owner=artist, whom=kite.creator_profile.slug, percent=30, now=moment)
        coauthors.accept(co_author_id=made.pk, person=kite, now=moment)
    if not CoAuthor.objects.filter(button=offered).exists():
        coauthors.invite(button=offered, owner=kite, whom=artist.creator_profile.slug, percent=20, now=now)


def _make_fan(number: int, now: datetime) -> User:
    """Make a fan who has paid in for a few months."""
    fan = _make_user(_fan_email(number), f"Fan {number}", now)
    budget_cents = (200, 500, 500, 1000, 2000)[number % 5]
    if accounts_queries.latest_subscription(fan=fan) is None:
        accounts_operations.subscribe(fan=fan, budget_cents=budget_cents, term_months=3, now=now)
    if not fan.deposits.filter(state=Deposit.State.SUCCEEDED).exists():
        deposit = deposits.open_deposit(deposit_id=uuid.uuid4(), fan=fan, amount_cents=budget_cents * 3, now=now)
        demo_people.pay(deposit=deposit, now=now)
    return fan


@durable
def _make_clicks(fans: list[User], buttons: list[Button], month: Period, now: datetime) -> None:
    """Let every fan click for a month; a few buttons are loved much more than the rest."""
    # The same world every time; nothing here is a secret.
    chance = random.Random(f"{_SEED}:{month}")  # noqa: S311
    popularity = [1 / (place + 1) for place in range(len(buttons))]
    span = min(month.end, now) - month.start
    clicks = [
        Click(
            id=uuid.uuid5(_NAMESPACE, f"{month}:{fan.email}:{number}"),
            fan=fan,
            button=button,
            creator=button.creator,
            period=month,
            clicked_at=month.start + timedelta(seconds=int(span.total_seconds() * chance.random())),
            origin=button.url.rpartition("/works")[0],
        )
        for fan in fans
        for number, button in enumerate(chance.choices(buttons, popularity, k=chance.randint(4, 20)))
    ]
    clicks_operations.import_clicks(clicks=clicks)


def _set_a_cap(fan: User, creator: User, now: datetime) -> None:
    """Let the fan say how much a creator gets at most, unless the fan has said something since."""
    if not fan.caps.exists():
        caps.set_cap(fan=fan, creator=creator, most_cents=50, now=now)


def _make_wishes(fans: list[User], running: Period, now: datetime) -> None:
    """Let some fans be seen as supporters, one of them by single clicks, and one click two buttons every month."""
    if StandingClick.objects.filter(fan=fans[0]).exists():
        return
    for number, fan in enumerate(fans[:9]):
        seen_by = Visibility.CREATORS if number % 3 == 1 else Visibility.PUBLIC
        visibility.set_visibility(user=fan, visibility=seen_by, name=fan.name, now=now)
    # The last fan is anonymous, but for a click of last month; the first one keeps a click of this month secret.
    for fan, period, seen_by in (
        (fans[-1], running.previous, Visibility.PUBLIC),
        (fans[0], running, Visibility.ANONYMOUS),
    ):
        made = buttons_queries.clicks_that_stand(period=period).filter(fan=fan).order_by("-clicked_at", "-id")
        for click in made[:1]:
            visibility.choose_visibility_of_click(
                fan=fan, period=period, click_id=click.id, visibility=seen_by, now=now
            )
    clicked = buttons_queries.clicked_buttons(fan=fans[0], period=running)
    for each, term_months in zip(clicked, (None, 3), strict=False):
        public_id = Button.objects.get(pk=each.button_id).public_id
        standing.set_standing_click(fan=fans[0], public_id=public_id, term_months=term_months, now=now)


def _ask_for_payout(creator: User, now: datetime) -> None:
    """Leave one payout for staff to review."""
    withdrawable = balances.withdrawable_cents(creator=creator, now=now)
    if not creator.payouts.exists() and withdrawable >= _PAYOUT_CENTS:
        payouts.request_payout(payout_id=uuid.uuid4(), creator=creator, amount_cents=_PAYOUT_CENTS, now=now)


def _give_gifts(fan: User, buttons: list[Button], now: datetime) -> None:
    """Let a fan give two creators something beside the cake, which they pay in for that."""
    paid_in = deposits.open_deposit(
        deposit_id=uuid.uuid5(_NAMESPACE, "gifts"), fan=fan, amount_cents=sum(_GIFTS_CENTS), now=now
    )
    if paid_in.state != Deposit.State.SUCCEEDED:
        demo_people.pay(deposit=paid_in, now=now)
    creators = list(dict.fromkeys(each.creator for each in buttons))
    for number, amount_cents in enumerate(_GIFTS_CENTS):
        gifts.give_gift(
            gift_id=uuid.uuid5(_NAMESPACE, f"gift:{number}"),
            fan=fan,
            creator=creators[number],
            amount_cents=amount_cents,
            note="For more of this.",
            now=now,
        )


def _fan_email(number: int) -> str:
    return f"fan{number}@demo.example"


def _creator_email(slug: str) -> str:
    return f"{slug}@demo.example"
