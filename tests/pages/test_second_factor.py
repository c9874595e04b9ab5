"""Second factors: set up, asked for when logging in, and required of staff and for payouts."""

import re
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.conf import settings as house
from django.urls import resolve, reverse

from accounts.models import User
from flattr.settings import DEMO_TOTP_SECRET
from payouts.models import Payout
from tests import given, second_factor
from tests.client import StrictClient
from tests.pages import world
from tests.pages.world import World

pytestmark = pytest.mark.django_db

LOG_IN = "/accounts/login/"
INDEX = "/accounts/2fa/"
SET_UP = "/accounts/2fa/totp/activate/"
CODES = "/accounts/2fa/recovery-codes/"
CODE = "/accounts/2fa/authenticate/"
EARNINGS = "/earnings/"


@pytest.fixture
def creator(town: World) -> User:
    """Return a creator who can withdraw 10 EUR and more."""
    return town.creator


def without_factor(person: User) -> User:
    """Return the person, who has no second factor any more."""
    Authenticator.objects.filter(user=person).delete()
    return person


def set_up(client: StrictClient) -> Any:
    """Set up an authenticator app as a person does who types the secret into it; return the page after that."""
    form = client.get(SET_UP)
    secret = world.document(form).query("#authenticator_secret")[0].attrs["value"]
    return client.post(SET_UP, {"code": second_factor.code(secret=secret)}, follow=True)


def ask_for_payout(client: StrictClient) -> Any:
    """Send the form for a payout of 10 EUR."""
    return client.post(EARNINGS, world.once(amount_cents="10"), follow=True)


def forget_the_proof(client: StrictClient) -> None:
    """Let it be long ago that whoever is logged in proved to be themselves."""
    session = client.session
    session["account_authentication_methods"] = []
    session.save()


def links(response: Any) -> list[str]:
    """Return where the main part of a page leads."""
    return [link.attrs["href"] for link in world.document(response).query("main a")]


def test_logging_in_asks_for_a_code(client: StrictClient) -> None:
    """The password alone lets nobody in who has a second factor; the code of the moment does, once."""
    person = second_factor.give(given.user("Grace"))
    with time_machine.travel(given.MOMENT, tick=False):
        asked = world.log_in(client, LOG_IN, person)
        assert asked.headers["Location"] == CODE
        assert client.get("/cake/").status_code == 302
        wrong = client.post(CODE, {"code": "000000"})
        assert "Incorrect code." in world.text(wrong)
        entered = client.post(CODE, {"code": second_factor.code()})
        other = StrictClient()
        world.log_in(other, LOG_IN, person)
        again = other.post(CODE, {"code": second_factor.code()})

        assert entered.headers["Location"] == "/cake/"
        assert client.get("/cake/").status_code == 200
        assert "Incorrect code." in world.text(again)


@pytest.mark.parametrize(("seconds", "gets_in"), [(-60, False), (-30, True), (30, True), (90, False)])
def test_a_clock_may_be_half_a_minute_off(*, seconds: int, gets_in: bool, client: StrictClient) -> None:
    """The codes before and after are taken too, since telephones differ; older ones aren't."""
    person = second_factor.give(given.user("Grace"))
    with time_machine.travel(given.MOMENT, tick=False):
        world.log_in(client, LOG_IN, person)
        client.post(CODE, {"code": second_factor.code(at=given.MOMENT.timestamp() + seconds)})

        assert (client.get("/cake/").status_code == 200) == gets_in


def test_a_recovery_code_lets_in_once(client: StrictClient) -> None:
    """Who lost the telephone has codes on paper, each for one time."""
    person = given.user("Grace")
    client.force_login(person)
    shown = set_up(client)
    code = world.document(shown).query("#recovery_codes")[0].to_text().split()[0]
    client.post("/accounts/logout/")
    entered = []
    for _ in range(2):
        client.post("/accounts/logout/")
        world.log_in(client, LOG_IN, person)
        client.post(CODE, {"code": code})
        entered.append(client.get("/cake/").status_code == 200)

    assert shown.request["PATH_INFO"] == CODES
    assert entered == [True, False]


def test_staff_without_one_are_led_to_set_it_up_and_back(client: StrictClient) -> None:
    """No page of the admin is there before; afterwards the page that was wanted is one press away."""
    client.force_login(without_factor(given.user("Chief", is_staff=True, is_superuser=True)))
    wanted = "/admin/payouts/payout/"
    led = client.get(wanted, follow=True)
    assert led.request["PATH_INFO"] == INDEX
    assert world.messages(led) == ["This needs a second factor. Set one up, and go on from there."]
    assert wanted not in links(led)
    done = set_up(client)

    assert wanted in links(done)
    assert client.get(wanted).status_code == 200
    assert wanted not in links(client.get(CODES))


def test_who_removes_it_is_out_of_the_admin(client: StrictClient) -> None:
    """The rule is looked at with every page, not only when logging in."""
    client.force_login(given.user("Chief", is_staff=True, is_superuser=True))
    assert client.get("/admin/").status_code == 200
    client.post("/accounts/2fa/totp/deactivate/")

    assert client.get("/admin/", follow=True).request["PATH_INFO"] == INDEX


def test_a_creator_without_one_is_led_to_set_it_up_and_back(
    creator: User, client: StrictClient, clock: time_machine.Traveller
) -> None:
    """Nothing is asked for before; afterwards the page of earnings is one press away."""
    del clock
    client.force_login(without_factor(creator))
    known = Payout.objects.count()
    led = ask_for_payout(client)
    assert led.request["PATH_INFO"] == INDEX
    assert Payout.objects.count() == known
    done = set_up(client)
    assert EARNINGS in links(done)
    asked = ask_for_payout(client)

    assert "Your payout is requested" in " ".join(world.messages(asked))
    assert Payout.objects.count() == known + 1


@pytest.mark.parametrize("name", ["payouts:open_account", "payouts:account_page"])
def test_the_payout_account_is_behind_it(name: str, creator: User, client: StrictClient) -> None:
    """Who could change where money goes could take it."""
    client.force_login(without_factor(creator))
    led = client.post(reverse(name), {"country": "FR"}, follow=True)

    assert led.request["PATH_INFO"] == INDEX
    assert client.session["second_factor_for"] == EARNINGS


def test_a_payout_needs_a_fresh_proof_and_goes_on_by_itself(
    creator: User, client: StrictClient, clock: time_machine.Traveller
) -> None:
    """A browser left open is not enough: the password or a code is asked for, and then the request is made."""
    del clock
    client.force_login(creator)
    forget_the_proof(client)
    known = Payout.objects.count()
    asked = ask_for_payout(client)
    assert asked.request["PATH_INFO"] == "/accounts/reauthenticate/"
    assert Payout.objects.count() == known
    where = {"next": EARNINGS}
    wrong = client.post("/accounts/reauthenticate/", {"password": "not it", **where})
    assert wrong.status_code == 200
    assert Payout.objects.count() == known
    gone_on = client.post("/accounts/reauthenticate/", {"password": "password", **where}, follow=True)

    assert gone_on.request["PATH_INFO"] == EARNINGS
    assert "Your payout is requested" in " ".join(world.messages(gone_on))
    assert Payout.objects.count() == known + 1


def test_looking_at_earnings_needs_neither(creator: User, client: StrictClient) -> None:
    """Only what moves money is behind it."""
    client.force_login(without_factor(creator))
    forget_the_proof(client)

    assert client.get(EARNINGS).status_code == 200


def test_the_demo_page_shows_a_code_that_lets_the_artist_in(client: StrictClient) -> None:
    """Who tries the demo world needs no telephone."""
    person = second_factor.give(given.user("Ada"), secret=DEMO_TOTP_SECRET)
    world.log_in(client, LOG_IN, person)
    code = re.findall(r"\b\d{6}\b", world.text(StrictClient().get("/demo-code/")))[0]
    entered = client.post(CODE, {"code": code})

    assert entered.headers["Location"] == "/cake/"
    assert "/demo-code/" in links(client.get(f"{INDEX}reauthenticate/"))


def test_an_app_shows_our_name_and_the_address(client: StrictClient) -> None:
    """The picture that telephones read says whose codes these are."""
    client.force_login(given.user("Grace"))
    picture = world.document(client.get(SET_UP)).query("img.qr")[0].attrs

    assert picture["src"].startswith("data:image/svg+xml;base64,")
    assert resolve(SET_UP).url_name == "mfa_activate_totp"
    assert house.MFA_TOTP_TOLERANCE == 1


@pytest.mark.parametrize(
    ("language", "words"), [("en", "Two-Factor Authentication"), ("fr", "Authentification à deux facteurs")]
)
def test_the_pages_speak_the_visitors_language(language: str, words: str, client: StrictClient) -> None:
    """Those of allauth as ours."""
    client.force_login(second_factor.give(given.user("Grace")))

    assert words in world.text(client.get(INDEX, headers={"accept-language": language}))
