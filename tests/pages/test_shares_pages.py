"""The pages about co-authors: offering at a button, deciding on one's own page, and what outsiders get."""

from typing import Any

import pytest

from accounts.models import CreatorProfile, Notification, User
from accounts.operations import render_notification
from buttons.models import Button
from flattr.period import Period
from payouts.models import CoAuthor
from payouts.operations import coauthors
from tests import given
from tests.client import StrictClient
from tests.pages import world
from tests.pages.world import QueryCounter, World

SHARES = "/shares/"


def page_of(button: Button) -> str:
    """Return the address of a button's co-authors."""
    return f"/b/{button.public_id}/co-authors/"


def offered(town: World, percent: int = 30) -> CoAuthor:
    """Let the creator offer the other one a part."""
    return coauthors.invite(
        button=town.button,
        owner=town.creator,
        whom=town.other_creator.creator_profile.slug,
        percent=percent,
        now=world.NOW,
    )


def as_person(client: StrictClient, person: User) -> StrictClient:
    """Log somebody in."""
    client.force_login(person)
    return client


def errors(page: Any) -> list[str]:
    """Return the texts of the errors that are tied to fields."""
    return [" ".join(each.to_text().split()) for each in world.document(page).query(".errorlist")]


def test_no_name_writes_lines_of_our_emails(town: World, client: StrictClient) -> None:
    """Names and titles stay on one line, whatever a form brings: else they would be sentences and links of ours."""
    broken = "Ada\n\nhttps://evil.example/\r\n\u2028Yours"
    as_person(client, town.creator)
    client.post("/creator/", {"name": broken, "text": "", "links": "", "thanks": ""})
    edited = {"url": town.button.url, "title": broken, "description": "", "category": "audio"}
    client.post(f"/b/{town.button.public_id}/edit/", edited)
    client.post("/buttons/new/", {**edited, "url": "https://new.example/"})
    client.post(page_of(town.button), {"whom": town.other_creator.creator_profile.slug, "percent": "30"})
    email = render_notification(Notification.objects.get(recipient=town.other_creator, kind="co_author_invited"))[1]
    as_person(client, town.fan).post("/settings/visibility/", {"visibility": "public", "name": broken})
    as_person(client, given.user()).post("/creator/new/", {"slug": "new", "name": broken, "text": "", "links": ""})

    plain = "Ada https://evil.example/ Yours"
    assert email.splitlines()[2].startswith(f"{plain} offers you 30% of what the button “{plain}” earns.")
    assert Button.objects.filter(title=plain).count() == 2
    assert list(CreatorProfile.objects.filter(slug="new").values_list("name", flat=True)) == [plain]
    assert User.objects.get(pk=town.fan.pk).name == plain


def test_nobody_is_written_to_all_day(town: World, client: StrictClient) -> None:
    """Offers that are taken back and made again are emails, too; what was accepted doesn't count."""
    as_person(client, town.creator)
    form = {"whom": town.other_creator.creator_profile.slug, "percent": "1"}
    coauthors.accept(co_author_id=offered(town).pk, person=town.other_creator, now=world.NOW)
    other = given.button(town.creator)
    for _ in range(coauthors.OFFERS_A_DAY_MAX):
        assert errors(client.post(page_of(other), form, follow=True)) == []
        client.post(f"{SHARES}{CoAuthor.objects.latest('pk').pk}/", {"answer": "end"})
    refused = client.post(page_of(other), form)
    told = Notification.objects.filter(recipient=town.other_creator, kind="co_author_invited")

    assert errors(refused) == ["You have offered them much today. Please wait until they accept something."]
    assert told.count() == coauthors.OFFERS_A_DAY_MAX + 1


def test_a_part_is_offered_accepted_and_ended(town: World, client: StrictClient) -> None:
    """From the button's page to the offer, the answer, what it says on both sides, and the end."""
    as_person(client, town.creator)
    shown = client.get(f"/b/{town.button.public_id}/")
    assert page_of(town.button) in [link.attrs.get("href") for link in world.document(shown).query("main a")]
    whom = f"@{town.other_creator.creator_profile.slug}"
    sent = client.post(page_of(town.button), {"whom": whom, "percent": "30"}, follow=True)
    assert world.messages(sent) == ["Offered. We have written to them; nothing is shared before they accept."]
    assert "30% · Bob · offered" in world.text(sent)
    assert "From December 2026 on, at least 70% of it is yours." in world.text(sent)
    row = CoAuthor.objects.get()

    as_person(client, town.other_creator)
    seen = world.text(client.get(SHARES))
    assert "30% of what “Song & <dance>” by Ada earns" in seen
    assert "your part counts from December 2026 on" in seen
    accepted = client.post(f"{SHARES}{row.pk}/", {"answer": "accept"}, follow=True)
    assert world.messages(accepted) == ["Accepted. Your part counts from the first of next month on."]
    assert "since December 2026; it has brought you €0.00" in world.text(accepted)

    as_person(client, town.creator)
    assert "30% of what “Song & <dance>” earns, with Bob · accepted" in world.text(client.get(SHARES))
    there = page_of(town.button)
    ended = client.post(f"{SHARES}{row.pk}/", {"answer": "end", "next": there}, follow=True)
    assert ended.redirect_chain == [(there, 302)]
    assert "All of what it earns is yours." in world.text(ended)
    assert "30% · Bob · ended" in world.text(ended)


def test_a_month_tells_both_sides_what_was_shared(town: World, client: StrictClient, clock: Any) -> None:
    """On the month's page and in the list of months, also for who earned nothing else."""
    november = Period.at(world.NOW)
    row = offered(town)
    coauthors.accept(co_author_id=row.pk, person=town.other_creator, now=world.NOW)
    december = november.next
    given.settled(november, now=november.end)
    clock.move_to(december.start)
    given.click(given.funded_fan("Ida", budget_cents=1000, period=december), town.button, now=december.start)
    given.settled(december, now=december.end)
    clock.move_to(december.end)
    as_person(client, town.creator)
    mine, months = (world.text(client.get(path)) for path in ("/earnings/2026-12/", "/earnings/"))
    as_person(client, town.other_creator)
    theirs, their_months = (world.text(client.get(path)) for path in ("/earnings/2026-12/", "/earnings/"))

    assert "30% of what others gave “Song & <dance>” went to Bob: €2.7000" in mine
    assert "December 2026 1 1 €10.00 €1.00 -€2.70 €6.30" in months
    assert "30% of what others gave “Song & <dance>” by Ada came to you: €2.7000" in theirs
    assert "Nothing has been settled for you" not in theirs
    assert "Your part of what other creators’ buttons earned €2.70" in theirs
    assert "December 2026 0 0 €0.00 €0.00 €2.70 €2.70" in their_months


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"whom": "nobody", "percent": "10"}, "No creator here has this address."),
        ({"whom": "", "percent": "10"}, "This field is required."),
        ({"whom": "me", "percent": "10"}, "The rest of it is yours anyhow."),
        ({"whom": "other", "percent": "10"}, "They have a part of this button, or an offer, already."),
        ({"whom": "third", "percent": "70"}, "You can give away 69 percent more at most"),
        ({"whom": "third", "percent": "0"}, "greater than or equal to 1"),
        ({"whom": "third", "percent": "100"}, "less than or equal to 99"),
        ({"whom": "third", "percent": "1.5"}, "Enter a whole number."),
        ({"whom": "third", "percent": "half"}, "Enter a whole number."),
    ],
)
def test_a_wrong_offer_is_refused_at_its_field(
    fields: dict[str, str], complaint: str, town: World, client: StrictClient
) -> None:
    """The answer is an error, and no row is made."""
    offered(town)
    named = {
        "me": town.creator.creator_profile.slug,
        "other": town.other_creator.creator_profile.slug,
        "third": given.creator("Cleo").creator_profile.slug,
    }
    sent = {**fields, "whom": named.get(fields["whom"], fields["whom"])}
    refused = as_person(client, town.creator).post(page_of(town.button), sent)

    assert refused.status_code == 422
    assert any(complaint in each for each in errors(refused))
    assert CoAuthor.objects.count() == 1


def test_nobody_tries_addresses_all_day(town: World, client: StrictClient) -> None:
    """Twenty tries an hour; then even a good one waits."""
    as_person(client, town.creator)
    for number in range(20):
        client.post(page_of(town.button), {"whom": f"x{number}@example.com", "percent": "1"})
    refused = client.post(page_of(town.button), {"whom": town.other_creator.creator_profile.slug, "percent": "1"})

    assert "That is enough for now. Please try again in an hour." in world.text(refused)
    assert not CoAuthor.objects.exists()


@pytest.mark.parametrize("answer", ["accept", "decline", "end", "x", ""])
def test_outsiders_decide_nothing(answer: str, town: World, client: StrictClient) -> None:
    """Neither another creator, nor the owner for the one they asked; an unknown answer is none."""
    row = offered(town)
    third = as_person(client, given.creator("Cleo")).post(f"{SHARES}{row.pk}/", {"answer": answer})
    as_person(client, town.other_creator if answer in {"x", ""} else town.creator)
    owner = client.post(f"{SHARES}{row.pk}/", {"answer": answer})
    row.refresh_from_db()

    assert third.status_code == 404
    assert owner.status_code == (302 if answer == "end" else 404)
    assert row.state == ("ended" if answer == "end" else "invited")


def test_an_answer_that_comes_too_late_is_told(town: World, client: StrictClient) -> None:
    """Who accepts what was taken back reads so, and nothing is shared."""
    row = offered(town)
    coauthors.end(co_author_id=row.pk, by=town.creator, now=world.NOW)
    late = as_person(client, town.other_creator).post(f"{SHARES}{row.pk}/", {"answer": "accept"}, follow=True)
    declined = offered(town)
    done = client.post(f"{SHARES}{declined.pk}/", {"answer": "decline"}, follow=True)

    assert world.messages(late) == ["This is no offer any more."]
    assert world.messages(done) == ["Declined. We have told them."]
    assert "Nobody shares a button’s income with you." in world.text(done)


def test_pages_need_few_queries(
    town: World, client: StrictClient, django_assert_max_num_queries: QueryCounter
) -> None:
    """However many share, each page asks the database at most twelve times."""
    for number in range(8):
        person = given.creator(f"Friend{number}")
        made = coauthors.invite(
            button=town.button, owner=town.creator, whom=person.creator_profile.slug, percent=2, now=world.NOW
        )
        coauthors.accept(co_author_id=made.pk, person=person, now=world.NOW)
        back = coauthors.invite(
            button=given.button(person),
            owner=person,
            whom=town.creator.creator_profile.slug,
            percent=5,
            now=world.NOW,
        )
        coauthors.accept(co_author_id=back.pk, person=town.creator, now=world.NOW)
    as_person(client, town.creator)
    for path in (SHARES, page_of(town.button)):
        with django_assert_max_num_queries(12):
            assert client.get(path).status_code == 200
