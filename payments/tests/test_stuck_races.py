"""Two people, or a person and Stripe, at the same moment on an order that can't be sent. On Postgres."""

import uuid
from collections.abc import Callable
from typing import Any

from django.test import Client
from django.utils import timezone

from accounts.models import Role
from audit.models import AuditLog
from catalog.models import StockMovement, StockReason, Variant
from orders.models import BackOrder, Flag, Mail, MailKind, Order, OrderItem
from orders.placing import Line, place_order
from payments import refunds
from payments.models import Refund, RefundRequest
from payments.projection import Cause, retry_allocation
from payments.stories.story import Story
from payments.stuck import deciding
from payments.stuck.deciding import CantDecide
from payments.tests.posting import deliver
from payments.tests.test_races import RaceCase, at_once
from purelaka.testing import NOON, make_order, make_user, make_variant


class StuckRaces(RaceCase):
    def setUp(self) -> None:
        self.ops = make_user(Role.OPS)

    def sold_out(self, number: str = "PL-1") -> Order:
        cream = make_variant(stock=0, preorder=True, unit_amount=10_00)
        story = Story(order_number=number, amount=10_00, at=NOON)
        place_order(
            [Line(cream, 1)],
            email="a@example.com",
            number=number,
            payment_intent_id=story.payment_intent_id,
            at=NOON,
        )
        story.is_paid()
        for event in story.events:
            self.deliver(event)
        Variant.objects.filter(pk=cream.pk).update(preorder=False)
        retry_allocation(Cause(at=timezone.now()))
        return Order.objects.get(number=number, flag=Flag.OUT_OF_STOCK)

    def click(self, name: str, order: Order, **fields: object) -> Callable[[], int]:
        def send() -> int:
            client = Client()
            client.force_login(self.ops)
            return client.post(f"/payments/stuck/{order.number}/{name}/", fields).status_code

        return send

    def instead(self, order: Order, variant: Variant) -> Callable[[], Any]:
        item: OrderItem = order.items.get()
        return lambda: deciding.substitute(order, item_id=item.pk, variant_id=variant.pk, actor=self.ops)

    def test_two_clicks_on_refund_are_one_refund(self) -> None:
        order, key = self.sold_out(), str(uuid.uuid4())

        answers = at_once(*[self.click("refund", order, key=key)] * 2)

        self.assertEqual(answers, [302, 302])
        self.assertEqual((RefundRequest.objects.count(), Refund.objects.get().amount), (1, 10_00))

    def test_two_people_with_pages_of_their_own_can_not_refund_it_twice(self) -> None:
        order = self.sold_out()

        at_once(*[self.click("refund", order, key=str(uuid.uuid4())) for _ in range(4)])

        self.assertEqual(sum(refund.amount for refund in Refund.objects.all()), 10_00)

    def test_two_clicks_let_it_wait_once_and_write_one_mail(self) -> None:
        order = self.sold_out()

        answers = at_once(*[self.click("wait", order)] * 3)

        self.assertEqual(answers, [302] * 3)
        self.assertEqual(BackOrder.objects.count(), 1)
        self.assertEqual(AuditLog.objects.filter(event_type="order.back_ordered").count(), 1)
        self.assertEqual(Mail.objects.filter(kind=MailKind.BACK_ORDER).count(), 1)

    def test_the_last_piece_goes_to_one_of_two_orders(self) -> None:
        balm = make_variant(stock=1, unit_amount=10_00)
        first, second = self.sold_out("PL-1"), self.sold_out("PL-2")

        results = at_once(self.instead(first, balm), self.instead(second, balm))

        self.assertEqual(sorted(map(str, map(type, results))), sorted(map(str, [bool, CantDecide])))
        self.assert_pieces(balm, 0)
        self.assertEqual(OrderItem.objects.filter(variant=balm).count(), 1)
        self.assertEqual(Order.objects.filter(flag=Flag.OUT_OF_STOCK).count(), 1)

    def test_the_last_piece_goes_to_a_customer_or_to_the_order(self) -> None:
        balm = make_variant(stock=1, unit_amount=10_00)
        order = self.sold_out()

        at_once(self.instead(order, balm), lambda: make_order(number="PL-9", variant=balm))

        balm.refresh_from_db()
        taken = StockMovement.objects.filter(variant=balm, reason=StockReason.SALE).count()
        placed = Order.objects.filter(number="PL-9").count()
        self.assertEqual(taken + placed, 1)
        self.assertEqual((balm.stock, balm.reserved), (1 - taken, placed))

    def test_of_two_goods_chosen_for_one_line_one_is_taken(self) -> None:
        balm, soap = (make_variant(stock=5, unit_amount=10_00) for _ in range(2))
        order = self.sold_out()

        results = at_once(self.instead(order, balm), self.instead(order, soap))

        self.assertEqual(sum(result is True for result in results), 1)
        self.assertEqual(AuditLog.objects.filter(event_type="order.item_substituted").count(), 1)
        self.assertEqual(StockMovement.objects.filter(order_item__order=order).count(), 1)

    def test_a_dispute_and_a_refund_at_once_never_pay_the_customer_twice(self) -> None:
        order = self.sold_out()
        story = Story(order_number="PL-1", amount=10_00, at=NOON)
        story.is_paid()
        story.is_disputed("product_not_received")
        disputed = [event for event in story.events if event["type"].startswith("charge.dispute")]

        def dispute() -> None:
            for event in disputed:
                deliver(Client(), event)

        def refund() -> None:
            refunds.request_refund(order_id=order.pk, amount=10_00, actor=self.ops)

        _, refused = at_once(dispute, refund)

        # Either the refund came first, as Stripe might have allowed; or it was refused.
        asked = RefundRequest.objects.count()
        self.assertEqual(asked, 0 if isinstance(refused, refunds.RefundTooLarge) else 1)
        with self.assertRaises(refunds.RefundTooLarge):
            refund()
        self.assertEqual(RefundRequest.objects.count(), asked)

    def assert_pieces(self, variant: Variant, left: int) -> None:
        variant.refresh_from_db()
        self.assertEqual((variant.stock, variant.reserved), (left, 0))
