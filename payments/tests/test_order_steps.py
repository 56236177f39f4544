"""What ops and admins do to an order on its page: fulfil, pack, cancel, note."""

from unittest.mock import patch

from django.urls import reverse

from audit.models import AuditLog
from catalog.models import Variant
from orders import lifecycle
from orders.models import Order, OrderNote, OrderStatus
from payments.tests.order_page_case import OrderPageCase


class FulfilTests(OrderPageCase):
    def test_a_paid_order_is_fulfilled_with_its_tracking_number(self) -> None:
        self.pay()
        page = self.post("fulfil", tracking_number="RM 1")

        self.order.refresh_from_db()
        self.assertEqual((self.order.status, self.order.tracking_number), (OrderStatus.FULFILLED, "RM 1"))
        self.assert_said("PL-1 is fulfilled.", page)
        self.assert_said(f"by {self.ops.get_short_name()}", page)
        self.assertTrue(AuditLog.objects.filter(event_type="order.fulfilled", actor=self.ops).exists())

    def test_an_unpaid_order_is_not_and_what_was_typed_stays(self) -> None:
        response = self.client.post(self.url("fulfil"), {"tracking_number": "RM 1"})

        self.order.refresh_from_db()
        self.assertEqual(self.order.status, OrderStatus.PENDING)
        self.assertContains(response, "It is not paid yet.", status_code=422)
        self.assertContains(response, 'value="RM 1"', status_code=422)

    def test_the_same_click_twice_is_one_step(self) -> None:
        self.pay()
        self.post("fulfil", tracking_number="RM 1")
        page = self.post("fulfil", tracking_number="RM 1")

        self.assert_said("PL-1 is fulfilled.", page)
        self.assertEqual(AuditLog.objects.filter(event_type="order.fulfilled").count(), 1)

    def test_another_tracking_number_is_refused(self) -> None:
        self.pay()
        self.post("fulfil", tracking_number="RM 1")
        page = self.post("fulfil", tracking_number="RM 2")

        self.order.refresh_from_db()
        self.assertEqual(self.order.tracking_number, "RM 1")
        self.assert_said("It was sent already.", page)

    def test_an_order_that_waits_for_stock_is_not(self) -> None:
        Variant.objects.update(reserved=0)
        Variant.objects.update(stock=0)
        self.order.items.update(reserved=0)
        self.pay()
        page = self.post("fulfil")

        self.order.refresh_from_db()
        self.assertEqual(self.order.status, OrderStatus.PAID)
        self.assert_said("Some of its goods are not in stock.", page)

    def test_a_fully_refunded_order_is_not(self) -> None:
        self.pay()
        self.story.is_refunded()
        self.tell()
        page = self.post("fulfil")

        self.order.refresh_from_db()
        self.assertEqual(self.order.status, OrderStatus.PAID)
        self.assert_said("Everything was refunded", page)

    def test_who_comes_second_is_told(self) -> None:
        self.pay()
        move = lifecycle.fulfil

        def too_late(order: Order, **how: str) -> None:
            move(Order.objects.get(pk=order.pk), actor=None, tracking_number="RM 9")
            move(order, actor=self.ops, tracking_number=how["tracking_number"])

        with patch.object(lifecycle, "fulfil", too_late):
            page = self.post("fulfil", tracking_number="RM 1")

        self.assertEqual(Order.objects.get().tracking_number, "RM 9")
        self.assert_said("was changed by somebody else", page)
        self.assert_said('value="RM 1"', page)


class PackingSlipTests(OrderPageCase):
    def test_it_is_a_click_away_for_those_who_pack(self) -> None:
        slip = f"{reverse('orders:packing-slips')}?order=PL-1"
        self.assert_not_said(slip, self.page())
        self.pay()

        self.assert_said(slip, self.page())
        self.assertEqual(self.client.get(slip).status_code, 200)
        self.client.force_login(self.analyst)
        self.assert_not_said(slip, self.page())


class CancelTests(OrderPageCase):
    def test_an_unpaid_order_is_cancelled_and_its_stock_is_free(self) -> None:
        variant = self.order.items.get().variant
        page = self.post("cancel", reason="asked for by phone")

        self.order.refresh_from_db()
        variant.refresh_from_db()
        self.assertEqual((self.order.status, variant.reserved), (OrderStatus.CANCELED, 0))
        self.assert_said("asked for by phone", page)

    def test_it_needs_a_reason(self) -> None:
        response = self.client.post(self.url("cancel"), {"reason": " "})

        self.assertContains(response, "This field is required", status_code=422)
        self.assertEqual(Order.objects.get().status, OrderStatus.PENDING)

    def test_the_same_click_twice_is_one_step(self) -> None:
        self.post("cancel", reason="asked for by phone")
        page = self.post("cancel", reason="asked for by phone")

        self.assert_said("PL-1 is cancelled", page)
        self.assertEqual(AuditLog.objects.filter(event_type="order.canceled").count(), 1)

    def test_another_reason_than_the_first_is_said_not_to_be_kept(self) -> None:
        self.assert_not_said("Yours was not kept", self.post("cancel", reason="asked for by phone"))
        self.assert_not_said("Yours was not kept", self.post("cancel", reason="asked for by phone"))

        page = self.post("cancel", reason="ordered twice")

        self.assert_said("with the reason “asked for by phone”. Yours was not kept", page)
        self.assertEqual(
            AuditLog.objects.get(event_type="order.canceled").data["reason"], "asked for by phone"
        )

    def test_a_paid_or_fulfilled_order_is_not(self) -> None:
        self.pay()
        self.assert_said("it can&#x27;t become cancelled", self.post("cancel", reason="changed her mind"))
        self.post("fulfil")
        page = self.post("cancel", reason="changed her mind")

        self.assert_said('value="changed her mind"', page)
        self.assertEqual(Order.objects.get().status, OrderStatus.FULFILLED)


class NoteTests(OrderPageCase):
    def test_an_empty_note_is_told_and_not_kept(self) -> None:
        response = self.client.post(self.url("note"), {"text": " "})

        self.assertContains(response, "This field is required", status_code=422)
        self.assertFalse(OrderNote.objects.exists())

    def test_a_double_click_keeps_one(self) -> None:
        self.post("note", text="Once.")
        self.post("note", text="Once.")

        self.assertEqual(OrderNote.objects.count(), 1)
        self.assertEqual(AuditLog.objects.filter(event_type="order.note", actor=self.ops).count(), 1)

    def test_markup_in_it_is_only_text(self) -> None:
        page = self.post("note", text="<script>alert(1)</script>")

        self.assert_said("&lt;script&gt;alert(1)", page)
