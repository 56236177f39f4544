"""Two checkouts at once, and the same with the lock taken away: then the damage shows."""

import contextlib
from collections.abc import Callable
from threading import Barrier, BrokenBarrierError, Thread
from typing import Any
from unittest import skipUnless
from unittest.mock import patch

from django.db import connection

from catalog.models import Variant
from orders import checkout
from orders.models import Basket, DiscountCode, Order
from orders.placing import place_order
from orders.tests.making import ADDRESS, Shopper, make_code, make_rate
from purelaka.testing import GuardedTransactionTestCase, make_variant

WAITS = 0.4  # how long one waits for the other just before it writes; with the lock nobody comes


@skipUnless(connection.vendor == "postgresql", "threads share an in-memory SQLite badly")
class CheckoutRaceTests(GuardedTransactionTestCase):
    def setUp(self) -> None:
        make_rate()
        self.cream = make_variant(stock=10)
        self.outcomes: list[object] = []
        self.at_the_pen = Barrier(2)

    def write(self, *args: Any, **options: Any) -> Order:
        """Both are let in at the same moment, if both get here."""
        with contextlib.suppress(BrokenBarrierError):
            self.at_the_pen.wait(WAITS)
        return place_order(*args, **options)

    def place(self, basket: Basket, seen: str) -> None:
        try:
            details = checkout.Details(**ADDRESS)
            self.outcomes.append(checkout.place(basket, details, user=None, method_id=None, seen=seen).number)
        except Exception as problem:
            self.outcomes.append(problem)
        finally:
            connection.close()

    def at_once(self, *orders: tuple[Basket, str]) -> None:
        threads = [Thread(target=self.place, args=order) for order in orders]
        with patch("orders.checkout.place_order", self.write):
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(20)

    def filled(self, code: DiscountCode | None = None) -> tuple[Basket, str]:
        """A basket, and the amounts its owner agreed to."""
        shopper = Shopper()
        shopper.puts(self.cream, 2)
        if code:
            shopper.enters(code.code)
        return shopper.basket, shopper.sees()["seen"]

    def submit_twice(self) -> None:
        basket, seen = self.filled()
        self.at_once((basket, seen), (basket, seen))

    def test_a_double_click_makes_one_order(self) -> None:
        self.submit_twice()

        self.assertEqual(self.outcomes, [Order.objects.get().number] * 2)
        self.assertEqual(Variant.objects.get().reserved, 2)

    def test_without_the_baskets_lock_it_would_make_two(self) -> None:
        with patch("orders.checkout.baskets.locked", lambda basket: Basket.objects.get(pk=basket.pk)):
            self.submit_twice()

        self.assertEqual(Order.objects.count(), 2)
        self.assertEqual(Variant.objects.get().reserved, 4)

    def use_last_code_twice(self) -> None:
        code = make_code(max_redemptions=1)
        self.at_once(self.filled(code), self.filled(code))

    def test_the_last_use_of_a_code_goes_to_one(self) -> None:
        self.use_last_code_twice()

        (refused,) = [outcome for outcome in self.outcomes if isinstance(outcome, checkout.Changed)]
        self.assertEqual(refused.changes, ("SPRING was used up.",))
        self.assertEqual(Order.objects.get().amount_discount, 2_00)

    def test_without_the_codes_lock_it_would_go_to_both(self) -> None:
        unlocked: Callable[[], Any] = DiscountCode.objects.all
        with patch.object(DiscountCode.objects, "select_for_update", unlocked):
            self.use_last_code_twice()

        self.assertEqual(Order.objects.exclude(discount_code=None).count(), 2)

    def test_the_last_piece_goes_to_one(self) -> None:
        Variant.objects.update(stock=3)
        self.at_once(self.filled(), self.filled())

        self.assertEqual(sum(isinstance(o, checkout.NeedsAttention) for o in self.outcomes), 1)
        self.assertEqual((Order.objects.count(), Variant.objects.get().reserved), (1, 2))

    def test_two_changes_at_once_leave_one_order(self) -> None:
        """Both give up the old order; each is then asked for the same new one."""
        basket, seen = self.filled()
        checkout.place(
            basket,
            checkout.Details(**{**ADDRESS, "line1": "1 Old Street"}),
            user=None,
            method_id=None,
            seen=seen,
        )
        self.at_once((basket, seen), (basket, seen))

        self.assertEqual(sorted(Order.objects.values_list("status", flat=True)), ["canceled", "pending"])
        self.assertEqual(Variant.objects.get().reserved, 2)
