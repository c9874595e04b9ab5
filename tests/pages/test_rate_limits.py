"""Limits of logging in and signing up: whose tries count together, and the page for those who tried too often."""

from typing import Any

import pytest
from pytest_django import Settings

from tests.client import StrictClient
from tests.pages import world

pytestmark = pytest.mark.django_db

LOG_IN = "/accounts/login/"
TOO_MANY = "Too many failed login attempts. Try again later."


def guess(client: StrictClient, number: int, *, forwarded_for: str) -> str:
    """Try a wrong login, another each time, with what a proxy or the visitor put into the header."""
    form = {"login": f"somebody-{number}@example.com", "password": "wrong"}
    return world.text(client.post(LOG_IN, form, headers={"x-forwarded-for": forwarded_for}))


def test_behind_a_trusted_proxy_each_visitor_is_limited(client: StrictClient, settings: Settings) -> None:
    """The proxy's own word is the last one in the header: what a visitor writes before it helps nobody."""
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    told = [guess(client, number, forwarded_for=f"198.51.100.{number}, 203.0.113.7") for number in range(11)]
    other = guess(client, 11, forwarded_for="198.51.100.1, 203.0.113.8")

    assert [TOO_MANY in each for each in told] == [False] * 10 + [True]
    assert TOO_MANY not in other


def test_without_a_trusted_proxy_the_header_is_not_read(client: StrictClient) -> None:
    """Whoever comes directly could write anything there."""
    told = [guess(client, number, forwarded_for=f"198.51.100.{number}") for number in range(11)]

    assert [TOO_MANY in each for each in told] == [False] * 10 + [True]


@pytest.mark.parametrize("path", [LOG_IN, "/accounts/signup/"])
@pytest.mark.parametrize(("language", "words"), [("en", "Too many tries"), ("fr", "Trop d’essais")])
def test_who_tries_too_often_is_told(path: str, language: str, words: str, client: StrictClient) -> None:
    """The page is one of ours, in the reader's language."""
    told: Any = None
    for _ in range(31):
        told = client.post(path, {}, headers={"accept-language": language})

    assert told.status_code == 429
    assert words in world.text(told)
