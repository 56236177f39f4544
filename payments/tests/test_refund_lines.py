"""Refunds of pieces of an order's lines: what they come to, what is left, and goods back to stock."""

import uuid
from datetime import timedelta

from django.test import SimpleTestCase, TestCase
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Role
from catalog.models import StockMovement, Variant
from orders.models import Mail, MailKind, Order, OrderItem, OrderStatus, TaxBehavior
from orders.placing import Line, Terms, place_order
from orders.pricing import Discount, Tax, price
from payments import refunds
from payments.models import RefundLine, RefundRequest
from payments.refund_lines import LineLeft, Parts, net_of, parts_of
from payments.stories.story import Story
from payments.tests.posting import deliver, with_webhook_secret
from purelaka.testing import NOON, make_user, make_variant

LINES = st.lists(st.tuples(st.integers(0, 5_000), st.integers(1, 9)), min_size=1, max_size=5)


def priced(
    lines: list[tuple[int, int]], discount: Discount, shipping: int, tax: Tax
) -> tuple[Order, list[OrderItem]]:
    """An order and its items as the checkout writes them, not saved."""
    amounts = price([unit * pieces for unit, pieces in lines], discount=discount, shipping=shipping, tax=tax)
    order = Order(amount_total=amounts.total, tax_behavior=tax.behavior)
    items = [
        OrderItem(
            pk=number,
            quantity=pieces,
            amount_total=share.amount,
            amount_discount=share.discount,
            amount_tax=share.tax,
        )
        for number, ((_, pieces), share) in enumerate(zip(lines, amounts.lines, strict=True))
    ]
    return order, items


class WorthTests(SimpleTestCase):
    @given(
        lines=LINES,
        percent=st.integers(0, 100),
        off=st.integers(0, 3_000),
        shipping=st.integers(0, 2_000),
        rate=st.integers(0, 3_000),
        behavior=st.sampled_from(TaxBehavior),
        data=st.data(),
    )
    def test_all_pieces_in_any_steps_and_delivery_are_the_total(
        self,
        lines: list[tuple[int, int]],
        percent: int,
        off: int,
        shipping: int,
        rate: int,
        behavior: TaxBehavior,
        data: st.DataObject,
    ) -> None:
        tax = Tax(rate=rate, behavior=behavior)
        order, items = priced(lines, Discount(percent_off=percent, amount_off=off), shipping, tax)
        nets = [net_of(item, order) for item in items]
        went = order.amount_total - sum(nets)  # delivery, with its tax
        self.assertGreaterEqual(went, 0)
        for item, net in zip(items, nets, strict=True):
            pieces = amount = 0
            while pieces < item.quantity:
                step = data.draw(st.integers(1, item.quantity - pieces))
                part = LineLeft(item, net, pieces, amount).amount(step)
                self.assertGreaterEqual(part, 0)
                pieces, amount = pieces + step, amount + part
            went += amount

        self.assertEqual(went, order.amount_total)

    @given(net=st.integers(0, 500), quantity=st.integers(1, 9), data=st.data())
    def test_a_step_whose_refund_failed_is_free_again_to_the_penny(
        self, net: int, quantity: int, data: st.DataObject
    ) -> None:
        item = OrderItem(quantity=quantity, amount_total=net)
        steps: list[tuple[int, int]] = []
        for _ in range(data.draw(st.integers(0, 12))):
            pieces = sum(step[0] for step in steps)
            fails = data.draw(st.booleans())
            if steps and fails:
                steps.pop(data.draw(st.integers(0, len(steps) - 1)))
            elif pieces < quantity:
                step = data.draw(st.integers(1, quantity - pieces))
                line = LineLeft(item, net, pieces, sum(amount for _, amount in steps))
                steps.append((step, line.amount(step)))
        pieces, amount = sum(step[0] for step in steps), sum(step[1] for step in steps)
        if pieces < quantity:
            amount += LineLeft(item, net, pieces, amount).amount(quantity - pieces)

        self.assertEqual(amount, net)


@with_webhook_secret()
class LinesCase(TestCase):
    """Three pieces that cost £10.00 together, two at £4.00, delivery £3.00: £21.00."""

    def setUp(self) -> None:
        self.thirds = make_variant(sku="THIRD", stock=10, unit_amount=3_33)
        self.fours = make_variant(sku="FOUR", stock=10, unit_amount=4_00)
        self.ops = make_user(Role.OPS)
        self.client.force_login(self.ops)
        self.order = place_order(
            [Line(self.thirds, 3), Line(self.fours, 2)],
            email="buyer@example.com",
            number="PL-1",
            terms=Terms(shipping=3_01),
            at=NOON,
        )
        self.story = Story(order_number="PL-1", amount=21_00, at=NOON)
        Order.objects.update(payment_intent_id=self.story.payment_intent_id)
        self.story.is_paid()
        self.tell()
        self.items = {item.sku: item for item in self.order.items.all()}

    def tell(self) -> None:
        for event in [*self.story.events, *self.story.answers]:
            deliver(self.client, event)
        self.order.refresh_from_db()

    def refund(self, *, key: str = "", **fields: object) -> str:
        """Post the refund's page; `third=2` are pieces, `third_back=1` puts them back to stock."""
        sent: dict[str, object] = {"reason": "requested_by_customer", "key": key or str(uuid.uuid4())}
        for name, value in fields.items():
            sku, _, back = name.upper().partition("_")
            item = self.items.get(sku)
            sent[f"{'restock' if back else 'pieces'}-{item.pk}" if item else name] = value
        url = reverse("orders:order-refund", args=["PL-1"])
        page = self.client.post(url, sent, follow=True).content.decode()
        self.order.refresh_from_db()
        return page

    def left(self) -> Parts:
        return parts_of(self.order)

    def stock(self, sku: str) -> int:
        return Variant.objects.get(sku=sku).stock


class PageTests(LinesCase):
    def test_the_amount_follows_from_the_pieces(self) -> None:
        page = self.refund(third=2, four=1)

        self.assertIn("£10.66 of PL-1 goes back", page)
        self.assertEqual(self.order.amount_refunded, 6_66 + 4_00)
        rows = RefundLine.objects.order_by("item").values_list("quantity", "amount")
        self.assertEqual(list(rows), [(2, 6_66), (1, 4_00)])
        self.assertIn("2 refunded", page)
        self.assertIn(f"2 × {self.items['THIRD'].product_name}", page)

    def test_everything_in_steps_is_the_total(self) -> None:
        self.refund(third=1)
        self.refund(third=2, delivery="on")
        self.refund(four=2)

        self.assertEqual((self.order.amount_refunded, self.order.refund_status), (21_00, "full"))
        self.assertEqual(RefundRequest.objects.count(), 3)

    def test_status_stays_whatever_goes_back(self) -> None:
        self.refund(third=3, four=2, delivery="on")

        self.assertEqual(self.order.status, OrderStatus.PAID)

    def test_no_more_pieces_than_are_left(self) -> None:
        self.refund(third=2)
        page = self.refund(third=2)

        self.assertIn("1 of it can still be refunded.", page)
        self.assertEqual(RefundRequest.objects.count(), 1)

    def test_delivery_goes_back_once(self) -> None:
        self.refund(delivery="on")
        page = self.refund(delivery="on")

        self.assertEqual(self.order.amount_refunded, 3_01)
        self.assertIn("Nothing of the delivery is left", page)

    def test_less_than_the_goods_come_to_may_be_written(self) -> None:
        self.refund(four=1, amount="3.50")

        self.assertEqual(self.order.amount_refunded, 3_50)
        self.assertEqual(RefundLine.objects.get().amount, 4_00)

    def test_more_than_the_goods_come_to_may_not(self) -> None:
        page = self.refund(four=1, amount="4.01")

        self.assertIn("What you chose comes to £4.00: write that or less", page)
        self.assertFalse(RefundRequest.objects.exists())

    def test_when_less_is_left_the_amount_must_be_said(self) -> None:
        self.refund(amount="20")
        page = self.refund(four=1)
        self.assertIn("comes to £4.00 and £1.00 is left: write how much", page)

        self.refund(four=1, amount="1")
        self.assertEqual(self.order.amount_refunded, 21_00)

    def test_nothing_chosen_and_nothing_written_is_asked_about(self) -> None:
        self.assertIn("Write an amount, or choose above", self.refund())

    def test_a_double_click_is_one(self) -> None:
        key = str(uuid.uuid4())
        self.refund(third=1, third_back="on", key=key)
        self.refund(third=1, third_back="on", key=key)

        self.assertEqual((self.order.amount_refunded, self.stock("THIRD")), (3_33, 8))

    def test_pieces_of_a_failed_refund_are_free_again(self) -> None:
        self.refund(third=3)
        [request] = RefundRequest.objects.all()
        refund = {"id": request.refund_id, "object": "refund", "amount": 9_99, "currency": "gbp"}
        self.story.passes(timedelta(days=400))
        failed = {**refund, "status": "failed", "failure_reason": "unknown", "created": self.story.now}
        self.story.says("refund.failed", {**failed, "payment_intent": self.story.payment_intent_id})
        self.tell()

        self.assertEqual([line.quantity for line in self.left().lines], [3, 2])

    def test_the_page_offers_what_is_left(self) -> None:
        self.refund(four=2)
        page = self.client.get(reverse("orders:order-refund", args=["PL-1"])).content.decode()

        self.assertIn("0 of 3", page)
        self.assertNotIn("0 of 2", page)
        self.assertIn("2 refunded or asked for", page)

    def test_who_wants_no_mail_sends_none(self) -> None:
        self.refund(four=1)
        self.assertFalse(Mail.objects.filter(kind=MailKind.REFUND).exists())

        self.refund(four=1, tells_customer="on")
        self.assertEqual(Mail.objects.filter(kind=MailKind.REFUND).count(), 1)


class StockTests(LinesCase):
    def test_what_comes_back_lies_on_the_shelf(self) -> None:
        self.refund(third=2, third_back="on")
        self.refund(third=1, third_back="on", four=1)

        self.assertEqual((self.stock("THIRD"), self.stock("FOUR")), (10, 8))
        back = StockMovement.objects.filter(reason="return").values_list("quantity", "order_item")
        self.assertEqual(list(back), [(2, self.items["THIRD"].pk), (1, self.items["THIRD"].pk)])

    def test_goods_that_never_left_can_not_come_back(self) -> None:
        item = self.items["THIRD"]
        StockMovement.objects.create(
            variant=self.thirds, quantity=2, reason="return", order_item=item, at=NOON
        )
        Variant.objects.filter(sku="THIRD").update(stock=9)
        page = self.refund(third=2, third_back="on")

        self.assertIn("can come back to stock: the others never left it", page)
        self.assertFalse(RefundRequest.objects.exists())

    def test_back_to_stock_without_pieces_is_asked_about(self) -> None:
        self.assertIn("Choose how many come back to stock.", self.refund(third_back="on", amount="1"))

    def test_an_answer_that_is_applied_twice_puts_back_once(self) -> None:
        self.refund(third=1, third_back="on")
        refunds.submit(RefundRequest.objects.get())

        self.assertEqual(self.stock("THIRD"), 8)
