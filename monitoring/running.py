"""Run checks, one after the other, and keep what came of each."""

import json
import logging
import time
from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict
from datetime import datetime, timedelta
from tempfile import SpooledTemporaryFile

from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from monitoring import issues
from monitoring.check import Check, Finding, registry
from monitoring.locks import Busy, exclusive
from monitoring.models import CheckRun, RunStatus

LOCK = "checks"
PATIENCE = 300.0  # seconds to wait for another run to end
IN_MEMORY = 1_000_000  # bytes of findings; more go to a temporary file
KEPT = timedelta(days=7)
EVERY = timedelta(minutes=5) - timedelta(seconds=10)  # a tick a minute: the fifth one runs them

logger = logging.getLogger(__name__)


class UnknownCheck(ValueError):
    """No check has this name; the message lists those there are."""


def run(names: Collection[str] = (), *, wait: float = PATIENCE) -> Iterator[CheckRun]:
    """Run the named checks (all, when none is named) and yield each one's run as it ends.

    A crash of one is its run's status and stops no other. When another process runs checks for
    longer than `wait` seconds, all are skipped. Raises UnknownCheck before the first.
    """
    checks = selected(names)
    return _run(checks, complete=not names, wait=wait)


def selected(names: Collection[str]) -> list[Check]:
    """The checks of these names, or all of them. Raises UnknownCheck."""
    if unknown := sorted(set(names) - set(registry)):
        raise UnknownCheck(f"No check is called {', '.join(unknown)}. There are: {', '.join(registry)}.")
    return [check for check in registry.values() if not names or check.name in names]


def are_due(now: datetime) -> bool:
    """Some check has not run for five minutes."""
    fresh = CheckRun.objects.filter(started_at__gt=now - EVERY, check_name__in=registry)
    return fresh.values("check_name").distinct().count() < len(registry)


def prune(now: datetime) -> int:
    """Forget the runs of more than seven days ago; returns how many."""
    deleted, _ = CheckRun.objects.filter(started_at__lt=now - KEPT).delete()
    return deleted


def _run(checks: list[Check], *, complete: bool, wait: float) -> Iterator[CheckRun]:
    try:
        with exclusive(LOCK, wait=wait):
            for check in checks:
                yield _run_one(check)
            if complete:
                issues.retire(now=timezone.now())
    except Busy as busy:
        for check in checks:
            skipped = CheckRun(check_name=check.name, status=RunStatus.SKIPPED, started_at=timezone.now())
            skipped.error = str(busy)
            yield _keep(skipped)


def _run_one(check: Check) -> CheckRun:
    clock = time.monotonic()
    ended = CheckRun(check_name=check.name, started_at=timezone.now())
    try:
        _look(check, ended)
    except Exception as error:  # whatever it is, the other checks still run
        logger.exception("Check %s crashed", check.name)
        ended.status, ended.error = RunStatus.CRASHED, f"{type(error).__name__}: {error}"
    ended.seconds = time.monotonic() - clock
    return _keep(ended)


def _look(check: Check, ended: CheckRun) -> None:
    """Ask the question, then write the answer: reading holds no lock that a webhook waits for."""
    with _findings(check, ended.started_at) as findings:
        ended.error = check.stale(ended.started_at)
        ended.compared = check.compares()
        outcome = issues.reconcile(check, findings, now=ended.started_at)
    ended.found, ended.opened, ended.resolved = outcome.found, outcome.opened, outcome.resolved
    found = RunStatus.FOUND if outcome.found else RunStatus.PASSED
    ended.status = RunStatus.STALE if ended.error else found


@contextmanager
def _findings(check: Check, now: datetime) -> Iterator[Iterator[Finding]]:
    """What the check finds, read to its end before the first is used; not all of it in memory."""
    with SpooledTemporaryFile(IN_MEMORY, "w+", encoding="utf-8") as spool:
        with _reading():
            for finding in check.find(now):
                spool.write(json.dumps(asdict(finding)) + "\n")
        spool.seek(0)
        yield (Finding(**json.loads(line)) for line in spool)


def _reading() -> AbstractContextManager[None]:
    """A transaction for a long look. Not on SQLite: it would take the write lock (IMMEDIATE)."""
    return transaction.atomic() if connection.vendor == "postgresql" else nullcontext()


def _keep(ended: CheckRun) -> CheckRun:
    """Save the run; when the database is gone the gate still has to hear of it."""
    try:
        ended.save(force_insert=True)
    except DatabaseError:
        logger.exception("The run of %s could not be kept", ended.check_name)
    return ended
