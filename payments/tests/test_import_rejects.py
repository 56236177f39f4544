import csv

from django.core.management.base import CommandError

from orders.models import Order
from payments.tests.importing import ORDERS_HEADER, ImportTestCase, line, refund_line


class BadFileTests(ImportTestCase):
    """A file that is not what it should be stops the run before anything is written."""

    def assert_refused(self, content: bytes, reason: str, *, name: str = "orders.csv") -> None:
        with self.assertRaisesMessage(CommandError, reason):
            self.run_import(self.write(name, content))
        self.assertFalse(Order.objects.exists())

    def test_a_missing_column_is_named(self) -> None:
        header = ORDERS_HEADER.replace("unit_price", "price")
        self.assert_refused(f"{header}\n{line()}\n".encode(), "has no column unit_price")

    def test_a_column_that_stands_twice_is_named(self) -> None:
        self.assert_refused(f"{ORDERS_HEADER},email\n".encode(), "has the column email twice")

    def test_other_separators_are_told_from_missing_columns(self) -> None:
        self.assert_refused(ORDERS_HEADER.replace(",", ";").encode(), "is not separated by commas")

    def test_utf_16_is_recognised(self) -> None:
        self.assert_refused(f"{ORDERS_HEADER}\n".encode("utf-16"), "is UTF-16")

    def test_an_empty_file_and_a_picture_are_no_csv(self) -> None:
        self.assert_refused(b"", "its first line must name the columns")
        self.assert_refused(b"\x89PNG\r\n\x1a\n\x00\x00", "is no CSV file in UTF-8")

    def test_a_gzip_file_cut_short_is_found_before_it_is_used(self) -> None:
        path = self.orders_file(*(line(str(number)) for number in range(500)), name="orders.csv.gz")
        path.write_bytes(path.read_bytes()[:-20])
        with self.assertRaisesMessage(CommandError, "is damaged"):
            self.run_import(path)
        self.assertFalse(Order.objects.exists())

    def test_a_missing_file_is_named(self) -> None:
        with self.assertRaisesMessage(CommandError, "nowhere.csv can't be read: No such file"):
            self.run_import(self.folder / "nowhere.csv")

    def test_bad_refunds_stop_the_orders_as_well(self) -> None:
        with self.assertRaisesMessage(CommandError, "refunds.csv has no column refund_number"):
            self.run_import(self.orders_file(line()), self.refunds_file(header=ORDERS_HEADER))
        self.assertFalse(Order.objects.exists())

    def test_the_rejects_file_never_replaces_what_is_imported(self) -> None:
        orders = self.orders_file(line())
        with self.assertRaisesMessage(CommandError, "is a file to import"):
            self.run_import(orders, rejects=orders)
        self.assertIn(line(), orders.read_text())

    def test_a_rejects_file_that_cant_be_written_stops_the_run(self) -> None:
        with self.assertRaisesMessage(CommandError, "name another file with --rejects"):
            self.run_import(self.orders_file(line()), rejects=self.folder / "none" / "rejects.csv")
        self.assertFalse(Order.objects.exists())


class GoodFileTests(ImportTestCase):
    def test_columns_in_any_order_and_case_with_others_between(self) -> None:
        names = ORDERS_HEADER.split(",")
        [cells] = csv.reader([line()])
        header = ",".join(["Note", *(name.upper() for name in reversed(names))])
        self.run_import(self.orders_file(",".join(["", *reversed(cells)]), header=header))

        self.assertEqual(Order.objects.get().amount_total, 5_10)

    def test_a_byte_order_mark_crlf_blank_lines_and_a_missing_last_line_end(self) -> None:
        text = f"\ufeff{ORDERS_HEADER}\r\n\r\n{line()}\r\n  \r\n{line('1002')}"
        self.run_import(self.write("orders.csv", text.encode()))

        self.assert_orders("1001", "1002")
        self.assert_rejected()

    def test_gzip_is_told_by_its_content_not_its_name(self) -> None:
        zipped = self.orders_file(line(), name="orders.csv.gz")
        self.run_import(zipped.rename(self.folder / "orders.csv"))

        self.assert_orders("1001")

    def test_quotes_commas_and_other_scripts(self) -> None:
        self.take_in(line(product_name='A "big", heart'), line(product_name="茶"))

        names = Order.objects.get().items.order_by("pk").values_list("product_name", flat=True)
        self.assertEqual(list(names), ['A "big", heart', "茶"])


class BadRowTests(ImportTestCase):
    def test_each_bad_cell_has_its_reason(self) -> None:
        bad = {
            "placed_at": ("yesterday", "placed_at is 'yesterday': write it as 2010-12-01T08:26:00"),
            "email": ("", "email is empty: write one such as"),
            "country": ("x" * 65, "country is longer than 64"),
            "sku": ("", "sku is empty"),
            "product_name": ("x" * 201, "product_name is longer than 200"),
            "quantity": ("0", "quantity is '0': write a whole number from 1 on"),
            "unit_price": ("2,55", "unit_price is '2,55': write a number"),
            "currency": ("£", "currency is '£': write its three letters"),
        }
        lines = [
            line(f"{number}", **{column: cell}) for number, (column, (cell, _)) in enumerate(bad.items())
        ]

        self.take_in(*lines, line("good"))

        reasons = [reason for _, reason in bad.values()]
        self.assert_rejected(*enumerate(reasons, 2))
        self.assert_orders("good")

    def test_amounts_that_are_no_money_are_refused(self) -> None:
        prices = ["-1", "1e3", "NaN", "2.555", "1_000", "10000000000.01", "٣"]
        lines = [line(f"{number}", unit_price=price) for number, price in enumerate(prices)]

        self.take_in(*lines, line("9", quantity="999999999999", unit_price="1"), line("10", quantity="-2"))

        self.assertEqual([number for number, _ in self.rejected()], list(range(2, 11)))
        self.assertFalse(Order.objects.exists())

    def test_history_lies_between_1970_and_now(self) -> None:
        self.take_in(
            line("1", placed_at="1969-12-31T12:00"),
            line("2", placed_at="2999-01-01"),
            line("3", placed_at="0001-01-01"),
        )

        self.assert_rejected(*((number, "history lies between 1970 and now") for number in (2, 3, 4)))

    def test_a_number_goes_into_addresses_of_pages(self) -> None:
        self.take_in(line("A/1"), line("A 2"), line("x" * 33), line("#A-1.b_c:d+e"))

        self.assert_rejected(*((number, "its number is not up to 32 letters") for number in (2, 3, 4)))
        self.assert_orders("#A-1.b_c:d+e")

    def test_a_line_that_is_not_utf_8(self) -> None:
        text = "\n".join([ORDERS_HEADER, line("1", product_name="CAFÉ"), line("2")])
        self.run_import(self.write("orders.csv", text.encode("latin-1")))

        self.assert_rejected((2, "is not UTF-8 at byte"))
        self.assertIn("CAF\\xc9", self.rejected_rows()[0]["row"])
        self.assert_orders("2")

    def test_a_nul_and_a_line_without_end(self) -> None:
        self.take_in(line("1", product_name="a\0b"), line("2", product_name="x" * 70_000), line("3"))

        self.assert_rejected((2, "has a NUL"), (3, "is longer than 65536 bytes"))
        self.assert_orders("3")

    def test_too_few_and_too_many_cells(self) -> None:
        self.take_in("1,2010-12-01", line("2") + ",more", line("3"))

        self.assert_rejected((2, "has 2 cells, the first line has 9"), (3, "has 10 cells"))
        self.assert_orders("3")

    def test_the_row_is_kept_as_it_is_in_its_file(self) -> None:
        bad = line(product_name='A "big", heart', quantity="x")
        self.take_in(bad)

        [row] = self.rejected_rows()
        self.assertEqual((row["file"], row["line"], row["row"]), ("orders.csv", "2", bad))

    def test_a_run_without_rejects_leaves_only_the_header(self) -> None:
        self.take_in(line(quantity="x"))
        self.take_in(line())

        self.assertEqual(self.rejects.read_text(), "file,line,reason,row\n")

    def test_a_mended_file_completes_the_import(self) -> None:
        self.take_in(line("1"), line("2", quantity="x"))
        said = self.take_in(line("1"), line("2"))

        self.assertIn("1 new order of 1 lines, 1 already there", said)

    def test_exit_code_1_for_those_who_ask_for_it(self) -> None:
        orders = self.orders_file(line("1"), line("2", quantity="x"))

        with self.assertRaisesMessage(CommandError, "Rows were rejected"):
            self.run_import(orders, fail_on_rejects=True)
        self.assert_orders("1")


class HalfOrderTests(ImportTestCase):
    """Half of an order would have a wrong total: it comes in whole or not at all."""

    def test_one_bad_line_takes_its_order_with_it(self) -> None:
        self.take_in(line("1"), line("2"), line("2", quantity="x"), line("2"), line("3"))

        self.assert_orders("1", "3")
        self.assert_rejected(
            (3, "its order 2 has a bad line: 4"), (4, "quantity is 'x'"), (5, "its order 2 has a bad line: 4")
        )

    def test_lines_that_differ_in_what_an_order_has_once(self) -> None:
        self.take_in(
            line("1"),
            line("1", email="bob@example.com"),
            line("2"),
            line("2", currency="EUR"),
            line("3"),
            line("3", country="France"),
        )

        self.assertFalse(Order.objects.exists())
        self.assert_rejected(
            *((number, "its lines differ in email: ann@example.com, bob@example.com") for number in (2, 3)),
            *((number, "its lines differ in currency: eur, gbp") for number in (4, 5)),
            *((number, "its lines differ in country: France, United Kingdom") for number in (6, 7)),
        )

    def test_an_unreadable_line_may_belong_to_the_orders_beside_it(self) -> None:
        self.take_in(line("1"), line("2"), '"2,2010-12-01', line("3"), line("4"))

        self.assert_orders("1", "4")
        self.assert_rejected(
            (3, "line 4, beside its lines, can't be read"),
            (4, "has a quote that is not closed"),
            (5, "line 4, beside its lines, can't be read"),
        )

    def test_a_quote_left_open_spoils_no_other_line(self) -> None:
        self.take_in(line("1"), line("1").replace("WHITE HEART", '"WHITE HEART'), line("5"), line("2"))

        self.assert_orders("2")

    def test_a_line_without_a_number_is_as_doubtful(self) -> None:
        self.take_in(line("1"), line(""), line("2"), line("3"))

        self.assert_orders("3")
        self.assertIn((3, "order_number is empty"), self.rejected())

    def test_two_exports_put_together_are_not_one_order_of_twice_the_money(self) -> None:
        lines = [line("1"), line("1", sku="POST"), line("2")]
        self.take_in(*lines, *lines, line("3"), line("3"))

        self.assert_orders("3")  # the same line twice, one after the other, is two lines
        self.assertEqual(Order.objects.get().amount_total, 10_20)
        self.assertEqual(len(self.rejected()), 6)
        self.assertIn("more than once, with others between", self.rejected()[0][1])

    def test_a_header_in_the_middle_is_a_bad_line_like_any(self) -> None:
        self.take_in(line("1"), ORDERS_HEADER, line("2"))

        self.assert_orders("1", "2")
        self.assert_rejected((3, "email is 'email'"))

    def test_more_than_an_order_can_cost(self) -> None:
        dear = {"quantity": "60", "unit_price": "100000000.00"}
        self.take_in(line("1", **dear), line("1", **dear))

        self.assert_rejected((2, "its total is too much"), (3, "its total is too much"))

    def test_refunds_of_the_good_orders_still_come_in(self) -> None:
        self.take_in(
            line("1"), line("2", quantity="x"), refunds=[refund_line("C1", "1"), refund_line("C2", "2")]
        )

        self.assertEqual(Order.objects.get().amount_refunded, 1_00)
