"""When rollups are built, by whom, and that pages never wait for it."""

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from io import StringIO
from threading import Barrier, Event, Thread
from unittest import skipUnless
from unittest.mock import patch

from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import TestCase

from analyticsapp.figures.facts import window_facts
from analyticsapp.models import AnalyticsSnapshotDaily, CustomerDay, RefundDay, RefundPair, SnapshotBuild
from analyticsapp.rollups import build as building
from analyticsapp.rollups.build import LedgerBusy, build
from analyticsapp.rollups.definitions import state
from analyticsapp.tests.ledgers import at, june, post, refunded, sold
from analyticsapp.tests.recount import books, recount
from analyticsapp.tests.test_random_ledgers import rollups
from analyticsapp.windows import Window
from payments.models import Kind, LedgerEntry
from purelaka.testing import GuardedTransactionTestCase

NOW = at(20)


def revenue(first: int = 1, last: int = 30) -> int:
    return window_facts(Window(*june(first, last)), state())["gbp"].revenue


class Building(TestCase):
    def test_figures_are_the_same_before_and_after(self) -> None:
        sold(10_00, at(3))
        before = revenue()

        build(now=NOW)

        self.assertEqual((before, revenue()), (10_00, 10_00))
        self.assertEqual(AnalyticsSnapshotDaily.objects.get().sales, 10_00)

    def test_days_touched_since_are_read_from_the_ledger_until_the_next_build(self) -> None:
        order = sold(10_00, at(3))
        sold(10_00, at(5))
        build(now=NOW)
        self.assertEqual(state().live, ())

        refunded(order, 4_00, at(3, 18))

        self.assertEqual(state().live, (date(2026, 6, 3),))
        self.assertEqual(window_facts(Window(*june(1, 30)), state())["gbp"].refunded, 4_00)
        self.assertEqual(build(now=NOW).days, 1)
        self.assertEqual(state().live, ())

    def test_an_order_refunded_on_several_days_counts_once_in_every_window(self) -> None:
        order = sold(10_00, at(3))
        for day in (4, 6, 9):
            refunded(order, 1_00, at(day))
        post(Kind.REFUND_REVERSAL, 1_00, at(7), order=order)
        build(now=NOW)

        windows = [june(first, last) for first in range(3, 11) for last in range(first, 11)]
        found = {days: window_facts(Window(*days), state())["gbp"].refunded_orders for days in windows}

        moved = {date(2026, 6, day): amount for day, amount in ((4, 1), (6, 1), (7, -1), (9, 1))}
        gone = {ends: sum(n for day, n in moved.items() if day in Window(*ends)) for ends in windows}
        self.assertEqual(found, {ends: int(amount > 0) for ends, amount in gone.items()})

    def test_a_day_whose_money_was_all_taken_back_leaves_nothing_behind(self) -> None:
        order = sold(10_00, at(3), email="ann@example.com")
        entry = refunded(order, 4_00, at(3))
        build(now=NOW)
        post(Kind.SALE, -10_00, at(3), order=order)
        post(Kind.REFUND, 4_00, at(3), order=order, source_id=entry.source_id)

        build(now=NOW)

        for model in (CustomerDay, RefundDay, RefundPair):
            self.assertFalse(model._default_manager.exists())
        self.assertEqual(revenue(), 0)

    def test_when_nothing_is_new_only_the_time_moves(self) -> None:
        sold(10_00, at(3))
        build(now=NOW)

        done = build(now=NOW + timedelta(minutes=1))

        row = SnapshotBuild.objects.get()
        self.assertEqual((done.days, row.days, row.built_at), (0, 1, NOW + timedelta(minutes=1)))

    def test_it_knows_through_when_the_data_goes(self) -> None:
        post(Kind.ADJUSTMENT, 10_00, at(3), posted_at=at(4, 5))
        tried_again = post(Kind.ADJUSTMENT, -10, at(3), posted_at=at(4, 2))

        build(now=NOW)

        self.assertEqual(SnapshotBuild.objects.get().data_through, at(4, 5))
        self.assertEqual(SnapshotBuild.objects.get().ledger_id, tried_again.pk)

    def test_an_empty_ledger_is_built_as_such(self) -> None:
        done = build(now=NOW)

        self.assertEqual((done.days, done.ledger_id, done.data_through), (0, 0, None))
        self.assertEqual(state().currencies, ())


class Scopes(TestCase):
    def setUp(self) -> None:
        for day in (3, 19, 20):
            sold(10_00, at(day))
        build(now=NOW)
        # Not how a rollup changes: what a bad hand or a lost disk may have done to it.
        AnalyticsSnapshotDaily.objects.update(sales=0)

    def test_a_build_repairs_the_last_days_when_told_to(self) -> None:
        self.assertEqual(build(now=NOW, days=2).days, 2)

        self.assertEqual((revenue(1, 18), revenue(19, 20)), (0, 20_00))

    def test_a_build_of_everything_repairs_all(self) -> None:
        self.assertEqual(build(now=NOW, everything=True).days, 3)

        self.assertEqual(revenue(), 30_00)

    def test_a_build_of_everything_leaves_what_is_right_as_it_is(self) -> None:
        right = CustomerDay.objects.get(day=date(2026, 6, 3))
        CustomerDay.objects.filter(day=date(2026, 6, 19)).update(orders=7)
        CustomerDay.objects.create(
            day=date(2026, 6, 4), currency="gbp", email="nobody@example.com", orders=1, sales=1
        )

        build(now=NOW, everything=True)

        rows = CustomerDay.objects.order_by("day")
        self.assertEqual(rows.values_list("pk", flat=True)[0], right.pk)
        self.assertEqual([(row.day.day, row.orders) for row in rows], [(3, 1), (19, 1), (20, 1)])

    def test_the_last_days_do_not_hide_what_is_new_elsewhere(self) -> None:
        sold(5_00, at(4))

        build(now=NOW, days=1)

        self.assertEqual(revenue(4, 4), 5_00)
        self.assertEqual(state().live, ())


class Command(TestCase):
    def run_command(self, *arguments: str) -> str:
        out = StringIO()
        call_command("build_snapshots", *arguments, stdout=out)
        return out.getvalue()

    def test_it_says_what_it_did(self) -> None:
        entry_day = sold(10_00, at(3))
        last = LedgerEntry.objects.get(order=entry_day)

        self.assertRegex(
            self.run_command(), rf"^1 days? built in \d+\.\d\d s, up to ledger entry {last.pk}\n$"
        )
        self.assertIn("0 days built", self.run_command())
        self.assertIn("1 day built", self.run_command("--all"))

    def test_bad_arguments_are_refused(self) -> None:
        for arguments in (["--days", "0"], ["--days", "x"], ["--days", "3", "--all"]):
            with self.assertRaises(CommandError):
                self.run_command(*arguments)


def together(*works: Callable[[], None]) -> list[Exception]:
    """Run each in a thread of its own, all released at once; what they raised."""
    start, failures = Barrier(len(works)), []

    def run(work: Callable[[], None]) -> None:
        try:
            start.wait(20)
            work()
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [Thread(target=run, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return failures


class SlowWriter:
    """Writes an entry in a thread, and commits when it is let go."""

    def __init__(self) -> None:
        self.wrote, self.may_commit = Event(), Event()
        self.thread = Thread(target=self.write)

    def write(self) -> None:
        with transaction.atomic():
            sold(10_00, at(3))
            self.wrote.set()
            self.may_commit.wait(20)
        connection.close()

    def __enter__(self) -> "SlowWriter":
        self.thread.start()
        self.wrote.wait(20)
        return self

    def __exit__(self, *failure: object) -> None:
        self.may_commit.set()
        self.thread.join(30)


@skipUnless(connection.vendor == "postgresql", "SQLite has one writer at a time")
class AtTheSameTime(GuardedTransactionTestCase):
    def setUp(self) -> None:
        sold(1_00, at(2))

    def build_while_a_lower_id_is_not_committed(self) -> bool:
        """Whether the build waited for it."""
        built = Event()

        def builder() -> None:
            build(now=NOW)
            built.set()
            connection.close()

        thread = Thread(target=builder)
        with SlowWriter():
            sold(2_00, at(4))  # has a higher id, and is visible at once
            thread.start()
            waited = not built.wait(0.5)
        thread.join(30)
        return waited

    def test_an_entry_committed_late_with_a_lower_id_is_not_missed(self) -> None:
        self.assertTrue(self.build_while_a_lower_id_is_not_committed())

        self.assertEqual((state().live, revenue()), ((), 13_00))

    def test_without_waiting_it_would_be_missed(self) -> None:
        """Shows that the test above tests something."""
        with patch.object(building, "settled_id", building._last_id):
            self.assertFalse(self.build_while_a_lower_id_is_not_committed())

        self.assertEqual((state().live, revenue()), ((), 3_00))

    def test_a_writer_that_never_ends_is_reported(self) -> None:
        with SlowWriter(), patch.object(building, "LOCK_TRIES", 1), self.assertRaises(LedgerBusy):
            build(now=NOW)

        self.assertFalse(SnapshotBuild.objects.exists())

    def test_builders_and_writers_side_by_side_leave_exact_rollups(self) -> None:
        def write(number: int) -> None:
            for day in range(1, 16):
                order = sold(100 * day, at(day), email=f"{number}@example.com")
                refunded(order, day, at(day + number))

        def build_often() -> None:
            for _ in range(15):
                build(now=NOW)

        failures = together(partial(write, 1), partial(write, 2), *[build_often] * 3)
        build(now=NOW)
        bit_by_bit = rollups()
        build(now=NOW, everything=True)

        self.assertEqual(failures, [])
        self.assertEqual(bit_by_bit, rollups())
        self.assertEqual(revenue(), recount(books(), *june(1, 30), "gbp")["revenue"])
