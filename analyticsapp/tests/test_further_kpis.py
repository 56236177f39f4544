"""The figures of the reports, in small ledgers that can be counted by hand."""

from datetime import datetime

from django.test import TestCase
from django.urls import reverse

from accounts.models import Role
from analyticsapp.figures.facts import compare
from analyticsapp.kpis import KPIS
from analyticsapp.rollups.definitions import state
from analyticsapp.tests.ledgers import at, june, placed, post, refunded, sold
from analyticsapp.tests.test_dashboard import JUNE, text
from analyticsapp.tests.test_kpi_detail import url
from analyticsapp.tests.test_kpis import figures
from analyticsapp.windows import Window
from orders.models import Order, OrderStatus
from payments.models import Charge, Dispute, Kind
from purelaka.testing import make_user

JULY_1 = at(1, month=7)


def charge(
    order: Order,
    moment: datetime,
    *,
    settled: str = "txn_1",
    provider: str = "stripe",
    status: str = "succeeded",
) -> Charge:
    return Charge.objects.create(
        charge_id=f"ch_{Charge.objects.count()}",
        order=order,
        amount=order.amount_total,
        amount_captured=order.amount_total,
        currency=order.currency,
        status=status,
        provider=provider,
        balance_transaction_id=settled,
        created=moment,
        as_of=moment,
    )


def dispute(order: Order, moment: datetime, status: str) -> Dispute:
    return Dispute.objects.create(
        dispute_id=f"dp_{Dispute.objects.count()}",
        order=order,
        amount=order.amount_total,
        currency=order.currency,
        status=status,
        created=moment,
        as_of=moment,
    )


class Customers(TestCase):
    def test_who_bought_before_is_returning_and_who_did_not_is_new(self) -> None:
        sold(10_00, at(3, month=5), email="ann@example.com")
        sold(10_00, at(3), email="ann@example.com")
        sold(10_00, at(4), email="bob@example.com")
        sold(10_00, at(5), email="bob@example.com")
        sold(10_00, at(5), email="cyd@example.com", currency="eur")

        found = figures(1, 30)
        self.assertEqual((found["new_customers"], found["returning_customers"]), ("1", "1"))
        self.assertEqual(found["returning_rate_pct"], "50.00")
        self.assertEqual(figures(1, 30, "eur")["new_customers"], "1")

    def test_an_order_that_was_taken_back_makes_nobody_a_returning_customer(self) -> None:
        order = sold(10_00, at(3, month=5), email="ann@example.com")
        post(Kind.SALE, -10_00, at(3, month=5), order=order)
        sold(10_00, at(3), email="ann@example.com")

        self.assertEqual(figures(1, 30)["new_customers"], "1")


class RefundsBySale(TestCase):
    def test_they_belong_to_the_sale_whenever_they_were_made(self) -> None:
        earlier = sold(50_00, at(3, month=5))
        refunded(earlier, 50_00, at(4))
        order = sold(100_00, at(3))
        refunded(order, 20_00, at(5))
        refunded(order, 5_00, JULY_1)
        sold(100_00, at(6))

        found = figures(1, 30)
        self.assertEqual((found["refunded_amount"], found["refunds_of_sales"]), ("70.00", "25.00"))
        self.assertEqual((found["refunded_orders"], found["refunded_sold_orders"]), ("2", "1"))
        self.assertEqual(found["refund_rate_sold_orders_pct"], "50.00")
        self.assertEqual(found["refund_rate_sold_value_pct"], "12.50")

    def test_as_known_earlier_they_are_those_that_were_known(self) -> None:
        order = placed(100_00, status=OrderStatus.PAID, paid_at=at(3))
        post(Kind.SALE, 100_00, at(3), order=order, posted_at=at(3))
        post(Kind.REFUND, -30_00, JULY_1, order=order, posted_at=JULY_1)
        self.client.force_login(make_user(Role.ANALYST))

        page = text(self.client.get(url("refunds_of_sales"), {**JUNE, "known": "2026-06-30"}))

        self.assertIn(
            "As known on 30 Jun 2026 £0.00 As known now £30.00 Entries learnt since 1, −£30.00", page
        )


class Disputes(TestCase):
    def test_the_rate_is_of_charges_and_inquiries_are_no_disputes(self) -> None:
        orders = [sold(10_00, at(day)) for day in range(1, 9)]
        for order in orders:
            charge(order, at(3))
        charge(orders[0], at(3), status="failed")
        dispute(orders[0], at(9), "lost")
        dispute(orders[1], at(9), "needs_response")
        dispute(orders[2], at(9), "warning_needs_response")
        dispute(orders[3], JULY_1, "lost")

        found = figures(1, 30)
        self.assertEqual((found["charges"], found["disputes"], found["disputes_lost"]), ("8", "2", "1"))
        self.assertEqual(found["dispute_rate_pct"], "25.00")


class ToTheBank(TestCase):
    def test_everything_but_payouts_is_net_to_bank(self) -> None:
        order = sold(100_00, at(3))
        refunded(order, 10_00, at(4))
        post(Kind.FEE, -3_00, at(3), order=order)
        post(Kind.UNAPPLIED, 7_00, at(5), order=placed(9_00))
        post(Kind.ADJUSTMENT, -1_00, at(6))
        post(Kind.PAYOUT, -80_00, at(7))

        found = figures(1, 30)
        self.assertEqual(
            (found["net_to_bank"], found["paid_out"], found["left_at_stripe"]), ("93.00", "80.00", "13.00")
        )
        self.assertEqual((found["unapplied"], found["adjustments"]), ("7.00", "-1.00"))

    def test_fees_that_are_not_known_are_counted_and_said_on_the_dashboard(self) -> None:
        order = sold(100_00, at(3))
        charge(order, at(3), settled="")
        charge(order, at(4), settled="")
        charge(order, at(4), settled="", provider="import")
        self.client.force_login(make_user(Role.OPS))

        page = self.client.get(reverse("analyticsapp:dashboard"), JUNE)

        self.assertEqual(figures(1, 30)["fees_pending"], "2")
        self.assertContains(page, "2 charges&#x27; fees not known yet", count=2)


class Goods(TestCase):
    def test_units_and_product_sales_are_before_discount_and_without_delivery(self) -> None:
        order = sold(28_00, at(3), lines=[("CREAM", 2, 10_00), ("SOAP", 1, 5_00)])
        order.items.filter(sku="CREAM").update(amount_discount=2_00)

        found = figures(1, 30)
        self.assertEqual((found["units"], found["gross_product_sales"]), ("3", "25.00"))


class Pages(TestCase):
    def test_each_figure_s_rows_come_to_it(self) -> None:
        first = sold(50_00, at(3, month=5), email="ann@example.com")
        order = sold(100_00, at(3), email="ann@example.com", lines=[("CREAM", 2, 10_00), ("SOAP", 1, 5_00)])
        sold(30_00, at(4), email="bob@example.com")
        refunded(first, 50_00, at(4))
        refunded(order, 20_00, JULY_1)
        post(Kind.FEE, -3_00, at(3), order=order)
        post(Kind.UNAPPLIED, 7_00, at(5), order=placed(9_00))
        post(Kind.ADJUSTMENT, -1_00, at(6))
        post(Kind.PAYOUT, -80_00, at(7))
        charge(order, at(3), settled="")
        charge(order, at(3))
        dispute(order, at(4), "lost")
        dispute(order, at(4), "won")
        self.client.force_login(make_user(Role.ANALYST))
        found = compare(Window(*june(1, 30)), state(), needs={n for kpi in KPIS.values() for n in kpi.needs})
        of_reports = [key for key, kpi in KPIS.items() if kpi.needs]

        for key in [*of_reports, "net_to_bank"]:
            with self.subTest(key):
                self.assertTrue(
                    KPIS[key].compute(found.now["gbp"]), "a figure that is nothing proves nothing"
                )
                self.assertRegex(
                    text(self.client.get(url(key), JUNE)),
                    "The rows sum to the figure|There are as many rows as the figure says",
                )
