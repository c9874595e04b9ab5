"""The pages of a creator's account for payouts: opened, told, ready; and requests that are taken back."""

import pytest
import time_machine
from django.urls import reverse
from pytest_django import Settings

from accounts.models import User
from payouts.gateway.sandbox.models import SandboxAccount
from payouts.models import Payout, PayoutAccount, ReconciliationItem
from payouts.queries import balances
from tests import given
from tests.client import StrictClient
from tests.pages import world
from tests.pages.world import World

pytestmark = pytest.mark.django_db

EARNINGS = "/earnings/"


@pytest.fixture(autouse=True)
def _now(clock: time_machine.Traveller) -> None:
    """Let it be the middle of November."""


@pytest.fixture
def creator(client: StrictClient) -> User:
    """Return a creator without an account, who is logged in."""
    person = given.creator("Ada")
    PayoutAccount.objects.all().delete()
    SandboxAccount.objects.all().delete()
    client.force_login(person)
    return person


def test_a_creator_opens_an_account_and_is_ready(creator: User, client: StrictClient) -> None:
    """From the country by the provider's page to a form for payouts."""
    page = world.document(client.get(EARNINGS))
    assert len(page.query('select[name="country"] option')) == 30
    assert "You can ask for a payout as soon as your account is ready." in world.text(client.get(EARNINGS))
    onboarding = client.post(reverse("payouts:open_account"), {"country": "FR"}).headers["Location"]
    assert client.get(onboarding).status_code == 200
    told = client.post(onboarding, {"choice": "ready"}).headers["Location"]
    back = client.get(told, follow=True)

    assert "It is ready: payouts can be sent." in world.text(back)
    assert creator.payout_account.state == PayoutAccount.State.READY


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        ("pending", "The provider is checking what you told."),
        ("needs_creator", "Your date of birth now"),
        ("refused", "The provider doesn't pay you out."),
        ("gone", "The account was closed."),
    ],
)
def test_the_page_says_what_is_missing(choice: str, words: str, creator: User, client: StrictClient) -> None:
    """In plain words, with how soon it is wanted."""
    client.post(reverse("payouts:open_account"), {"country": "FR"})
    SandboxAccount.objects.update(readiness=choice)
    page = client.get(reverse("payouts:account_told"), follow=True)

    assert words in world.text(page)
    assert creator.payout_account.account


def test_another_account_is_opened_where_one_was_closed(creator: User, client: StrictClient) -> None:
    """By its creator alone, in another country even; nobody has to write to us."""
    opening = reverse("payouts:open_account")
    client.post(opening, {"country": "FR"})
    SandboxAccount.objects.update(readiness="gone")
    page = client.get(reverse("payouts:account_told"), follow=True)
    assert "The account was closed. You can open another one." in world.text(page)
    assert len(world.document(page).query('select[name="country"] option')) == 30
    onboarding = client.post(opening, {"country": "DE"}).headers["Location"]
    told = client.post(onboarding, {"choice": "ready"}).headers["Location"]

    assert "It is ready: payouts can be sent." in world.text(client.get(told, follow=True))
    account = PayoutAccount.objects.get(creator=creator)
    assert (account.country, account.former) == ("DE", [f"sandbox-{creator.pk}"])


def test_an_unknown_country_opens_nothing(creator: User, client: StrictClient) -> None:
    """The form says so."""
    page = client.post(reverse("payouts:open_account"), {"country": "US"}, follow=True)

    assert world.messages(page) == ["Please choose a country."]
    assert not PayoutAccount.objects.filter(creator=creator).exists()


def test_a_payout_without_a_ready_account_is_refused(town: World, client: StrictClient) -> None:
    """Whoever sends the form all the same is told."""
    PayoutAccount.objects.update(state=PayoutAccount.State.PENDING)
    client.force_login(town.creator)
    page = client.post(EARNINGS, world.once(amount_cents="10"))

    assert page.status_code == 422
    assert "The account that receives your payouts isn't ready." in world.text(page)


def test_a_creator_chooses_a_smallest_payout(creator: User, client: StrictClient) -> None:
    """A wrong amount changes nothing."""
    given.ready_account(creator)
    for amount in ("20", "much"):
        page = client.post(reverse("payouts:smallest_payout"), {"least_cents": amount}, follow=True)

    assert world.messages(page)[-1] == "“much” is not an amount such as 5 or 5.50."
    assert balances.smallest_payout_cents(creator=creator) == 2000
    assert "Payouts start at €20.00." in world.text(client.get(EARNINGS))


def test_a_request_is_taken_back(town: World, client: StrictClient) -> None:
    """By its creator, until somebody has decided; for others it isn't there."""
    cancel = reverse("payouts:cancel_payout", args=[town.payout.pk])
    client.force_login(town.other_creator)
    assert client.post(cancel).status_code == 404
    client.force_login(town.creator)
    assert world.messages(client.post(cancel, follow=True))[-1] == "Cancelled. Your balance has the money back."
    assert Payout.objects.get(pk=town.payout.pk).state == Payout.State.CANCELLED
    Payout.objects.filter(pk=town.payout.pk).update(state="approved", reviewed_by=town.staff)
    page = client.post(cancel, follow=True)

    assert world.messages(page)[-1] == "Somebody has decided about this payout before."


def test_a_new_link_is_made_for_each_visit(town: World, client: StrictClient) -> None:
    """Links of the provider live for minutes, so none is kept; without an account there is none."""
    page = reverse("payouts:account_page")
    client.force_login(town.creator)
    assert client.get(page).headers["Location"] == "/sandbox/onboard/"
    PayoutAccount.objects.filter(creator=town.creator).delete()

    assert client.get(page).status_code == 404
    assert client.get(reverse("payouts:account_told")).status_code == 404


def test_two_people_approve_a_large_payout(town: World, client: StrictClient, settings: Settings) -> None:
    """The first is told that it takes a second, and can't be both."""
    settings.SECOND_REVIEW_CENTS = 0
    review = reverse("admin:payouts_payout_review", args=[town.payout.pk])
    client.force_login(town.staff)
    first = client.post(review, {"decision": "approve"}, follow=True)
    assert "Approved by you. A second person has to approve it, too." in world.text(first)
    again = client.post(review, {"decision": "approve"})
    assert "You have approved it before; a second person has to." in world.text(again)
    client.force_login(given.user("Second", is_staff=True, is_superuser=True))
    client.post(review, {"decision": "approve"})

    assert Payout.objects.get(pk=town.payout.pk).state == Payout.State.APPROVED


def test_staff_set_a_difference_aside(town: World, client: StrictClient) -> None:
    """With a note of what it was; without one the page says so."""
    item = ReconciliationItem.objects.create(
        kind="unknown", subject="pi_1", detail="By hand.", difference_cents=700, since=world.NOW
    )
    page = reverse("admin:payouts_reconciliationitem_resolve", args=[item.pk])
    client.force_login(town.staff)
    listed = client.get(reverse("admin:payouts_reconciliationitem_changelist"))
    assert page in listed.content.decode()
    assert "Please mend what is marked." in world.text(client.post(page, {"note": ""}))
    client.post(page, {"note": "Paid back by hand"})
    item.refresh_from_db()

    assert (item.ended_by, item.note) == (town.staff, "Paid back by hand")
    assert page not in client.get(reverse("admin:payouts_reconciliationitem_changelist")).content.decode()
    client.force_login(given.user("Helper", is_staff=True))
    assert client.get(page).status_code == 403


@pytest.mark.parametrize("state", PayoutAccount.CLOSED_STATES)
def test_a_closed_account_leads_nowhere(state: str, town: World, client: StrictClient) -> None:
    """There is nothing to tell the provider any more, so nobody is sent there."""
    PayoutAccount.objects.filter(creator=town.creator).update(state=state)
    client.force_login(town.creator)

    assert client.post(reverse("payouts:account_page")).headers["Location"] == "/earnings/"
