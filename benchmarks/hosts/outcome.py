"""What must hold in the end, however often work was rung for and whoever was away."""

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from email import message_from_string
from email.policy import default
from typing import Any, Final

from benchmarks.cluster import Cluster, report
from benchmarks.failures import UnableToMeasure
from benchmarks.hosts.machines import Machine
from flattr.period import Period

_RECEIVED: Final = re.compile(r"Task (\S+)\[[0-9a-f-]+\] received")
_SENT: Final = re.compile(r"Scheduler: Sending due task .* \((\S+)\)")
_SEPARATOR: Final = re.compile(r"^-{79}\n", re.MULTILINE)
"""What Django writes after each email in a file."""


class Outcome:
    """The database and the logs after all of it."""

    def __init__(self, cluster: Cluster, database: str, workers: Sequence[Machine]) -> None:
        self._cluster = cluster
        self._database = database
        self._workers = workers

    def prove_settlement(self, *, period: Period, expected: str) -> None:
        """Compare the month with the one that one process settled undisturbed, and prove the books."""
        machine = self._workers[1]
        digest = self._ask("SELECT digest FROM payouts_settlement WHERE period = %s", period.first_day)
        require(digest == expected, f"the digest is {digest}, and undisturbed it was {expected}")
        again = machine.manage("settle", str(period))
        require("was settled before; nothing changed" in again, f"a second settlement changed something: {again}")
        exported = hashlib.sha256(machine.manage("export_settlement", str(period)).encode()).hexdigest()
        require(exported == digest, "the exported lines have another digest")
        machine.manage("check_books")
        report(f"digest {digest}, as of one process that nobody disturbed; the books balance")

    def prove_clicks(self, *, recorded: Sequence[object], period: Period, besides: int) -> None:
        """Compare the clicks of a period with what was answered as recorded, and what was there `besides`."""
        rows = self._ask("SELECT count(*) FROM buttons_click WHERE period = %s", period.first_day)
        ids = sorted(str(each) for each in set(recorded))
        known = self._ask("SELECT count(*) FROM buttons_click WHERE id = ANY(%s::uuid[])", ids)
        require(
            known == len(ids) == rows - besides,
            f"{len(ids)} clicks of {period} were answered as recorded, {known} of them and {rows - besides} in all"
            " are in the table",
        )
        report(f"{len(ids)} clicks of {period} were answered as recorded, and so many are in the table")

    def prove_nothing_twice(self, *, period: Period) -> None:
        """Make sure that everybody got each email once, and was charged for the new month at most once."""
        emails = Counter(
            (email["To"], email["Subject"]) for machine in self._workers for email in _emails_of(machine)
        )
        noted, sent = self._query(
            "SELECT count(*), count(*) FILTER (WHERE sent_at IS NOT NULL) FROM accounts_notification"
        )[0]
        require(
            noted == sent == emails.total(), f"{noted} emails are owed, {sent} noted as sent, {emails.total()} left"
        )
        twice = [each for each, times in emails.items() if times > 1]
        require(not twice, f"an email was sent more than once: {twice[:3]}")
        renewed, fans, charged = self._query(
            "SELECT count(*), count(DISTINCT fan_id), count(*) FILTER (WHERE payment.state = 'succeeding')"
            " FROM payouts_deposit AS deposit LEFT JOIN sandbox_sandboxpayment AS payment USING (id)"
            " WHERE for_period = %s AND deposit.state = 'succeeded'",
            period.next.first_day,
        )[0]
        require(renewed == fans == charged > 0, f"{renewed} renewals of {fans} fans, {charged} charges")
        report(f"{sent} emails left, each once; {fans} fans were charged for {period.next}, each once")

    def prove_rung_twice(self) -> None:
        """Make sure that both beats rang, and tell how often work was asked for."""
        sent = [Counter(_SENT.findall(machine.said("beat"))) for machine in self._workers]
        for name in ("payouts.tasks.settle_due_months", "payouts.tasks.sweep_settlements"):
            times = [each[name] for each in sent]
            require(min(times) > 0, f"{name} was rung for {times} times by the two beats")
        received = Counter[str]()
        for machine in self._workers:
            mine = Counter(_RECEIVED.findall(machine.said("worker")))
            require(mine["payouts.tasks.settle_range"] > 0, f"{machine.name} settled nothing")
            received += mine
        ranges = self._ask("SELECT count(*) FROM payouts_settlementrange")
        told = ", ".join(
            f"{name} {received[f'payouts.tasks.{name}']}"
            for name in ("settle_month", "settle_range", "finish_settlement", "announce_settlement", "renew_deposit")
        )
        report(f"tasks that the workers took for one month of {ranges} ranges: {told}")

    def _query(self, statement: str, *parameters: object) -> list[tuple[Any, ...]]:
        return self._cluster.query(statement, *parameters, database=self._database)

    def _ask(self, statement: str, *parameters: object) -> Any:
        return self._query(statement, *parameters)[0][0]


def require(holds: bool, otherwise: str) -> None:  # noqa: FBT001  What must hold comes first, as in an assertion.
    """Stop here unless something holds.

    :raises UnableToMeasure: saying what is so instead.
    """
    if not holds:
        raise UnableToMeasure(otherwise)


def _emails_of(machine: Machine) -> list[Any]:
    texts = [
        text
        for path in (machine.folder / "mails").glob("*")
        for text in _SEPARATOR.split(path.read_text(encoding="utf-8"))
        if text.strip()
    ]
    return [message_from_string(text, policy=default) for text in texts]
