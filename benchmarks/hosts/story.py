"""The run itself: a month is clicked at two web hosts and settled by two worker hosts, one of which is cut off."""

import time
import uuid
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any, Final

from benchmarks import world
from benchmarks.cluster import Cluster, report
from benchmarks.failures import UnableToMeasure
from benchmarks.hosts import servers, visitors
from benchmarks.hosts.machines import Machine
from benchmarks.hosts.network import Network
from benchmarks.hosts.outcome import Outcome, require
from benchmarks.sizes import World
from buttons.badge import badge

_DATABASE: Final = "several"
_UNDISTURBED: Final = "undisturbed"
_NAMES: Final = ("web1", "web2", "worker1", "worker2", "database", "redis", "visitors")

_FANS_AT_BROWSERS: Final = 8
_CLICKS_OF_EACH: Final = 30
_RANGE_FANS: Final = "1"
_CUT_AFTER: Final = 0.1
"""The part of all ranges that is settled before a host is cut off."""

_HANGS_SECONDS: Final = 1.0
_ATTEMPTS: Final = 10
_RINGS_ON_SECONDS: Final = 7
_PATIENCE_SECONDS: Final = 120
_LOOK_SECONDS: Final = 0.01

_DONE_PART: Final = """
    SELECT coalesce(avg(CASE WHEN done_at IS NULL THEN 0 ELSE 1 END), 0) FROM payouts_settlementrange
"""
_LEFT: Final = "SELECT count(*) FROM payouts_settlementrange WHERE done_at IS NULL"
_HOLDING: Final = """
    SELECT count(*) FROM pg_stat_activity
    WHERE client_addr = %s::inet AND backend_xid IS NOT NULL
          AND clock_timestamp() - xact_start >= %s * interval '1 second'
          AND EXISTS (SELECT FROM pg_locks WHERE pid = pg_stat_activity.pid AND mode = 'RowShareLock'
                      AND relation = 'payouts_settlementrange'::regclass)
"""
"""Counts the transactions of a host that have held a range of fans for some seconds."""

_ALL_DONE: Final = """
    SELECT EXISTS (SELECT FROM payouts_settlement WHERE announced_at IS NOT NULL)
           AND EXISTS (SELECT FROM payouts_deposit WHERE for_period IS NOT NULL)
           AND NOT EXISTS (SELECT FROM accounts_notification WHERE sent_at IS NULL)
           AND NOT EXISTS (SELECT FROM payouts_deposit WHERE state IN ('pending', 'needs_fan'))
"""
# The hosts' clocks can't be turned, so the clicks are.
_TURN_MONTH_BACK: Final = """
    UPDATE buttons_click
    SET period = (period - interval '1 month')::date, clicked_at = clicked_at - interval '1 month'
    WHERE period = %s
"""


class Story:
    """All hosts, what runs on them, and what happens to them."""

    def __init__(self, cluster: Cluster, network: Network, folder: Path, town: World, ending: ExitStack) -> None:
        self._cluster = cluster
        self._network = network
        self._folder = folder
        self._town = town
        self._ending = ending
        self._hosts = {name: Machine(name, *network.add(name), folder) for name in _NAMES}
        self._webs = self._hosts["web1"], self._hosts["web2"]
        self._workers = self._hosts["worker1"], self._hosts["worker2"]
        self._visitors = self._hosts["visitors"].network
        self._period = world.this_month().previous
        self._database_url = ""

    def tell(self) -> None:
        """Let it happen.

        :raises UnableToMeasure: if anything isn't as it must be.
        """
        self._serve()
        with self._visitors.entered():
            sessions = self._log_in()
            recorded = self._click_a_month(sessions)
        expected = self._settle_undisturbed()
        report("both worker hosts start, each with a beat; the fans go on clicking, in the new month")
        crowd = visitors.Crowd(sessions, self._town, self._webs, self._visitors)
        children = [host.start(name, self._ending) for host in self._workers for name in ("worker", "beat")]
        with crowd.clicking():
            self._cut_off()
            self._settle_without()
            self._plug_in_again()
        for child in children:
            Machine.stop(child)
        report("workers and beats have ended")
        outcome = Outcome(self._cluster, _DATABASE, self._workers)
        outcome.prove_settlement(period=self._period, expected=expected)
        outcome.prove_clicks(recorded=recorded, period=self._period, besides=self._town.clicks)
        require(not crowd.refused, f"clicks were refused: {crowd.refused[:3]}")
        outcome.prove_clicks(recorded=crowd.recorded, period=self._period.next, besides=0)
        outcome.prove_nothing_twice(period=self._period)
        outcome.prove_rung_twice()

    def _serve(self) -> None:
        """Start the servers, fill the database with a month of clicks, and start the web hosts."""
        addresses = ", ".join(f"{host.name} {host.address}" for host in self._hosts.values())
        report(f"hosts in a network of their own: {addresses}")
        self._database_url = servers.serve_database(self._cluster, self._hosts["database"])
        environment = {
            **self._cluster.environment(_DATABASE),
            "DATABASE_URL": f"{self._database_url}/{_DATABASE}",
            "REDIS_URL": servers.serve_redis(self._hosts["redis"], self._ending),
            "DJANGO_SETTINGS_MODULE": "benchmarks.hosts.settings",
            "EMAIL_URL": "file:/mails",
            "SETTLEMENT_RANGE_FANS": _RANGE_FANS,
        }
        for host in (*self._webs, *self._workers):
            host.set_up(environment)
        self._cluster.query(f"CREATE DATABASE {_DATABASE} OWNER flattr TEMPLATE template0")
        self._webs[0].manage("migrate", "--verbosity", "0")
        # What is made by the superuser who fills the database belongs to the superuser.
        self._query("SET ROLE flattr; SELECT buttons_make_click_partition(%s)", self._period.first_day)
        with closing(self._cluster.connect(_DATABASE)) as database:
            month, until = self._period.start, self._period.end
            world.build(database, self._town, month=month, until=until, report=report)
            visitors.make_real(database, _FANS_AT_BROWSERS)
        for host in self._webs:
            host.start("web", self._ending)
        with self._visitors.entered():
            for host in self._webs:
                visitors.wait_for(host, seconds=_PATIENCE_SECONDS)

    def _log_in(self) -> list[str]:
        """Log fans in, half of them at each web host; return their sessions."""
        sessions: list[str] = []
        for fan in range(1, _FANS_AT_BROWSERS + 1):
            with visitors.Browser(self._webs[fan % 2]) as browser:
                sessions.append(browser.log_in(fan))
        report(f"{len(sessions)} fans are logged in, half of them at each web host")
        return sessions

    def _click_a_month(self, sessions: list[str]) -> list[uuid.UUID]:
        """Click at both hosts, compare what both then show, and let the month pass; return the clicks' ids."""
        found = [
            click
            for fan, session in enumerate(sessions, start=1)
            for click in visitors.click_on_both(fan, session, self._town, self._webs, clicks_of_each=_CLICKS_OF_EACH)
        ]
        clicks = dict(found)
        require(len(clicks) == len(sessions) * _CLICKS_OF_EACH, f"only {len(clicks)} clicks were recorded")
        counts = Counter(clicks.values())
        before = dict(self._query("SELECT button_id, count(*) FROM buttons_click WHERE undone_at IS NULL GROUP BY 1"))
        with visitors.Browser(self._webs[0]) as first, visitors.Browser(self._webs[1]) as second:
            # A host remembers what it has shown for a while, so each badge is looked at once.
            last, session, click_id = next(iter(counts)), sessions[0], uuid.uuid4()
            require(second.click(last, session=session, click_id=click_id), "the last click was refused")
            for button in counts:
                shown = {browser.badge(button) for browser in (first, second)}
                expected = badge(count=before[button] + (button == last))
                require(shown == {expected}, f"the hosts show other counts for button {button}")
        report(
            f"{len(clicks)} clicks, of which {len(found) - len(clicks)} were sent to both web hosts and counted once;"
            f" both show the same count for each of {len(counts)} buttons"
        )
        self._query(_TURN_MONTH_BACK, self._period.next.first_day)
        return [*clicks, click_id]

    def _settle_undisturbed(self) -> str:
        """Let one process settle a copy of the month, in a few large ranges; return the digest."""
        file = str(self._folder / "month.sql")
        self._cluster.run([self._cluster.program("pg_dump"), "--file", file, self._cluster.database_url(_DATABASE)])
        self._cluster.query(f"CREATE DATABASE {_UNDISTURBED} OWNER flattr TEMPLATE template0")
        target = self._cluster.database_url(_UNDISTURBED)
        self._cluster.run([self._cluster.program("psql"), "--quiet", "--set", "ON_ERROR_STOP=1", "-f", file, target])
        url = f"{self._database_url}/{_UNDISTURBED}"
        told = self._webs[0].manage("settle", str(self._period), DATABASE_URL=url, SETTLEMENT_RANGE_FANS="2000")
        report(f"a copy of the month is settled by one process: {told.splitlines()[-1]}")
        return told.split()[-1]

    def _cut_off(self) -> None:
        """Cut a worker host off while it holds a range of fans."""
        away = self._workers[0]
        self._wait_until("the settlement", lambda: self._ask(_DONE_PART) >= _CUT_AFTER)
        for _ in range(_ATTEMPTS):
            self._wait_until("work of worker1", lambda: self._ask(_HOLDING, away.address, 0))
            self._network.cut(away.name)
            time.sleep(_HANGS_SECONDS)
            if self._ask(_HOLDING, away.address, _HANGS_SECONDS):
                report(f"worker1 is cut off while it holds a range, with {self._ask(_LEFT)} ranges left")
                return
            # It was at the end of it.
            self._network.mend(away.name)
        msg = "worker1 held no range in any of the moments in which it was cut off"
        raise UnableToMeasure(msg)

    def _settle_without(self) -> None:
        """Wait until the other host has settled the month, with what the one that was cut off held."""
        away = self._workers[0]
        cut_at = time.monotonic() - _HANGS_SECONDS
        left = [self._ask(_LEFT)]

        def has_let_go() -> bool:
            holds = bool(self._ask(_HOLDING, away.address, 0))
            left.extend([self._ask(_LEFT)] if holds else [])
            return not holds

        self._wait_until("the database to let go", has_let_go)
        require(left[-1] > 0, "all ranges were settled while worker1 held one")
        report(
            f"the database gave worker1 up {time.monotonic() - cut_at:.0f} s after the cut; {left[-1]} ranges waited"
        )
        finished = "SELECT count(*) FROM payouts_settlement WHERE finished_at IS NOT NULL"
        self._wait_until("the end of the settlement", lambda: self._ask(finished))
        report(f"the month is settled {time.monotonic() - cut_at:.0f} s after the cut, and worker1 still away")

    def _plug_in_again(self) -> None:
        """Let the host come back, and everything that was rung for be done."""
        away = self._workers[0]
        before = away.said("worker").count(" succeeded in ")
        self._network.mend(away.name)
        self._wait_until("worker1 to work again", lambda: away.said("worker").count(" succeeded in ") > before)
        report("worker1 is plugged in again and works")
        self._wait_until("emails and renewals", lambda: self._ask(_ALL_DONE))
        report("all emails are sent and all renewals done; both beats ring on")
        time.sleep(_RINGS_ON_SECONDS)
        self._wait_until("emails and renewals", lambda: self._ask(_ALL_DONE))

    def _wait_until(self, what: str, holds: Callable[[], object]) -> None:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not holds():
            if time.monotonic() > deadline:
                logs = "\n".join(f"{host.name}:\n{host.said('worker')[-2000:]}" for host in self._workers)
                msg = f"{_PATIENCE_SECONDS} seconds weren't enough for {what}\n{logs}"
                raise UnableToMeasure(msg)
            time.sleep(_LOOK_SECONDS)

    def _query(self, statement: str, *parameters: object) -> list[tuple[Any, ...]]:
        return self._cluster.query(statement, *parameters, database=_DATABASE)

    def _ask(self, statement: str, *parameters: object) -> Any:
        return self._query(statement, *parameters)[0][0]
