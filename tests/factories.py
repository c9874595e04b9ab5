"""People for tests, by factory_boy. Money never comes from here: see `given.py`."""

from typing import Any

from factory.declarations import LazyAttribute, Sequence, SubFactory
from factory.django import DjangoModelFactory

from accounts.models import CreatorProfile, User


class UserFactory(DjangoModelFactory[User]):
    """A user who logs in with the password `password`."""

    class Meta:
        model = User

    email = Sequence(lambda number: f"user-{number}@example.com")
    password = "password"

    @classmethod
    def _create(cls, model_class: type[User], *args: Any, **fields: Any) -> User:
        """Create the user as the app does, with a hashed password."""
        del args
        return model_class.objects.create_user(**fields)


class CreatorProfileFactory(DjangoModelFactory[CreatorProfile]):
    """A creator's page, with its user."""

    class Meta:
        model = CreatorProfile

    user = SubFactory(UserFactory)
    name = "Ada"
    slug = LazyAttribute(lambda profile: f"{profile.name.lower()}-{profile.user.pk}")
