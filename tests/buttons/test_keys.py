"""Keys: given once for a click that was confirmed in our window, good for one site, renewed when used, taken back."""

import secrets
import uuid
from datetime import datetime, timedelta

import pytest

from buttons.models import Click, Confirmation, SiteKey
from buttons.operations import clicks, keys
from flattr.period import Period
from tests import given, pressing

pytestmark = pytest.mark.django_db


def test_a_confirmed_click_is_worth_a_key_once(october: Period, mid_october: datetime) -> None:
    """Who knows the secret gets it and the click, whose site it is for; a second time there is nothing."""
    fan, button, verifier = given.funded_fan(period=october), pressing.verified_button(), secrets.token_hex(32)
    click = pressing.confirmed(fan, button, now=mid_october, verifier=verifier)
    redeemed = keys.redeem(verifier=verifier, replaced="", now=mid_october + timedelta(seconds=119))
    key = keys.find_key(secret=redeemed.secret, now=mid_october)

    assert (redeemed.click.id, key.fan, key.origin) == (click.id, fan, pressing.origin_of(button))
    with pytest.raises(keys.NothingConfirmed):
        keys.redeem(verifier=verifier, replaced="", now=mid_october + timedelta(seconds=120))


@pytest.mark.django_db(transaction=True)
def test_two_who_redeem_at_once_get_one_key(october: Period, mid_october: datetime) -> None:
    """The confirmation's row lets one of them by."""
    fan, button, verifier = given.funded_fan(period=october), pressing.verified_button(), secrets.token_hex(32)
    pressing.confirmed(fan, button, now=mid_october, verifier=verifier)
    outcomes = given.at_once(*[lambda: keys.redeem(verifier=verifier, replaced="", now=mid_october)] * 2)

    assert sorted(type(each).__name__ for each in outcomes) == ["NothingConfirmed", "Redeemed"]
    assert SiteKey.objects.count() == 1


@pytest.mark.parametrize("seconds", [120, 3600])
def test_a_key_is_fetched_soon_or_never(seconds: int, october: Period, mid_october: datetime) -> None:
    """After two minutes the confirmation is worth no key any more; the click stands."""
    fan, button, verifier = given.funded_fan(period=october), pressing.verified_button(), secrets.token_hex(32)
    pressing.confirmed(fan, button, now=mid_october, verifier=verifier)

    with pytest.raises(keys.NothingConfirmed):
        keys.redeem(verifier=verifier, replaced="", now=mid_october + timedelta(seconds=seconds))
    assert Click.objects.count() == 1


def test_another_verifier_gets_nothing(october: Period, mid_october: datetime) -> None:
    """Neither somebody else's secret nor the challenge itself, which went through an address."""
    fan, button, verifier = given.funded_fan(period=october), pressing.verified_button(), secrets.token_hex(32)
    pressing.confirmed(fan, button, now=mid_october, verifier=verifier)

    for wrong in (secrets.token_hex(32), pressing.challenge_of(verifier), ""):
        with pytest.raises(keys.NothingConfirmed):
            keys.redeem(verifier=wrong, replaced="", now=mid_october)


@pytest.mark.parametrize(("origin", "challenge"), [("", "0" * 64), ("https://artist.example", "")])
def test_without_a_site_or_a_frame_there_is_no_key(
    origin: str, challenge: str, october: Period, mid_october: datetime
) -> None:
    """A click that came by a link, or from nowhere that we know, counts and is worth nothing more."""
    click = keys.confirm_click(
        click_id=uuid.uuid4(),
        public_id=given.button().public_id,
        origin=origin,
        challenge=challenge,
        fan=given.funded_fan(period=october),
        now=mid_october,
    )

    assert click.undone_at is None
    assert not Confirmation.objects.exists()


def test_a_challenge_is_one_clicks(october: Period, mid_october: datetime) -> None:
    """A second window with the same challenge records its click, and the key stays the first one's."""
    first, second = (given.funded_fan(period=october) for _ in range(2))
    button, verifier = pressing.verified_button(), secrets.token_hex(32)
    pressing.confirmed(first, button, now=mid_october, verifier=verifier)
    pressing.confirmed(second, button, now=mid_october, verifier=verifier)

    assert Click.objects.count() == 2
    assert keys.redeem(verifier=verifier, replaced="", now=mid_october).click.fan == first


def test_a_confirmation_twice_is_one(october: Period, mid_october: datetime) -> None:
    """The same click sent again, by a reload, adds neither a click nor a confirmation."""
    fan, button, click_id = given.funded_fan(period=october), pressing.verified_button(), uuid.uuid4()
    for _ in range(2):
        pressing.confirmed(fan, button, now=mid_october, click_id=click_id)

    assert (Click.objects.count(), Confirmation.objects.count()) == (1, 1)


def test_what_is_refused_confirms_nothing(october: Period, mid_october: datetime) -> None:
    """A click on one's own button leaves no confirmation behind."""
    button = pressing.verified_button()
    given.subscription(button.creator, budget_cents=500, period=october)

    with pytest.raises(clicks.OwnButton):
        pressing.confirmed(button.creator, button, now=mid_october)
    assert not Confirmation.objects.exists()


def test_a_new_key_replaces_the_browsers_old_one(october: Period, mid_october: datetime) -> None:
    """The one that came with the request is good no more; other browsers keep theirs."""
    fan, button, verifier = given.funded_fan(period=october), pressing.verified_button(), secrets.token_hex(32)
    here, elsewhere = (pressing.key_for(fan, button, now=mid_october) for _ in range(2))
    pressing.confirmed(fan, button, now=mid_october, verifier=verifier)
    redeemed = keys.redeem(verifier=verifier, replaced=here, now=mid_october)

    with pytest.raises(keys.NoKey):
        keys.find_key(secret=here, now=mid_october)
    for secret in (redeemed.secret, elsewhere):
        assert keys.find_key(secret=secret, now=mid_october).fan == fan


def test_a_lost_answer_locks_nobody_out(october: Period, mid_october: datetime) -> None:
    """The secret that was used stays good until the new one is used, however often it is; the one before isn't."""
    fan, button = given.funded_fan(period=october), pressing.verified_button()
    first = pressing.key_for(fan, button, now=mid_october)
    lost = keys.renew_secret(key=keys.find_key(secret=first, now=mid_october), used=first, now=mid_october)
    second = keys.renew_secret(key=keys.find_key(secret=first, now=mid_october), used=first, now=mid_october)

    with pytest.raises(keys.NoKey):
        keys.find_key(secret=lost, now=mid_october)
    third = keys.renew_secret(key=keys.find_key(secret=second, now=mid_october), used=second, now=mid_october)
    with pytest.raises(keys.NoKey):
        keys.find_key(secret=first, now=mid_october)
    assert keys.find_key(secret=third, now=mid_october) == keys.find_key(secret=second, now=mid_october)


def test_only_hashes_are_kept(october: Period, mid_october: datetime) -> None:
    """Who reads the table can't click for anybody."""
    secret = pressing.key_for(given.funded_fan(period=october), pressing.verified_button(), now=mid_october)
    key = keys.find_key(secret=secret, now=mid_october)
    renewed = keys.renew_secret(key=key, used=secret, now=mid_october)
    (row,) = SiteKey.objects.values_list("secret_hash", "previous_hash")

    assert row == (keys.hash_of(renewed), keys.hash_of(secret))
    for known in row:
        with pytest.raises(keys.NoKey):
            keys.find_key(secret=known, now=mid_october)


def test_a_key_ends_after_ninety_days(october: Period, mid_october: datetime) -> None:
    """Until then it is good, from then on it isn't."""
    secret = pressing.key_for(given.funded_fan(period=october), pressing.verified_button(), now=mid_october)
    key = keys.find_key(secret=secret, now=mid_october + timedelta(days=90, seconds=-1))

    assert str(key) == key.origin
    with pytest.raises(keys.NoKey):
        keys.find_key(secret=secret, now=mid_october + timedelta(days=90))


@pytest.mark.parametrize("secret", ["", "made-up", "x" * 5000, "\x00"])
def test_made_up_secrets_are_no_keys(secret: str, october: Period, mid_october: datetime) -> None:
    """Whatever a cookie holds, a key without a second secret isn't found by an empty one."""
    pressing.key_for(given.funded_fan(period=october), pressing.verified_button(), now=mid_october)

    with pytest.raises(keys.NoKey):
        keys.find_key(secret=secret, now=mid_october)


def test_who_is_not_active_has_no_key(october: Period, mid_october: datetime) -> None:
    """Staff who lock an account out lock its keys out, too."""
    fan = given.funded_fan(period=october)
    secret = pressing.key_for(fan, pressing.verified_button(), now=mid_october)
    fan.is_active = False
    fan.save()

    with pytest.raises(keys.NoKey):
        keys.find_key(secret=secret, now=mid_october)


def test_keys_of_one_site_are_taken_back(october: Period, mid_october: datetime) -> None:
    """In every browser, on that site and of that fan alone; what was confirmed there still counts in statistics."""
    fan, other = (given.funded_fan(period=october) for _ in range(2))
    button, elsewhere = pressing.verified_button(), pressing.verified_button()
    gone = [pressing.key_for(fan, button, now=mid_october) for _ in range(2)]
    kept = [pressing.key_for(fan, elsewhere, now=mid_october), pressing.key_for(other, button, now=mid_october)]
    for _ in range(2):
        keys.revoke_keys(fan=fan, origin=pressing.origin_of(button), now=mid_october)

    for secret in gone:
        with pytest.raises(keys.NoKey):
            keys.find_key(secret=secret, now=mid_october)
    for secret in kept:
        keys.find_key(secret=secret, now=mid_october)
    assert Confirmation.objects.filter(revoked_at=mid_october).count() == 2
    assert Confirmation.objects.count() == 4


def test_all_keys_are_taken_back(october: Period, mid_october: datetime) -> None:
    """Without a site it is all of the fan's, and nobody else's."""
    fan, other, button = (
        given.funded_fan(period=october),
        given.funded_fan(period=october),
        pressing.verified_button(),
    )
    pressing.key_for(fan, button, now=mid_october)
    pressing.key_for(fan, pressing.verified_button(), now=mid_october)
    pressing.key_for(other, button, now=mid_october)
    keys.revoke_keys(fan=fan, origin=None, now=mid_october)

    assert set(SiteKey.objects.filter(revoked_at__isnull=True).values_list("fan", flat=True)) == {other.pk}


def test_a_key_that_was_taken_back_is_not_renewed(october: Period, mid_october: datetime) -> None:
    """A press that was under way meanwhile doesn't bring it back."""
    fan, button = given.funded_fan(period=october), pressing.verified_button()
    secret = pressing.key_for(fan, button, now=mid_october)
    key = keys.find_key(secret=secret, now=mid_october)
    keys.revoke_keys(fan=fan, origin=key.origin, now=mid_october)
    renewed = keys.renew_secret(key=key, used=secret, now=mid_october)

    with pytest.raises(keys.NoKey):
        keys.find_key(secret=renewed, now=mid_october)
