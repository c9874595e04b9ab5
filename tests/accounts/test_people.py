"""People: one user an address, one page a creator."""

import functools

import pytest
from django.db import IntegrityError

from accounts import operations, queries
from accounts.models import CreatorProfile, User
from flattr.transactions import savepoint
from tests import given

pytestmark = pytest.mark.django_db


def test_an_address_is_one_user_without_regard_to_case() -> None:
    """Whoever signs up as ADA@ is the Ada that is there."""
    ada = User.objects.create_user("Ada@Example.COM", "password")

    assert ada.email == "ada@example.com"
    assert User.objects.get_by_natural_key("ADA@example.com") == ada
    with pytest.raises(IntegrityError, match="email"), savepoint():
        User.objects.create_user("ADA@EXAMPLE.com", "password")


def test_the_database_keeps_addresses_in_lower_case() -> None:
    """A path that forgets can't make a second Ada."""
    given.user()

    with pytest.raises(IntegrityError, match="user_email_in_lower_case"), savepoint():
        User.objects.update(email="Ada@example.com")


def test_a_user_is_shown_by_name_or_else_by_address() -> None:
    """The admin shows something in either case."""
    assert str(User(name="Ada", email="ada@example.com")) == "Ada"
    assert str(User(email="ada@example.com")) == "ada@example.com"


def test_no_address_finds_nobody() -> None:
    """A login without an address is no error of ours."""
    with pytest.raises(User.DoesNotExist):
        User.objects.get_by_natural_key(None)


def test_a_superuser_may_do_everything() -> None:
    """Django's command makes one."""
    chief = User.objects.create_superuser("chief@example.com", "password")

    assert chief.is_staff
    assert chief.is_superuser


def test_a_user_becomes_a_creator_once() -> None:
    """The page has what was written; a second page is refused."""
    ada = given.user("Ada")
    assert not queries.is_creator(ada)
    profile = operations.become_creator(
        user=ada, slug="ada", name="Ada L.", text="Notes", links=["https://ada.example"]
    )

    assert (profile.text, profile.links, str(profile)) == ("Notes", ["https://ada.example"], "Ada L.")
    assert queries.is_creator(ada)
    with pytest.raises(operations.SlugTaken):
        operations.become_creator(user=ada, slug="other", name="Ada")


def test_an_address_is_taken_once() -> None:
    """The refusal names the field and the address, and the first creator keeps it."""
    ada, eve = given.user(), given.user()
    operations.become_creator(user=ada, slug="ada", name="Ada")

    with pytest.raises(operations.SlugTaken, match="slug: 'ada' is taken"):
        operations.become_creator(user=eve, slug="ada", name="Eve")
    assert CreatorProfile.objects.get().user == ada
    assert not queries.is_creator(eve)


@pytest.mark.django_db(transaction=True)
def test_two_who_want_an_address_at_once_never_both_get_it() -> None:
    """One gets it, the other is told that it is taken."""
    calls = [
        functools.partial(operations.become_creator, user=given.user(), slug="ada", name="Ada") for _ in range(4)
    ]

    assert sorted(type(each).__name__ for each in given.at_once(*calls)) == ["CreatorProfile"] + ["SlugTaken"] * 3


@pytest.mark.parametrize("slug", ["", "Ada", "a da", "-ada", "ada-", "a--b", "ädä", "a/b", "a_b"])
def test_the_database_takes_plain_addresses_only(slug: str) -> None:
    """What would not look like an address in a link can't be one."""
    profile = CreatorProfile(user=given.user(), slug=slug, name="Ada")

    with pytest.raises(IntegrityError, match="creator_slug_is_plain"), savepoint():
        profile.save()


def test_a_creator_changes_the_page_and_keeps_the_address() -> None:
    """Links on other people's pages go on working."""
    profile = operations.become_creator(user=given.user(), slug="ada", name="Ada")
    operations.update_creator(profile=profile, name="Ada L.", text="New", links=("https://ada.example",))
    profile.refresh_from_db()

    assert (profile.slug, profile.name, profile.text) == ("ada", "Ada L.", "New")
    assert profile.links == ["https://ada.example"]
