"""The admin of sites: their numbers and standing, decided about by staff who may; payouts wait for that."""

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from buttons.models import OriginDecision, OriginStanding, Site
from payouts.models import Payout
from payouts.operations import coauthors, payouts
from tests import given
from tests.client import StrictClient
from tests.pages import world
from tests.pages.world import World

LIST = reverse("admin:buttons_originstanding_changelist")


@pytest.fixture
def standing(town: World) -> OriginStanding:
    """Return how the creator's site stands, which a rule has frozen."""
    site = town.button.site
    assert site is not None
    Site.objects.filter(pk=site.pk).update(verified_at=world.NOW)
    return OriginStanding.objects.create(
        origin=f"https://{site.host}", opened=100, confirmed=60, clicked=80, undone=20, frozen_at=world.NOW
    )


@pytest.fixture
def as_staff(town: World, client: StrictClient) -> StrictClient:
    """Return the client, logged in as staff who may do everything."""
    client.force_login(town.staff)
    return client


def page_of(standing: OriginStanding) -> str:
    """Return the address at which a site is decided about."""
    return reverse("admin:buttons_originstanding_decide", args=[standing.pk])


def test_the_list_shows_the_numbers(standing: OriginStanding, as_staff: StrictClient) -> None:
    """Rates with what they are made of, nothing where there is nothing, and the way to decide."""
    OriginStanding.objects.create(origin="https://new.example")
    shown = as_staff.get(LIST)
    (frozen, new) = (row.to_text(separator=" ") for row in world.document(shown).query("#result_list tbody tr"))

    assert "60 / 100 (60 %)" in frozen
    assert "20 / 80 (25 %)" in frozen
    assert "–" in new
    assert page_of(standing) in {link.attrs["href"] for link in world.document(shown).query("td a")}


@pytest.mark.parametrize(
    ("verdict", "is_frozen", "is_demoted"),
    [("lifted", False, False), ("demoted", True, True), ("frozen", True, False)],
)
def test_staff_decide_with_a_reason(
    verdict: str, *, is_frozen: bool, is_demoted: bool, standing: OriginStanding, town: World, as_staff: StrictClient
) -> None:
    """It is kept who, when and why, and the page shows it from then on."""
    done = as_staff.post(page_of(standing), {"verdict": verdict, "reason": "I asked <them>."})
    standing.refresh_from_db()
    decision = OriginDecision.objects.get()

    assert done.status_code == 302
    assert (standing.frozen_at is not None, standing.demoted_until is not None) == (is_frozen, is_demoted)
    assert (decision.verdict, decision.decided_by, decision.reason) == (verdict, town.staff, "I asked <them>.")
    assert decision.decided_at == world.NOW
    assert "I asked &lt;them&gt;." in as_staff.get(page_of(standing)).content.decode()


@pytest.mark.parametrize("form", [{}, {"verdict": "lifted"}, {"verdict": "lifted", "reason": "  "}, {"verdict": "x"}])
def test_a_decision_needs_a_reason(form: dict[str, str], standing: OriginStanding, as_staff: StrictClient) -> None:
    """Else nothing is decided, and the form is shown again."""
    assert as_staff.post(page_of(standing), form).status_code == 200
    assert world.is_unchanged(standing)
    assert not OriginDecision.objects.exists()


def test_deciding_needs_its_own_permission(standing: OriginStanding, client: StrictClient) -> None:
    """Seeing the list is not deciding."""
    person = given.user("Reader", is_staff=True)
    person.user_permissions.set(
        Permission.objects.filter(codename__in=["view_originstanding", "change_originstanding"])
    )
    client.force_login(person)

    assert client.get(LIST).status_code == 200
    for ask in (client.get, client.post):
        assert ask(page_of(standing)).status_code == 403


def test_a_co_authors_payout_waits_as_well(standing: OriginStanding, town: World) -> None:
    """Who shares in what such a site earns is paid no earlier than its creator."""
    shared = coauthors.invite(
        button=town.button,
        owner=town.creator,
        whom=town.other_creator.creator_profile.slug,
        percent=99,
        now=world.NOW,
    )
    payout = given.payout(town.other_creator, amount_cents=1000, now=world.NOW)
    coauthors.accept(co_author_id=shared.pk, person=town.other_creator, now=world.NOW)
    with pytest.raises(payouts.SiteUnderReview, match=standing.origin):
        payouts.approve_payout(payout_id=payout.pk, reviewer=town.staff, now=world.NOW)


def test_a_payout_waits_until_the_site_is_decided_about(
    standing: OriginStanding, town: World, as_staff: StrictClient
) -> None:
    """The review says why; once staff have decided, whatever they did, it is approved or rejected as any other."""
    review = reverse("admin:payouts_payout_review", args=[town.payout.pk])
    assert f"Clicks on {standing.origin} look" in as_staff.get(review).content.decode()
    refused = as_staff.post(review, {"decision": "approve"})
    assert "Decide about the creator" in refused.content.decode()
    with pytest.raises(payouts.SiteUnderReview):
        payouts.approve_payout(payout_id=town.payout.pk, reviewer=town.staff, now=world.NOW)
    assert world.is_unchanged(town.payout)

    as_staff.post(page_of(standing), {"verdict": "frozen", "reason": "It stays so."})
    assert "look as if" not in as_staff.get(review).content.decode()
    as_staff.post(review, {"decision": "approve"})
    assert Payout.objects.get(pk=town.payout.pk).state == Payout.State.APPROVED


def test_others_payouts_do_not_wait(standing: OriginStanding, town: World) -> None:
    """A site that isn't verified for a creator any more is nothing to them."""
    Site.objects.update(verified_at=None)
    payouts.approve_payout(payout_id=town.payout.pk, reviewer=town.staff, now=world.NOW)

    assert OriginStanding.objects.get() == standing
