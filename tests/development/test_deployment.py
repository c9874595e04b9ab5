"""What describes production agrees with what runs in development."""

import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from flattr.development import ports, supervisor
from flattr.development.services import CHECKOUT

PRODUCTION = {
    "FLATTR_ENV": "production",
    "SECRET_KEY": "a-long-and-unguessable-key-of-more-than-fifty-characters-0123456789",
    "DATABASE_URL": "postgresql:///unused",
    "REDIS_URL": "redis://unused",
    "APP_URL": "https://flattr.example",
    "EMBED_URL": "https://embed.flattr.example",
    "EMAIL_URL": "console:",
    "DEFAULT_FROM_EMAIL": "hello@flattr.example",
    "PAYMENT_GATEWAY": "sandbox",
}

STRIPE = {
    **PRODUCTION,
    "PAYMENT_GATEWAY": "stripe",
    "STRIPE_MODE": "live",
    "STRIPE_KEY": "rk_live_0123456789",
    "STRIPE_WEBHOOK_SECRETS": "whsec_one,whsec_two",
}


def start(environment: dict[str, str], *, show: str = "''") -> "subprocess.CompletedProcess[str]":
    """Let the settings be read in an environment, and one of them be shown; return how that went."""
    bare = {key: value for key, value in os.environ.items() if key in {"PATH", "HOME"}}
    return subprocess.run(
        [sys.executable, "-c", f"from flattr import settings; print({show})"],
        cwd=CHECKOUT,
        env={**bare, **environment},
        check=False,
        capture_output=True,
        text=True,
    )


def variables() -> set[str]:
    """Return the names of all variables that the settings read."""
    texts = [(CHECKOUT / "flattr" / name).read_text() for name in ("settings.py", "social.py")]
    return set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', "".join(texts)))


def test_compose_runs_the_commands_of_the_procfile() -> None:
    """Web, worker and beat are the same commands with default values in both, but that each queue has its worker."""
    compose = yaml.safe_load((CHECKOUT / "docker-compose.yml").read_text())
    commands = supervisor.read_procfile(CHECKOUT / "Procfile", {})

    described = {
        name: supervisor.fill_in(compose["services"][name]["command"], {}).split() for name in (*commands, "outside")
    }
    queues = {name: _take_queues(command) for name, command in described.items() if name in {"worker", "outside"}}

    assert _take_queues(commands["worker"]) == "celery,outside"
    assert queues == {"worker": "celery", "outside": "outside"}
    assert described == {**commands, "outside": commands["worker"]}


def test_whatever_asks_servers_of_strangers_goes_to_the_queue_outside() -> None:
    """No task that reaches them is left among those of the month's end."""
    tasks = {app: (CHECKOUT / app / "tasks.py").read_text().split("@shared_task") for app in ("buttons", "payouts")}
    asking = {
        f"{app}.tasks.{name}"
        for app, texts in tasks.items()
        for name in re.findall(r"def (\w+)", "".join(text for text in texts if "OUTSIDE" in text))
    }
    shown = start(PRODUCTION, show="[*settings.CELERY_TASK_ROUTES], settings.CELERY_TASK_ROUTES.values()")

    assert asking
    assert all(name in shown.stdout for name in asking)
    assert shown.stdout.count("'queue': 'outside'") == len(asking)


def _take_queues(command: list[str]) -> str:
    """Take from a worker's command which queues it serves."""
    place = command.index("--queues")
    _, queues = command[place : place + 2]
    del command[place : place + 2]
    return queues


def test_compose_hands_every_variable_of_the_settings_on() -> None:
    """Who sets another fee in .env gets that fee."""
    compose = yaml.safe_load((CHECKOUT / "docker-compose.yml").read_text())
    read = variables()

    assert set(compose["services"]["web"]["environment"]) == read


def test_the_image_serves_as_the_procfile_does() -> None:
    """The image's own command is the web process."""
    last_line = (CHECKOUT / "Dockerfile").read_text().splitlines()[-1]
    command = json.loads(last_line.removeprefix("CMD "))[-1].removeprefix("exec ")

    assert command.split() == supervisor.read_procfile(CHECKOUT / "Procfile", {})["web"]


def test_the_web_server_logs_no_requests() -> None:
    """Its lines would name addresses; said in the command, no variable of the web server's turns them on."""
    assert "--no-access-log" in supervisor.read_procfile(CHECKOUT / "Procfile", {})["web"]


def test_the_example_environment_lists_every_variable_that_the_settings_read() -> None:
    """Whoever deploys finds each variable with its meaning in .env.example."""
    read = variables()
    listed = set(re.findall(r"^([A-Z_]+)=", (CHECKOUT / ".env.example").read_text(), flags=re.MULTILINE))
    own = {"PORT", "WEB_HOST", "WEB_WORKERS", "WORKER_PROCESSES", "POSTGRES_PASSWORD"}

    assert listed - own == read


def test_production_starts_with_a_complete_environment() -> None:
    """The values suffice, also with a mail server as .env.example names it."""
    example = re.search(r"^EMAIL_URL=(.*)$", (CHECKOUT / ".env.example").read_text(), flags=re.MULTILINE)
    assert example is not None

    assert start(PRODUCTION).returncode == 0
    assert start({**PRODUCTION, "EMAIL_URL": example[1]}).returncode == 0


@pytest.mark.parametrize(("given", "proxies"), [({}, "0"), ({"TRUSTED_PROXY": "true"}, "1")])
def test_addresses_are_taken_from_a_trusted_proxy_alone(given: dict[str, str], proxies: str) -> None:
    """Limits count the address that one proxy in front saw; without it, the one that the connection comes from."""
    assert start({**PRODUCTION, **given}, show="settings.ALLAUTH_TRUSTED_PROXY_COUNT").stdout.split() == [proxies]


def test_who_is_silent_is_given_up_unless_the_address_of_the_database_says_otherwise() -> None:
    """A connection brings its limits along, and each can be set in DATABASE_URL."""
    shown = "settings.DATABASES['default']['OPTIONS']['tcp_user_timeout']"
    given = {**PRODUCTION, "DATABASE_URL": "postgresql:///unused?tcp_user_timeout=7000"}

    assert start(PRODUCTION, show=shown).stdout.split() == ["20000"]
    assert start(given, show=shown).stdout.split() == ["7000"]


@pytest.mark.parametrize("name", sorted(PRODUCTION))
def test_a_missing_value_stops_the_start_and_names_itself(name: str) -> None:
    """No insecure default steps in outside development."""
    ended = start({key: value for key, value in PRODUCTION.items() if key != name})

    assert ended.returncode != 0
    assert name in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FLATTR_ENV", "staging"),
        ("SECRET_KEY", "short"),
        ("DATABASE_URL", "sqlite:///db"),
        ("REDIS_URL", "http://redis"),
        ("APP_URL", "http://flattr.example"),
        ("EMBED_URL", "http://embed.flattr.example"),
        ("EMBED_URL", "https://flattr.example"),
        ("EMAIL_URL", "pigeon://tower"),
        ("TRUSTED_PROXY", "perhaps"),
        ("PAYMENT_GATEWAY", "cash"),
        ("PLATFORM_FEE_BASIS_POINTS", "ten"),
        ("PLATFORM_FEE_BASIS_POINTS", "9000"),
        ("MINIMUM_PAYOUT_CENTS", "0"),
        ("DISPUTE_LOSSES_BORNE_BY", "nobody"),
        ("HOLD_UNTIL_DAY", "31"),
        ("SETTLEMENT_RANGE_FANS", "0"),
        ("LOG_LEVEL", "LOUD"),
    ],
)
def test_a_wrong_value_stops_the_start_and_names_itself(name: str, value: str) -> None:
    """A slip is told at the start, not at the month's end."""
    ended = start({**PRODUCTION, name: value})

    assert ended.returncode != 0
    assert name in ended.stderr
    assert "Traceback" not in ended.stderr


def test_stripe_is_live_or_a_test_by_its_key() -> None:
    """Either mode starts with a key of its own, and another server may stand in Stripe's place for a test alone."""
    test = {**STRIPE, "STRIPE_MODE": "test", "STRIPE_KEY": "sk_test_0123456789", "STRIPE_API_URL": "http://[::1]:99/"}
    shown = "settings.STRIPE_LIVE, settings.STRIPE_API_URL, settings.STRIPE_WEBHOOK_SECRETS"

    assert start(STRIPE, show=shown).stdout == "True https://api.stripe.com ['whsec_one', 'whsec_two']\n"
    assert start(test, show=shown).stdout == "False http://[::1]:99 ['whsec_one', 'whsec_two']\n"


def test_without_stripe_nothing_of_it_is_set() -> None:
    """What stands in the variables is not even read."""
    shown = "settings.STRIPE_LIVE, settings.STRIPE_KEY, settings.STRIPE_API_URL, settings.STRIPE_WEBHOOK_SECRETS"

    assert start({**STRIPE, "PAYMENT_GATEWAY": "sandbox"}, show=shown).stdout == "False   []\n"


@pytest.mark.parametrize("name", ["STRIPE_MODE", "STRIPE_KEY", "STRIPE_WEBHOOK_SECRETS"])
@pytest.mark.parametrize("value", [None, ""])
def test_stripe_needs_its_values(name: str, value: str | None) -> None:
    """Nothing is charged with a half of what it takes, in development neither."""
    for environment in (STRIPE, {**STRIPE, "FLATTR_ENV": "development"}):
        given = {key: each for key, each in environment.items() if key != name}
        ended = start(given if value is None else {**given, name: value})

        assert ended.returncode != 0
        assert name in ended.stderr
        assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("STRIPE_MODE", "test"),
        ("STRIPE_MODE", "production"),
        ("STRIPE_KEY", "sk_test_0123456789"),
        ("STRIPE_KEY", "pk_live_0123456789"),
        ("STRIPE_KEY", "whsec_live_0123456789"),
        ("STRIPE_KEY", "sk_live_"),
        ("STRIPE_KEY", "sk_live_01234\n"),
        ("STRIPE_WEBHOOK_SECRETS", "one,two"),
        ("STRIPE_WEBHOOK_SECRETS", "whsec_one,"),
        ("STRIPE_WEBHOOK_SECRETS", "whsec_one, whsec_two"),
        ("STRIPE_WEBHOOK_SECRETS", "whsec_one,sk_live_0123456789"),
        ("STRIPE_API_URL", "http://127.0.0.1:12111"),
        ("STRIPE_API_URL", "https://api.stripe.com.evil.example"),
        ("STRIPE_API_URL", ""),
    ],
)
def test_a_wrong_value_of_stripes_stops_the_start_and_names_itself(name: str, value: str) -> None:
    """A key of the other mode, or live money that would go elsewhere, is told at the start, and not shown."""
    ended = start({**STRIPE, name: value})
    named = "STRIPE_KEY" if (name, value) == ("STRIPE_MODE", "test") else name

    assert ended.returncode != 0
    assert named in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "0123456789" not in ended.stderr


def test_the_port_that_was_used_last_is_taken_again(tmp_path: Path) -> None:
    """Demo links keep working over restarts, and a taken port is passed over."""
    memory = tmp_path / "var" / "port"
    first = ports.choose(memory=memory)

    assert ports.choose(memory=memory) == first
    assert first >= ports.FIRST_PORT


@pytest.mark.parametrize("wanted", ["abc", "0", "65536", "-1"])
def test_a_port_that_is_none_is_refused(tmp_path: Path, wanted: str) -> None:
    """A slip in `PORT` is told by its name."""
    with pytest.raises(ports.NoPort, match="PORT"):
        ports.choose(memory=tmp_path / "port", wanted=wanted)


def test_a_port_that_somebody_uses_is_refused(tmp_path: Path) -> None:
    """Who asks for one port gets that one or a clear answer."""
    with socket.create_server(("127.0.0.1", 0)) as server, pytest.raises(ports.NoPort, match="taken"):
        ports.choose(memory=tmp_path / "port", wanted=str(server.getsockname()[1]))


def test_development_runs_what_production_runs() -> None:
    """Whatever production installs is installed here in the same version, from the same files."""

    def locked(name: str) -> set[str]:
        text = (CHECKOUT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
        # A pin with its hashes ends before the next line that isn't indented.
        return {pin.strip() for pin in re.split(r"^(?=\S)", text, flags=re.MULTILINE)} - {""}

    assert locked("production") - locked("development") == set()
    assert len(locked("production")) > 30


@pytest.mark.parametrize("name", ["GOOGLE", "GITHUB", "X", "FACEBOOK", "MASTODON"])
def test_a_key_without_its_secret_stops_the_start(name: str) -> None:
    """The message names what is missing."""
    ended = start({**PRODUCTION, f"{name}_CLIENT_ID": "id"})

    assert ended.returncode == 1
    assert f"{name}_SECRET" in ended.stderr


def test_a_mastodon_server_is_named_by_https() -> None:
    """Who somebody is isn't asked over a line that others write on."""
    keys = {"MASTODON_CLIENT_ID": "id", "MASTODON_SECRET": "secret"}
    ended = start({**PRODUCTION, **keys, "MASTODON_URL": "http://mastodon.example"})
    assert "MASTODON_URL" in ended.stderr
    begun = start(
        {**PRODUCTION, **keys, "MASTODON_URL": "https://mastodon.example/"},
        show="settings.CONTENT_SECURITY_POLICY['DIRECTIVES']['form-action']",
    )

    assert "'https://mastodon.example'" in begun.stdout


def test_production_has_neither_a_page_with_codes_nor_one_of_the_design() -> None:
    """What lets the demo world's people in, and what is for designers, is mounted in development alone."""
    ended = start(
        PRODUCTION,
        show="(settings.DEMO_TOTP_SECRET, __import__('os').environ.setdefault('DJANGO_SETTINGS_MODULE',"
        " 'flattr.settings'), __import__('django').setup(), [each.name for each in"
        " __import__('flattr.urls').urls.urlpatterns if getattr(each, 'name', '') in {'demo_code', 'design'}])",
    )

    assert ended.stdout.strip() == "('', 'flattr.settings', None, [])", ended.stderr
