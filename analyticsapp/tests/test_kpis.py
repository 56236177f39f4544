"""The figures of small ledgers that can be counted by hand."""

from datetime import date, datetime, timedelta
from typing import Any

from django.test import SimpleTestCase, TestCase

from accounts.models import User
from analyticsapp.figures.facts import Facts, window_facts
from analyticsapp.kpis import KPIS
from analyticsapp.kpis.definition import for_file, for_people
from analyticsapp.rollups.definitions import state
from analyticsapp.tests.ledgers import at, june, placed, post, refunded, sold
from analyticsapp.windows import Window
from orders.models import Basket, BasketItem, OrderStatus
from payments.models import Kind
from purelaka.testing import make_user
from wishlist.models import WishlistItem


def figures(first: int, last: int, currency: str = "gbp") -> dict[str, str]:
    """The KPIs of some days of June 2026, as files write them."""
    facts = window_facts(Window(*june(first, last)), state())[currency]
    return {key: for_file(kpi, kpi.compute(facts), currency) for key, kpi in KPIS.items()}


class Money(TestCase):
    def test_a_sale_counts_on_the_day_it_was_paid_and_a_refund_on_the_day_it_was_made(self) -> None:
        order = sold(100_00, at(3))
        refunded(order, 30_00, at(9))

        self.assertEqual((figures(1, 5)["revenue"], figures(1, 5)["refunded_amount"]), ("100.00", "0.00"))
        self.assertEqual((figures(6, 10)["revenue"], figures(6, 10)["refunded_amount"]), ("0.00", "30.00"))
        self.assertEqual(figures(6, 10)["net_revenue"], "-30.00")

    def test_a_refund_that_fails_comes_back_on_the_day_it_failed(self) -> None:
        order = sold(100_00, at(3))
        refunded(order, 30_00, at(4), source_id="re_1")
        post(Kind.REFUND_REVERSAL, 30_00, at(8), order=order, source_id="re_1")

        self.assertEqual(figures(4, 4)["refunded_amount"], "30.00")
        self.assertEqual(figures(8, 8)["refunded_amount"], "-30.00")
        self.assertEqual((figures(3, 8)["refunded_amount"], figures(3, 8)["refunded_orders"]), ("0.00", "0"))

    def test_disputes_are_no_refunds_and_lower_net_sales(self) -> None:
        order = sold(100_00, at(3))
        post(Kind.DISPUTE_WITHDRAWAL, -100_00, at(5), order=order)

        found = figures(1, 5)
        self.assertEqual((found["refunded_amount"], found["disputed_amount"]), ("0.00", "100.00"))
        self.assertEqual((found["revenue"], found["net_revenue"]), ("100.00", "0.00"))

    def test_money_that_pays_no_order_is_no_sale(self) -> None:
        sold(10_00, at(3))
        post(Kind.UNAPPLIED, 99_00, at(3), order=placed(50_00))

        self.assertEqual((figures(3, 3)["revenue"], figures(3, 3)["orders"]), ("10.00", "1"))

    def test_an_order_whose_sale_was_taken_back_is_not_sold(self) -> None:
        order = sold(10_00, at(3))
        post(Kind.SALE, -10_00, at(3, 13), order=order)

        found = figures(3, 3)
        self.assertEqual((found["revenue"], found["orders"], found["unique_customers"]), ("0.00", "0", "0"))

    def test_fees_and_credits(self) -> None:
        post(Kind.FEE, -1_80, at(3), order=sold(100_00, at(3)))
        post(Kind.FEE_CREDIT, 20, at(4))

        self.assertEqual(figures(1, 5)["fees"], "1.60")

    def test_two_currencies_are_never_added(self) -> None:
        sold(10_00, at(3))
        sold(20_00, at(3), currency="eur")
        sold(1200, at(3), currency="jpy")

        revenue = [figures(3, 3, currency)["revenue"] for currency in ("gbp", "eur", "jpy")]
        self.assertEqual(revenue, ["10.00", "20.00", "1200"])

    def test_the_night_the_clocks_change_belongs_to_the_store_s_day(self) -> None:
        sold(1_00, at(29, 0, month=3))  # 00:00 GMT, the 29th
        sold(2_00, at(29, 22, month=3))  # 23:00 BST, still the 29th
        sold(4_00, at(29, 23, month=3))  # 00:00 BST, the 30th

        day = date(2026, 3, 29)
        facts = window_facts(Window(day, day), state())["gbp"]

        self.assertEqual(facts.revenue, 3_00)


class People(TestCase):
    def test_who_buys_on_two_days_counts_once_and_is_a_repeat_customer(self) -> None:
        sold(10_00, at(3), email="ann@example.com")
        sold(10_00, at(9), email="ann@example.com")
        sold(10_00, at(9), email="bob@example.com")

        found = figures(1, 10)
        self.assertEqual((found["unique_customers"], found["repeat_customers"]), ("2", "1"))
        self.assertEqual(found["repeat_rate_pct"], "50.00")
        self.assertEqual(figures(9, 9)["repeat_customers"], "0")

    def test_a_second_order_in_another_currency_makes_no_repeat_customer(self) -> None:
        sold(10_00, at(3), email="ann@example.com")
        sold(10_00, at(4), email="ann@example.com", currency="eur")

        self.assertEqual([figures(1, 5, code)["repeat_customers"] for code in ("gbp", "eur")], ["0", "0"])

    def test_an_order_refunded_in_two_steps_counts_once(self) -> None:
        order = sold(100_00, at(3))
        refunded(order, 30_00, at(4))
        refunded(order, 30_00, at(6))
        sold(50_00, at(3))

        found = figures(1, 10)
        self.assertEqual((found["refunded_orders"], found["refund_rate_orders_pct"]), ("1", "50.00"))
        self.assertEqual(found["refund_rate_value_pct"], "40.00")


class Wishes(TestCase):
    def setUp(self) -> None:
        self.ann, self.bob = make_user(email="ann@example.com"), make_user(email="bob@example.com")
        self.order = sold(10_00, at(6), user=self.bob)
        item = self.order.items.first()
        assert item is not None
        self.variant = item.variant

    def wish(self, day: int, user: User | None = None, removed_at: datetime | None = None) -> None:
        WishlistItem.objects.create(
            user=user or self.bob, variant=self.variant, created_at=at(day), removed_at=removed_at
        )

    def people(self, first: int, last: int) -> tuple[str, str]:
        found = figures(first, last)
        return found["wishlisted_users"], found["purchased_users"]

    def test_a_purchase_counts_after_the_wish(self) -> None:
        self.wish(5)
        self.wish(5, user=self.ann)

        self.assertEqual(self.people(1, 10), ("2", "1"))
        self.assertEqual(self.people(1, 5), ("2", "0"))

    def test_a_purchase_before_the_wish_does_not_count(self) -> None:
        self.wish(7)

        self.assertEqual(self.people(1, 10), ("1", "0"))

    def test_who_wishes_twice_counts_once(self) -> None:
        self.wish(4, removed_at=at(20))
        self.wish(5)

        self.assertEqual(self.people(1, 10), ("1", "1"))

    def test_a_wish_taken_back_in_the_window_does_not_count(self) -> None:
        self.wish(5, removed_at=at(8))

        self.assertEqual(self.people(1, 10), ("0", "0"))
        self.assertEqual(self.people(5, 6), ("1", "1"))

    def put_into_basket(self, day: int, user: User) -> None:
        basket = Basket.objects.create(user=user, closed_at=at(30))
        BasketItem.objects.create(
            basket=basket, variant=self.variant, quantity=1, unit_amount=1, added_at=at(day)
        )

    def test_who_bought_or_put_something_into_the_basket_after_the_wish_had_one(self) -> None:
        self.wish(5)
        self.wish(5, user=self.ann)
        self.put_into_basket(4, self.ann)
        self.assertEqual(figures(1, 10)["basket_users"], "1")  # Bob bought

        self.put_into_basket(8, self.ann)
        self.assertEqual((figures(1, 10)["basket_users"], figures(1, 7)["basket_users"]), ("2", "1"))

    def test_an_order_that_is_not_paid_is_no_purchase(self) -> None:
        self.wish(5, user=self.ann)
        placed(10_00, user=self.ann, status=OrderStatus.CANCELED, canceled_at=at(6), paid_at=at(6))

        self.assertEqual(self.people(1, 10), ("1", "0"))

    def test_the_number_is_the_same_for_each_currency(self) -> None:
        self.wish(5)
        sold(10_00, at(6), currency="eur")

        self.assertEqual(figures(1, 10, "eur")["purchased_users"], "1")


class Rounding(SimpleTestCase):
    def shown(self, key: str, **facts: Any) -> tuple[str, str]:
        kpi = KPIS[key]
        figure = kpi.compute(Facts(currency="gbp", **facts))
        return for_file(kpi, figure, "gbp"), for_people(kpi, figure, "gbp")

    def test_an_average_is_rounded_half_to_even(self) -> None:
        self.assertEqual(self.shown("aov", revenue=5, orders=2)[0], "0.02")
        self.assertEqual(self.shown("aov", revenue=7, orders=2)[0], "0.04")

    def test_per_cents_are_rounded_half_to_even_to_two_digits(self) -> None:
        self.assertEqual(self.shown("refund_rate_value_pct", refunded=1, revenue=800)[0], "0.12")
        self.assertEqual(self.shown("refund_rate_value_pct", refunded=3, revenue=800)[0], "0.38")
        self.assertEqual(self.shown("repeat_rate_pct", repeat_customers=1, unique_customers=3)[0], "33.33")

    def test_nothing_to_divide_by_is_zero_in_files_and_a_dash_for_people(self) -> None:
        for key in ("aov", "refund_rate_orders_pct", "refund_rate_value_pct", "repeat_rate_pct"):
            self.assertEqual(self.shown(key), ("0.00", "–"))

    def test_people_read_separators_symbols_and_a_true_minus(self) -> None:
        self.assertEqual(self.shown("revenue", revenue=1_234_50)[1], "£1,234.50")
        self.assertEqual(self.shown("net_revenue", refunded=30)[1], "−£0.30")
        self.assertEqual(self.shown("orders", orders=12345)[1], "12,345")
        self.assertEqual(self.shown("refund_rate_value_pct", refunded=-1, revenue=2)[1], "−50.00%")


class Latest(TestCase):
    def test_the_latest_day_is_the_last_one_in_the_window_on_which_money_moved(self) -> None:
        sold(10_00, at(3))
        sold(10_00, at(20))
        window = Window(*june(1, 10))

        self.assertEqual(window_facts(window, state())["gbp"].latest_day, date(2026, 6, 3))
        later = Window(window.end + timedelta(days=1), window.end + timedelta(days=2))
        self.assertIsNone(window_facts(later, state())["gbp"].latest_day)
