"""Two runs at once: the second waits, so that no old reading overwrites a newer one."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from threading import Event, Thread, Timer
from unittest import skipUnless
from unittest.mock import patch

from django.conf import settings
from django.db import connection
from django.test import SimpleTestCase

from catalog.models import Variant
from monitoring import running
from monitoring.check import Finding, registry
from monitoring.locks import Busy, exclusive
from monitoring.models import CheckRun, DataQualityIssue, IssueStatus
from purelaka.testing import GuardedTransactionTestCase, make_variant

PATIENCE = 20.0


def in_thread(work: Callable[[], object]) -> Thread:
    """Start `work`; its database connection is closed with it."""

    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = Thread(target=run)
    thread.start()
    return thread


@skipUnless(connection.vendor == "postgresql", "threads share an in-memory SQLite badly")
class TwoRunsTests(GuardedTransactionTestCase):
    """One run reads, the shelf is put right, another run reads, and only then does the first one write."""

    def setUp(self) -> None:
        make_variant(sku="CREAM", stock=5)
        Variant.objects.update(stock=4)
        self.has_read, self.may_write = Event(), Event()

    def paused(self, now: datetime) -> Iterator[Finding]:
        """As the check finds it; the first to ask is held up between reading and writing."""
        found = list(registry["stock_moved"].find(now))
        if not self.has_read.is_set():
            self.has_read.set()
            self.may_write.wait(PATIENCE)
        yield from found

    def two_runs(self) -> str:
        """How the issue stands after both."""
        slow = replace(registry["stock_moved"], find=self.paused)
        with patch("monitoring.running.selected", return_value=[slow]):
            first = in_thread(lambda: list(running.run(["stock_moved"])))
            self.assertTrue(self.has_read.wait(PATIENCE))
            Variant.objects.update(stock=5)
            second = in_thread(lambda: list(running.run(["stock_moved"])))
            second.join(1)
            self.may_write.set()
            first.join(PATIENCE)
            second.join(PATIENCE)
        self.assertEqual(CheckRun.objects.count(), 2)
        return DataQualityIssue.objects.get().status

    def test_what_was_read_last_stands(self) -> None:
        self.assertEqual(self.two_runs(), IssueStatus.RESOLVED)

    def test_without_the_lock_the_old_reading_would_stand(self) -> None:
        with patch("monitoring.running.exclusive", lambda *args, **options: nullcontext()):
            # The second run finds nothing and writes nothing; then the first one opens its issue.
            self.assertEqual(self.two_runs(), IssueStatus.OPEN)


class LockTests(SimpleTestCase):
    databases = {"default"}

    def test_only_one_holds_it(self) -> None:
        refused = self.assertRaisesMessage(Busy, "Another process is at work on test.")
        with exclusive("test"), refused, exclusive("test"):
            self.fail("two hold it")

    def test_locks_of_other_names_are_free(self) -> None:
        with exclusive("test"), exclusive("another"):
            pass

    def test_it_is_free_again_afterwards_even_after_an_error(self) -> None:
        with self.assertRaises(ZeroDivisionError), exclusive("test"):
            raise ZeroDivisionError
        with exclusive("test"):
            pass

    def test_who_waits_gets_it_when_it_is_let_go(self) -> None:
        holds, lets_go = Event(), Event()

        def hold() -> None:
            with exclusive("test"):
                holds.set()
                lets_go.wait(PATIENCE)

        holder = in_thread(hold)
        holds.wait(PATIENCE)
        Timer(0.3, lets_go.set).start()
        with exclusive("test", wait=PATIENCE):
            self.assertTrue(lets_go.is_set())
        holder.join()


class KilledProcessTests(SimpleTestCase):
    HOLD = (
        "import time; from monitoring.locks import exclusive\n"
        "with exclusive('test'):\n    print('held', flush=True); time.sleep({seconds})"
    )

    def start(self, seconds: int, url: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "manage.py", "shell", "-v", "0", "-c", self.HOLD.format(seconds=seconds)],
            cwd=settings.BASE_DIR,
            env={**os.environ, "DATABASE_URL": url},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def test_a_killed_process_lets_go(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            url = settings.DATABASE_URL
            if connection.vendor == "sqlite":
                url = f"sqlite:///{Path(folder) / 'store.sqlite3'}"
            with self.start(60, url) as killed:
                assert killed.stdout is not None
                self.assertEqual(killed.stdout.readline(), "held\n")
                with self.start(0, url) as refused:
                    self.assertIn("Busy", refused.communicate()[1])
                killed.kill()
            with self.start(0, url) as taken:
                self.assertEqual(taken.communicate()[0], "held\n")
