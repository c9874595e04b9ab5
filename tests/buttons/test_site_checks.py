"""Sites over time: looked at again, lost, limited, withdrawn, and what killed workers leave."""

from datetime import datetime, timedelta

import pytest
import time_machine

from accounts.models import User
from buttons import tasks
from buttons.models import Site, SiteCheck
from buttons.operations import sites
from buttons.queries import sites as queries
from tests import given
from tests.conftest import Rung
from tests.outside.proofs import STRONG, claimed, hide, looked_for, looked_for_again, proven, run, show
from tests.outside.servers import Outside

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def ada() -> User:
    """Return a creator."""
    return given.creator("Ada")


def mails(person: User) -> list[str]:
    """Return the kinds of the emails that are owed to a person."""
    return list(person.notifications.order_by("created_at").values_list("kind", flat=True))


def test_a_proof_is_looked_for_daily_for_a_week_and_then_weekly(
    ada: User, outside: Outside, mid_october: datetime
) -> None:
    """Counted by asking each hour for seven weeks."""
    proven(outside, ada, now=mid_october)
    hours = [hour for hour in range(7 * 7 * 24) if looked_for_again(now=mid_october + hour * HOUR)]

    assert hours == [24, 48, 72, 96, 120, 144, 168, *(168 + 168 * week for week in range(1, 6))]


@pytest.mark.parametrize("proof", [*STRONG, "link"])
def test_a_proof_is_lost_after_three_days_without_it(
    proof: str, ada: User, outside: Outside, mid_october: datetime
) -> None:
    """Not by two failures, not by three within less time, and its creator is told once."""
    site = proven(outside, ada, proof=proof, now=mid_october)
    hide(outside)
    for day in (1, 2, 3):
        (outcome,) = looked_for_again(now=mid_october + day * DAY)
        site.refresh_from_db()
        assert (outcome in {"not_found", "missing"}, site.proof, site.failures) == (True, proof, day)
        assert site.failing_since == mid_october + DAY
        assert mails(ada) == []
    looked_for_again(now=mid_october + 4 * DAY)
    site.refresh_from_db()

    assert (site.proof, site.page, site.proven_at, site.verified_at, site.failing_since) == ("", "", None, None, None)
    assert mails(ada) == ["site_lost"]
    assert looked_for_again(now=mid_october + 40 * DAY) == []


def test_checks_that_its_creator_asks_for_lose_nothing_in_a_hurry(
    ada: User, outside: Outside, mid_october: datetime
) -> None:
    """Five failures within an hour are one bad hour."""
    site = proven(outside, ada, now=mid_october)
    hide(outside)
    for minute in range(5):
        looked_for(site, now=mid_october + DAY + timedelta(minutes=minute))
    site.refresh_from_db()

    assert (site.failures, site.verified_at) == (5, mid_october)
    # Two days after the first failure is too soon, too.
    looked_for(site, now=mid_october + 3 * DAY)
    site.refresh_from_db()
    assert site.verified_at == mid_october


def test_a_proof_that_is_found_again_is_as_good_as_new(ada: User, outside: Outside, mid_october: datetime) -> None:
    """Failures are counted in a row; an old site is looked at daily while it fails."""
    site = proven(outside, ada, now=mid_october - 100 * DAY)
    Site.objects.update(checked_at=mid_october - 7 * DAY)
    outside.broken.add("alice.example")
    assert looked_for_again(now=mid_october) == ["no_dns"]
    assert looked_for_again(now=mid_october + DAY) == ["no_dns"]
    outside.broken.clear()
    assert looked_for_again(now=mid_october + 2 * DAY) == ["proven"]
    site.refresh_from_db()

    assert (site.failures, site.failing_since) == (0, None)
    assert site.verified_at == mid_october - 100 * DAY
    assert looked_for_again(now=mid_october + 8 * DAY) == []


def test_another_proof_takes_the_place_of_the_first(ada: User, outside: Outside, mid_october: datetime) -> None:
    """What was found last is what is looked for; since when the site is verified stays."""
    site = proven(outside, ada, proof="link", now=mid_october)
    for hour, proof in enumerate(STRONG, start=1):
        show(outside, site, proof=proof)
        looked_for(site, proof=proof, now=mid_october + hour * 2 * HOUR)
        site.refresh_from_db()
        assert (site.proof, site.page, site.verified_at) == (proof, "", mid_october + 2 * HOUR)
    show(outside, site, proof="link")

    assert looked_for(site, proof="link", now=mid_october + DAY) == "proven"
    site.refresh_from_db()
    assert (site.proof, site.verified_at) == ("meta", mid_october + 2 * HOUR)


def test_a_failed_try_of_another_proof_harms_nothing(ada: User, outside: Outside, mid_october: datetime) -> None:
    """Only what proves the site can be missing."""
    site = proven(outside, ada, now=mid_october)

    assert looked_for(site, proof="dns", now=mid_october + HOUR) == "missing"
    site.refresh_from_db()
    assert (site.failures, site.checked_at) == (0, mid_october)


def test_dns_covers_subdomains_where_that_is_wanted(ada: User, outside: Outside, mid_october: datetime) -> None:
    """Those of the creator; the nearest that somebody has verified counts."""
    bob = given.creator("Bob")
    site = proven(outside, ada, proof="dns", now=mid_october)
    hosts = ["alice.example", "blog.alice.example", "a.blog.alice.example", "malice.example", "example"]

    def verified(person: User) -> list[str]:
        return list(queries.verified_sites(creator_id=person.pk, hosts=hosts))

    assert verified(ada) == ["alice.example"]
    looked_for(site, proof="dns", covers_subdomains=True, now=mid_october + 2 * HOUR)
    assert verified(ada) == ["alice.example", "blog.alice.example", "a.blog.alice.example"]
    assert looked_for_again(now=mid_october + 3 * DAY) == ["proven"]
    assert verified(ada) == hosts[:3]
    proven(outside, bob, "blog.alice.example", now=mid_october)
    assert (verified(ada), verified(bob)) == (["alice.example"], ["blog.alice.example"])
    show(outside, site)
    looked_for(site, covers_subdomains=True, now=mid_october + 4 * DAY)
    site.refresh_from_db()
    assert (site.proof, site.covers_subdomains) == ("file", False)


def test_a_creator_asks_five_times_an_hour(ada: User, outside: Outside, mid_october: datetime) -> None:
    """Whatever the sites; withdrawing and claiming anew changes nothing, and other creators may still ask."""
    outside.host("alice.example", "other.example")
    for number in range(5):
        looked_for(claimed(ada, f"{number}.alice.example"), now=mid_october)
    withdrawn = claimed(ada, "0.alice.example")
    sites.withdraw_claim(site=withdrawn)
    again = claimed(ada, "0.alice.example")

    with pytest.raises(sites.TooManyChecks, match="host"):
        looked_for(again, now=mid_october + 59 * timedelta(minutes=1))
    assert looked_for(claimed(given.creator("Bob"), "other.example"), now=mid_october)
    assert looked_for(again, now=mid_october + HOUR)


def test_a_host_is_asked_twenty_times_an_hour(outside: Outside, mid_october: datetime) -> None:
    """Whoever wants it: nobody is made to flood somebody's server."""
    outside.host("alice.example")
    people = [given.creator() for _ in range(5)]
    for person in people[:4]:
        for proof in (*STRONG, "link", "file"):
            looked_for(claimed(person), proof=proof, now=mid_october)

    with pytest.raises(sites.TooManyChecks, match=r"alice\.example"):
        looked_for(claimed(people[4]), now=mid_october)
    assert looked_for(claimed(people[4], "bob.example"), now=mid_october)
    assert looked_for(claimed(people[4]), now=mid_october + HOUR)


@pytest.mark.django_db(transaction=True)
def test_limits_hold_for_requests_at_once(outside: Outside) -> None:
    """Ten requests for five sites and more: five checks, however they meet."""
    del outside
    ada = given.creator("Ada")
    claims = [claimed(ada, f"{number}.alice.example") for number in range(10)]
    answers = given.at_once(
        *(lambda site=site: sites.ask_for_check(site=site, proof="file", now=given.MOMENT) for site in claims)
    )

    assert SiteCheck.objects.count() == 5
    assert sum(isinstance(answer, sites.TooManyChecks) for answer in answers) == 5


def test_the_same_check_is_asked_for_once(ada: User, outside: Outside, mid_october: datetime) -> None:
    """Until it has ended, or nobody will end it any more."""
    outside.host("alice.example")
    site = claimed(ada)
    first = sites.ask_for_check(site=site, proof="file", now=mid_october)

    assert sites.ask_for_check(site=site, proof="file", now=mid_october) == first
    assert sites.ask_for_check(site=site, proof="dns", covers_subdomains=True, now=mid_october) != first
    assert sites.ask_for_check(site=site, proof="file", now=mid_october + HOUR) != first
    run(first, now=mid_october)
    assert sites.ask_for_check(site=site, proof="file", now=mid_october) != first


def test_a_check_counts_once(ada: User, outside: Outside, mid_october: datetime) -> None:
    """A second worker finds that it has ended, before it asks and after."""
    site = proven(outside, ada, now=mid_october)
    hide(outside)
    (check_id,) = sites.ask_for_rechecks(now=mid_october + DAY)
    check = SiteCheck.objects.get(pk=check_id)
    for _ in range(2):
        run(check, now=mid_october + DAY)
    sites._record(
        check_id=check_id, host=site.host, token=site.token, found=SiteCheck.Outcome.MISSING, now=mid_october + DAY
    )
    site.refresh_from_db()

    assert site.failures == 1
    assert sites.ask_for_rechecks(now=mid_october + DAY) == []


def test_due_checks_are_asked_for_once(ada: User, outside: Outside, mid_october: datetime) -> None:
    """The next hour doesn't ask again for what waits, and does for what nobody has ended in an hour."""
    proven(outside, ada, now=mid_october)

    assert len(sites.ask_for_rechecks(now=mid_october + DAY)) == 1
    assert sites.ask_for_rechecks(now=mid_october + DAY + HOUR - timedelta(seconds=1)) == []
    assert len(sites.ask_for_rechecks(now=mid_october + DAY + HOUR)) == 1


def test_tasks_ring_for_what_is_due_and_for_what_a_killed_worker_left(
    ada: User, outside: Outside, rung: Rung
) -> None:
    """Each hour for proofs, each minute for checks that nobody ends, and no more for what is too old."""
    start = given.MOMENT
    site = proven(outside, ada, now=start)
    with time_machine.travel(start + DAY, tick=False) as clock:
        tasks.recheck_sites()
        (due,) = site.checks.filter(finished_at=None)
        assert rung == [("check_site", (due.pk,))]
        tasks.sweep_checks()
        clock.shift(60)
        tasks.sweep_checks()
        assert rung == [("check_site", (due.pk,))] * 2
        tasks.check_site(due.pk)
        tasks.check_site(due.pk)
        tasks.sweep_checks()
        assert len(rung) == 2
        late = sites.ask_for_check(site=site, proof="dns", now=start + DAY - HOUR)
        tasks.sweep_checks()
        clock.move_to(start + 40 * DAY)
        tasks.forget_checks()

    assert not SiteCheck.objects.filter(pk=late.pk).exists()
    site.refresh_from_db()
    assert (site.checked_at, len(rung)) == (start + DAY + timedelta(seconds=60), 2)


def test_a_claim_that_is_withdrawn_meanwhile_proves_nothing(
    ada: User, outside: Outside, mid_october: datetime
) -> None:
    """Neither if it is withdrawn before the worker asks, nor between asking and writing."""
    site = claimed(ada)
    show(outside, site)
    check = sites.ask_for_check(site=site, proof="file", now=mid_october)
    sites.withdraw_claim(site=Site.objects.get(pk=site.pk))

    assert run(check, now=mid_october) == "withdrawn"
    again = claimed(ada)
    late = sites.ask_for_check(site=again, proof="file", now=mid_october)
    sites._record(check_id=late.pk, host=site.host, token=site.token, found=SiteCheck.Outcome.PROVEN, now=mid_october)
    late.refresh_from_db()
    again.refresh_from_db()
    assert (late.outcome, again.proof, again.verified_at) == ("withdrawn", "", None)
    assert again.token != site.token


def test_a_withdrawn_claim_is_forgotten_but_its_buttons(ada: User, outside: Outside, mid_october: datetime) -> None:
    """Nothing is checked any more, and asking for it is refused."""
    site = proven(outside, ada, now=mid_october)
    sites.withdraw_claim(site=site)
    site.refresh_from_db()

    assert (site.token, site.proof, site.verified_at) == ("", "", None)
    assert looked_for_again(now=mid_october + 10 * DAY) == []
    with pytest.raises(sites.NotClaimed, match="host"):
        looked_for(site)
    assert list(queries.shown_sites(creator=ada)) == []


def test_old_checks_are_forgotten(ada: User, outside: Outside, mid_october: datetime) -> None:
    """After a month; the site stays as it is."""
    site = proven(outside, ada, now=mid_october)
    sites.forget_checks(now=mid_october + 30 * DAY)
    assert site.checks.count() == 1
    sites.forget_checks(now=mid_october + 31 * DAY)
    site.refresh_from_db()

    assert site.checks.count() == 0
    assert site.verified_at == mid_october
