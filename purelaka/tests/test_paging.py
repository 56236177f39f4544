"""Keyset pages: every row once, in order, in both directions, whatever happens meanwhile."""

from datetime import UTC, datetime, timedelta

from django.db import connection
from django.db.models import QuerySet, Value
from django.db.models.fields import DateTimeField
from django.db.models.functions import Coalesce
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase as RandomTestCase

from audit.models import AuditLog
from orders.models import Order
from purelaka.paging import Page, keyset
from purelaka.testing import NOON

NEWEST = ("-at", "-id")


def rows(*minutes: int) -> list[AuditLog]:
    """A row for each moment, in minutes after noon."""
    return AuditLog.objects.bulk_create(
        AuditLog(at=NOON + timedelta(minutes=minute), event_type="test") for minute in minutes
    )


def deeds() -> QuerySet[AuditLog, AuditLog]:
    return AuditLog.objects.filter(event_type="test")


def ids(page: Page[AuditLog]) -> list[int]:
    return [row.pk for row in page.rows]


def walk(by: tuple[str, ...], size: int) -> tuple[list[list[int]], list[list[int]]]:
    """The pages from the first to the last, and those met on the way back."""
    page = keyset(deeds(), by=by, size=size)
    there = [ids(page)]
    while page.after:
        page = keyset(deeds(), by=by, at=page.after, size=size)
        there.append(ids(page))
    back = [ids(page)]
    while page.before:
        page = keyset(deeds(), by=by, at=page.before, size=size)
        back.append(ids(page))
    return there, back


class PagesTests(RandomTestCase):
    @settings(max_examples=60, deadline=None)
    @given(
        minutes=st.lists(st.integers(0, 4), max_size=12),
        size=st.integers(1, 5),
        by=st.sampled_from([NEWEST, ("at", "id"), ("-at", "id"), ("at", "-id"), ("-id",)]),
    )
    def test_every_row_comes_once_and_in_order_there_and_back(
        self, minutes: list[int], size: int, by: tuple[str, ...]
    ) -> None:
        rows(*minutes)
        wanted = list(deeds().order_by(*by).values_list("pk", flat=True))

        there, back = walk(by, size)

        self.assertEqual([pk for page in there for pk in page], wanted)
        self.assertEqual(back, there[::-1])
        self.assertTrue(all(len(page) == size for page in there[:-1]))


class StableTests(TestCase):
    def test_what_comes_in_meanwhile_moves_nothing(self) -> None:
        old = rows(1, 2, 3, 4, 5, 6)
        first = keyset(deeds(), by=NEWEST, size=2)
        rows(7, 8, 9)

        second = keyset(deeds(), by=NEWEST, at=first.after, size=2)

        self.assertEqual(ids(second), [old[3].pk, old[2].pk])
        self.assertEqual(ids(keyset(deeds(), by=NEWEST, at=second.before, size=2)), [old[5].pk, old[4].pk])

    def test_a_page_whose_rows_are_gone_is_the_first(self) -> None:
        rows(1, 2, 3)
        last = keyset(deeds(), by=NEWEST, at=keyset(deeds(), by=NEWEST, size=2).after, size=2)

        page = keyset(deeds().filter(at__gt=NOON + timedelta(minutes=1)), by=NEWEST, at=last.before, size=2)
        beyond = keyset(deeds().filter(pk__gt=last.rows[0].pk), by=NEWEST, at=f"after,{at(1)},1", size=2)

        self.assertEqual(len(page.rows), 2)
        self.assertEqual(len(beyond.rows), 2)

    def test_an_annotation_can_be_the_key(self) -> None:
        rows(3, 1, 2)
        by_due = deeds().annotate(due=Coalesce("at", Value(NOON, DateTimeField())))
        first = keyset(by_due, by=("due", "id"), size=2)

        self.assertEqual(len(keyset(by_due, by=("due", "id"), at=first.after, size=2).rows), 1)

    def test_microseconds_are_kept(self) -> None:
        moments = [NOON + timedelta(microseconds=n) for n in (1, 2, 3)]
        AuditLog.objects.bulk_create(AuditLog(at=moment, event_type="test") for moment in moments)
        first = keyset(deeds(), by=("at", "id"), size=1)

        self.assertEqual(keyset(deeds(), by=("at", "id"), at=first.after, size=1).rows[0].at, moments[1])

    def test_each_page_is_one_query_that_reads_one_row_too_many(self) -> None:
        rows(*range(10))
        first = keyset(deeds(), by=NEWEST, size=3)

        with self.assertNumQueries(1) as seen:
            keyset(deeds(), by=NEWEST, at=first.after, size=3)

        self.assertIn("LIMIT 4", seen[0]["sql"])
        self.assertNotIn("OFFSET", seen[0]["sql"])


class OddMarkersTests(TestCase):
    def test_what_names_no_page_is_the_first(self) -> None:
        rows(1, 2, 3)
        first = ids(keyset(deeds(), by=NEWEST, size=2))
        odd = [
            "x",
            "after",
            "after,",
            "after,1,2,3",
            "sideways,2026-06-15T12:00:00Z,1",
            "after,yesterday,1",
            "after,2026-06-15T12:00:00,1",
            "after,2026-02-30T12:00:00Z,1",
            "after,2026-06-15T12:00:00Z,one",
            f"after,2026-06-15T12:00:00Z,{2**63}",
            "after,%00,1",
            "after,,",
            "after,0001-01-01T00:00:00+23:59,1",
        ]
        for marker in odd:
            with self.subTest(marker=marker):
                self.assertEqual(ids(keyset(deeds(), by=NEWEST, at=marker, size=2)), first)


class CheapTests(TestCase):
    def test_a_late_page_is_read_from_the_index(self) -> None:
        plan = self.plan("after,2026-06-15T12:00:00Z,500")

        self.assertIn("order_newest", plan)

    def plan(self, marker: str) -> str:
        """What the database would do for this page of the list of orders."""
        with CaptureQueriesContext(connection) as seen:
            keyset(Order.objects.all(), by=("-created_at", "-id"), at=marker)
        explain = "EXPLAIN QUERY PLAN " if connection.vendor == "sqlite" else "EXPLAIN "
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("SET LOCAL enable_seqscan = off")  # an empty table is read whole otherwise
                cursor.execute("SET LOCAL enable_bitmapscan = off")
            cursor.execute(explain + seen[0]["sql"])
            return str(cursor.fetchall())


def at(minute: int) -> str:
    return (
        (datetime(2026, 6, 15, 12, tzinfo=UTC) + timedelta(minutes=minute)).isoformat().replace("+00:00", "Z")
    )
