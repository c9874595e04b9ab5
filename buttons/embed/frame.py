"""The frame: the button that other people's pages show. Its presses come to us from it alone, never from the page.

What it is asked by, how it answers and what each status means is in docs/button.md.
"""

import functools
import html
import json
import re
from dataclasses import replace
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse, parse_cookie
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from rest_framework import serializers

from buttons import queries, tickets
from buttons.badge import short_count
from buttons.embed import assets
from buttons.embed.click_page import place_of, site_of
from buttons.models import Click
from buttons.operations import buttons as operations
from buttons.operations import clicks, keys, one_clicks
from buttons.queries import frames as frame_queries
from buttons.queries.frames import AskedFrame, Frame
from buttons.tasks import ring_for_new
from buttons.tickets import Place
from flattr.period import Period
from flattr.short_way import Answer, Request, by_short_way

KEY_COOKIE: Final = "__Host-k"
_LANGUAGES: Final = frozenset(name for name, _ in settings.LANGUAGES)
_SIZES: Final = frozenset({"small", "large"})
_THEMES: Final = frozenset({"light", "dark"})
_MARK: Final = (
    '<svg viewBox="0 0 16 16" aria-hidden=true><path d="M7 3a6 6 0 1 0 6 6H7z" fill=#ffb703 />'
    '<path d="M9 7V1a6 6 0 0 1 6 6z" fill=#ff8fab /></svg>'
)
_HEADERS: Final = (
    ("Content-Type", "text/html; charset=utf-8"),
    ("Vary", "Cookie, Referer, Accept-Language, Sec-Fetch-Storage-Access"),
    # Pages that isolate themselves want both of these.
    ("Cross-Origin-Resource-Policy", "cross-origin"),
    ("Cross-Origin-Embedder-Policy", "require-corp"),
    # It tells our window that it was opened by a frame; which page it is in stays with us.
    ("Referrer-Policy", "strict-origin"),
    ("Origin-Agent-Cluster", "?1"),
    ("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), storage-access=(self)"),
)
_LOCAL_ANCESTORS: Final = "http://localhost:* http://*.localhost:* " if settings.DEVELOPMENT else ""

_REFUSED: Final[dict[type[Exception], HTTPStatus]] = {
    tickets.StaleTicket: HTTPStatus.GONE,
    tickets.BadTicket: HTTPStatus.BAD_REQUEST,
    keys.NoKey: HTTPStatus.UNAUTHORIZED,
    clicks.NoBudget: HTTPStatus.PAYMENT_REQUIRED,
    one_clicks.NeedsConfirmation: HTTPStatus.CONFLICT,
    operations.UnknownCreator: HTTPStatus.NOT_FOUND,
    clicks.UnknownButton: HTTPStatus.NOT_FOUND,
    clicks.UnknownClick: HTTPStatus.NOT_FOUND,
}
"""What a refusal is; a click that can't be recorded for another reason is forbidden."""

_REFUSALS: Final[tuple[type[Exception], ...]] = (*_REFUSED, clicks.UnableToClick)


@by_short_way(method="GET")
async def show_frame(request: Request) -> Answer:
    """Return the frame for a page and whoever looks at it. It makes no cookie, and without a key asks for nobody."""
    said = (request.query, request.header(b"referer"), request.header(b"accept-language"))
    asked = (_remembered if sum(map(len, said)) <= _REMEMBERED_LENGTH_MAX else _read_asked)(*said)
    cookies = request.header(b"cookie")
    secret = parse_cookie(cookies).get(KEY_COOKIE, "") if cookies else ""
    frame = await frame_queries.aframe(_about(asked.place, secret, now=timezone.now()))
    if frame is None or frame.is_hidden:
        closed = _closed(asked.look, is_hidden=frame is not None)
        return Answer(HTTPStatus.NOT_FOUND, _HEADERS, closed.encode(), policy=_policy(f"{_LOCAL_ANCESTORS}https:"))
    ancestors = asked.place.origin if frame.is_verified else f"{_LOCAL_ANCESTORS}https:"
    return Answer(HTTPStatus.OK, _HEADERS, _page(frame, asked), policy=_policy(ancestors))


class _Asked(NamedTuple):
    """What a frame is asked for: its place, and its language, size and theme."""

    place: Place
    look: tuple[str, str, str]


def _read_asked(query: str, referer: str, accepted: str) -> _Asked:
    """Read what a frame is asked for by."""
    asked = dict(parse_qsl(query))
    size, theme = asked.get("size", ""), asked.get("theme", "")
    look = (
        _language(asked.get("lang", ""), accepted),
        size if size in _SIZES else "",
        theme if theme in _THEMES else "",
    )
    return _Asked(place_of(asked, origin=site_of(referer)), look)


_remembered: Final = functools.lru_cache(maxsize=4096)(_read_asked)
"""Does the same, for many people look at the same pages at the same time."""

_REMEMBERED_LENGTH_MAX: Final = 2000
"""How long what is remembered may be: anybody may send hundreds of kB, and each process has so many of them."""


def from_frame(view: Any) -> Any:
    """Let a view be asked by our own frame's script alone, and turn refusals into statuses.

    Browsers add these headers to each request, and no page can forge them or leave them out.
    """

    @csrf_exempt
    @require_POST
    @functools.wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        wanted = {
            "Origin": settings.EMBED_URL,
            "Sec-Fetch-Site": "same-origin",
            "Sec-Fetch-Mode": "cors",
            "Sec-Fetch-Dest": "empty",
        }
        if any(request.headers.get(name) != value for name, value in wanted.items()):
            return JsonResponse({"error": "only our own frame may send this"}, status=HTTPStatus.FORBIDDEN)
        try:
            answer: HttpResponse = view(request)
        except serializers.ValidationError as error:
            return JsonResponse({"error": error.detail}, status=HTTPStatus.BAD_REQUEST)
        except _REFUSALS as error:
            status = _REFUSED.get(type(error), HTTPStatus.FORBIDDEN)
            return JsonResponse({"error": str(error)}, status=status)
        return answer

    return guarded


class _Placed(serializers.Serializer[Any]):
    """Where the frame is: the query that it was asked by, and the site that shows it."""

    page = serializers.CharField(max_length=8000)
    site = serializers.CharField(max_length=300, allow_blank=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Put both together."""
        asked = dict(parse_qsl(attrs.pop("page").removeprefix("?")))
        return {**attrs, "place": place_of(asked, origin=attrs.pop("site"))}


class _Pressed(_Placed):
    """What the frame's script sends of a press."""

    ticket = serializers.CharField(max_length=200)
    hover = serializers.IntegerField(min_value=0, max_value=2_000_000_000)
    seen = serializers.IntegerField(min_value=0, max_value=2_000_000_000)
    proven = serializers.BooleanField()
    pointer = serializers.ChoiceField(["mouse", "pen", "touch"])
    x = serializers.IntegerField(min_value=0, max_value=1000)
    y = serializers.IntegerField(min_value=0, max_value=32_000)


class _Undone(serializers.Serializer[Any]):
    click = serializers.UUIDField()


class _Verified(_Placed):
    verifier = serializers.UUIDField()


@from_frame
def click(request: HttpRequest) -> HttpResponse:
    """Record a click by one press; 401 without a key, 402 without a budget, 409 where it is to be confirmed."""
    pressed = _read(request, _Pressed)
    place = pressed["place"]
    recorded = one_clicks.click_at_once(
        click_id=tickets.read(pressed["ticket"], place=place, max_age=tickets.LASTS),
        place=place,
        secret=request.COOKIES.get(KEY_COOKIE, ""),
        press=one_clicks.Press(
            # A finger hovers over nothing before it comes down.
            hover_ms=one_clicks.HOVER_MS_MIN if pressed["pointer"] == "touch" else pressed["hover"],
            visible_ms=pressed["seen"],
            is_proven_visible=pressed["proven"],
            x=pressed["x"],
            y=pressed["y"],
        ),
        now=timezone.now(),
    )
    ring_for_new(recorded.click.button)
    # One press a day is enough for a button, so the next is confirmed.
    return _with_key(_thanks(recorded.click, place, mode="window"), recorded.secret)


@from_frame
def undo(request: HttpRequest) -> HttpResponse:
    """Take back the click that was just made here."""
    undone = one_clicks.undo_at_once(
        click_id=_read(request, _Undone)["click"],
        secret=request.COOKIES.get(KEY_COOKIE, ""),
        now=timezone.now(),
    )
    return JsonResponse(_counts(undone))


@from_frame
def redeem(request: HttpRequest) -> HttpResponse:
    """Give the browser a key once its fan has confirmed the click in our window; 202 until then."""
    sent = _read(request, _Verified)
    try:
        redeemed = keys.redeem(
            verifier=str(sent["verifier"]),
            replaced=request.COOKIES.get(KEY_COOKIE, ""),
            now=timezone.now(),
        )
    except keys.NothingConfirmed:
        return JsonResponse({}, status=HTTPStatus.ACCEPTED)
    # The site is the one that the window was asked for by, whatever the frame says now.
    place = replace(sent["place"], origin=redeemed.click.origin)
    mode = _mode_after(redeemed, place, now=timezone.now())
    return _with_key(_thanks(redeemed.click, place, mode=mode), redeemed.secret)


def _mode_after(redeemed: keys.Redeemed, place: Place, *, now: datetime) -> str:
    """Return what the next press is to do, now that the browser has the key."""
    made = redeemed.click
    try:
        one_clicks.require_within_limits(fan=made.fan, button=made.button, origin=place.origin, now=now)
    except one_clicks.NeedsConfirmation:
        return "window"
    frame = frame_queries.frame(_about(place, redeemed.secret, now=now))
    return "window" if frame is None else _mode(frame)


def _about(place: Place, secret: str, *, now: datetime) -> AskedFrame:
    return AskedFrame(
        place=place,
        creator_page=operations.creator_page(place.to),
        key_hash=keys.hash_of(secret) if secret else "",
        now=now,
    )


def _mode(frame: Frame) -> str:
    """Return what a press is to do: count by itself, the same if the browser vouches for it, or open our window."""
    if not (frame.is_verified and frame.is_trusted and frame.is_confirmed and frame.has_budget):
        return "window"
    # Where few speak for a site, the browser has to prove that the button is in plain view.
    return "one" if frame.has_good_name else "proven"


def _read(request: HttpRequest, form: type[serializers.Serializer[Any]]) -> dict[str, Any]:
    try:
        sent = json.loads(request.body)
    # Python's reader gives up what is nested too deep.
    except (ValueError, RecursionError) as error:
        raise serializers.ValidationError({"body": ["It is no JSON."]}) from error
    filled = form(data=sent)
    filled.is_valid(raise_exception=True)
    return dict(filled.validated_data)


def _thanks(made: Click, place: Place, *, mode: str) -> JsonResponse:
    return JsonResponse({**_counts(made), "undo": str(made.id), "ticket": tickets.mint(place=place), "mode": mode})


def _counts(made: Click) -> dict[str, Any]:
    count = queries.shown_click_count(public_id=made.button.public_id) or 0
    own = queries.fan_clicks_on(fan=made.fan, button=made.button, period=Period.at(timezone.now()))
    return {"count": count, "shown": short_count(count), "own": own}


def _with_key(response: HttpResponse, secret: str) -> HttpResponse:
    """Let the browser keep a key, which it sends from frames on this site alone (CHIPS)."""
    # Python writes the attribute `Partitioned` from 3.14 on.
    response["Set-Cookie"] = (
        f"{KEY_COOKIE}={secret}; Path=/; Secure; HttpOnly; SameSite=None; Partitioned;"
        f" Max-Age={int(keys.KEY_LASTS.total_seconds())}"
    )
    return response


def _language(wanted: str, accepted: str) -> str:
    """Return the language that a page asks for, else the one that the browser does."""
    for each in (wanted, *(part.partition(";")[0].strip() for part in accepted.split(","))):
        name = each.lower().partition("-")[0]
        if name in _LANGUAGES:
            return name
    return settings.LANGUAGE_CODE


def _policy(ancestors: str) -> str:
    return f"{_policy_but_ancestors()}; frame-ancestors {ancestors}"


@functools.cache
def _policy_but_ancestors() -> str:
    parts = {
        "default-src": "'none'",
        "script-src": f"'{assets.load('frame.js').sha256}'",
        "style-src": f"'{assets.load('frame.css').sha256}'",
        "connect-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in parts.items())


def _page(frame: Frame, asked: _Asked) -> bytes:
    """Return the frame's document; the texts of all states are in it, so that no press waits for them."""
    # All else is our own, or was read by rules that let no quote through.
    own = {
        "creator": html.escape(frame.creator_name),
        "origin": html.escape(asked.place.origin),
        "ticket": tickets.mint(place=asked.place),
        "mode": _mode(frame),
        "window": f"{settings.APP_URL}/c/",
        "own": str(frame.own_clicks),
        "count": short_count(frame.clicks),
        "": "",
    }
    # A document is made for each view of each page with a button, and joining takes a fraction of formatting.
    return b"".join([part for before, name in _document(*asked.look) for part in (before, own[name].encode())])


@functools.cache
def _document(language: str, size: str, theme: str) -> list[tuple[bytes, str]]:
    """Return the document in a language, cut at what each frame has of its own: what comes before, and its name."""
    texts = "\n".join(f"{state}~{label}~{sentence}" for state, (label, sentence) in _texts(language).items())
    style, script = (assets.load(name).text for name in ("frame.css", "frame.js"))
    with translation.override(language):
        unit = _("in all")
    document = (
        f"{_start(language, 'Flattr %(creator)s')}<style>{style}</style>"
        f'<body{_sized(size, theme)} data-mode=%(mode)s data-window=%(window)s data-origin="%(origin)s"'
        f' data-ticket=%(ticket)s data-own=%(own)s data-texts="{html.escape(texts)}">'
        f"<button>{_MARK}<span></span><b>%(count)s</b><i>{unit}</i></button><p role=status></p>"
        f"<script>{script}</script>"
    )
    pieces = [*re.split(r"%\((\w+)\)s", document), ""]
    return [(before.encode(), name) for before, name in zip(pieces[::2], pieces[1::2], strict=True)]


def _closed(look: tuple[str, str, str], *, is_hidden: bool) -> str:
    """Return what is shown in a bare frame where there is nothing to press; around a link, the link stays."""
    language, size, theme = look
    with translation.override(language):
        text = html.escape(_("This button is hidden.") if is_hidden else _("There is no such button."))
    label, _sentence = _texts(language)["closed"]
    return (
        f"{_start(language, 'Flattr')}<style>{assets.load('frame.css').text}</style><body{_sized(size, theme)}>"
        f'<button disabled title="{text}">{_MARK}<span>{label}</span></button><p>{text}</p>'
    )


def _sized(size: str, theme: str) -> str:
    return "".join(f" data-{name}={value}" for name, value in (("size", size), ("theme", theme)) if value)


def _start(language: str, title: str) -> str:
    # The encoding stands in a header, and from left to right is how texts run that say nothing.
    direction = " dir=rtl" if language in settings.LANGUAGES_BIDI else ""
    return f"<!doctype html><html lang={language}{direction}><title>{title}</title>"


@functools.cache
def _texts(language: str) -> dict[str, tuple[str, str]]:
    """Return by each state a short text for the button and a sentence; # stands for the fan's clicks this month."""
    with translation.override(language):
        return {
            "idle": ("Flattr", _("Give it a slice of your cake")),
            "undo": (_("Undo"), _("Thank you! # this month. Press to undo.")),
            "thanked": (_("Thanks ×#"), _("# this month. Press to give one more.")),
            "confirm": (_("Confirm"), _("Confirm in the window, or press to open it again.")),
            "again": (_("Confirm"), _("Press once more to confirm.")),
            "login": (_("Log in"), _("Press once more to log in.")),
            "budget": (_("Set budget"), _("Press once more to set a budget.")),
            "limit": (_("Limit today"), _("That is the limit for today.")),
            "offline": (_("Offline"), _("That didn’t reach us. Press to try again.")),
            "closed": (_("Closed"), _("This button takes no clicks.")),
        }
