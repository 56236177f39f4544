"""After goods came back in parts, every check is clean."""

from monitoring.tests.test_hard_cases import found
from payments.tests.test_refund_lines import LinesCase


class ReturnTests(LinesCase):
    def test_stock_and_its_movements_agree(self) -> None:
        self.refund(third=2, third_back="on")
        self.refund(third=1, third_back="on", four=1, delivery="on")

        for name in ("stock_moved", "stock_reserved", "items_moved", "refunds_arrived", "requests_answered"):
            with self.subTest(name=name):
                self.assertEqual(found(name), [])

    def test_the_gate_stays_shut_for_goods_that_vanished(self) -> None:
        self.refund(third=1, third_back="on")
        self.thirds.refresh_from_db()
        type(self.thirds).objects.filter(pk=self.thirds.pk).update(stock=self.thirds.stock + 1)

        self.assertEqual(found("stock_moved"), ["THIRD"])
