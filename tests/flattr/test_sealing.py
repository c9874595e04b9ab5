"""Secrets that we keep for people: nobody reads them without a key of ours."""

import pytest
from pytest_django import Settings

from flattr import sealing

OLD, NEW = (
    "an-old-key-of-more-than-fifty-characters-0123456789-0",
    "a-new-key-of-more-than-fifty-characters-0123456789-0",
)


def test_a_secret_is_read_again_and_hidden() -> None:
    """What is kept has nothing of it, and differs each time."""
    kept = sealing.seal("très secret")

    assert sealing.unseal(kept) == "très secret"
    assert "secret" not in kept
    assert kept != sealing.seal("très secret")


def test_a_key_can_be_changed(settings: Settings) -> None:
    """What the key before sealed is read as long as that one is known."""
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = OLD, []
    kept = sealing.seal("secret")
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [OLD]
    assert sealing.unseal(kept) == "secret"
    settings.SECRET_KEY_FALLBACKS = []

    with pytest.raises(sealing.Unsealable):
        sealing.unseal(kept)


@pytest.mark.parametrize("kept", ["", "secret", "gAAAA", "é"])
def test_what_was_never_sealed_is_refused(kept: str) -> None:
    """By an error of ours, whatever it is."""
    with pytest.raises(sealing.Unsealable):
        sealing.unseal(kept)
