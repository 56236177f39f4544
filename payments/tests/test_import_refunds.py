from datetime import UTC, datetime

from orders.models import Order, OrderStatus, RefundState
from payments.models import LedgerEntry, Provider, Refund
from payments.tests.importing import ImportTestCase, entries, line, refund_line
from purelaka.testing import make_order


class RefundTests(ImportTestCase):
    def test_a_refund_is_a_fact_of_the_importer_and_money_of_its_own_day(self) -> None:
        self.take_in(line(), refunds=[refund_line()])

        order, refund = Order.objects.get(), Refund.objects.get()
        back = datetime(2010, 12, 2, 10, tzinfo=UTC)
        self.assertEqual((refund.refund_id, refund.provider), ("import_C1", Provider.IMPORT))
        self.assertEqual((refund.order, refund.payment_intent_id), (order, "import_1001"))
        self.assertEqual((refund.status, refund.created, refund.counted_at), ("succeeded", back, back))
        self.assertEqual((order.amount_refunded, order.refund_status), (1_00, RefundState.PARTIAL))
        self.assertEqual((order.refunded_at, order.status), (back, OrderStatus.FULFILLED))
        self.assertEqual(entries(), [("sale", 5_10, "2010-12-01"), ("refund", -1_00, "2010-12-02")])

    def test_several_refunds_may_add_up_to_the_whole_order(self) -> None:
        self.take_in(line(), refunds=[refund_line("C1", amount="5.00"), refund_line("C2", amount="0.10")])

        self.assertEqual(Order.objects.get().refund_status, RefundState.FULL)
        self.assert_rejected()

    def test_the_one_that_exceeds_the_order_is_rejected(self) -> None:
        said = self.take_in(
            line(),
            refunds=[
                refund_line("C1", amount="5.00"),
                refund_line("C2", amount="0.11"),
                refund_line("C3", amount="0.10"),
            ],
        )

        self.assertIn("2 new refunds, 0 already there; 1 row rejected", said)
        self.assert_rejected((3, "only £0.10 of order 1001 is left to refund"))
        self.assertEqual(Order.objects.get().amount_refunded, 5_10)

    def test_batches_know_of_one_another(self) -> None:
        refunds = self.refunds_file(refund_line("C1", amount="5.00"), refund_line("C2", amount="0.11"))

        self.run_import(self.orders_file(line()), refunds, batch=1)

        self.assert_rejected((3, "only £0.10"))

    def test_a_second_run_changes_nothing_and_says_so(self) -> None:
        refunds = [refund_line("C1", amount="5.00"), refund_line("C2", amount="0.10")]
        self.take_in(line(), refunds=refunds)
        before = list(Order.objects.values()), entries()

        said = self.take_in(line(), refunds=refunds)

        self.assertIn("0 new orders, 1 already there; 0 new refunds, 2 already there; 0 rows rejected", said)
        self.assertEqual((list(Order.objects.values()), entries()), before)

    def test_refunds_may_come_in_a_later_run(self) -> None:
        self.take_in(line())
        self.take_in(line("1002"), refunds=[refund_line()])

        self.assertEqual(Order.objects.get(number="1001").amount_refunded, 1_00)

    def test_one_that_is_there_with_other_content_is_rejected(self) -> None:
        self.take_in(line("1001"), line("1002"), refunds=[refund_line()])

        self.take_in(line(), refunds=[refund_line(amount="2.00")])
        self.assert_rejected((2, "already there with another order, amount or moment"))
        self.take_in(line(), refunds=[refund_line(order_number="1002")])
        self.assert_rejected((2, "already there with another order, amount or moment"))
        self.assertEqual(Refund.objects.get().amount, 1_00)

    def test_what_fits_no_order_is_rejected_with_the_reason(self) -> None:
        make_order(number="PL-1")

        self.take_in(
            line(),
            refunds=[
                refund_line("C1", "9999"),
                refund_line("C2", "PL-1"),
                refund_line("C3", currency="EUR"),
                refund_line("C4", refunded_at="2010-12-01T08:25:59"),
                refund_line("C5", amount="0.00"),
                refund_line("C6", amount="-1.00"),
                refund_line(""),
            ],
        )

        self.assert_rejected(
            (2, "there is no order 9999"),
            (3, "order PL-1 was not imported"),
            (4, "order 1001 is in GBP, not EUR"),
            (5, "from before its order 1001 was placed"),
            (6, "amount is 0"),
            (7, "amount is '-1.00'"),
            (8, "refund_number is empty"),
        )
        self.assertFalse(Refund.objects.exists())
        self.assertEqual(LedgerEntry.objects.count(), 1)

    def test_a_number_that_stands_twice_counts_once(self) -> None:
        self.take_in(line(), refunds=[refund_line(), refund_line()])

        self.assert_rejected((3, "refund C1 stands in line 2 too"))
        self.assertEqual(Order.objects.get().amount_refunded, 1_00)

    def test_in_the_minute_of_the_order_is_not_before_it(self) -> None:
        self.take_in(line(), refunds=[refund_line(refunded_at="2010-12-01T08:26:00")])

        self.assert_rejected()

    def test_a_refund_of_a_rejected_order_is_rejected_too(self) -> None:
        self.take_in(line(quantity="x"), refunds=[refund_line()])

        self.assert_rejected((2, "quantity"), (2, "there is no order 1001"))
        self.assertEqual([row["file"] for row in self.rejected_rows()], ["orders.csv", "refunds.csv"])
