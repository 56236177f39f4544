"""Product margin after refunds: small orders counted by hand, and random ones against plain Python."""

import csv
import io
from typing import Any

from django.test import TestCase
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase as RandomTestCase

from accounts.models import Role
from analyticsapp.kpis import KPIS
from analyticsapp.reports import margin
from analyticsapp.reports.margin import Margin
from analyticsapp.rollups.build import build
from analyticsapp.rollups.definitions import state
from analyticsapp.tests.ledgers import at, june, numbers, refunded, sold
from analyticsapp.tests.test_dashboard import JUNE, text
from analyticsapp.tests.test_export_contract import body
from analyticsapp.windows import Window
from catalog.models import StockMovement, StockReason
from orders.models import Order, OrderItem
from payments.models import Refund, RefundLine, RefundRequest, RequestStatus
from payments.refund_lines import net_of, worth
from purelaka.testing import make_user

WINDOW = Window(*june(1, 30))
KEYS = [key for key, kpi in KPIS.items() if kpi.report == "products"]


def sell(*lines: tuple[str, int, int, int | None], tax: int = 0, shipping: int = 0, **fields: Any) -> Order:
    """A paid order of lines (sku, pieces, price of one, cost of one), with `tax` in each line's price."""
    goods = sum(pieces * price for _, pieces, price, _ in lines)
    order = sold(
        goods + shipping,
        at(3),
        lines=[line[:3] for line in lines],
        amount_subtotal=goods,
        amount_shipping=shipping,
        amount_tax=tax * len(lines),
        **fields,
    )
    for item, line in zip(order.items.order_by("pk"), lines, strict=True):
        OrderItem.objects.filter(pk=item.pk).update(unit_cost=line[3], amount_tax=tax)
    return order


def give_back(
    order: Order, amount: int, lines: dict[str, int] | None = None, *, status: str = "succeeded"
) -> None:
    """A refund at Stripe; of pieces by SKU where it was asked for by lines, for what they cost."""
    refund_id = f"re_{next(numbers)}"
    Refund.objects.create(
        refund_id=refund_id,
        order=order,
        amount=amount,
        currency=order.currency,
        status=status,
        created=at(9),
        as_of=at(9),
    )
    if status in ("pending", "succeeded"):
        order.amount_refunded += amount
        order.save(update_fields=["amount_refunded"])
        refunded(order, amount, at(9), source_id=refund_id)
    if lines is None:
        return
    request = RefundRequest.objects.create(
        order=order,
        payment_intent_id="pi",
        amount=amount,
        currency=order.currency,
        status=RequestStatus.ANSWERED,
        refund_id=refund_id,
    )
    for sku, pieces in lines.items():
        item = order.items.get(sku=sku)
        paid = worth(net_of(item, order), pieces, item.quantity)
        RefundLine.objects.create(request=request, item=item, quantity=pieces, amount=paid)


def put_back(order: Order, sku: str, pieces: int) -> None:
    """Pieces of a line come back on the shelf."""
    item = order.items.get(sku=sku)
    StockMovement.objects.create(
        variant=item.variant, quantity=pieces, reason=StockReason.RETURN, order_item=item
    )


def found() -> Margin:
    return margin.of_window(WINDOW, "gbp", state())


class Margins(TestCase):
    def test_it_is_revenue_after_discount_without_tax_less_cost(self) -> None:
        order = sell(("A", 2, 12_00, 4_00), tax=4_00, shipping=5_00)
        self.assertEqual(found(), Margin(revenue=20_00, cost=8_00, pieces=2))

        Order.objects.filter(pk=order.pk).update(amount_discount=6_00, amount_total=23_00)
        order.items.update(amount_discount=6_00, amount_tax=3_00)
        self.assertEqual(found().revenue, 15_00)

    def test_added_tax_was_never_in_the_revenue(self) -> None:
        order = sell(("A", 1, 10_00, 4_00))
        Order.objects.filter(pk=order.pk).update(
            tax_behavior="exclusive", amount_tax=2_00, amount_total=12_00
        )
        order.items.update(amount_tax=2_00)
        order.refresh_from_db()
        self.assertEqual(found().revenue, 10_00)

        give_back(order, 12_00, {"A": 1})
        self.assertEqual(found(), Margin(revenue=0, cost=4_00, pieces=1))

    def test_what_is_refunded_by_lines_goes_without_its_tax_and_costs_unless_it_came_back(self) -> None:
        order = sell(("A", 2, 12_00, 4_00), tax=4_00)
        give_back(order, 12_00, {"A": 1})
        self.assertEqual(found(), Margin(revenue=10_00, cost=8_00, pieces=2))

        put_back(order, "A", 1)
        self.assertEqual(found(), Margin(revenue=10_00, cost=4_00, pieces=1))

    def test_a_refund_of_less_than_its_lines_takes_off_less(self) -> None:
        give_back(sell(("A", 1, 10_00, 4_00)), 6_00, {"A": 1})

        self.assertEqual(found().revenue, 4_00)

    def test_a_refund_that_failed_takes_off_nothing(self) -> None:
        give_back(sell(("A", 1, 10_00, 4_00)), 10_00, {"A": 1}, status="failed")

        self.assertEqual(found().revenue, 10_00)

    def test_a_refund_that_names_no_line_takes_off_the_goods_share_in_a_row_of_its_own(self) -> None:
        order = sell(("A", 1, 12_00, 4_00), ("B", 1, 6_00, None), tax=1_00, shipping=2_00)
        give_back(order, 10_00)  # of 20.00, in which A is 11.00 without tax

        rows = {one.name: one for one in margin.by_product(WINDOW, "gbp", state())}
        self.assertEqual(rows[margin.UNNAMED].margin, Margin(revenue=-5_50))
        self.assertEqual(rows["A"].margin, Margin(revenue=11_00, cost=4_00, pieces=1))
        self.assertEqual(found(), Margin(revenue=5_50, cost=4_00, pieces=1, pieces_without_cost=1))

    def test_an_order_that_was_refunded_in_full_brings_nothing_however_it_was_refunded(self) -> None:
        for by_lines in (False, True):
            with self.subTest(by_lines=by_lines):
                order = sell(("A", 3, 3_33, 1_00), ("B", 1, 7_77, 2_00), tax=1_11, shipping=4_99)
                if by_lines:
                    give_back(order, 6_66, {"A": 2})
                give_back(order, order.amount_total - order.amount_refunded)
                self.assertEqual(found().revenue, 0)

    def test_an_unknown_cost_is_never_nothing(self) -> None:
        sell(("A", 2, 10_00, None), ("B", 1, 10_00, 0))

        self.assertEqual(found(), Margin(revenue=10_00, cost=0, pieces=1, pieces_without_cost=2))

    def test_a_later_cost_changes_no_margin(self) -> None:
        order = sell(("A", 1, 10_00, 4_00))
        variant = order.items.get().variant
        variant.unit_cost = 9_00
        variant.save()

        self.assertEqual(found().cost, 4_00)

    def test_other_currencies_and_windows_are_not_in_it(self) -> None:
        sell(("A", 1, 10_00, 4_00), currency="eur")

        self.assertEqual(found(), Margin())
        self.assertEqual(margin.of_window(Window(*june(4, 30)), "eur", state()), Margin())


costs = st.one_of(st.none(), st.integers(0, 500))
lines = st.tuples(st.integers(1, 4), st.integers(1, 999), costs, st.integers(0, 4), st.integers(0, 4))


class RandomOrders(RandomTestCase):
    """Sold, built, and given back afterwards: a day that was built long ago changes."""

    @settings(max_examples=20, deadline=None)
    @given(st.lists(st.tuples(st.lists(lines, min_size=1, max_size=3), st.integers(0, 100)), max_size=4))
    def test_it_is_what_plain_python_counts(self, wanted: list[Any]) -> None:
        revenue = cost = without = 0
        orders = [
            sell(*((f"S{n}", *line[:3]) for n, line in enumerate(goods)), shipping=250) for goods, _ in wanted
        ]
        build(now=at(4))
        for order, (goods, share) in zip(orders, wanted, strict=True):
            kept = 0
            for n, (pieces, price, each, wanted_back, returned) in enumerate(goods):
                gone, back = min(wanted_back, pieces), min(returned, pieces)
                if gone:
                    give_back(order, gone * price, {f"S{n}": gone})
                if back:
                    put_back(order, f"S{n}", back)
                without += pieces - back if each is None else 0
                kept += 0 if each is None else (pieces - gone) * price
                cost += (each or 0) * (pieces - back)
            left = order.amount_total - order.amount_refunded
            if unnamed := left * share // 100:
                give_back(order, unnamed)
                kept -= (2 * unnamed * kept + left) // (2 * left)
            revenue += kept

        whole, by_product = found(), margin.by_product(WINDOW, "gbp", state())

        self.assertEqual((whole.revenue, whole.cost, whole.pieces_without_cost), (revenue, cost, without))
        self.assertEqual(sum(one.margin.amount for one in by_product), whole.amount)
        self.assertEqual(sum(one.margin.pieces_without_cost for one in by_product), without)
        self.assertEqual(
            sum(one.units for one in by_product), sum(line[0] for goods, _ in wanted for line in goods)
        )


class Pages(TestCase):
    def setUp(self) -> None:
        self.client.force_login(make_user(Role.ANALYST))
        order = sell(("A", 2, 12_00, 4_00), ("B", 1, 6_00, None), tax=1_00)
        give_back(order, 12_00, {"A": 1})
        give_back(order, 3_00)

    def test_the_report_shows_what_it_is_made_of_and_how_much_has_no_cost(self) -> None:
        page = text(self.client.get(reverse("analyticsapp:report-products"), JUNE))

        self.assertIn("1 of 3 pieces have no known cost and are in no margin.", page)
        self.assertIn("Goods, after refunds, without tax £9.58 2", page)
        self.assertIn("Product margin £1.58", page)
        self.assertIn(margin.UNNAMED, page)

    def test_the_file_holds_the_cells_of_the_page(self) -> None:
        url = reverse("analyticsapp:report-table", args=["products", "products"])
        sent = body(self.client.get(url, {**JUNE, "currency": "gbp"})).decode()

        rows = list(csv.DictReader(io.StringIO(sent)))
        self.assertEqual(sum(round(float(row["margin"] or 0) * 100) for row in rows), 1_58)
        self.assertEqual([row["pieces_without_cost"] for row in rows if row["sku"] == "B"], ["1"])
        self.assertEqual([row["margin"] for row in rows if row["sku"] == "B"], [""])

    def test_each_cell_of_a_product_opens_into_its_lines_and_their_file_with_an_equal_sum(self) -> None:
        put_back(Order.objects.get(), "A", 1)
        window = {**JUNE, "currency": "gbp"}
        whole = text(self.client.get(reverse("analyticsapp:report-products"), window))
        self.assertIn("Sum 3 £28.00 £13.42 £9.58 £4.00 £5.58 58.25% 1", whole)
        expected = {  # of A, of B, of what names no product, of all
            "units": (2, 1, 0, 3),
            "revenue": (23_00, 5_00, 0, 28_00),
            "refunded": (11_50, 0, 1_92, 13_42),
            "goods_revenue": (11_50, None, -1_92, 9_58),
            "cost": (4_00, None, 0, 4_00),
            "margin": (7_50, None, -1_92, 5_58),
            "margin_pct": (7_50, None, None, 5_58),
            "pieces_without_cost": (0, 1, 0, 1),
        }
        for column, figures in expected.items():
            for row, figure in zip(("A", "B", "", "sum"), figures, strict=True):
                with self.subTest(column, row=row):
                    self.assertEqual(self.comes_to(row, column), figure)

    def comes_to(self, row: str, column: str) -> int | None:
        """What a cell's file comes to, in pence or pieces; None of a cell that is empty."""
        asked = {**JUNE, "currency": "gbp", "row": row, "column": column}
        where = ["products", "products"]
        page = self.client.get(reverse("analyticsapp:report-cell", args=where), asked)
        if page.status_code == 404:
            return None
        self.assertIn("The rows sum to the cell", text(page))
        sent = body(self.client.get(reverse("analyticsapp:report-cell-rows", args=where), asked)).decode()
        whole = 1 if column in ("units", "pieces_without_cost") else 100
        return sum(round(float(line["amount"]) * whole) for line in csv.DictReader(io.StringIO(sent)))

    def test_each_figure_opens_into_the_lines_that_make_it_with_an_equal_sum(self) -> None:
        expected = {"goods_revenue": 9_58, "goods_cost": 8_00, "product_margin": 1_58}
        for key in KEYS:
            with self.subTest(key):
                page = text(self.client.get(reverse("analyticsapp:kpi-detail", args=[key]), JUNE))
                self.assertIn("The rows sum to the figure", page)
        for key, figure in expected.items():
            with self.subTest(key, form="file"):
                url = reverse("analyticsapp:kpi-rows", args=[key])
                sent = body(self.client.get(url, {**JUNE, "currency": "gbp"})).decode()
                amounts = [row["amount"] for row in csv.DictReader(io.StringIO(sent))]
                self.assertEqual(sum(round(float(amount) * 100) for amount in amounts), figure)

    def test_pages_of_lines_lead_through_all_of_them_and_back(self) -> None:
        for day in range(4, 30):
            for _ in range(3):
                sold(3_00, at(day), lines=[("A", 1, 1_00), ("B", 2, 1_00)])
        url = reverse("analyticsapp:kpi-detail", args=["pieces_without_cost"])
        answer = self.client.get(url, {**JUNE, "days": ""})
        pages = [answer.context["rows"]]
        while older := answer.context["older"]:
            answer = self.client.get(older)
            pages.append(answer.context["rows"])

        self.assertEqual([len(page) for page in pages], [50, 50, 50, 7])
        lines = [(row["paid_at"], row["order_id"], row["sku"]) for page in pages for row in page]
        self.assertEqual(len(set(lines)), len(lines))
        self.assertEqual([at for at, *_ in lines], sorted((at for at, *_ in lines), reverse=True))
        for page in pages[-2::-1]:
            answer = self.client.get(answer.context["newer"])
            self.assertEqual(answer.context["rows"], page)

    def test_pieces_without_a_cost_are_counted_in_their_file(self) -> None:
        url = reverse("analyticsapp:kpi-rows", args=["pieces_without_cost"])
        sent = body(self.client.get(url, {**JUNE, "currency": "gbp"})).decode()

        [row] = csv.DictReader(io.StringIO(sent))
        self.assertEqual((row["sku"], row["unit_cost"], row["amount"]), ("B", "", "1"))

    def test_the_dashboard_asks_no_lines(self) -> None:
        page = text(self.client.get(reverse("analyticsapp:dashboard"), JUNE))

        self.assertNotIn("Product margin", page)
