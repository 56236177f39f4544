"""The database itself refuses to change or delete what only grows."""

from django.db import DatabaseError, connection, transaction
from django.test import TestCase, override_settings

from analyticsapp.models import ClosedMonth
from audit import log, sealing
from audit.models import AuditLog, AuditSeal
from catalog.models import StockMovement
from payments import inbox
from payments.models import EventStatus, LedgerEntry, StripeEvent
from payments.stories import delivery
from payments.stories.story import Story
from purelaka.append_only import guarded
from purelaka.testing import NOON, make_order, make_user


def columns_of(table: str) -> list[str]:
    with connection.cursor() as cursor:
        return [column.name for column in connection.introspection.get_table_description(cursor, table)]


class AppendOnlyTests(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        story = Story(order_number="PL-1", amount=10_00, at=NOON)
        make_order(number="PL-1", payment_intent_id=story.payment_intent_id)
        story.is_paid()
        for event in story.events:
            inbox.receive(delivery.body(event).decode())
        ClosedMonth.objects.create(
            month=NOON.date(), ledger_id=1, figures={}, closed_at=NOON, closed_by=make_user()
        )
        log.record("test.deed")
        with override_settings(AUDIT_SEAL_KEY="a key"):
            sealing.seal(NOON)

    def refused(self, statement: str) -> None:
        with (
            self.subTest(statement=statement),
            self.assertRaisesRegex(DatabaseError, "append-only"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)

    def test_every_guarded_table_has_rows_to_try(self) -> None:
        self.assertEqual(
            set(guarded),
            {
                m._meta.db_table
                for m in (AuditLog, AuditSeal, ClosedMonth, StockMovement, LedgerEntry, StripeEvent)
            },
        )
        for model in (AuditLog, AuditSeal, ClosedMonth, StockMovement, LedgerEntry, StripeEvent):
            self.assertTrue(model._default_manager.exists())

    def test_rows_can_not_be_deleted(self) -> None:
        for table in guarded:
            self.refused(f"DELETE FROM {table}")

    def test_rows_can_not_change(self) -> None:
        for table in set(guarded) - {"payments_stripeevent"}:
            for column in columns_of(table):
                self.refused(f"UPDATE {table} SET {column} = {column}")

    def test_what_stripe_signed_stays_and_its_status_may_change(self) -> None:
        for column in ("event_id", "type", "created", "livemode", "payload"):
            self.refused(f"UPDATE payments_stripeevent SET {column} = {column}")
        StripeEvent.objects.update(status=EventStatus.FAILED)

    def test_the_orm_is_refused_as_well(self) -> None:
        entry = LedgerEntry.objects.earliest("pk")
        entry.amount += 1
        with self.assertRaises(DatabaseError), transaction.atomic():
            entry.save()
        with self.assertRaises(DatabaseError), transaction.atomic():
            entry.delete()
