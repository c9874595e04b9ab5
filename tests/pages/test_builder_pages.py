"""The builder: a creator chooses a form of the button, sees it and copies it, with a script or without."""

import json
from typing import Any, Final

import pytest
from django.conf import settings

from accounts.models import CreatorProfile, User
from buttons import snippets
from buttons.embed import assets
from buttons.forms import BuilderForm
from buttons.operations import buttons as operations
from buttons.snippets import Order
from tests import given
from tests.client import StrictClient
from tests.pages import world

pytestmark = pytest.mark.django_db

URL: Final = "https://ada.example/a?b=1&c=2"
EVIL: Final = "</textarea><script>alert(1)</script>"
FORMS: Final = [name for _, group in BuilderForm().fields["form"].choices for name, _ in group]  # type: ignore[attr-defined]


@pytest.fixture
def creator(client: StrictClient) -> User:
    """Return a creator, who is logged in."""
    user = given.creator("Ada")
    CreatorProfile.objects.filter(user=user).update(name="Ada & <Co>")
    user.creator_profile.refresh_from_db()
    client.force_login(user)
    return user


def built(client: StrictClient, **asked: str) -> Any:
    """Ask for the page with what was chosen."""
    return client.get("/embed/", asked)


def snippet(response: Any) -> str:
    """Return what there is to copy."""
    (area,) = world.document(response).query("#snippet")
    return str(area.to_text(strip=False)).removeprefix("\n")


def order(creator: User, **chosen: str) -> Order:
    """Return what the creator chose."""
    return operations.order_for(creator.creator_profile, **chosen)


def test_the_standard_form_comes_first(creator: User, client: StrictClient) -> None:
    """Whoever chooses nothing has the best form, for all pages, and sees it."""
    page = built(client)
    (frame,) = world.document(page).query(".preview iframe")

    assert snippet(page) == snippets.element(order(creator))
    assert frame.attrs["src"] == f"{settings.EMBED_URL}/b?to={creator.creator_profile.slug}"
    assert (frame.attrs["width"], frame.attrs["height"]) == ("132", "28")
    assert frame.attrs["title"] == "Flattr Ada & <Co>"


def test_every_form_can_be_chosen() -> None:
    """The page knows all that can be made, and makes all that it knows."""
    assert sorted(FORMS) == sorted([*snippets.FORMS, "pinned"])


@pytest.mark.parametrize("form", FORMS)
def test_a_form_is_made_as_chosen(form: str, creator: User, client: StrictClient) -> None:
    """With all choices in it, a hint where to paste it, and a look at it where there is something to see."""
    chosen = {"url": URL, "size": "large", "theme": "dark", "lang": "fr", "text": "Merci & <bravo>"}
    page = built(client, form=form, **chosen)
    made = order(creator, **chosen)
    document = world.document(page)
    expected = (
        snippets.pinned_element(made, version="1.0.0", integrity=assets.load("loader.js").sha384)
        if form == "pinned"
        else snippets.FORMS[form](made)
    )

    assert snippet(page) == expected
    assert document.query("[data-made] > p")[0].to_text().strip()
    frames, pictures = document.query(".preview iframe"), document.query(".preview img")
    assert (len(frames), len(pictures)) == (form in snippets.FRAMED, form in snippets.PICTURED)
    for each in (*frames, *pictures):
        assert (each.attrs["width"], each.attrs["height"]) == ("164", "44")
        assert each.attrs["src"] in {made.frame, made.picture}
    if not frames and not pictures:
        assert document.query("[data-made] a")[0].attrs["href"] == made.link


def test_the_form_keeps_what_was_chosen(creator: User, client: StrictClient) -> None:
    """The page's address says all, so it can be kept and sent on."""
    del creator
    document = world.document(built(client, form="rst", url=URL, size="small", text="Thanks"))

    assert [each.attrs["value"] for each in document.query("option[selected]")] == ["rst", "small", "", ""]
    assert document.query("#id_url")[0].attrs["value"] == URL
    assert document.query("#id_text")[0].attrs["value"] == "Thanks"
    assert document.query("form[data-builder]")[0].attrs["method"] == "get"


def test_an_address_gets_its_one_spelling(creator: User, client: StrictClient) -> None:
    """As the button has it that will count for it."""
    page = built(client, url="HTTPS://ADA.example:443/?utm_source=x#top")

    assert snippet(page) == snippets.element(order(creator, url="https://ada.example/"))


@pytest.mark.parametrize(
    ("field", "value", "complaint"),
    [
        ("form", "fax", "Select a valid choice. fax is not one of the available choices."),
        ("form", "", "This field is required."),
        ("size", "huge", "Select a valid choice. huge is not one of the available choices."),
        ("theme", "pink", "Select a valid choice. pink is not one of the available choices."),
        ("lang", "tlh", "Select a valid choice. tlh is not one of the available choices."),
        ("url", "javascript:alert(1)", "Enter a valid URL."),
        ("url", "https://me:secret@ada.example/", "A button needs a plain web address without a login in it."),
        ("text", "a" * 101, "Ensure this value has at most 100 characters (it has 101)."),
    ],
)
def test_a_wrong_choice_is_refused_at_its_field(
    field: str, value: str, complaint: str, creator: User, client: StrictClient
) -> None:
    """The complaint is tied to the field, and there is nothing to copy."""
    del creator
    document = world.document(built(client, **{field: value}))
    (wrong,) = document.query('[aria-invalid="true"]')
    (error,) = document.query(f"#{wrong.attrs['aria-describedby'].split()[-1]}")

    assert (wrong.attrs["name"], " ".join(error.to_text().split())) == (field, complaint)
    assert not document.query("#snippet, .preview")


def test_a_text_of_nothing_is_the_usual_one(creator: User, client: StrictClient) -> None:
    """A picture without a text would say nothing to who doesn't see it."""
    assert snippet(built(client, text=" \x0b ")) == snippets.element(order(creator))


@pytest.mark.parametrize("form", FORMS)
def test_texts_of_strangers_are_shown_as_texts(form: str, creator: User, client: StrictClient) -> None:
    """Whatever a text contains, the page only shows it."""
    document = world.document(built(client, form=form, text=EVIL, url=f"https://ada.example/?{EVIL}"))

    assert not document.query("script:not([src])")
    assert snippets.plain(EVIL) in order(creator, text=EVIL).text


def test_the_page_lets_in_our_frames_and_pictures_alone(creator: User, client: StrictClient) -> None:
    """Its policy names the one host that they come from; no other page of ours does."""
    del creator
    policy = built(client).headers["Content-Security-Policy"]
    directives = dict(each.strip().split(" ", 1) for each in policy.split(";"))

    assert directives["frame-src"] == settings.EMBED_URL
    assert directives["img-src"] == f"'self' data: {settings.EMBED_URL}"
    assert settings.EMBED_URL not in client.get("/buttons/").headers["Content-Security-Policy"]


def test_a_text_about_privacy_comes_in_all_languages(creator: User, client: StrictClient) -> None:
    """Each can be copied, names the host, and says what is kept and what isn't."""
    del creator
    document = world.document(built(client))
    english, french = (document.query(f"#privacy-{code}")[0] for code in ("en", "fr"))
    copied = [each.attrs["data-copy"] for each in document.query("[data-copy]")]

    assert copied == ["snippet", "privacy-en", "privacy-fr"]
    assert (english.attrs["lang"], french.attrs["lang"]) == ("en", "fr")
    for word in ("no cookie, no storage, no identifier", "no IP address", "partitioned", "90 days"):
        assert word in english.to_text()
    for word in ("aucun cookie", "aucune adresse IP", "partitionné", "90 jours"):
        assert word in french.to_text()
    for each in (english, french):
        assert settings.EMBED_URL.partition("//")[2] in each.to_text()


def test_a_button_leads_here_with_its_address(creator: User, client: StrictClient) -> None:
    """And so does the list of all."""
    button = given.button(creator)
    (link,) = world.document(client.get(f"/b/{button.public_id}/")).query('main a[href^="/embed/"]')
    page = client.get(link.attrs["href"])

    assert snippet(page) == snippets.element(order(creator, url=button.url))
    assert world.document(client.get("/buttons/")).query('a[href="/embed/"]')


def test_a_creators_page_tells_programs_who_it_is(creator: User, client: StrictClient) -> None:
    """By JSON-LD, which a name can't break out of."""
    slug = creator.creator_profile.slug
    (script,) = world.document(client.get(f"/@{slug}/")).query("script[type='application/ld+json']")
    data = json.loads(script.to_text())

    assert (data["name"], data["url"]) == ("Ada & <Co>", f"{settings.APP_URL}/@{slug}/")
    assert data["potentialAction"]["target"]["urlTemplate"] == f"{settings.APP_URL}/pay?to={slug}"
