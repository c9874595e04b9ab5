"""What was answered is kept, although the database is killed right after the answer."""

import http.client
import itertools
import threading
import time
import uuid
from contextlib import closing
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest

from benchmarks import clicks, inside, world
from benchmarks.cluster import HOST, Cluster
from benchmarks.sizes import World

pytestmark = pytest.mark.processes

TOWN = World(fans=8, creators=4, buttons=20)


def send_until_refused(address: str, session: str, fan: int, answered: list[str]) -> None:
    """Click again and again, noting the id of each click that was answered as recorded, until one isn't."""
    with closing(http.client.HTTPConnection(urlsplit(address).netloc, timeout=10)) as connection:
        for number in itertools.count():
            click_id = str(uuid.uuid4())
            if not send(connection, session, button=1 + (fan * number) % TOWN.buttons, click_id=click_id):
                return
            answered.append(click_id)


def send(connection: http.client.HTTPConnection, session: str, *, button: int, click_id: str) -> bool:
    """Send one click; return whether it was answered as recorded."""
    form = {"csrfmiddlewaretoken": clicks.CSRF_TOKEN, "click_id": click_id, "origin": "https://artist.example"}
    headers = {
        "Host": HOST,
        "X-Forwarded-Proto": "https",
        "Cookie": f"csrftoken={clicks.CSRF_TOKEN}; sessionid={session}",
        "Origin": f"https://{HOST}",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    try:
        connection.request("POST", f"/b/{world.public_id(button)}/clicks/", urlencode(form), headers)
        answer = connection.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException):
        return False
    return answer.status == clicks.RECORDED


def test_a_click_that_was_answered_survives_the_end_of_the_database(tmp_path: Path) -> None:
    """Eight fans click while PostgreSQL is killed with SIGKILL: every click that was answered is there afterwards.

    That commits wait for the disk, which the end of a process alone can't show, is what the cluster refuses to lack.
    """
    month = world.this_month()
    answered: list[str] = []
    with Cluster(tmp_path) as cluster:
        cluster.create_migrated("click")
        with closing(cluster.connect("click")) as database:
            world.build(database, TOWN, month=month.start, until=month.end, report=lambda _: None)
        sessions = inside.run(cluster, "click", "sessions", TOWN.fans)
        with cluster.web("click") as address:
            threads = [
                threading.Thread(target=send_until_refused, args=(address, session, fan, answered))
                for fan, session in enumerate(sessions, start=1)
            ]
            for thread in threads:
                thread.start()
            deadline = time.monotonic() + 30
            while len(answered) < 200 and time.monotonic() < deadline:
                time.sleep(0.01)
            cluster.crash()
            for thread in threads:
                thread.join(timeout=30)
        kept = {str(id_) for (id_,) in cluster.query("SELECT id::text FROM buttons_click", database="click")}

    assert len(answered) >= 200
    assert set(answered) <= kept
