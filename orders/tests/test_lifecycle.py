"""pending → paid → fulfilled, pending → canceled: nothing else, and each step is audited."""

from itertools import product
from unittest.mock import patch

from django.db import transaction
from django.test import TestCase

from accounts.models import Role
from audit.models import AuditLog
from orders import lifecycle
from orders.lifecycle import NEXT, IllegalMove, LostRace
from orders.models import Order, OrderStatus
from purelaka.testing import NOON, make_order, make_user

MOMENTS = {"paid_at": NOON, "fulfilled_at": NOON, "canceled_at": NOON}


class MoveTests(TestCase):
    def order(self, status: OrderStatus) -> Order:
        order = make_order()
        Order.objects.filter(pk=order.pk).update(status=status, **MOMENTS)
        order.refresh_from_db()
        return order

    def test_every_pair_of_statuses(self) -> None:
        for source, to in product(OrderStatus, OrderStatus):
            with self.subTest(source=source, to=to):
                order = self.order(source)
                if to in NEXT[source]:
                    lifecycle.move([order], to, actor=None)
                else:
                    with self.assertRaises(IllegalMove):
                        lifecycle.move([order], to, actor=None)
                order.refresh_from_db()
                self.assertEqual(order.status, to if to in NEXT[source] else source)

    def test_a_step_is_audited_with_who_and_from_where(self) -> None:
        ops = make_user(Role.OPS)
        order = self.order(OrderStatus.PAID)
        lifecycle.fulfil(order, actor=ops, tracking_number="RM 1")

        row = AuditLog.objects.get(event_type="order.fulfilled")
        self.assertEqual((row.actor, row.target_id, row.data["was"]), (ops, str(order.pk), "paid"))

    def test_no_step_without_its_audit_row(self) -> None:
        order = self.order(OrderStatus.PAID)
        with (
            patch("orders.lifecycle.log.record_each", side_effect=OSError("disk full")),
            self.assertRaises(OSError),
            transaction.atomic(),
        ):
            lifecycle.move([order], OrderStatus.FULFILLED, actor=None)

        self.assertEqual(Order.objects.get().status, OrderStatus.PAID)

    def test_a_stale_order_loses_the_race(self) -> None:
        order = self.order(OrderStatus.PENDING)
        Order.objects.filter(pk=order.pk).update(status=OrderStatus.CANCELED)
        with self.assertRaises(LostRace), transaction.atomic():
            lifecycle.move([order], OrderStatus.PAID, actor=None)

        self.assertFalse(AuditLog.objects.filter(event_type="order.paid").exists())
