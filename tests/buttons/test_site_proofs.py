"""What proves a site, and what only looks like it; asked of real servers."""

from datetime import datetime

import pytest
from django.db import connection
from pytest_django import Settings

from accounts.models import User
from buttons.models import Site
from buttons.operations import sites
from flattr.outside.connections import BYTES_MAX
from flattr.outside.hosts import BadHost
from tests import given
from tests.outside.proofs import FILE, STRONG, claimed, looked_for, profile, show
from tests.outside.servers import Answer, Outside, html, leading_to, text

pytestmark = pytest.mark.django_db

TAG = '<meta name="flattr-verification" content="{token}">'


@pytest.fixture
def ada() -> User:
    """Return a creator."""
    return given.creator("Ada")


@pytest.fixture
def site(ada: User, outside: Outside) -> Site:
    """Return her claim, of a host that is there and proves nothing."""
    outside.host("alice.example")
    return claimed(ada)


def test_a_claim_gives_a_token_of_ones_own(ada: User) -> None:
    """128 random bits for each creator and host, the same ones each time."""
    tokens = [
        claimed(person, host).token for person in (ada, given.creator("Bob")) for host in ("a.example", "b.example")
    ]

    assert len(set(tokens)) == 4
    assert all(len(bytes.fromhex(token)) == 16 for token in tokens)
    assert claimed(ada, "https://A.example/about").token == tokens[0]
    assert Site.objects.count() == 4


def test_the_site_of_a_button_is_the_one_that_is_claimed(ada: User) -> None:
    """Its host is one of the creator's already."""
    site = given.button(ada).site
    assert site is not None

    assert claimed(ada, site.host) == site


@pytest.mark.parametrize("host", ["github.io", "localhost", "127.0.0.1", "0x7f.1", "", "nothing at all"])
def test_nobody_claims_what_nobody_can_own(host: str, ada: User) -> None:
    """The error names the field."""
    with pytest.raises(BadHost, match="host"):
        claimed(ada, host)
    assert not Site.objects.exists()


@pytest.mark.parametrize("proof", STRONG)
def test_each_proof_verifies(proof: str, site: Site, outside: Outside, mid_october: datetime) -> None:
    """The site is verified by it from now on."""
    show(outside, site, proof=proof)

    assert looked_for(site, proof=proof, now=mid_october) == "proven"
    site.refresh_from_db()
    assert (site.proof, site.verified_at, site.proven_at, site.checked_at) == (proof, *[mid_october] * 3)


def test_a_link_proves_a_page_and_verifies_nothing(site: Site, outside: Outside, mid_october: datetime) -> None:
    """It is the lowest tier: of sites that people share, it says which page is whose."""
    show(outside, site, proof="link")

    assert looked_for(site, proof="link", now=mid_october) == "proven"
    site.refresh_from_db()
    assert (site.proof, site.page, site.proven_at) == ("link", "https://alice.example/", mid_october)
    assert site.verified_at is None


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("{token}", "proven"),
        ("\ufeff# ours\r\n  {token}  \r\nother", "proven"),
        ("other\n{token}", "proven"),
        ("", "not_found"),
        ("{token}a", "not_found"),
        ("a{token}", "not_found"),
        ("x {token}", "not_found"),
        ("token={token}", "not_found"),
        ("{upper}", "not_found"),
        ("{half}", "not_found"),
        ("é", "not_found"),
    ],
)
def test_the_file_has_the_token_as_a_line(content: str, found: str, site: Site, outside: Outside) -> None:
    """The whole line and nothing but it, among others."""
    token = site.token
    said = content.format(token=token, upper=token.upper() + "X", half=token[:16])
    outside.page(f"alice.example/{FILE}", text(said))

    assert looked_for(site) == found


def test_a_line_that_is_cut_is_no_line(site: Site, outside: Outside) -> None:
    """What stands at the end of the part that is read may go on."""
    padding = "x" * (BYTES_MAX - len(site.token) - 1) + "\n"
    outside.page(f"alice.example/{FILE}", text(f"{padding}{site.token}and more"))
    assert looked_for(site) == "not_found"
    outside.page(f"alice.example/{FILE}", text(padding + site.token))
    assert looked_for(site) == "proven"


@pytest.mark.parametrize(
    ("page", "found"),
    [
        ("<!doctype html><title>x</title>{tag}", "proven"),
        ("{tag}", "proven"),
        ("<META NAME=Flattr-Verification CONTENT=' {token} '>", "proven"),
        ("<html><head><meta name='flattr-verification' content='other'>{tag}</head><body>x", "proven"),
        ("<title>x</title><body>{tag}", "not_found"),
        ("<title>x</title><p>Comment: {tag}", "not_found"),
        ("<title>x</title>text{tag}", "not_found"),
        ("<title>{tag}</title>", "not_found"),
        ("<!-- {tag} -->", "not_found"),
        ("<script>'{tag}'</script>", "not_found"),
        ("<noscript>{tag}</noscript>", "not_found"),
        ("<template>{tag}</template>", "not_found"),
        ("&lt;meta name=flattr-verification content={token}&gt;", "not_found"),
        ("<meta name=other content={token}>", "not_found"),
        ("<meta name=flattr-verification>", "not_found"),
        ("<meta content={token}>", "not_found"),
        ("<meta name=flattr-verification content='x{token}'>", "not_found"),
        ("", "not_found"),
    ],
)
def test_the_tag_stands_in_the_head(page: str, found: str, site: Site, outside: Outside) -> None:
    """Not where visitors can write, and not in what a browser doesn't take for a tag."""
    tag = TAG.format(token=site.token)
    outside.page("alice.example/", html(page.format(tag=tag, token=site.token)))

    assert looked_for(site, proof="meta") == found


@pytest.mark.parametrize(
    ("link", "found"),
    [
        ('<a rel="me" href="{profile}">', "proven"),
        ("<a href='{plain}' rel='nofollow ME noopener'>", "proven"),
        ('<link rel="me" href="{profile}">', "proven"),
        ('<a rel="me" href="https://other.example/"><a rel="me" href="{profile}">', "proven"),
        ('<a href="{profile}">', "not_found"),
        ('<a rel="meme" href="{profile}">', "not_found"),
        ('<a rel="me" href="{profile}x">', "not_found"),
        ('<a rel="me" href="{profile}?next=1">', "not_found"),
        ('<a rel="me" href="https://mallory.example/{profile}">', "not_found"),
        ('<a rel="me" href="//[">', "not_found"),
        ("<a rel href>", "not_found"),
        ('<!-- <a rel="me" href="{profile}"> -->', "not_found"),
        ("{profile}", "not_found"),
    ],
)
def test_the_link_leads_to_the_creators_page(link: str, found: str, site: Site, outside: Outside) -> None:
    """With `rel=me`, and to nobody else's."""
    own = profile(site.creator)
    outside.page("alice.example/@alice", html(link.format(profile=own, plain=own.rstrip("/"))))

    assert looked_for(site, proof="link", page="https://alice.example/@alice") == found


@pytest.mark.parametrize(
    "page",
    [
        *(
            "http://alice.example/",
            "https://mallory.example/",
            "https://alice.example:8443/",
            "https://[",
            "nonsense",
        ),
        *("https://ada@alice.example/", "https://www.alice.example/", "https://127.0.0.1/", "javascript:alert(1)"),
    ],
)
def test_a_link_is_looked_for_on_the_site_alone(page: str, site: Site, outside: Outside) -> None:
    """The error names the field, and nobody is asked."""
    with pytest.raises(sites.ForeignPage, match="page"):
        looked_for(site, proof="link", page=page)
    assert outside.lookups == []


def test_the_record_is_the_token_with_its_name(site: Site, outside: Outside) -> None:
    """One of several records, which may be put together from parts; nothing around it, at no other name."""
    name, token = "_flattr.alice.example", site.token
    for value, found in {
        f'"flattr-verify={token}"': "proven",
        f'"flattr-verify=" "{token}"': "proven",
        f'"{token}"': "not_found",
        f'"flattr-verify={token} "': "not_found",
        f'"xflattr-verify={token}"': "not_found",
    }.items():
        site.checks.all().delete()
        outside.records = {(name, "TXT"): ['"v=spf1 -all"', value]}

        assert looked_for(site, proof="dns") == found, value
    site.checks.all().delete()
    outside.records = {("alice.example", "TXT"): [f'"flattr-verify={token}"']}

    assert looked_for(site, proof="dns") == "missing"


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (Answer(status=404), "missing"),
        (Answer(status=503), "bad_status"),
        (Answer(headers={"Content-Type": "image/png"}), "not_text"),
        (leading_to("https://mallory.example/"), "leads_away"),
        (leading_to("http://alice.example/"), "leads_away"),
    ],
)
def test_what_goes_wrong_is_named(answer: Answer, found: str, site: Site, outside: Outside) -> None:
    """So that its owner can mend it."""
    outside.page("alice.example/", answer)

    assert looked_for(site, proof="meta") == found


def test_a_host_without_an_address_or_an_answer_is_named(site: Site, outside: Outside, settings: Settings) -> None:
    """Unknown to DNS, with a broken DNS server, or with a private address."""
    outside.records = {}
    assert looked_for(site, proof="file") == "no_address"
    outside.broken = {"alice.example"}
    assert looked_for(site, proof="meta") == "no_dns"
    outside.broken = {"_flattr.alice.example"}
    outside.host("alice.example")
    assert looked_for(site, proof="dns") == "no_dns"
    settings.OUTSIDE_NETWORK = outside.network(exempt=frozenset())
    assert looked_for(site, proof="link") == "not_public"
    assert outside.connections == 0


def test_the_proof_may_lie_at_the_twin(site: Site, outside: Outside) -> None:
    """Many sites lead from their bare name to the one with www."""
    outside.page(f"alice.example/{FILE}", leading_to(f"https://www.alice.example/{FILE}"))
    outside.page(f"www.alice.example/{FILE}", text(site.token))

    assert looked_for(site) == "proven"


@pytest.mark.django_db(transaction=True)
def test_nobody_is_asked_within_a_transaction(outside: Outside) -> None:
    """A server that takes its time keeps no lock of ours."""
    site = claimed(given.creator("Ada"))
    seen = []

    def noted() -> Answer:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE datname = current_database() AND state LIKE 'idle in transaction%'"
            )
            seen.append(cursor.fetchone())
        connection.close()
        return text(site.token)

    check = sites.ask_for_check(site=site, proof="file", now=given.MOMENT)
    outside.host("alice.example")
    outside.answers[f"alice.example/{FILE}"] = noted
    in_thread = given.at_once(
        lambda: sites.run_check(check_id=check.pk, network=outside.network(), clock=lambda: given.MOMENT)
    )

    assert in_thread == [None]
    assert seen == [(0,)]
