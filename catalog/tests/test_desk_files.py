"""The catalogue as a file: out, in, and the look at it in between."""

import csv
import io
import tempfile
from pathlib import Path
from typing import Any

from django.conf import settings as settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import TestCase
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase as HypothesisTestCase

from accounts.models import Role
from audit.models import AuditLog
from catalog import changes
from catalog.csv_files.columns import COLUMNS, NAMES
from catalog.csv_files.reading import MOST_BYTES, BadFile, read
from catalog.csv_files.running import Outcome, apply, preview
from catalog.csv_files.writing import written
from catalog.models import Category, Product, StockMovement, Variant
from catalog.tests.desk import DeskTestCase, deeds
from orders.models import Order
from payments.tests.profiles import examples
from purelaka.csv_text import returning_cell, text_of
from purelaka.testing import NOON, make_order, make_user, make_variant

URL = reverse("catalog:catalogue-import")
NEW = {
    "category": "Masks",
    "product_slug": "clay-mask",
    "product_name": "Clay Mask",
    "description": "For Sundays.",
    "sku": "CLAY-75",
    "variant_name": "75 ml",
    "price": "19.00",
    "currency": "GBP",
    "stock": "12",
    "stock_tracked": "yes",
    "preorder": "no",
    "active": "yes",
    "product_active": "yes",
}


def file_of(*rows: dict[str, str], delimiter: str = ",", names: Any = None) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, names or list(rows[0]), delimiter=delimiter, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def exported() -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(b"".join(written()).decode(), newline="")))


def snapshot() -> list[tuple[Any, ...]]:
    """Everything a file can say."""
    products = Product.objects.order_by("slug").values_list(
        "slug", "name", "description", "category__name", "is_active"
    )
    names = ("sku", "product__slug", "name", "unit_amount", "currency", "unit_cost", "stock", "reserved")
    flags = ("stock_tracked", "preorder", "is_active")
    return [*products, *Variant.objects.order_by("sku").values_list(*names, *flags)]


def said(*rows: dict[str, str]) -> list[str]:
    """What is wrong with these rows, or what they would do, all in one list."""
    report = preview(read(file_of(*rows)), actor=None)
    return [text for step in report.steps for text in step.said]


class ExportTests(DeskTestCase):
    def test_each_variant_is_a_row(self) -> None:
        variant = make_variant(sku="CLAY-75", unit_amount=2_980, currency="jpy", stock=3, name="75 ml")
        response = self.client.get(reverse("catalog:catalogue-export"))

        self.assertEqual(response["Content-Type"], "text/csv; charset=utf-8")
        text = b"".join(response.streaming_content).decode()  # type: ignore[attr-defined]
        slug = variant.product.slug
        name = variant.product.name
        self.assertEqual(
            text.split("\n"),
            [
                ",".join(NAMES),
                f"Care,{slug},{name},,CLAY-75,75 ml,2980,JPY,,3,yes,no,yes,yes",
                "",
            ],
        )
        self.assertEqual(deeds("catalogue.exported"), [{"rows": 1}])

    def test_what_a_spreadsheet_would_run_is_text(self) -> None:
        variant = make_variant(sku="=1+1")
        Product.objects.filter(pk=variant.product.pk).update(name='=HYPERLINK("http://x")', description="-2")
        [row] = exported()

        self.assertEqual(
            (row["sku"], row["product_name"], row["description"]),
            ("'=1+1", '\'=HYPERLINK("http://x")', "'-2"),
        )

    def test_customers_have_no_export(self) -> None:
        self.client.force_login(make_user(Role.CUSTOMER))

        self.assertEqual(self.client.get(reverse("catalog:catalogue-export")).status_code, 404)


class ImportPageTests(DeskTestCase):
    def choose(self, data: bytes, name: str = "goods.csv") -> Any:
        return self.client.post(URL, {"file": SimpleUploadedFile(name, data)})

    def confirm(self, shown: Any) -> Any:
        return self.client.post(URL, {"content": shown.context["content"]})

    def test_a_preview_writes_nothing(self) -> None:
        shown = self.choose(file_of(NEW))

        self.assertContains(shown, "new product Clay Mask")
        self.assertContains(shown, "new variant of Clay Mask at £19.00, 12 on the shelf")
        self.assertFalse(Product.objects.exists() or Category.objects.exists() or AuditLog.objects.exists())

    def test_confirmed_it_is_done_and_written_down(self) -> None:
        self.confirm(self.choose(file_of(NEW)))

        variant = Variant.objects.get()
        self.assertEqual((variant.sku, variant.unit_amount, variant.stock), ("CLAY-75", 19_00, 12))
        self.assertEqual(StockMovement.objects.get().note, "Import of goods.csv")
        imported = {"file": "goods.csv", "rows": 1, "added": 1, "changed": 0}
        self.assertEqual(deeds("catalogue.imported"), [imported])
        self.assertEqual(AuditLog.objects.filter(actor=self.admin).count(), 5)

    def test_confirmed_twice_it_is_done_once(self) -> None:
        shown = self.choose(file_of(NEW))
        self.confirm(shown)
        again = self.client.post(URL, {"content": shown.context["content"]}, follow=True)

        self.assertContains(again, "there is nothing left to do")
        self.assertEqual((Variant.objects.get().stock, StockMovement.objects.count()), (12, 1))

    def test_one_wrong_row_and_nothing_is_imported(self) -> None:
        shown = self.choose(file_of(NEW, NEW | {"sku": "CLAY-2", "price": "cheap"}))

        self.assertContains(shown, "1 row can't be imported,", status_code=422)
        self.assertContains(shown, "price: Write an amount, such as 12.50.", status_code=422)
        self.assertEqual(shown.context["content"], "")
        self.assertFalse(Product.objects.exists())

    def test_when_the_catalogue_changed_since_the_preview_it_is_shown_anew(self) -> None:
        variant = make_variant(sku="CLAY-75")
        row = exported()[0] | {"price": "11.00"}
        shown = self.choose(file_of(row))
        changes.change(variant, {"unit_amount": 12_00}, actor=None)
        again = self.confirm(shown)

        self.assertContains(again, "nothing was imported. Look again.")
        self.assertContains(again, "price £12.00 → £11.00")
        variant.refresh_from_db()
        self.assertEqual(variant.unit_amount, 12_00)
        self.confirm(again)
        variant.refresh_from_db()
        self.assertEqual(variant.unit_amount, 11_00)

    def test_a_preview_that_was_tampered_with_is_refused(self) -> None:
        shown = self.choose(file_of(NEW))
        response = self.client.post(URL, {"content": shown.context["content"][:-1] + "x"})

        self.assertEqual(response.status_code, 422)
        self.assertFalse(Product.objects.exists())

    def test_without_a_file_it_asks_for_one(self) -> None:
        self.assertContains(self.client.post(URL), "Choose a CSV file.", status_code=422)

    def test_what_is_wrong_with_the_file_is_said_beside_it(self) -> None:
        self.assertContains(self.choose(b"\xff\xfe\x00"), "not in UTF-8", status_code=422)


class OddFileTests(TestCase):
    def refused(self, data: bytes) -> str:
        with self.assertRaises(BadFile) as caught:
            read(data)
        return str(caught.exception)

    def test_a_byte_order_mark_semicolons_tabulators_and_spaces_are_understood(self) -> None:
        for delimiter in ";\t,":
            data = "\ufeff".encode() + file_of(
                {" SKU ": " A-1 ", "Product name": "Mask"}, delimiter=delimiter
            )
            [line] = read(data)
            self.assertEqual((line.number, line.cells), (2, {"sku": "A-1", "product_name": "Mask"}))

    def test_each_row_knows_its_line_whatever_breaks_there_are(self) -> None:
        data = b'sku,description\r\nA,"one\r\ntwo"\r\n\r\nB,three\r\n'

        self.assertEqual([line.number for line in read(data)], [2, 5])
        self.assertEqual(read(data)[0].cells["description"], "one\ntwo")

    def test_a_wrong_head_is_told_with_the_right_names(self) -> None:
        self.assertIn(
            "columns we do not know: weight. The columns are: category,", self.refused(b"sku,weight\n")
        )
        self.assertIn("does not name the column sku", self.refused(b"price,currency\n1,GBP\n"))
        self.assertIn("twice: sku", self.refused(b"sku,sku\na,b\n"))

    def test_files_that_can_not_be_read_are_refused(self) -> None:
        self.assertIn("empty", self.refused(b""))
        self.assertIn("empty", self.refused(b"\n\n"))
        self.assertIn("no row below", self.refused(b"sku\n"))
        self.assertIn("larger than 1 MB", self.refused(b"sku\n" + b"a" * MOST_BYTES))
        self.assertIn("CSV UTF-8", self.refused("sku\nCrème".encode("latin-1")))
        self.assertIn("CSV UTF-8", self.refused("sku\na".encode("utf-16")))
        self.assertIn("Line 2", self.refused(b"sku\na\x00b\n"))
        many = b"sku\n" + b"a\n" * 5001
        self.assertIn("more than 5,000 rows", self.refused(many))
        self.assertEqual(len(read(many, may_be_large=True)), 5001)  # for the command
        self.assertIn("quotation mark", self.refused(b'sku\n"a\n'))

    def test_a_row_with_too_many_cells_is_wrong(self) -> None:
        [line] = read(b"sku,description\nA,hello, world\n")

        self.assertIn("It has 3 cells, and the first line names 2 columns.", line.problems[0])


class RowTests(TestCase):
    def assert_wrong(self, text: str, *rows: dict[str, str]) -> None:
        report = preview(read(file_of(*rows)), actor=None)
        self.assertIn(text, "\n".join(text for step in report.errors for text in step.said))

    def test_cells_that_can_not_be_are_told_with_what_to_do(self) -> None:
        for wrong, text in (
            ({"sku": ""}, "sku: Each row needs one"),
            ({"sku": "x" * 65}, "sku: At most 64 characters; it has 65."),
            ({"price": ""}, "price: Say the price in GBP."),
            ({"price": "14,50"}, "price: Write a point before the smaller unit"),
            ({"price": "0"}, "price: Write a price above zero."),
            ({"price": "1.5", "currency": "JPY"}, "has more than 0 digits after the point for JPY"),
            ({"price": "99999999999"}, "price: Stripe takes at most £999,999.99."),
            ({"currency": "XXX"}, "currency: Stripe does not take “XXX”."),
            ({"currency": ""}, "currency: Say the currency"),
            ({"stock": "-1"}, "stock: Write a whole number from 0, not “-1”."),
            ({"stock": "1000001"}, "stock: At most 1,000,000 pieces."),
            ({"stock_tracked": "no"}, "stock: It is not counted here."),
            ({"preorder": "maybe"}, "preorder: Write yes or no, not “maybe”."),
            ({"product_name": ""}, "product_name: The product is new"),
            ({"category": ""}, "category: The product is new"),
            ({"product_slug": "a b"}, "product_slug: Write letters, digits and hyphens only."),
            ({"product_slug": "", "product_name": ""}, "sku: No variant has this one."),
            ({"variant_name": "a\nb"}, "variant_name: Write it in one line."),
        ):
            with self.subTest(**wrong):
                self.assert_wrong(text, NEW | wrong)

    def test_a_sku_stands_once(self) -> None:
        self.assert_wrong("sku: It stands in line 2 already.", NEW, NEW)

    def test_a_variant_stays_with_its_product(self) -> None:
        variant = make_variant(sku="CLAY-75")

        self.assert_wrong(f"CLAY-75 belongs to {variant.product.slug}", NEW)

    def test_two_rows_can_not_say_different_things_of_one_product(self) -> None:
        self.assert_wrong(
            "product_name: Line 2 says something else", NEW, NEW | {"sku": "B", "product_name": "X"}
        )
        self.assertIn(
            "new variant of Clay Mask at £19.00, 12 on the shelf",
            said(NEW, NEW | {"sku": "B", "category": ""}),
        )

    def test_stock_that_is_promised_can_not_be_taken_off(self) -> None:
        variant = make_variant(stock=10)
        make_order(variant=variant, quantity=4, amount_total=40_00)

        self.assert_wrong("stock: 4 are promised to unpaid orders.", exported()[0] | {"stock": "3"})

    def test_what_was_sold_uncounted_stays_so(self) -> None:
        variant = make_variant(stock=0, stock_tracked=False)
        Order.objects.filter(pk=make_order(variant=variant).pk).update(paid_at=NOON)

        self.assert_wrong("so counting can't begin", exported()[0] | {"stock_tracked": "yes"})

    def test_what_counting_ends_for_has_no_stock(self) -> None:
        make_variant(stock=10)
        row = exported()[0] | {"stock": "", "stock_tracked": "no"}

        self.assert_wrong("Set its stock to 0 as well", row)
        self.assertEqual(said(row | {"stock": "0"}), ["stock 10 → 0", "stock tracked yes → no"])


class ApplyTests(TestCase):
    def take(self, *rows: dict[str, str]) -> list[Outcome]:
        report = apply(read(file_of(*rows)), actor=None, file_name="goods.csv")
        self.assertTrue(report.is_applied, report.errors)
        return [step.outcome for step in report.steps]

    def test_columns_that_are_left_out_change_nothing(self) -> None:
        variant = make_variant(sku="A", name="Large", stock=10)
        before = snapshot()

        self.assertEqual(self.take({"sku": "A"}), [Outcome.NOTHING])
        self.assertEqual(snapshot(), before)
        self.assertEqual(self.take({"sku": "A", "price": "12.50"}), [Outcome.CHANGE])
        variant.refresh_from_db()
        self.assertEqual((variant.unit_amount, variant.name, variant.stock), (12_50, "Large", 10))

    def test_everything_can_be_changed(self) -> None:
        make_variant(sku="A")
        row = exported()[0] | {
            "category": "Hands",
            "product_name": "Hand Cream",
            "description": "Two\nlines",
            "variant_name": "L",
            "price": "2000",
            "currency": "jpy",
            "stock": "3",
            "preorder": "yes",
            "active": "no",
            "product_active": "no",
        }

        self.assertEqual(self.take(row), [Outcome.CHANGE])
        variant = Variant.objects.select_related("product__category").get()
        product = variant.product
        self.assertEqual(
            (product.category.name, product.name, product.description, product.is_active),
            ("Hands", "Hand Cream", "Two\nlines", False),
        )
        self.assertEqual(
            (variant.unit_amount, variant.currency, variant.stock, variant.preorder, variant.is_active),
            (2000, "jpy", 3, True, False),
        )
        self.assertEqual(deeds("stock.adjustment"), [{"quantity": -7, "note": "Import of goods.csv"}])
        self.assertEqual(deeds("variant.changed")[0]["price_was"], "£10.00")

    def test_a_cost_is_set_kept_and_forgotten(self) -> None:
        variant = make_variant(sku="A")
        for cell, cost in (("3.25", 3_25), ("", 3_25), ("0", 0), ("unknown", None)):
            with self.subTest(cell):
                self.take({"sku": "A", "cost": cell})
                variant.refresh_from_db()
                self.assertEqual(variant.unit_cost, cost)
        self.assertEqual(
            [(deed["cost_was"], deed["cost"]) for deed in deeds("variant.changed")],
            [("not known", "£3.25"), ("£3.25", "£0.00"), ("£0.00", "not known")],
        )

    def test_a_cost_is_asked_for_again_in_another_currency(self) -> None:
        make_variant(sku="A", unit_cost=3_00)
        row = {"sku": "A", "price": "12.00", "currency": "EUR"}

        self.assertIn("cost: Say the cost in EUR, or write unknown.", said(row))
        self.assertIn("cost £3.00 → €4.00", said(row | {"cost": "4.00"}))
        self.assertIn(
            "cost: Write a cost of 0 or more, or leave it empty when it is not known.",
            said(row | {"cost": "-1"}),
        )

    def test_a_product_without_a_slug_is_known_by_its_name(self) -> None:
        row = NEW | {"product_slug": ""}
        rows = (row, row | {"sku": "CLAY-150", "variant_name": "150 ml"})

        self.assertEqual(self.take(*rows), [Outcome.CREATE, Outcome.CREATE])
        self.assertEqual(Product.objects.get().slug, "clay-mask")
        self.assertEqual(self.take(*rows), [Outcome.NOTHING, Outcome.NOTHING])

    def test_the_same_file_twice_changes_nothing(self) -> None:
        self.take(NEW)
        before, log = snapshot(), AuditLog.objects.count()

        self.assertEqual(self.take(NEW), [Outcome.NOTHING])
        self.assertEqual((snapshot(), AuditLog.objects.count()), (before, log))


texts = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=20)
formulas = st.sampled_from(["=1+1", "'=1", "''-2", "@x", "+44 20", "'quoted'", 'a,"b"', "x;y", "''", "'"])
words = st.one_of(texts, formulas).map(str.strip)
names = words.filter(bool)
lines = st.lists(words, max_size=3).map("\n".join).map(str.strip)
goods = st.lists(
    st.fixed_dictionaries(
        {
            "category": st.sampled_from(["Masks", "Hands", "=Sun", "Große"]),
            "name": names,
            "description": lines,
            "is_active": st.booleans(),
            "variants": st.lists(
                st.fixed_dictionaries(
                    {
                        "name": words,
                        "unit_amount": st.integers(1, 99_999_999),
                        "currency": st.sampled_from(["gbp", "jpy", "kwd", "eur"]),
                        "unit_cost": st.one_of(st.none(), st.integers(0, 99_999_999)),
                        "stock": st.one_of(st.none(), st.integers(0, 1000)),
                        "preorder": st.booleans(),
                        "is_active": st.booleans(),
                    }
                ),
                min_size=1,
                max_size=3,
            ),
        }
    ),
    min_size=1,
    max_size=4,
)


def stored(wanted: list[dict[str, Any]]) -> None:
    """Put these goods into an empty catalogue."""
    for number, good in enumerate(wanted):
        category, _ = Category.objects.get_or_create(
            name=good["category"], defaults={"slug": f"c-{Category.objects.count()}"}
        )
        own = {name: good[name] for name in ("name", "description", "is_active")}
        product = Product.objects.create(category=category, slug=f"p-{number}", **own)
        for place, each in enumerate(good["variants"]):
            level = each["stock"]
            fields = {**each, "stock": level or 0, "stock_tracked": level is not None}
            Variant.objects.create(product=product, sku=f"'-{number}={place}", **fields)


class RoundTripTests(HypothesisTestCase):
    @examples(25)
    @given(goods)
    def test_what_was_exported_changes_nothing_when_it_is_imported(
        self, wanted: list[dict[str, Any]]
    ) -> None:
        stored(wanted)
        before = snapshot()
        report = apply(read(b"".join(written())), actor=None, file_name="again.csv")

        self.assertEqual({step.outcome for step in report.steps}, {Outcome.NOTHING}, report.steps)
        self.assertEqual(snapshot(), before)

    @examples(25)
    @given(goods)
    def test_an_empty_catalogue_becomes_what_was_exported(self, wanted: list[dict[str, Any]]) -> None:
        stored(wanted)
        before, data = snapshot(), b"".join(written())
        for model in (Variant, Product, Category):
            model.objects.all().delete()
        report = apply(read(data), actor=None, file_name="again.csv")

        self.assertEqual((report.errors, snapshot()), ([], before))

    @examples(100)
    @given(words)
    def test_a_cell_gives_back_its_text(self, text: str) -> None:
        self.assertEqual(text_of(returning_cell(text)), text)
        self.assertNotRegex(returning_cell(text), r"^ *[=+@-]")


class CommandTests(TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "goods.csv"

    def run_import(self, data: bytes, **options: Any) -> str:
        self.path.write_bytes(data)
        out = io.StringIO()
        call_command("import_catalogue", str(self.path), stdout=out, **options)
        return out.getvalue()

    def test_what_one_writes_the_other_takes_in(self) -> None:
        make_variant(sku="A")
        call_command("export_catalogue", str(self.path), stdout=io.StringIO())

        self.assertIn("0 new, 0 changed, 1 as they were", self.run_import(self.path.read_bytes()))

    def test_a_dry_run_says_what_it_would_do_and_does_not(self) -> None:
        out = self.run_import(file_of(NEW), dry_run=True)

        self.assertIn("line 2: create CLAY-75: new category Masks; new product Clay Mask;", out)
        self.assertIn("Dry run, nothing written: 1 new", out)
        self.assertFalse(Product.objects.exists())
        self.assertIn("Imported: 1 new", self.run_import(file_of(NEW)))
        self.assertTrue(Product.objects.exists())

    def test_a_wrong_row_or_file_is_an_error(self) -> None:
        with self.assertRaisesMessage(CommandError, "1 wrong rows: nothing was imported."):
            self.run_import(file_of(NEW, NEW | {"sku": ""}))
        with self.assertRaisesMessage(CommandError, "not in UTF-8"):
            self.run_import(b"\xff")
        self.assertFalse(Product.objects.exists())

    def test_without_a_file_the_export_goes_to_the_output(self) -> None:
        out = io.StringIO()
        call_command("export_catalogue", stdout=out)

        self.assertEqual(out.getvalue(), ",".join(NAMES) + "\n")


class PaperTests(TestCase):
    def test_the_paper_explains_the_columns_as_the_page_does(self) -> None:
        paper = (Path(settings.BASE_DIR) / "docs" / "catalogue.md").read_text(encoding="utf-8")

        for column in COLUMNS:
            self.assertIn(f"| `{column.name}` | {column.meaning} |", paper)
