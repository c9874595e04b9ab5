"""Reports: a click that a fan never meant is undone, its site asks again, and five such fans freeze it."""

import uuid
from datetime import datetime, timedelta

import pytest

from buttons.models import Button, Click, ClickReport, OneClick, OriginDecision, SiteKey
from buttons.operations import clicks, keys, origins, reports
from buttons.queries import trust
from flattr.period import Period
from tests import given, pressing

pytestmark = pytest.mark.django_db


@pytest.fixture
def button() -> Button:
    """Return a button on a verified site."""
    return pressing.verified_button()


def test_a_report_undoes_the_click_and_takes_the_keys_back(
    button: Button, october: Period, mid_october: datetime
) -> None:
    """Both a click by one press and one that was confirmed can be reported; again it changes nothing."""
    fan = given.funded_fan(period=october)
    secret = pressing.key_for(fan, button, now=mid_october)
    recorded = pressing.pressed(secret, button, now=mid_october)
    for _ in range(2):
        origin = reports.report_click(click_id=recorded.click.id, fan=fan, now=mid_october)
    confirmed = pressing.confirmed(fan, button, now=mid_october)
    reports.report_click(click_id=confirmed.id, fan=fan, now=mid_october + timedelta(minutes=1))

    assert origin == pressing.origin_of(button)
    assert set(Click.objects.filter(undone_at__isnull=False)) == {recorded.click, confirmed}
    with pytest.raises(keys.NoKey):
        keys.find_key(secret=recorded.secret, now=mid_october)
    report = ClickReport.objects.get()
    assert (report.fan, report.click_id) == (fan, confirmed.id)
    assert str(report) == f"{origin} {mid_october + timedelta(minutes=1)}"


def test_five_fans_freeze_a_site_at_once(button: Button, october: Period, mid_october: datetime) -> None:
    """The fifth does, not the fourth, however often each of them reports; staff can lift it."""
    fans = [given.funded_fan(period=october) for _ in range(5)]
    for number, fan in enumerate(fans, start=1):
        for _ in range(2):
            click = pressing.confirmed(fan, button, now=mid_october)
            reports.report_click(click_id=click.id, fan=fan, now=mid_october)
        standing = trust.standing_of(origin=pressing.origin_of(button))
        assert (standing.reports, standing.frozen_at is not None) == (number, number == 5)

    assert OriginDecision.objects.get().reason == "5 fans reported clicks that they didn't mean."
    origins.decide(
        standing_id=standing.pk,
        verdict=OriginDecision.Verdict.LIFTED,
        staff=given.user(),
        reason="A prank.",
        now=mid_october,
    )
    click = pressing.confirmed(fans[0], button, now=mid_october)
    reports.report_click(click_id=click.id, fan=fans[0], now=mid_october)
    assert trust.standing_of(origin=standing.origin).frozen_at is None


def test_old_reports_count_no_more(button: Button, mid_october: datetime) -> None:
    """Five in a month freeze a site, not five in a year."""
    for days in (0, 31, 62, 93, 124):
        fan = given.user()
        ClickReport.objects.create(
            fan=fan,
            origin=pressing.origin_of(button),
            click_id=uuid.uuid4(),
            reported_at=mid_october - timedelta(days=days),
        )
    origins.judge_origin(origin=pressing.origin_of(button), now=mid_october)

    assert trust.standing_of(origin=pressing.origin_of(button)).reports == 1


def test_only_ones_own_clicks_by_a_frame_are_reported(button: Button, october: Period, mid_october: datetime) -> None:
    """Neither another fan's, nor one that came by a link, whose site anybody could make up, nor none at all."""
    fan, other = (given.funded_fan(period=october) for _ in range(2))
    others = pressing.confirmed(other, button, now=mid_october)
    (by_link,) = given.click(fan, button, now=mid_october)

    for wrong in (others.id, by_link.id, uuid.uuid4()):
        with pytest.raises(clicks.UnknownClick):
            reports.report_click(click_id=wrong, fan=fan, now=mid_october)
    assert not ClickReport.objects.exists()
    assert not Click.objects.filter(undone_at__isnull=False).exists()


def test_a_closed_months_click_stays_and_its_report_counts(
    button: Button, october: Period, mid_october: datetime
) -> None:
    """The money has gone; the site is judged all the same."""
    fan = given.funded_fan(period=october)
    click = pressing.confirmed(fan, button, now=mid_october)
    SiteKey.objects.create(
        fan=fan,
        origin=click.origin,
        secret_hash="x",
        created_at=mid_october,
        used_at=mid_october,
        expires_at=october.end + timedelta(days=1),
    )
    reports.report_click(click_id=click.id, fan=fan, now=october.end)
    click.refresh_from_db()

    assert click.undone_at is None
    assert trust.standing_of(origin=click.origin).reports == 1
    assert SiteKey.objects.get().revoked_at == october.end


def test_a_press_whose_click_was_refused_is_reported(fan_press: OneClick, mid_october: datetime) -> None:
    """There is nothing to undo then."""
    reports.report_click(click_id=fan_press.click_id, fan=fan_press.fan, now=mid_october)

    assert ClickReport.objects.get().click_id == fan_press.click_id


@pytest.fixture
def fan_press(button: Button, mid_october: datetime) -> OneClick:
    """Return a press that was noted, and no click after it."""
    return OneClick.objects.create(
        fan=given.user(),
        creator=button.creator,
        button=button,
        click_id=uuid.uuid4(),
        origin=pressing.origin_of(button),
        clicked_at=mid_october,
        hover_ms=200,
        x=1,
        y=1,
    )
