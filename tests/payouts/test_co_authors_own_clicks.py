"""Nobody is paid by clicks of their own: what a co-author gives a shared button as a fan is its creator's."""

import pytest

from accounts.models import User
from buttons.models import Button
from flattr.period import Period
from payouts.models import CoAuthorShare
from payouts.queries import books, earnings
from tests import given
from tests.payouts.sharing import earn, held, share

pytestmark = pytest.mark.django_db


@pytest.fixture
def button(ada: User) -> Button:
    """Return Ada's button."""
    return given.button(ada)


def test_nobody_is_paid_by_clicks_of_their_own(button: Button, ada: User, bob: User, october: Period) -> None:
    """What a co-author gives the button as a fan is its creator's; co-authors share what others give."""
    cleo = given.creator("Cleo")
    for person, percent in ((bob, 89), (cleo, 10)):
        share(button, person, percent)
    given.funded(bob, budget_cents=2000, period=october)
    given.click(bob, button, now=october.start)
    assert earnings.forecast(creator=bob, now=october.last_moment).high_micros == 0
    earn(button, october)

    assert (held(ada), held(bob), held(cleo)) == (18_000_000 + 90_000, 8_010_000, 900_000)
    assert books.check_books() == []


def test_the_proof_finds_who_was_paid_by_their_own_clicks(
    button: Button, ada: User, bob: User, october: Period
) -> None:
    """A share of what its co-author gave stands out, though it is their percentage of what the button earned."""
    share(button, bob, 50)
    given.funded(bob, budget_cents=2000, period=october)
    given.click(bob, button, now=october.start)
    settled = earn(button, october)
    assert (held(ada), held(bob)) == (22_500_000, 4_500_000)
    CoAuthorShare.objects.filter(settlement=settled).update(amount_micros=13_500_000)

    assert any("50 percent got 13500000 micros of 9000000" in str(finding) for finding in books.check_books())
