"""Two creators who prove one host: nobody takes it over silently, and staff decide."""

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError

from accounts.models import Notification, User
from buttons.models import Site
from buttons.operations import sites
from flattr.transactions import savepoint
from tests import given
from tests.outside.proofs import claimed, hide, looked_for, looked_for_again, proven, show
from tests.outside.servers import Outside

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def ada() -> User:
    """Return the creator who was first."""
    return given.creator("Ada")


@pytest.fixture
def bob() -> User:
    """Return the creator who comes second."""
    return given.creator("Bob")


@pytest.fixture
def boss() -> User:
    """Return who gets alarms."""
    return given.user("Boss", is_staff=True, is_superuser=True)


def contested(outside: Outside, first: User, second: User, *, now: datetime) -> tuple[Site, Site]:
    """Let two creators prove one host, both by the same file."""
    held = proven(outside, first, now=now)
    challenge = claimed(second)
    show(outside, held, challenge)
    assert looked_for(challenge, now=now) == "contested"
    return again(held), again(challenge)


def again(site: Site) -> Site:
    """Return the site as it is now."""
    return Site.objects.get(pk=site.pk)


def standing(site: Site) -> tuple[bool, bool, bool]:
    """Tell whether a site is proven, verified and contested."""
    now = again(site)
    return now.proof != "", now.verified_at is not None, now.contested_at is not None


def mails(person: User) -> list[tuple[str, object]]:
    """Return the kinds of the emails that are owed to a person, and whether each tells of a contest won."""
    rows = person.notifications.order_by("created_at").values_list("kind", "context")
    return [(kind, context.get("is_won")) for kind, context in rows]


def test_who_is_second_waits_for_staff(
    ada: User, bob: User, boss: User, outside: Outside, mid_october: datetime
) -> None:
    """Who was first stays verified and is told, staff get an alarm that leads to the decision, all of it once."""
    held, challenge = contested(outside, ada, bob, now=mid_october)

    assert (standing(held), standing(challenge)) == ((True, True, False), (True, False, True))
    assert mails(ada) == [("site_contested", None)]
    assert mails(bob) == []
    (alarm,) = boss.notifications.all()
    assert alarm.kind == Notification.Kind.ALARM
    assert f"/admin/buttons/site/{challenge.pk}/contest/" in alarm.context["lines"][0]
    assert looked_for_again(now=mid_october + DAY) == ["proven", "contested"]
    assert standing(challenge) == (True, False, True)
    assert Notification.objects.count() == 2


def test_time_gives_nobody_a_contested_host(
    ada: User, bob: User, boss: User, outside: Outside, mid_october: datetime
) -> None:
    """Neither who is left when the first one's proof is gone, nor who comes third."""
    held, challenge = contested(outside, ada, bob, now=mid_october)
    show(outside, challenge)
    for day in range(1, 6):
        looked_for_again(now=mid_october + day * DAY)
    assert (standing(held), standing(challenge)) == ((False, False, False), (True, False, True))
    assert ("site_lost", None) in mails(ada)
    third = claimed(given.creator("Eve"))
    show(outside, challenge, third)

    assert looked_for(third, now=mid_october + 5 * DAY) == "contested"
    assert ("site_contested", None) in mails(bob)
    assert [kind for kind, _ in mails(boss)] == ["alarm", "alarm"]


def test_a_challenger_who_proves_nothing_any_more_challenges_no_more(
    ada: User, bob: User, outside: Outside, mid_october: datetime
) -> None:
    """After three days, as for any proof; or at once by withdrawing."""
    held, challenge = contested(outside, ada, bob, now=mid_october)
    show(outside, held)
    for day in range(1, 5):
        looked_for_again(now=mid_october + day * DAY)
    assert (standing(held), standing(challenge)) == ((True, True, False), (False, False, False))
    show(outside, held, challenge)
    assert looked_for(challenge, now=mid_october + 5 * DAY) == "contested"
    sites.withdraw_claim(site=again(challenge))

    assert (standing(held), standing(challenge)) == ((True, True, False), (False, False, False))


def test_the_challenger_gets_the_host(ada: User, bob: User, outside: Outside, mid_october: datetime) -> None:
    """Both are told; who lost it would have to claim it anew, which would open a contest again."""
    held, challenge = contested(outside, ada, bob, now=mid_october)
    sites.decide_contest(site_id=challenge.pk, is_theirs=True, now=mid_october + DAY)

    assert (standing(held), standing(challenge)) == ((False, False, False), (True, True, False))
    assert again(challenge).verified_at == mid_october + DAY
    assert again(held).token == ""
    assert mails(ada)[-1] == ("contest_decided", False)
    assert mails(bob) == [("contest_decided", True)]
    anew = claimed(ada)
    show(outside, anew, challenge)
    assert anew.token != held.token
    assert looked_for(anew, now=mid_october + 2 * DAY) == "contested"


def test_the_challenger_is_refused(ada: User, bob: User, outside: Outside, mid_october: datetime) -> None:
    """Who was first keeps the host; a decision is made once."""
    held, challenge = contested(outside, ada, bob, now=mid_october)
    sites.decide_contest(site_id=challenge.pk, is_theirs=False, now=mid_october + DAY)

    assert (standing(held), standing(challenge)) == ((True, True, False), (False, False, False))
    assert (again(held).verified_at, again(challenge).token) == (mid_october, "")
    assert (mails(ada)[-1], mails(bob)) == (("contest_decided", True), [("contest_decided", False)])
    for site in (held, challenge):
        with pytest.raises(sites.NotContested, match="host"):
            sites.decide_contest(site_id=site.pk, is_theirs=True, now=mid_october + DAY)


def test_links_are_no_contest(ada: User, bob: User, outside: Outside, mid_october: datetime) -> None:
    """Of a site that people share, each proves a page; who verifies the host takes nothing from them."""
    linked = proven(outside, ada, proof="link", now=mid_october)
    other = claimed(bob)
    show(outside, linked, other, proof="link")
    assert looked_for(other, proof="link", now=mid_october) == "proven"
    verified = proven(outside, given.creator("Eve"), now=mid_october)

    assert [standing(site) for site in (linked, other, verified)] == [
        (True, False, False),
        (True, False, False),
        (True, True, False),
    ]
    assert Notification.objects.count() == 0


def test_a_host_that_was_given_up_is_free(ada: User, bob: User, outside: Outside, mid_october: datetime) -> None:
    """Who withdrew has said so."""
    held = proven(outside, ada, now=mid_october)
    sites.withdraw_claim(site=held)

    assert standing(proven(outside, bob, now=mid_october)) == (True, True, False)
    hide(outside)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_prove_it_at_once_one_is_verified(outside: Outside) -> None:
    """And the other one contested."""
    claims = [claimed(given.creator(name)) for name in ("Ada", "Bob")]
    show(outside, *claims)
    found = given.at_once(*(lambda site=site: looked_for(site, now=given.MOMENT) for site in claims))

    assert sorted(map(str, found)) == ["contested", "proven"]
    assert sorted(standing(site) for site in claims) == [(True, False, True), (True, True, False)]


def test_the_database_keeps_the_rules(ada: User, bob: User, outside: Outside, mid_october: datetime) -> None:
    """One verified creator a host, never by a link, never without a claim, never contested and verified."""
    held, challenge = contested(outside, ada, bob, now=mid_october)
    for pk, changes in (
        (challenge.pk, {"contested_at": None, "verified_at": mid_october}),
        (held.pk, {"contested_at": mid_october}),
        (held.pk, {"proof": "link"}),
        (held.pk, {"token": ""}),
        (held.pk, {"proof": ""}),
        (held.pk, {"covers_subdomains": True}),
    ):
        with pytest.raises(IntegrityError), savepoint():
            Site.objects.filter(pk=pk).update(**changes)
