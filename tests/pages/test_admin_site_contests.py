"""The admin: whose a contested site is, is decided there, once and by who may."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.urls import reverse

from accounts.models import User
from buttons.models import Site
from tests import given
from tests.client import StrictClient
from tests.outside.proofs import claimed, looked_for, proven, show
from tests.outside.servers import Outside
from tests.pages import world

pytestmark = pytest.mark.django_db


@pytest.fixture
def challenge(outside: Outside) -> Site:
    """Return the claim of who has proven another's host, too."""
    held = proven(outside, given.creator("Ada"), now=world.NOW)
    second = claimed(given.creator("Bob"))
    show(outside, held, second)
    looked_for(second, now=world.NOW)
    return second


@pytest.fixture
def judge(client: StrictClient) -> User:
    """Return staff who may look at sites and decide, logged in."""
    person = given.user("Judge", is_staff=True)
    person.user_permissions.set(Permission.objects.filter(codename__in=["view_site", "decide_contest"]))
    client.force_login(person)
    return person


def verified(host: str = "alice.example") -> list[str]:
    """Return the names of those for whom a host is verified."""
    return list(Site.objects.filter(host=host, verified_at__isnull=False).values_list("creator__name", flat=True))


@pytest.mark.parametrize(("winner", "name"), [("challenger", "Bob"), ("holder", "Ada")])
def test_a_contest_is_decided(winner: str, name: str, challenge: Site, judge: User, client: StrictClient) -> None:
    """The list leads to both sides, without their tokens; the decision is kept with who made it."""
    path = reverse("admin:buttons_site_contest", args=[challenge.pk])
    listing = client.get(reverse("admin:buttons_site_changelist"), {"contested_at__isempty": "0"})
    (link,) = world.document(listing).query(f'a[href="{path}"]')
    page = client.get(path)
    people = [row.to_text() for row in world.document(page).query("#content tbody tr")]
    done = client.post(path, {"winner": winner}, follow=True)

    assert link.to_text() == "Decide"
    assert ["verified" in people[0], "challenges" in people[1]] == [True, True]
    assert challenge.token not in page.content.decode()
    assert verified() == [name]
    assert "Decided. The creators are told by email." in done.content.decode()
    assert LogEntry.objects.get().user == judge
    assert client.get(path).status_code == 404


def test_nothing_is_decided_by_a_press_that_says_nothing(challenge: Site, judge: User, client: StrictClient) -> None:
    """The page is shown again."""
    del judge
    path = reverse("admin:buttons_site_contest", args=[challenge.pk])

    assert client.post(path, {"winner": "me"}).status_code == 200
    assert verified() == ["Ada"]


def test_who_may_only_look_decides_nothing(challenge: Site, client: StrictClient) -> None:
    """Staff without the permission are refused."""
    person = given.user("Clerk", is_staff=True)
    person.user_permissions.set(Permission.objects.filter(codename="view_site"))
    client.force_login(person)

    path = reverse("admin:buttons_site_contest", args=[challenge.pk])
    assert client.post(path, {"winner": "challenger"}).status_code == 403
    assert verified() == ["Ada"]


def test_no_page_of_the_admin_shows_a_token(challenge: Site, judge: User, client: StrictClient) -> None:
    """Whoever reads it could prove the host."""
    del judge
    page = client.get(reverse("admin:buttons_site_change", args=[challenge.pk]))

    assert page.status_code == 200
    assert challenge.token not in page.content.decode()
