"""People at their browsers: they log in, look at badges and click, at whichever web host they are led to."""

import base64
import hashlib
import http.client
import random
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Self
from urllib.parse import urlencode

from psycopg2.extensions import connection

from benchmarks import clicks, load, world
from benchmarks.cluster import HOST
from benchmarks.failures import UnableToMeasure
from benchmarks.hosts.machines import Machine
from benchmarks.hosts.network import Namespace
from benchmarks.sizes import World

_PORT: Final = 8000
_PASSWORD: Final = "a password for many"  # noqa: S105  Nobody else comes here.
_PAUSE_SECONDS: Final = 0.05
_FOUND: Final = 302


class Browser:
    """One connection to one web host."""

    def __init__(self, machine: Machine) -> None:
        self._socket = socket.create_connection((machine.address, _PORT), timeout=30)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def ask(self, request: str) -> tuple[http.client.HTTPResponse, str]:
        """Send a request; return the answer and its text."""
        self._socket.sendall(request.encode())
        answer = http.client.HTTPResponse(self._socket)
        answer.begin()
        return answer, answer.read().decode()

    def is_ready(self) -> bool:
        """Tell whether the host has all that it needs."""
        return self.ask(load.http_request("GET", "/readyz"))[0].status == clicks.RECORDED

    def log_in(self, fan: int) -> str:
        """Log a fan in by the form; return the session's cookie.

        :raises UnableToMeasure: if that is refused.
        """
        form = {"csrfmiddlewaretoken": clicks.CSRF_TOKEN, "login": _email(fan), "password": _PASSWORD}
        headers = {
            "Cookie": f"csrftoken={clicks.CSRF_TOKEN}",
            "Origin": f"https://{HOST}",
            "X-Forwarded-For": f"192.0.2.{fan}",
        }
        answer, text = self.ask(load.http_request("POST", "/accounts/login/", headers=headers, body=urlencode(form)))
        cookies = [cookie.split(";")[0].split("=", 1) for cookie in answer.headers.get_all("Set-Cookie", [])]
        sessions = [value for name, value in cookies if name == "sessionid"]
        if answer.status != _FOUND or not sessions:
            msg = f"{_email(fan)} was not logged in, but answered {answer.status}: {text[:500]}"
            raise UnableToMeasure(msg)
        return sessions[0]

    def click(self, button: int, *, session: str, click_id: uuid.UUID) -> bool:
        """Click a button; return whether the click was recorded."""
        request = clicks.click_request(public_id=world.public_id(button), session=session, click_id=click_id)
        return self.ask(request)[0].status == clicks.RECORDED

    def badge(self, button: int) -> str:
        """Look at a button's badge."""
        return self.ask(load.http_request("GET", f"/b/{world.public_id(button)}/badge.svg"))[1]


def make_real(database: connection, fans: int) -> None:
    """Give the first fans a password and an address that is known to be theirs, and all fans a card to charge."""
    # Django's own form of a password, with fewer rounds: it is made anew when somebody logs in.
    digest = base64.b64encode(hashlib.pbkdf2_hmac("sha256", _PASSWORD.encode(), b"salt", 1000)).decode()
    with database.cursor() as cursor:
        password = f"pbkdf2_sha256$1000$salt${digest}"
        cursor.execute("UPDATE accounts_user SET password = %s WHERE id <= %s", [password, fans])
        cursor.execute(
            'INSERT INTO account_emailaddress (user_id, email, verified, "primary")'
            " SELECT id, email, true, true FROM accounts_user WHERE id <= %s",
            [fans],
        )
        # The provider charges the card of a payment that succeeded before.
        cursor.execute(
            "INSERT INTO sandbox_sandboxpayment"
            " (id, person_id, amount_cents, is_incoming, is_saved, state, reason, due_at, return_url)"
            " SELECT id, fan_id, amount_cents, true, true, 'succeeding', '', started_at, '' FROM payouts_deposit"
        )
        cursor.execute(
            "INSERT INTO payouts_paymentmethod (fan_id, customer, method, kind, label)"
            " SELECT DISTINCT fan_id, 'sandbox-' || fan_id, 'sandbox-card', 'card', '' FROM payouts_deposit"
        )


def click_on_both(
    fan: int, session: str, town: World, webs: tuple[Machine, Machine], *, clicks_of_each: int
) -> Iterator[tuple[uuid.UUID, int]]:
    """Click at both hosts in turn, each second time with the same id at both; yield what was recorded, by id."""
    chance = random.Random(fan)  # noqa: S311  Nothing is secret here.
    with Browser(webs[0]) as first, Browser(webs[1]) as second:
        for number in range(clicks_of_each):
            click_id, button = uuid.uuid4(), world.popular_button(town.buttons, chance)
            at = [(first, second), (second, first)][number % 2]
            for browser in at[: 1 + number // 2 % 2]:
                if browser.click(button, session=session, click_id=click_id):
                    yield click_id, button


class Crowd:
    """Fans who click without end, some at each web host, until they are told to stop."""

    def __init__(self, sessions: list[str], town: World, webs: tuple[Machine, Machine], at: Namespace) -> None:
        self.recorded: list[uuid.UUID] = []
        self.refused: list[str] = []
        self._town = town
        self._at = at
        self._over = threading.Event()
        # Those who logged in at one host click at the other.
        self._threads = [
            threading.Thread(target=self._click, args=(fan, session, webs[1 - fan % 2]))
            for fan, session in enumerate(sessions, start=1)
        ]

    @contextmanager
    def clicking(self) -> Iterator[None]:
        """Let them click for as long as the block runs."""
        for thread in self._threads:
            thread.start()
        try:
            yield
        finally:
            self._over.set()
            for thread in self._threads:
                thread.join()

    def _click(self, fan: int, session: str, web: Machine) -> None:
        chance = random.Random(fan)  # noqa: S311  Nothing is secret here.
        try:
            with self._at.entered(), Browser(web) as browser:
                while not self._over.wait(_PAUSE_SECONDS):
                    click_id, button = uuid.uuid4(), world.popular_button(self._town.buttons, chance)
                    if browser.click(button, session=session, click_id=click_id):
                        self.recorded.append(click_id)
                    else:
                        self.refused.append(f"a click of fan {fan} at {web.name}")
        except (OSError, http.client.HTTPException) as error:
            self.refused.append(f"fan {fan} at {web.name}: {error}")


def wait_for(web: Machine, *, seconds: float) -> None:
    """Wait until a web host is ready.

    :raises UnableToMeasure: if it isn't by then.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            with Browser(web) as browser:
                if browser.is_ready():
                    return
        except OSError:
            pass
        time.sleep(0.1)
    msg = f"{web.name} didn't get ready:\n{web.said('web')[-3000:]}"
    raise UnableToMeasure(msg)


def _email(fan: int) -> str:
    return f"person-{fan}@example.com"
