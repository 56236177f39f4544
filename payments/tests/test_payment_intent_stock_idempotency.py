"""A payment moves stock once: with stock, as a preorder, and however often its events come."""

from io import StringIO
from itertools import permutations

from django.core.management import call_command
from django.test import TestCase

from catalog import stock
from catalog.models import StockMovement, StockReason, Variant
from orders.lifecycle import IllegalMove, fulfil
from orders.models import Flag, Order, OrderStatus
from orders.placing import Line, place_order
from payments.projection import Cause, retry_allocation
from payments.stories.story import Story
from payments.tests.posting import deliver, with_webhook_secret
from payments.tests.state import everything
from purelaka.testing import NOON, make_variant


@with_webhook_secret()
class StockCase(TestCase):
    def order(self, *lines: tuple[Variant, int], number: str = "PL-1") -> Story:
        """Place an order of these pieces; returns the story of its payment."""
        amount = sum(variant.unit_amount * quantity for variant, quantity in lines)
        story = Story(order_number=number, amount=amount, at=NOON)
        place_order(
            [Line(variant, quantity) for variant, quantity in lines],
            email="buyer@example.com",
            number=number,
            payment_intent_id=story.payment_intent_id,
            at=NOON,
        )
        return story

    def pay(self, story: Story) -> None:
        story.is_paid()
        self.tell(story)

    def tell(self, story: Story) -> None:
        for event in [*story.events, *story.answers]:
            self.assertEqual(deliver(self.client, event).status_code, 200)

    def sold(self, variant: Variant) -> list[int]:
        rows = StockMovement.objects.filter(variant=variant, reason=StockReason.SALE).order_by("pk")
        return list(rows.values_list("quantity", flat=True))

    def left(self, variant: Variant) -> tuple[int, int]:
        variant.refresh_from_db()
        return variant.stock, variant.reserved


class VariantStockTests(StockCase):
    def test_placing_promises_and_paying_takes(self) -> None:
        cream = make_variant(stock=5)
        story = self.order((cream, 2))
        self.assertEqual(self.left(cream), (5, 2))

        self.pay(story)

        self.assertEqual(self.left(cream), (3, 0))
        self.assertEqual(self.sold(cream), [-2])

    def test_a_declined_payment_takes_nothing(self) -> None:
        cream = make_variant(stock=5)
        story = self.order((cream, 2))
        story.is_declined()
        self.tell(story)

        self.assertEqual(self.left(cream), (5, 2))

    def test_two_lines_of_one_variant_are_two_movements(self) -> None:
        cream = make_variant(stock=5)
        self.pay(self.order((cream, 2), (cream, 1)))

        self.assertEqual(self.left(cream), (2, 0))
        self.assertEqual(sorted(self.sold(cream)), [-2, -1])

    def test_more_than_is_there_cannot_be_promised(self) -> None:
        cream, balm = make_variant(stock=5), make_variant(stock=1)
        with self.assertRaises(stock.OutOfStock):
            self.order((cream, 2), (balm, 2))

        self.assertEqual((self.left(cream), self.left(balm)), ((5, 0), (1, 0)))
        self.assertFalse(Order.objects.exists())

    def test_a_refund_leaves_the_stock_alone(self) -> None:
        cream = make_variant(stock=5)
        story = self.order((cream, 2))
        self.pay(story)
        story.is_refunded()
        self.tell(story)

        self.assertEqual(self.left(cream), (3, 0))


class OversoldTests(StockCase):
    """The goods are gone when the money comes: the order is paid, flagged, and never forgotten."""

    def setUp(self) -> None:
        self.cream = make_variant(stock=1)
        self.story = self.order((self.cream, 1))
        # Somebody takes the promised piece off the shelf, past every rule of ours.
        Variant.objects.filter(pk=self.cream.pk).update(stock=0, reserved=0)
        Order.objects.get().items.update(reserved=0)
        self.pay(self.story)

    def test_the_order_is_paid_and_flagged(self) -> None:
        order = Order.objects.get()
        self.assertEqual((order.status, order.flag), (OrderStatus.PAID, Flag.OUT_OF_STOCK))
        self.assertEqual((self.left(self.cream), self.sold(self.cream)), ((0, 0), []))

    def test_it_cannot_be_fulfilled(self) -> None:
        with self.assertRaisesMessage(IllegalMove, "waits for stock"):
            fulfil(Order.objects.get(), actor=None)

    def test_goods_that_come_are_given_to_it(self) -> None:
        stock.change(self.cream, 3, reason=StockReason.RECEIPT, actor=None)
        retry_allocation(Cause(at=NOON))

        self.assertEqual(self.left(self.cream), (2, 0))
        self.assertEqual(Order.objects.get().flag, Flag.NONE)

    def test_money_given_back_ends_the_wait(self) -> None:
        self.story.is_refunded()
        self.tell(self.story)
        stock.change(self.cream, 3, reason=StockReason.RECEIPT, actor=None)
        retry_allocation(Cause(at=NOON))

        self.assertEqual(Order.objects.get().flag, Flag.NONE)
        self.assertEqual(self.left(self.cream), (3, 0))


class HalfThereTests(StockCase):
    """One line's goods are there, the other's are not."""

    def setUp(self) -> None:
        self.cream, self.serum = make_variant(stock=5), make_variant(stock=0, preorder=True)
        self.story = self.order((self.cream, 2), (self.serum, 1))
        self.pay(self.story)

    def test_what_is_there_is_taken_and_the_rest_waits(self) -> None:
        self.assertEqual((self.left(self.cream), self.left(self.serum)), ((3, 0), (0, 0)))
        self.assertTrue(Order.objects.get().awaits_stock)

    def test_more_events_and_tries_take_nothing_twice(self) -> None:
        self.story.is_refunded(1_00)
        self.tell(self.story)
        retry_allocation(Cause(at=NOON))

        self.assertEqual(self.sold(self.cream), [-2])
        self.assertTrue(Order.objects.get().awaits_stock)

    def test_the_rest_is_given_when_it_comes(self) -> None:
        stock.change(self.serum, 1, reason=StockReason.RECEIPT, actor=None)
        retry_allocation(Cause(at=NOON))

        self.assertEqual((self.sold(self.cream), self.sold(self.serum)), ([-2], [-1]))
        self.assertFalse(Order.objects.get().awaits_stock)


class PreorderTests(StockCase):
    def test_it_is_sold_before_it_is_there_and_not_flagged(self) -> None:
        serum = make_variant(stock=0, preorder=True)
        self.pay(self.order((serum, 2)))

        order = Order.objects.get()
        self.assertEqual((order.status, order.flag, order.awaits_stock), (OrderStatus.PAID, Flag.NONE, True))
        self.assertEqual((self.left(serum), self.sold(serum)), ((0, 0), []))

    def test_goods_go_to_the_oldest_payment_first(self) -> None:
        serum = make_variant(stock=0, preorder=True)
        first, second = self.order((serum, 2)), self.order((serum, 2), number="PL-2")
        self.pay(second)
        self.pay(first)
        stock.change(serum, 3, reason=StockReason.RECEIPT, actor=None)
        retry_allocation(Cause(at=NOON))

        waiting = Order.objects.filter(awaits_stock=True)
        self.assertEqual((self.left(serum), waiting.count()), ((1, 0), 1))

    def test_with_stock_it_is_an_ordinary_sale(self) -> None:
        serum = make_variant(stock=5, preorder=True)
        self.pay(self.order((serum, 2)))

        self.assertEqual((self.left(serum), self.sold(serum)), ((3, 0), [-2]))


class ReplayTests(StockCase):
    def test_every_order_of_the_events_twice_over_sells_once(self) -> None:
        cream = make_variant(stock=50)
        for index, order in enumerate(permutations(range(3))):
            story = self.order((cream, 1), number=f"PL-{index}")
            story.is_paid()
            paid = story.events[-3:]
            for event in [paid[place] for place in order] * 2:
                self.assertEqual(deliver(self.client, event).status_code, 200)

        self.assertEqual(self.left(cream), (44, 0))
        self.assertEqual(self.sold(cream), [-1] * 6)

    def test_replaying_the_inbox_changes_nothing(self) -> None:
        cream = make_variant(stock=5)
        story = self.order((cream, 2))
        self.pay(story)
        story.is_refunded(1_00)
        self.tell(story)
        before = everything()

        call_command("replay_events", "--status", "all", stdout=StringIO())

        self.assertEqual(everything(), before)
