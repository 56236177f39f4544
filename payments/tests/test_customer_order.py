"""What a customer sees of one order, and its receipt: the money is Stripe's facts, and it adds up."""

import logging
import re
from datetime import timedelta
from typing import Any

from django.test import TestCase, override_settings
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role
from orders import lifecycle
from orders.models import DiscountCode, Flag, Order, OrderStatus
from orders.placing import Line, Terms, place_order
from orders.pricing import Tax
from payments.stories.story import Story
from payments.tests.posting import deliver, with_webhook_secret
from purelaka.testing import NOON, make_order, make_user, make_variant


@with_webhook_secret()
class CustomerOrderCase(TestCase):
    def setUp(self) -> None:
        logging.disable(logging.WARNING)  # each refusal is a line otherwise
        self.addCleanup(logging.disable, logging.NOTSET)
        self.robin = make_user(Role.CUSTOMER)
        self.client.force_login(self.robin)
        self.story = Story(order_number="PL-1", amount=20_00, at=NOON)
        self.order = self.place()

    def place(self, **fields: Any) -> Order:
        return make_order(
            **{
                "number": "PL-1",
                "amount_total": 20_00,
                "user": self.robin,
                "payment_intent_id": self.story.payment_intent_id,
                **fields,
            }
        )

    def tell(self) -> None:
        for event in [*self.story.events, *self.story.answers]:
            deliver(self.client, event)
        self.order.refresh_from_db()

    def pay(self) -> None:
        self.story.is_paid()
        self.tell()

    def page(self, name: str = "my-order") -> str:
        response = self.client.get(reverse(f"orders:{name}", args=["PL-1"]))
        self.assertEqual(response.status_code, 200)
        return text_of(response.content.decode())

    def steps(self) -> list[str]:
        response = self.client.get(reverse("orders:my-order", args=["PL-1"]))
        return [step.text for step in response.context["page"].steps]


def text_of(html: str) -> str:
    """The page's words, without its frame, in one line."""
    main = html[html.index("<main") : html.index("</main>")]
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())


class ProgressTests(CustomerOrderCase):
    def test_an_unpaid_order_can_be_paid_while_its_goods_are_held(self) -> None:
        Order.objects.filter(pk=self.order.pk).update(reserved_until=timezone.now() + timedelta(minutes=20))

        response = self.client.get(reverse("orders:my-order", args=["PL-1"]))

        self.assertContains(response, f'href="{reverse("payments:pay", args=["PL-1"])}"')
        self.assertContains(response, "Your goods are held until")
        self.assertEqual(self.steps(), ["Ordered", "Payment"])

    def test_and_not_any_more_once_they_are_free_again(self) -> None:
        response = self.client.get(reverse("orders:my-order", args=["PL-1"]))

        self.assertNotContains(response, reverse("payments:pay", args=["PL-1"]))
        self.assertContains(response, "Not paid in time")

    def test_paid_then_sent_with_its_tracking_number(self) -> None:
        self.pay()
        self.assertEqual(self.steps(), ["Ordered", "Paid £20.00", "Being packed"])
        self.assertIn("With Visa •••• 4242", self.page())

        lifecycle.fulfil(self.order, actor=None, tracking_number="RM 0017 8500 4GB")

        self.assertEqual(self.steps(), ["Ordered", "Paid £20.00", "Sent"])
        self.assertIn("Tracking number RM 0017 8500 4GB", self.page())

    def test_who_pays_within_the_second_has_ordered_before(self) -> None:
        Order.objects.update(created_at=NOON + timedelta(milliseconds=400))
        self.story.is_paid()
        self.story.clock = NOON
        self.tell()
        Order.objects.update(paid_at=NOON)

        self.assertEqual(self.steps()[:2], ["Ordered", "Paid £20.00"])

    def test_a_refund_is_told_with_its_amount_and_what_is_left(self) -> None:
        self.pay()
        self.story.passes(timedelta(days=1))
        self.story.is_refunded(5_00)
        self.tell()

        self.assertIn("Refunded £5.00", self.steps())
        self.assertIn("Refunded −£5.00 Paid in the end £15.00", self.page())

    def test_a_refund_that_failed_is_said_plainly(self) -> None:
        self.pay()
        self.story.passes(timedelta(days=1))
        self.story.refund_fails(self.story.is_refunded(5_00))
        self.tell()

        self.assertIn("Refund of £5.00 failed", self.steps())
        self.assertIn("Your refund of £5.00 failed: the bank did not take it", self.page())
        self.assertNotIn("Paid in the end", self.page())

    def test_a_failed_refund_that_was_made_good_is_history(self) -> None:
        self.pay()
        self.story.passes(timedelta(days=1))
        self.story.refund_fails(self.story.is_refunded(5_00))
        self.story.passes(timedelta(days=1))
        self.story.is_refunded(5_00)
        self.tell()

        self.assertIn("Refund of £5.00 failed", self.steps())
        self.assertNotIn("Your refund of £5.00 failed", self.page())

    def test_a_payment_that_takes_days_can_not_be_paid_twice(self) -> None:
        Order.objects.filter(pk=self.order.pk).update(reserved_until=timezone.now() + timedelta(minutes=20))
        self.story.is_processing()
        self.tell()

        self.assertIn("Your payment is being confirmed.", self.page())
        self.assertNotIn("Pay £20.00", self.page())

    def test_a_cancelled_order_says_so(self) -> None:
        lifecycle.cancel(self.order, actor=None, reason="asked for")

        self.assertEqual(self.steps(), ["Ordered", "Cancelled"])

    def test_money_that_came_too_late_is_not_passed_over(self) -> None:
        lifecycle.cancel(self.order, actor=None, reason="reservation expired")
        self.pay()

        self.assertEqual(self.order.flag, Flag.PAID_AFTER_CANCEL)
        self.assertIn("Your payment came after the order had been cancelled.", self.page())

    def test_nothing_of_the_desk_is_told(self) -> None:
        self.pay()

        for secret in (self.story.payment_intent_id, "fee", "ledger", "Stripe"):
            self.assertNotIn(secret, self.page())


class ReceiptTests(CustomerOrderCase):
    def place(self, **fields: Any) -> Order:
        """£25.00 of goods, 10 % off, £3.95 delivery, 20 % VAT held in it: £26.45, of which £4.41."""
        cream, oil = make_variant(unit_amount=9_00), make_variant(unit_amount=7_00)
        code = DiscountCode.objects.create(code="SPRING", percent_off=10)
        order = place_order(
            [Line(cream, 2), Line(oil, 1)],
            number="PL-1",
            email=self.robin.email,
            user=self.robin,
            name="Robin Doe",
            address="14 Example Street\nBristol BS1 0AA",
            terms=Terms("Standard", 3_95, Tax(20_00, name="VAT"), code),
            payment_intent_id=self.story.payment_intent_id,
            at=NOON,
        )
        self.assertEqual((order.amount_total, order.amount_tax), (26_45, 4_41))
        return order

    def setUp(self) -> None:
        super().setUp()
        self.story = Story(order_number="PL-1", amount=26_45, at=NOON, seed="receipt")
        Order.objects.filter(pk=self.order.pk).update(payment_intent_id=self.story.payment_intent_id)

    @override_settings(STORE_NAME="Fran & Sam's", STORE_ADDRESS="1 Mill Lane, Bath", STORE_VAT_NUMBER="GB999")
    def test_it_says_who_sold_what_to_whom_and_when(self) -> None:
        self.pay()

        page = self.page("receipt")

        for text in ("Fran &amp; Sam&#x27;s", "1 Mill Lane, Bath", "VAT number GB999", "Receipt PL-1"):
            self.assertIn(text, page)
        for text in ("Robin Doe", "14 Example Street", self.robin.email, "15 Jun 2026", "Visa •••• 4242"):
            self.assertIn(text, page)

    def test_its_parts_make_its_total(self) -> None:
        self.pay()

        page = self.page("receipt")

        self.assertIn("£9.00 2 £18.00 −£1.80", page)
        self.assertIn("£7.00 1 £7.00 −£0.70", page)
        for part in (
            "Items £25.00",
            "Discount SPRING −£2.50",
            "Delivery, Standard £3.95",
            "Total paid £26.45",
        ):
            self.assertIn(part, page)
        self.assertIn("20% £22.04 £4.41 £26.45", page)

    def test_refunds_lead_to_what_was_paid_in_the_end(self) -> None:
        self.pay()
        self.story.passes(timedelta(days=1))
        self.story.is_refunded(5_00)
        self.story.refund_fails(self.story.is_refunded(2_00))
        self.tell()

        page = self.page("receipt")

        self.assertIn("Refund, 16 Jun 2026 −£5.00 Paid in the end £21.45", page)
        self.assertIn("A refund of £2.00 failed and has not reached the customer.", page)

    def test_there_is_none_before_the_order_is_paid(self) -> None:
        self.assertEqual(self.client.get(reverse("orders:receipt", args=["PL-1"])).status_code, 404)
        self.assertNotContains(
            self.client.get(reverse("orders:my-order", args=["PL-1"])),
            reverse("orders:receipt", args=["PL-1"]),
        )

    def test_another_customer_has_none(self) -> None:
        self.pay()
        self.client.force_login(make_user(Role.CUSTOMER))

        self.assertEqual(self.client.get(reverse("orders:receipt", args=["PL-1"])).status_code, 404)
        self.assertEqual(self.order.status, OrderStatus.PAID)
