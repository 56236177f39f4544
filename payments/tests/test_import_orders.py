from contextlib import chdir
from datetime import UTC, datetime
from io import StringIO

from django.core.management import call_command
from django.test import TestCase, override_settings

from audit.models import AuditLog
from catalog.models import StockMovement, Variant
from orders.models import Order, OrderStatus
from payments.models import LedgerEntry, Payment, Provider
from payments.tests.importing import ImportTestCase, entries, line
from payments.tests.posting import deliver, with_webhook_secret
from payments.tests.telling import paid_story
from purelaka.testing import make_order, make_variant


class OrderTests(ImportTestCase):
    def test_an_order_comes_in_paid_and_fulfilled_at_the_moment_it_was_placed(self) -> None:
        self.take_in(line(email=" Ann@Example.COM "), line(sku="71053", quantity="3", unit_price="3.4"))

        order = Order.objects.get(number="1001")
        placed = datetime(2010, 12, 1, 8, 26, tzinfo=UTC)
        self.assertEqual((order.status, order.email), (OrderStatus.FULFILLED, "ann@example.com"))
        self.assertEqual(
            (order.amount_total, order.currency, order.country), (15_30, "gbp", "United Kingdom")
        )
        self.assertEqual((order.created_at, order.paid_at, order.fulfilled_at), (placed,) * 3)

    def test_its_lines_stay_in_their_order_and_keep_their_own_names(self) -> None:
        self.take_in(
            line(product_name="WHITE HEART"), line(product_name="white heart, new"), line(sku="POST")
        )

        items = Order.objects.get().items.order_by("pk")
        self.assertEqual(
            [(item.sku, item.product_name, item.quantity, item.unit_amount) for item in items],
            [
                ("85123A", "WHITE HEART", 2, 2_55),
                ("85123A", "white heart, new", 2, 2_55),
                ("POST", "WHITE HEART", 2, 2_55),
            ],
        )

    def test_its_money_is_a_fact_of_the_importer_and_a_sale_of_its_day(self) -> None:
        self.take_in(line())

        payment = Payment.objects.get()
        self.assertEqual((payment.provider, payment.payment_intent_id), (Provider.IMPORT, "import_1001"))
        self.assertEqual((payment.status, payment.amount_received), ("succeeded", 5_10))
        self.assertEqual(payment.order, Order.objects.get())
        self.assertEqual(entries(), [("sale", 5_10, "2010-12-01")])

    def test_the_first_line_says_when_it_was_placed(self) -> None:
        self.take_in(line(placed_at="2010-12-01T08:27:00"), line(placed_at="2010-12-01T08:26:00"))

        self.assertEqual(Order.objects.get().created_at, datetime(2010, 12, 1, 8, 27, tzinfo=UTC))

    def test_lines_of_one_order_need_not_stand_together(self) -> None:
        self.take_in(line("1001"), line("1002"), line("1001", sku="71053"), line("1002", sku="71053"))

        self.assert_orders("1001", "1002")
        self.assertEqual([order.items.count() for order in Order.objects.all()], [2, 2])
        self.assertEqual([order.amount_total for order in Order.objects.all()], [10_20, 10_20])

    def test_every_step_is_in_the_audit_log_and_so_is_the_run(self) -> None:
        self.take_in(line())

        self.assertEqual(
            list(AuditLog.objects.order_by("pk").values_list("event_type", flat=True)),
            ["order.paid", "order.fulfilled", "orders.imported"],
        )
        run = AuditLog.objects.get(event_type="orders.imported").data
        self.assertEqual((run["new_orders"], run["new_lines"], run["rejected_rows"]), (1, 1, 0))
        self.assertEqual(len(run["files"]["orders.csv"]), 64)  # its SHA-256

    def test_a_currency_without_minor_units_and_one_with_three_digits_are_exact(self) -> None:
        self.take_in(
            line("1", currency="JPY", unit_price="1200"),
            line("2", currency="kwd", unit_price="1.234"),
            line("3", currency="JPY", unit_price="12.50"),
        )

        totals = Order.objects.order_by("number").values_list("currency", "amount_total")
        self.assertEqual(list(totals), [("jpy", 2400), ("kwd", 2468)])
        self.assert_rejected((4, "more than 0 digits"))

    def test_a_line_may_be_free_but_not_a_whole_order(self) -> None:
        self.take_in(line("1"), line("1", sku="GIFT", unit_price="0.00"), line("2", unit_price="0"))

        self.assert_orders("1")
        self.assert_rejected((4, "its total is 0"))

    def test_an_order_of_very_many_pieces_is_as_good_as_any(self) -> None:
        self.take_in(line(quantity="80995", unit_price="2.08"))

        self.assertEqual(Order.objects.get().amount_total, 168_469_60)

    def test_money_that_stripe_told_of_before_flags_the_order(self) -> None:
        story = paid_story("1001", amount=5_10)
        with with_webhook_secret():
            for event in story.events:
                deliver(self.client, event)

        self.take_in(line("1001"), line("1002"))

        self.assertEqual(Order.objects.get(number="1001").flag, "paid_twice")
        self.assertEqual(Order.objects.get(number="1002").flag, "")


class GoodsTests(ImportTestCase):
    def test_each_sku_becomes_one_variant_named_as_it_was_first(self) -> None:
        self.take_in(
            line("1", product_name="WHITE HEART"),
            line("2", product_name="HEART, WHITE"),
            line("2", sku="POST", product_name="POSTAGE"),
        )

        variants = Variant.objects.order_by("sku")
        self.assertEqual(
            [(variant.sku, variant.product.name) for variant in variants],
            [("85123A", "WHITE HEART"), ("POST", "POSTAGE")],
        )

    def test_variants_are_history_never_for_sale_and_without_stock(self) -> None:
        self.take_in(line())

        variant = Variant.objects.get()
        self.assertEqual((variant.is_active, variant.stock_tracked), (False, False))
        self.assertEqual((variant.product.is_active, variant.product.category.name), (False, "Imported"))
        self.assertEqual((variant.unit_amount, variant.currency), (2_55, "gbp"))

    def test_skus_that_differ_in_their_case_are_two(self) -> None:
        self.take_in(line(sku="15056BL"), line(sku="15056bl"), line(sku="!"), line(sku="?"))

        slugs = Variant.objects.order_by("pk").values_list("product__slug", flat=True)
        self.assertEqual(list(slugs), ["imported-15056bl", "imported-15056bl-2", "imported", "imported-2"])

    def test_a_later_run_uses_the_variants_that_are_there(self) -> None:
        self.take_in(line("1"))
        self.take_in(line("2"))

        self.assertEqual(Variant.objects.count(), 1)

    def test_history_takes_nothing_from_the_stock_of_a_sku_on_sale(self) -> None:
        on_sale = make_variant(sku="85123A", stock=1)

        self.take_in(line("1"))
        self.take_in(line("2"))

        on_sale.refresh_from_db()
        self.assertEqual((on_sale.stock, on_sale.reserved), (1, 0))
        self.assertFalse(StockMovement.objects.exclude(order_item=None).exists())
        items = [item for order in Order.objects.all() for item in order.items.all()]
        self.assertEqual({item.sku for item in items}, {"85123A"})
        self.assertEqual({item.variant.sku for item in items}, {"85123A (imported)"})


class SecondRunTests(ImportTestCase):
    def test_it_changes_nothing_and_says_so(self) -> None:
        lines = [line("1"), line("2"), line("2", sku="POST")]
        first = self.take_in(*lines)
        before = list(Order.objects.values()), entries()

        second = self.take_in(*lines)

        self.assertIn("2 new orders of 3 lines, 0 already there", first)
        self.assertIn("0 new orders, 2 already there", second)
        self.assertEqual((list(Order.objects.values()), entries()), before)
        self.assert_rejected()

    def test_orders_added_to_the_file_come_in(self) -> None:
        self.take_in(line("1"))

        said = self.take_in(line("1"), line("2"))

        self.assertIn("1 new order of 1 lines, 1 already there", said)

    def test_an_order_with_other_content_is_rejected_and_left_as_it_is(self) -> None:
        self.take_in(line("1"), line("2"), line("3"))

        self.take_in(
            line("1", email="bob@example.com"),
            line("2", quantity="3"),
            line("3", product_name="RED HEART"),
        )

        self.assert_rejected(
            (2, "order 1 is already there, and it differs in email; nothing was changed"),
            (3, "it differs in total"),
            (4, "it differs in lines"),
        )
        self.assertEqual(set(Order.objects.values_list("email", flat=True)), {"ann@example.com"})
        self.assertEqual(sum(entry.amount for entry in LedgerEntry.objects.all()), 3 * 5_10)

    def test_the_same_lines_in_another_order_are_the_same_order(self) -> None:
        self.take_in(line(sku="A"), line(sku="B"))

        said = self.take_in(line(sku="B"), line(sku="A"))

        self.assertIn("0 new orders, 1 already there", said)

    def test_a_number_that_the_shop_has_given_out_is_rejected(self) -> None:
        make_order(number="1001", amount_total=5_10)

        self.take_in(line("1001"))

        self.assert_rejected((2, "it was not imported but placed in this shop"))
        self.assertEqual(Order.objects.get().status, OrderStatus.PENDING)

    def test_what_became_of_the_order_since_does_not_matter(self) -> None:
        self.take_in(line())
        Order.objects.update(tracking_number="AB1")

        self.assertIn("0 new orders, 1 already there", self.take_in(line()))


class MomentTests(TestCase):
    """Times without an offset are the store's."""

    def placed(self, *times: str) -> list[str]:
        case = ImportTestCase()
        case.make_folder(self)
        case.take_in(*(line(f"{number}", placed_at=time) for number, time in enumerate(times, 1)))
        moments = Order.objects.order_by("pk").values_list("created_at", flat=True)
        return [f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}" for moment in moments]

    def test_summer_time_is_an_hour_ahead(self) -> None:
        self.assertEqual(self.placed("2011-07-01T00:30:00"), ["2011-06-30T23:30:00"])
        self.assertEqual(str(LedgerEntry.objects.get().occurred_on), "2011-07-01")

    def test_of_the_hour_that_comes_twice_the_first_is_meant(self) -> None:
        self.assertEqual(self.placed("2011-10-30T01:30:00"), ["2011-10-30T00:30:00"])

    def test_a_time_in_the_hour_left_out_is_counted_on_from_before(self) -> None:
        self.assertEqual(self.placed("2011-03-27T01:30:00"), ["2011-03-27T01:30:00"])

    def test_an_offset_says_which_moment_is_meant(self) -> None:
        self.assertEqual(
            self.placed("2011-10-30T01:30:00+00:00", "2011-10-30T01:30:00+01:00", "2011-06-01T12:00:00Z"),
            ["2011-10-30T01:30:00", "2011-10-30T00:30:00", "2011-06-01T12:00:00"],
        )

    def test_a_day_is_its_start_and_a_space_is_as_good_as_a_t(self) -> None:
        self.assertEqual(
            self.placed("2011-01-05", "2011-01-05 10:00"), ["2011-01-05T00:00:00", "2011-01-05T10:00:00"]
        )

    @override_settings(TIME_ZONE="America/New_York")
    def test_the_store_may_be_elsewhere(self) -> None:
        self.assertEqual(self.placed("2011-01-05T22:00:00"), ["2011-01-06T03:00:00"])
        self.assertEqual(str(LedgerEntry.objects.get().occurred_on), "2011-01-05")


class DefaultRejectsFileTests(ImportTestCase):
    def test_it_is_named_after_the_lines_and_lies_in_the_folder_one_is_in(self) -> None:
        orders = self.orders_file(line(), line("2", sku=""), name="year.csv.gz")
        out = StringIO()

        with chdir(self.folder):
            call_command("import_orders", str(orders), stdout=out, stderr=StringIO())

        self.assertIn("1 row rejected, see year.rejects.csv", out.getvalue())
        self.assertTrue((self.folder / "year.rejects.csv").exists())
