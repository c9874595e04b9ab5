"""People in the admin: who isn't a superuser gives nobody powers, and takes nobody's account."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.urls import reverse

from accounts.models import User
from accounts.operations import closings
from buttons import tickets
from flattr.transactions import durable
from tests import given
from tests.client import StrictClient
from tests.pages import world

pytestmark = pytest.mark.django_db

POWERS = {"is_active": "on", "is_staff": "on", "is_superuser": "on"}
NEW_PASSWORD = {"usable_password": "true", "password1": "a long enough one", "password2": "a long enough one"}


@pytest.fixture
def clerk() -> User:
    """Return staff who may add and change people, addresses and groups, as far as a permission can say so."""
    person = given.user("Clerk", is_staff=True)
    names = {f"{verb}_{name}" for verb in ("add", "change", "delete") for name in ("user", "emailaddress", "group")}
    person.user_permissions.set(Permission.objects.filter(codename__in=names))
    return person


@pytest.fixture
def as_clerk(clerk: User, client: StrictClient) -> StrictClient:
    """Return the client, logged in as those staff."""
    client.force_login(clerk)
    return client


def page_of(person: User) -> str:
    """Return the address of somebody's page in the admin."""
    return reverse("admin:accounts_user_change", args=[person.pk])


def forged(group: Group) -> dict[str, Any]:
    """Return a form that wants everything."""
    everything = list(Permission.objects.values_list("pk", flat=True))
    return {"name": "Changed", "language": "fr", **POWERS, "groups": [group.pk], "user_permissions": everything}


def powers_of(person: User) -> tuple[object, ...]:
    """Return all that decides what a person may do."""
    read = User.objects.get(pk=person.pk)
    may = sorted(read.user_permissions.values_list("codename", flat=True))
    return read.is_active, read.is_staff, read.is_superuser, read.password, list(read.groups.all()), may


@pytest.mark.parametrize("who", ["self", "fan"])
def test_staff_give_no_powers(who: str, clerk: User, as_clerk: StrictClient) -> None:
    """Whatever the form says, neither they nor a fan get a flag, a group or a permission; a name is mended."""
    person = clerk if who == "self" else given.user("Fan")
    before = powers_of(person)
    done = as_clerk.post(page_of(person), forged(Group.objects.create(name="Chiefs")))
    person.refresh_from_db()

    assert done.status_code == 302
    assert (person.name, person.language) == ("Changed", "fr")
    assert powers_of(person) == before


def test_staff_shut_a_fan_out_and_never_themselves(clerk: User, as_clerk: StrictClient) -> None:
    """Making somebody inactive is theirs to do where it isn't about staff."""
    fan = given.user("Fan")
    for person in (fan, clerk):
        as_clerk.post(page_of(person), {"name": "", "language": "en"})
        person.refresh_from_db()

    assert not fan.is_active
    assert clerk.is_active


def test_a_creator_whom_staff_shut_out_has_no_page_and_no_button(as_clerk: StrictClient) -> None:
    """Nobody finds them; a fan still has a say about the cap and the name there; active again, all is as before."""
    song, fan, visitor, as_fan = given.button(), given.user("Fan"), StrictClient(), StrictClient()
    as_fan.force_login(fan)
    slug, form = song.creator.creator_profile.slug, {"name": "Ada", "language": "en"}
    page, place = f"/@{slug}/", given.place(song)
    window = reverse("buttons:window", args=[tickets.mint(place=place)])
    pages = [page, f"{page}feed/", f"{page}gift/", f"/og/@{slug}.png", f"/b/{song.public_id}/"]
    pages += [
        f"/oembed?{urlencode({'url': settings.APP_URL + page})}",
        f"{window}?{urlencode({'to': place.to, 'url': place.url, 'site': place.origin})}",
    ]
    before = [as_fan.get(path).status_code for path in pages]
    as_clerk.post(page_of(song.creator), form)
    shut_out = [as_fan.get(path).status_code for path in pages]
    catalogue, listed = (visitor.get(path).content.decode() for path in ("/discover/", "/sitemap-creators-1.xml"))
    cap = as_fan.post(f"/cake/caps/{slug}/", {"most_cents": "2", "next": ""})
    shown = [as_fan.get(f"/cake/caps/{slug}/"), as_fan.get("/settings/visibility/")]
    chosen = as_fan.post(f"/settings/visibility/{slug}/", {"visibility": "public"}, follow=True)
    as_clerk.post(page_of(song.creator), {**form, "is_active": "on"})

    assert before == [200] * 7
    assert shut_out == [404] * 7
    assert song.title not in catalogue
    assert slug not in listed
    assert cap.status_code == 302
    assert [each.status_code for each in (*shown, chosen)] == [200] * 3
    assert [page in each.content.decode() for each in (*shown, chosen)] == [False] * 3
    assert [as_fan.get(path).status_code for path in pages] == [200] * 7


def test_whose_account_is_being_closed_stays_inactive(as_clerk: StrictClient, mid_october: datetime) -> None:
    """There is no way back from there, for superusers neither, whatever an older form still says."""
    gone, chief = given.creator(), given.user("Chief", is_superuser=True, is_staff=True)
    durable(closings.begin)(closing=durable(closings.ask)(user=gone, now=mid_october), now=mid_october)
    as_clerk.post(page_of(gone), {"name": "Ada", "language": "en", "is_active": "on"})
    as_clerk.force_login(chief)
    form = {"email": gone.email, "name": "Ada", "language": "en", "is_active": "on"}
    assert as_clerk.post(page_of(gone), form).status_code == 302
    # The account may begin to be closed between the look at a form and its save.
    User.objects.filter(pk=gone.pk).update(is_active=True)
    gone.refresh_from_db()

    assert (gone.name, gone.is_active) == ("Ada", False)


@pytest.mark.parametrize(
    "powers", [{"is_staff": True}, {"is_superuser": True}, {"is_staff": True, "is_active": False}]
)
def test_staff_dont_change_other_staff(powers: dict[str, bool], as_clerk: StrictClient) -> None:
    """Their rows can be looked at, and nothing in them changes, not even a name."""
    other = given.user("Other", **powers)
    other.refresh_from_db()
    refused = as_clerk.post(page_of(other), {"name": "Changed", "language": "fr"})

    assert as_clerk.get(page_of(other)).status_code == 200
    assert refused.status_code == 403
    assert world.is_unchanged(other)


@pytest.mark.parametrize("who", ["self", "fan", "staff", "superuser"])
def test_staff_set_no_passwords(who: str, clerk: User, as_clerk: StrictClient) -> None:
    """Nobody's, and their own only by the page that asks for the old one; no page offers it."""
    people = {"self": clerk, "fan": given.user("Fan"), "staff": given.user("Other", is_staff=True)}
    person = people.get(who) or given.user("Chief", is_superuser=True)
    before = powers_of(person)
    path = reverse("admin:auth_user_password_change", args=[person.pk])
    shown = world.document(as_clerk.get(page_of(person)))

    assert as_clerk.get(path).status_code == 403
    assert as_clerk.post(path, NEW_PASSWORD).status_code == 403
    assert powers_of(person) == before
    assert not [link for link in shown.query("a") if "password/" in link.attrs.get("href", "")]


def test_staff_add_people_without_powers_or_passwords(as_clerk: StrictClient) -> None:
    """The new person is a plain one, who chooses a password by the email for forgotten ones."""
    path = reverse("admin:accounts_user_add")
    fields = {each.attrs.get("name") for each in world.document(as_clerk.get(path)).query("#user_form input")}
    group = Group.objects.create(name="Chiefs")
    done = as_clerk.post(path, {"email": "New@Example.com", **forged(group), **NEW_PASSWORD})
    added = User.objects.get(email="new@example.com")

    assert done.status_code == 302
    assert not fields & {"password1", "password2", "usable_password", *POWERS}
    assert not added.has_usable_password()
    assert powers_of(added) == (True, False, False, added.password, [], [])


def test_who_was_added_without_a_password_chooses_one(
    as_clerk: StrictClient, client: StrictClient, mailoutbox: list[Any]
) -> None:
    """The email for forgotten passwords goes to them too."""
    as_clerk.post(reverse("admin:accounts_user_add"), {"email": "new@example.com"})
    client.logout()
    client.post(reverse("account_reset_password"), {"email": "new@example.com"})

    assert [mail.to for mail in mailoutbox] == [["new@example.com"]]
    assert "/accounts/password/reset/key/" in mailoutbox[0].body


def test_staff_take_no_account_by_its_address(clerk: User, as_clerk: StrictClient) -> None:
    """An address of theirs on somebody's account would bring them the email that sets its password."""
    chief = given.user("Chief", is_superuser=True)
    address = EmailAddress.objects.create(user=chief, email=chief.email, verified=False, primary=True)
    form = {"user": chief.pk, "email": clerk.email, "verified": "on", "primary": "on"}
    change = reverse("admin:account_emailaddress_change", args=[address.pk])
    changelist = reverse("admin:account_emailaddress_changelist")

    assert as_clerk.get(changelist).status_code == 200
    assert as_clerk.post(reverse("admin:account_emailaddress_add"), form).status_code == 403
    assert as_clerk.post(change, form).status_code == 403
    for action in ("make_verified", "delete_selected"):
        as_clerk.post(changelist, {"action": action, "_selected_action": [address.pk], "post": "yes"})
    assert list(EmailAddress.objects.all()) == [address]
    assert world.is_unchanged(address)


def test_staff_give_no_powers_to_groups(clerk: User, as_clerk: StrictClient) -> None:
    """A group that they are in would hand the powers on to them."""
    group = Group.objects.create(name="Clerks")
    clerk.groups.add(group)
    form = {"name": "Clerks", "permissions": list(Permission.objects.values_list("pk", flat=True))}

    assert as_clerk.get(reverse("admin:auth_group_changelist")).status_code == 200
    assert as_clerk.post(reverse("admin:auth_group_change", args=[group.pk]), form).status_code == 403
    assert as_clerk.post(reverse("admin:auth_group_add"), {**form, "name": "Chiefs"}).status_code == 403
    assert not Permission.objects.filter(group__isnull=False).exists()


def test_superusers_give_powers_and_passwords(client: StrictClient, clerk: User) -> None:
    """All of it is theirs: flags, groups, permissions, passwords, addresses."""
    client.force_login(given.user("Chief", is_staff=True, is_superuser=True))
    group = Group.objects.create(name="Chiefs")
    address = EmailAddress.objects.create(user=clerk, email=clerk.email, verified=False, primary=True)
    done = client.post(page_of(clerk), forged(group))
    path = reverse("admin:auth_user_password_change", args=[clerk.pk])
    changed = client.post(path, {**NEW_PASSWORD, "set-password": "Change password"})
    changelist = reverse("admin:account_emailaddress_changelist")
    client.post(changelist, {"action": "make_verified", "_selected_action": [address.pk]})
    clerk.refresh_from_db()
    address.refresh_from_db()

    assert (done.status_code, changed.status_code) == (302, 302)
    assert clerk.is_superuser
    assert list(clerk.groups.all()) == [group]
    assert clerk.user_permissions.count() == Permission.objects.count()
    assert clerk.check_password("a long enough one")
    assert address.verified
