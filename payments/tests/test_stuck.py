"""Paid orders that can't be sent: the queue, and refund, back-order or substitute."""

import logging
import uuid
from datetime import timedelta
from io import StringIO
from typing import Any

from django.contrib.messages import get_messages
from django.core import mail
from django.core.management import call_command
from django.db import connection
from django.http import HttpRequest
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role
from audit.models import AuditLog
from catalog import stock
from catalog.models import StockMovement, StockReason, Variant
from orders import lifecycle
from orders.models import BackOrder, Flag, Mail, MailKind, Order, OrderItem, OrderStatus, RefundState
from orders.placing import Line, place_order
from payments.models import Refund, RefundRequest, StripeEvent
from payments.projection import Cause, retry_allocation
from payments.replay import replay
from payments.stories.story import Story
from payments.tests.posting import deliver, with_webhook_secret
from payments.tests.state import everything
from purelaka.testing import NOON, make_user, make_variant

CHECKS = (
    *("orders_flagged", "orders_paid", "orders_refunded", "order_items_sum", "unapplied_is_flagged"),
    *("stock_moved", "stock_reserved", "items_moved", "requests_answered", "refunds_arrived"),
)


@with_webhook_secret()
class StuckCase(TestCase):
    def setUp(self) -> None:
        logging.disable(logging.WARNING)
        self.addCleanup(logging.disable, logging.NOTSET)
        self.ops = make_user(Role.OPS)
        self.client.force_login(self.ops)

    def sold_out(self, number: str = "PL-1", *, pieces: int = 1, with_other: bool = False) -> Order:
        """A paid order whose goods were to come, and do not any more."""
        self.cream = make_variant(stock=0, preorder=True, unit_amount=10_00)
        lines = [Line(self.cream, pieces)]
        if with_other:
            self.other = make_variant(stock=5, unit_amount=10_00)
            lines.append(Line(self.other, 1))
        order = self.pays(number, lines)
        Variant.objects.filter(pk=self.cream.pk).update(preorder=False)
        retry_allocation(Cause(at=timezone.now()))
        order.refresh_from_db()
        self.assertEqual(order.flag, Flag.OUT_OF_STOCK)
        return order

    def pays(self, number: str, lines: list[Line]) -> Order:
        amount = sum(line.variant.unit_amount * line.quantity for line in lines)
        story = Story(order_number=number, amount=amount, at=NOON)
        order = place_order(
            lines,
            email="buyer@example.com",
            number=number,
            payment_intent_id=story.payment_intent_id,
            at=NOON,
        )
        story.is_paid()
        self.tell(story)
        self.story = story
        order.refresh_from_db()
        return order

    def tell(self, *stories: Story) -> None:
        for story in stories:
            for event in story.events:
                self.assertEqual(deliver(self.client, event).status_code, 200)

    def decide(self, name: str, order: Order, **fields: Any) -> str:
        """Post a decision; what the page says then."""
        with self.captureOnCommitCallbacks(execute=True):
            response = self.client.post(reverse(f"payments:stuck-{name}", args=[order.number]), fields)
        self.assertRedirects(response, reverse("payments:stuck-list"), fetch_redirect_response=False)
        request: HttpRequest = response.wsgi_request
        order.refresh_from_db()
        return " ".join(dict.fromkeys(str(message) for message in get_messages(request)))

    def refund(self, order: Order, key: uuid.UUID | None = None) -> str:
        return self.decide("refund", order, key=str(key or uuid.uuid4()))

    def page(self, query: str = "") -> str:
        return self.client.get(reverse("payments:stuck-list") + query).content.decode()

    def shown(self, query: str = "") -> list[str]:
        response = self.client.get(reverse("payments:stuck-list") + query)
        return [order.number for order in response.context["listing"].rows]

    def said_of(self, order: Order) -> list[str]:
        rows = AuditLog.objects.filter(target_type="order", target_id=str(order.pk), actor=self.ops)
        return list(rows.order_by("pk").values_list("event_type", flat=True))

    def assert_checks_find_nothing(self) -> None:
        out = StringIO()
        try:
            call_command("run_checks", "--fail-on-issues", "--only", *CHECKS, stdout=out)
        except SystemExit as ended:
            self.fail(f"exit {ended.code}: {out.getvalue()}")

    def assert_replay_changes_nothing(self) -> None:
        before = everything()
        for receipt in replay(list(StripeEvent.objects.order_by("pk"))):
            self.assertNotEqual(receipt.status, "failed")
        retry_allocation(Cause(at=timezone.now()))
        self.assertEqual(everything(), before)


class QueueTests(StuckCase):
    def test_it_says_what_is_missing_since_when_and_what_can_be_done(self) -> None:
        self.sold_out(pieces=2)
        page = self.page()

        for text in ("PL-1", "No stock", "2 missing", "£20.00 can go back", "Let it wait", "Refund £20.00"):
            self.assertTrue(text in page, text)
        self.assertNotIn("Send something else", page)  # nothing of this price is there

    def test_the_longest_waiting_comes_first_and_preorders_have_a_tab(self) -> None:
        self.sold_out("PL-1")
        self.sold_out("PL-2")
        Order.objects.filter(number="PL-2").update(created_at=NOON - timedelta(days=3))
        self.pays("PL-3", [Line(make_variant(stock=0, preorder=True), 1)])

        self.assertEqual(self.shown(), ["PL-1", "PL-2"])
        self.assertEqual(self.shown("?view=waiting"), ["PL-3"])
        self.assertEqual(self.shown("?q=pl-3"), ["PL-3"])
        self.assertEqual(self.shown("?flag=paid_twice"), [])
        self.assertIn("preorder: more is expected", self.page("?view=waiting"))

    def test_an_analyst_sees_it_and_decides_nothing(self) -> None:
        order = self.sold_out()
        self.client.force_login(make_user(Role.ANALYST))

        self.assertNotIn("<dialog", self.page())
        for name in ("refund", "back-order", "substitute"):
            url = reverse(f"payments:stuck-{name}", args=[order.number])
            self.assertEqual(self.client.post(url).status_code, 404)
        order.refresh_from_db()
        self.assertEqual(order.flag, Flag.OUT_OF_STOCK)

    def test_more_orders_take_no_more_queries(self) -> None:
        self.sold_out("PL-1")
        with CaptureQueriesContext(connection) as few:
            self.page()
        for number in range(2, 6):
            self.sold_out(f"PL-{number}", with_other=True)
        with CaptureQueriesContext(connection) as many:
            self.page()

        self.assertEqual(len(many), len(few))
        self.assertLessEqual(len(many), 20)


class RefundTests(StuckCase):
    def test_all_of_it_goes_back_and_nothing_is_left_to_decide(self) -> None:
        order = self.sold_out(pieces=2)

        self.assertIn("£20.00 of PL-1 goes back", self.refund(order))

        self.assertEqual((order.refund_status, order.flag), (RefundState.FULL, Flag.NONE))
        self.assertFalse(order.awaits_stock)
        self.assertEqual(self.said_of(order), ["refund.requested"])
        self.assertEqual(self.shown(), [])
        self.assert_checks_find_nothing()
        self.assert_replay_changes_nothing()

    def test_when_the_refund_fails_it_waits_for_a_decision_again(self) -> None:
        order = self.sold_out()
        self.tell(self.story)
        refund = self.story.is_refunded()
        self.tell(self.story)
        order.refresh_from_db()
        self.assertEqual((order.flag, order.awaits_stock), (Flag.NONE, False))

        self.story.passes(timedelta(days=2))
        self.story.refund_fails(refund)
        self.tell(self.story)

        order.refresh_from_db()
        self.assertEqual((order.flag, order.awaits_stock), (Flag.OUT_OF_STOCK, True))
        self.assert_replay_changes_nothing()

    def test_the_same_page_sent_twice_refunds_once(self) -> None:
        order, key = self.sold_out(), uuid.uuid4()

        said = [self.refund(order, key), self.refund(order, key)]

        self.assertEqual(said[0], said[1])
        self.assertEqual(RefundRequest.objects.count(), 1)
        self.assertIn("Nothing of PL-1 can be refunded", self.refund(order))

    def test_of_two_payments_only_the_one_too_many_goes_back(self) -> None:
        order = self.pays("PL-1", [Line(make_variant(stock=5), 1)])
        again = Story(order_number="PL-1", amount=10_00, at=NOON + timedelta(hours=1), seed="again")
        again.is_paid()
        self.tell(again)
        order.refresh_from_db()
        self.assertEqual(order.flag, Flag.PAID_TWICE)

        self.refund(order)

        request = RefundRequest.objects.get()
        self.assertEqual((request.payment_intent_id, request.reason), (again.payment_intent_id, "duplicate"))
        self.assertEqual((order.flag, order.refund_status), (Flag.NONE, RefundState.NONE))
        self.assert_checks_find_nothing()
        self.assert_replay_changes_nothing()

    def test_money_for_a_cancelled_order_goes_back(self) -> None:
        story = Story(order_number="PL-1", amount=10_00, at=NOON)
        order = place_order(
            [Line(make_variant(), 1)],
            email="a@example.com",
            number="PL-1",
            payment_intent_id=story.payment_intent_id,
            at=NOON,
        )
        lifecycle.cancel(order, actor=None, reason="test")
        story.is_paid()
        self.tell(story)
        self.assertIn("Paid after it was cancelled", self.page())

        self.refund(order)

        self.assertEqual((order.status, order.flag), (OrderStatus.CANCELED, Flag.NONE))
        self.assert_checks_find_nothing()

    def test_money_that_a_bank_took_back_is_not_sent_again(self) -> None:
        order = self.sold_out()
        self.story.is_disputed("product_not_received")
        self.tell(self.story)

        self.assertIn("bank has taken the money back", self.page())
        self.assertIn("Nothing of PL-1 can be refunded", self.refund(order))
        self.assertFalse(Refund.objects.exists())

    def test_a_page_without_its_key_refunds_nothing(self) -> None:
        order = self.sold_out()

        self.assertIn("nothing was refunded", self.decide("refund", order, key="x"))
        self.assertFalse(RefundRequest.objects.exists())


class BackOrderTests(StuckCase):
    def test_it_waits_unflagged_the_customer_is_told_and_the_checks_agree(self) -> None:
        order = self.sold_out()

        self.assertIn("PL-1 waits for its goods", self.decide("back-order", order))

        self.assertEqual((order.flag, order.awaits_stock), (Flag.NONE, True))
        self.assertEqual(BackOrder.objects.get().actor, self.ops)
        self.assertEqual(self.said_of(order), ["order.back_ordered"])
        [told] = [message for message in mail.outbox if "waits for goods" in message.subject]
        self.assertIn(order.items.get().product_name, str(told.body))
        self.assertEqual((self.shown(), self.shown("?view=waiting")), ([], ["PL-1"]))
        self.assert_checks_find_nothing()
        self.assert_replay_changes_nothing()

    def test_the_same_click_twice_is_one_decision_and_one_mail(self) -> None:
        order = self.sold_out()

        said = [self.decide("back-order", order) for _ in range(2)]

        self.assertEqual(said[0], said[1])
        self.assertEqual(self.said_of(order), ["order.back_ordered"])
        self.assertEqual(Mail.objects.filter(kind=MailKind.BACK_ORDER).count(), 1)

    def test_it_can_be_packed_when_its_goods_come_and_not_before(self) -> None:
        order = self.sold_out()
        self.decide("back-order", order)
        with self.assertRaises(lifecycle.IllegalMove):
            lifecycle.fulfil(order, actor=self.ops)

        stock.change(self.cream, 5, reason=StockReason.RECEIPT, actor=self.ops)
        retry_allocation(Cause(at=timezone.now()))

        order.refresh_from_db()
        self.assertFalse(order.awaits_stock)
        lifecycle.fulfil(order, actor=self.ops)
        self.assert_checks_find_nothing()

    def test_one_that_is_not_short_has_nothing_to_wait_for(self) -> None:
        order = self.pays("PL-1", [Line(make_variant(), 1)])

        self.assertIn("does not wait for goods", self.decide("back-order", order))
        self.assertFalse(BackOrder.objects.exists())


class SubstituteTests(StuckCase):
    def instead(self, order: Order, variant: Variant) -> str:
        item = order.items.get(variant=self.cream)
        return self.decide("substitute", order, item=item.pk, variant=variant.pk)

    def test_the_line_becomes_the_other_goods_and_no_money_moves(self) -> None:
        balm = make_variant(stock=5, unit_amount=10_00, name="50 ml")
        order = self.sold_out(pieces=2)
        was = order.items.get()
        self.assertIn("Send something else", self.page())

        self.assertIn("sent with the goods you chose", self.instead(order, balm))

        item, money = order.items.get(), ("unit_amount", "quantity", "amount_total", "amount_discount")
        self.assertEqual((item.pk, item.variant, item.sku), (was.pk, balm, balm.sku))
        self.assertEqual((item.product_name, item.variant_name), (balm.product.name, "50 ml"))
        self.assertEqual([getattr(item, name) for name in money], [getattr(was, name) for name in money])
        balm.refresh_from_db()
        self.assertEqual(balm.stock, 3)
        self.assertEqual((order.flag, order.awaits_stock), (Flag.NONE, False))
        self.assert_checks_find_nothing()
        self.assert_replay_changes_nothing()

    def test_what_it_was_is_kept_and_the_customer_is_told(self) -> None:
        balm = make_variant(stock=5, unit_amount=10_00)
        order = self.sold_out()
        was = order.items.get()
        self.instead(order, balm)

        kept = AuditLog.objects.get(event_type="order.item_substituted")
        self.assertEqual((kept.data["was_sku"], kept.data["now_sku"]), (was.sku, balm.sku))
        [told] = [message for message in mail.outbox if "A change to your order" in message.subject]
        self.assertIn(f"{was.product_name} of order PL-1 is not in stock", str(told.body))
        self.assertIn(balm.product.name, str(told.body))
        page = self.client.get(reverse("orders:order-detail", args=["PL-1"])).content.decode()
        self.assertIn(f"put {balm.product.name} in the place of {was.product_name}", page)

    def test_figures_by_product_follow_and_their_check_agrees(self) -> None:
        balm = make_variant(stock=5, unit_amount=10_00)
        order = self.sold_out()
        call_command("build_snapshots", stdout=StringIO())
        self.instead(order, balm)

        out = StringIO()
        call_command("run_checks", "--fail-on-issues", "--only", "products_in_rollups", stdout=out)
        self.assertIn("products_in_rollups", out.getvalue())

    def test_the_same_click_twice_is_one_change(self) -> None:
        balm = make_variant(stock=5, unit_amount=10_00)
        order = self.sold_out()
        item = order.items.get()

        said = [self.decide("substitute", order, item=item.pk, variant=balm.pk) for _ in range(2)]

        self.assertEqual(said[0], said[1])
        self.assertEqual(self.said_of(order), ["order.item_substituted"])
        self.assertEqual(StockMovement.objects.filter(order_item=item).count(), 1)

    def test_what_costs_more_is_sold_out_or_gone_is_refused_and_says_why(self) -> None:
        order = self.sold_out(pieces=2)
        refused = {
            "costs £12.00, and the customer paid £10.00 each": make_variant(stock=5, unit_amount=12_00),
            "are needed, and 1 are free": make_variant(stock=1, unit_amount=10_00),
            "sold in EUR": make_variant(stock=5, unit_amount=10_00, currency="eur"),
            "is not sold any more": make_variant(stock=5, unit_amount=10_00, is_active=False),
            "is what was ordered": self.cream,
        }
        for why, variant in refused.items():
            with self.subTest(why):
                self.assertIn(why, self.instead(order, variant))
        self.assertEqual(order.items.get().variant, self.cream)
        self.assertEqual(self.said_of(order), [])

    def test_a_line_that_has_left_the_stock_is_not_changed(self) -> None:
        balm = make_variant(stock=5, unit_amount=10_00)
        order = self.sold_out(with_other=True)
        item = order.items.get(variant=self.other)

        said = self.decide("substitute", order, item=item.pk, variant=balm.pk)

        self.assertIn("is not short any more", said)
        self.assertEqual(OrderItem.objects.get(pk=item.pk).variant, self.other)

    def test_nothing_chosen_changes_nothing(self) -> None:
        order = self.sold_out()

        self.assertIn("Choose what is sent instead", self.decide("substitute", order, item="", variant=""))
        self.assertIn(
            "Choose what", self.decide("substitute", order, item=order.items.get().pk, variant=99999)
        )
