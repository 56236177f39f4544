"""The proof on a real year of trade: what comes out of the store is what went in, added up by other means.

`Year` reads the files with `csv` and `dict` alone and knows nothing of the project; its `books` are for the
plain recount of every figure there is.
"""

import csv
import gzip
import os
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cached_property
from io import StringIO
from pathlib import Path
from unittest import skipUnless
from zoneinfo import ZoneInfo

from django.core.management import call_command
from django.test import override_settings, tag
from django.urls import reverse

from accounts.models import Role
from analyticsapp.models import SnapshotBuild
from analyticsapp.tests.recount import Books, Entry, Line, Sale, recount
from analyticsapp.tests.test_recount import published
from analyticsapp.windows import Window
from payments.stories.story import Story
from payments.tests.telling import StoryTestCase, order_of
from purelaka.testing import make_user

DATA = os.environ.get("PURELAKA_RETAIL_DATA", "")
HOW = (
    "set PURELAKA_RETAIL_DATA to a folder with order_lines.csv.gz and refunds.csv.gz (docs/import.md), then: "
    "manage.py test payments.tests.test_import_real_year"
)
CENT = Decimal("0.01")
Row = dict[str, str]


class Year:
    """The two files, added up. Orders in one currency of two digits, times in the store's zone."""

    def __init__(self, folder: Path) -> None:
        self.lines, self.refunds = folder / "order_lines.csv.gz", folder / "refunds.csv.gz"
        self.day: dict[str, str] = {}
        self.email: dict[str, str] = {}
        self.total: defaultdict[str, Decimal] = defaultdict(Decimal)
        self.pieces: list[tuple[str, str, int, Decimal]] = []  # order number, SKU, quantity, amount
        for row in _read(self.lines):
            number, amount = row["order_number"], int(row["quantity"]) * Decimal(row["unit_price"])
            self.day.setdefault(number, row["placed_at"][:10])
            self.email.setdefault(number, row["email"])
            self.total[number] += amount
            self.pieces.append((number, row["sku"], int(row["quantity"]), amount))
        self.back = [
            (row["refunded_at"][:10], row["order_number"], Decimal(row["amount"]))
            for row in _read(self.refunds)
        ]

    @cached_property
    def first(self) -> date:
        return date.fromisoformat(min(self.day.values()))

    @cached_property
    def last(self) -> date:
        return date.fromisoformat(max(*self.day.values(), *(day for day, _, _ in self.back)))

    def summary(self, start: str, end: str) -> Row:
        """The money columns of the KPI summary, as the file must write them."""
        sold = [number for number, day in self.day.items() if start <= day <= end]
        back = [(number, amount) for day, number, amount in self.back if start <= day <= end]
        revenue = Decimal(sum(self.total[number] for number in sold))
        refunded = Decimal(sum(amount for _, amount in back))
        returned = len({number for number, _ in back})
        buyers = Counter(self.email[number] for number in sold)
        again = sum(1 for orders in buyers.values() if orders > 1)
        figures = {
            "revenue": revenue,
            "aov": _share(revenue, len(sold)),
            "refunded_amount": refunded,
            "refund_rate_orders_pct": _share(Decimal(100 * returned), len(sold)),
            "refund_rate_value_pct": _share(100 * refunded, revenue),
            "net_revenue": revenue - refunded,
            "repeat_rate_pct": _share(Decimal(100 * again), len(buyers)),
        }
        counts = {"orders": len(sold), "refunded_orders": returned}
        counts |= {"unique_customers": len(buyers), "repeat_customers": again}
        return {name: f"{value:.2f}" for name, value in figures.items()} | {
            name: str(value) for name, value in counts.items()
        }

    @cached_property
    def books(self) -> Books:
        """Every order and refund, in pence. No cost is known, Stripe charged nothing, nobody wished."""
        orders: dict[Hashable, Sale] = {
            number: Sale(self.email[number], pence(total)) for number, total in self.total.items()
        }
        for number, _, quantity, amount in self.pieces:
            orders[number].lines.append(Line(quantity, pence(amount)))
        sales = [
            Entry("sale", pence(total), "gbp", number, date.fromisoformat(self.day[number]))
            for number, total in self.total.items()
        ]
        refunds = [
            Entry("refund", -pence(amount), "gbp", number, date.fromisoformat(day))
            for day, number, amount in self.back
        ]
        return Books(ZoneInfo("Europe/London"), entries=sales + refunds, orders=orders)

    def products(self, start: str, end: str) -> set[tuple[str, str, str]]:
        """SKU, pieces and money of each product."""
        pieces: Counter[str] = Counter()
        money: defaultdict[str, Decimal] = defaultdict(Decimal)
        for number, sku, quantity, amount in self.pieces:
            if start <= self.day[number] <= end:
                pieces[sku] += quantity
                money[sku] += amount
        return {(sku, str(pieces[sku]), f"{money[sku]:.2f}") for sku in money}

    def customers(self, start: str, end: str) -> set[tuple[str, str, str]]:
        """Email, number of orders and money of each customer."""
        sold = [number for number, day in self.day.items() if start <= day <= end]
        orders = Counter(self.email[number] for number in sold)
        money: defaultdict[str, Decimal] = defaultdict(Decimal)
        for number in sold:
            money[self.email[number]] += self.total[number]
        return {(email, str(orders[email]), f"{money[email]:.2f}") for email in money}


def _read(path: Path) -> Iterator[Row]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def pence(amount: Decimal) -> int:
    return int(amount * 100)


def _share(part: Decimal, whole: Decimal | int) -> Decimal:
    return (part / whole).quantize(CENT, ROUND_HALF_EVEN) if whole else Decimal(0)


@skipUnless(DATA, HOW)
@tag("real")
@override_settings(TIME_ZONE="Europe/London")
class RealYearTests(StoryTestCase):
    """One import for all tests; each leaves it as it was."""

    year: Year
    said: str

    @classmethod
    def setUpTestData(cls) -> None:
        cls.year = Year(Path(DATA))
        cls.said = run_import(cls.year)
        call_command("build_snapshots", stdout=StringIO())

    def setUp(self) -> None:
        self.client.force_login(make_user(Role.ANALYST))

    def test_every_row_comes_in(self) -> None:
        lines, orders, refunds = len(self.year.pieces), len(self.year.day), len(self.year.back)
        self.assertIn(f"{orders:,} new orders of {lines:,} lines, 0 already there", self.said)
        self.assertIn(f"{refunds:,} new refunds, 0 already there; 0 rows rejected", self.said)

    def test_a_second_run_changes_nothing(self) -> None:
        said = run_import(self.year)
        self.assertIn(f"0 new orders, {len(self.year.day):,} already there", said)
        self.assertIn(f"0 new refunds, {len(self.year.back):,} already there; 0 rows rejected", said)

    def test_all_checks_agree(self) -> None:
        self.assert_proven()

    def test_the_summary_of_any_window_is_what_the_files_add_up_to(self) -> None:
        for start, end in windows(self.year):
            self.assert_summary(start, end)

    def test_every_figure_there_is_of_any_window_is_what_the_files_add_up_to(self) -> None:
        for start, end in windows(self.year):
            self.assert_figures(start, end)

    def test_days_read_live_from_the_ledger_give_the_same_summary(self) -> None:
        SnapshotBuild.objects.all().delete()  # as if nothing had been built yet
        for start, end in [*windows(self.year)][::40]:
            self.assert_summary(start, end)
            self.assert_figures(start, end)

    def test_the_orders_file_sums_to_the_summary(self) -> None:
        for start, end in months(self.year):
            with self.subTest(start=start, end=end):
                rows = self.export("export-orders", start, end)
                [summary] = self.export("export-kpi-summary", start, end)
                self.assertEqual(f"{sum(Decimal(row['total']) for row in rows):.2f}", summary["revenue"])
                self.assertEqual(str(len(rows)), summary["orders"])
                self.assertEqual(str(len({row["email"] for row in rows})), summary["unique_customers"])

    def test_the_orders_file_has_every_order_with_what_went_back_of_it(self) -> None:
        rows = self.export("export-orders", str(self.year.first), str(self.year.last))
        back: defaultdict[str, Decimal] = defaultdict(Decimal)
        for _, number, amount in self.year.back:
            back[number] += amount

        self.assertEqual(
            {(row["order_id"], row["email"], row["total"], row["amount_refunded"]) for row in rows},
            {
                (number, self.year.email[number], f"{total:.2f}", f"{back[number]:.2f}")
                for number, total in self.year.total.items()
            },
        )

    def test_products_and_customers_are_what_the_files_add_up_to(self) -> None:
        for start, end in [*months(self.year), (str(self.year.first), str(self.year.last))]:
            with self.subTest(start=start, end=end):
                products = self.export("export-products", start, end)
                self.assertEqual(
                    {(plain(row["sku"]), row["units"], row["revenue"]) for row in products},
                    self.year.products(start, end),
                )
                customers = self.export("export-customers", start, end)
                self.assertEqual(
                    {(row["email"], row["orders"], row["total_spent"]) for row in customers},
                    self.year.customers(start, end),
                )

    def test_signed_events_move_the_figures_by_exactly_their_amounts(self) -> None:
        day = self.year.last - timedelta(days=30)
        start, end = str(day - timedelta(days=3)), str(self.year.last)
        before = self.year.summary(start, end)
        at = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        stories = tell_stories(at)
        for story in stories:
            order_of(story, email=f"{story.order_number}@example.com".lower(), at=at)

        self.tell_all(*stories)
        for story in stories:
            self.tell(*story.events)  # once more: nothing may change

        [after] = self.export("export-kpi-summary", start, end)
        moved = {
            name: Decimal(after[name]) - Decimal(before[name])
            for name in ("revenue", "orders", "refunded_amount", "refunded_orders", "net_revenue")
        }
        # Sold 10 + 20 + 40 + 80 + 160; refunded 5 + 40, and 80 that failed and was made again; 160 disputed.
        self.assertEqual(
            moved,
            {"revenue": 310, "orders": 5, "refunded_amount": 125, "refunded_orders": 3, "net_revenue": 25},
        )
        self.assertEqual(int(after["unique_customers"]) - int(before["unique_customers"]), 5)
        call_command("build_snapshots", stdout=StringIO())
        self.assertEqual(self.export("export-kpi-summary", start, end), [after])
        self.assert_proven()

    def export(self, name: str, start: str, end: str) -> list[Row]:
        """The rows of an exported file, as an analyst gets it."""
        response = self.client.get(reverse(f"analyticsapp:{name}"), {"start": start, "end": end})
        self.assertEqual(response.status_code, 200)
        text = b"".join(response.streaming_content).decode()  # type: ignore[attr-defined]
        return list(csv.DictReader(StringIO(text)))

    def assert_summary(self, start: str, end: str) -> None:
        """The exported figures are what the files add up to."""
        with self.subTest(start=start, end=end):
            [row] = self.export("export-kpi-summary", start, end)
            wanted = self.year.summary(start, end)
            self.assertEqual({name: row[name] for name in wanted}, wanted)

    def assert_figures(self, start: str, end: str) -> None:
        """Every figure of the registry, exact, is what the files add up to."""
        days = date.fromisoformat(start), date.fromisoformat(end)
        with self.subTest(start=start, end=end):
            self.assertEqual(published(Window(*days), "gbp"), recount(self.year.books, *days, "gbp"))

    def assert_proven(self) -> None:
        """All checks ran, on fresh data, and none found anything."""
        out = StringIO()
        try:
            call_command("run_checks", "--fail-on-issues", stdout=out)
        except SystemExit as end:
            self.fail(f"exit code {end.code}\n{out.getvalue()}")
        self.assertIn("open=0", out.getvalue())


def run_import(year: Year) -> str:
    out = StringIO()
    call_command(
        "import_orders",
        str(year.lines),
        refunds=year.refunds,
        rejects=Path(os.devnull),
        stdout=out,
        stderr=StringIO(),
    )
    return out.getvalue()


def windows(year: Year) -> Iterator[tuple[str, str]]:
    """Every day; every 7, 30 and 90 days from every fifth day on; each month; the whole, and beyond it."""
    days = (year.last - year.first).days + 1
    for length, step in ((1, 1), (7, 5), (30, 5), (90, 5)):
        for offset in range(0, days, step):
            start = year.first + timedelta(days=offset)
            yield str(start), str(start + timedelta(days=length - 1))
    yield from months(year)
    yield str(year.first), str(year.last)
    yield "2000-01-01", "2020-12-31"


def months(year: Year) -> Iterator[tuple[str, str]]:
    start = year.first.replace(day=1)
    while start <= year.last:
        following = (start + timedelta(days=31)).replace(day=1)
        yield str(start), str(following - timedelta(days=1))
        start = following


def tell_stories(at: datetime) -> list[Story]:
    """Five paid orders: one kept, one part refunded, one refunded, one refunded at the second try, one
    lost to a dispute."""
    amounts = {"kept": 10_00, "part": 20_00, "back": 40_00, "again": 80_00, "lost": 160_00}
    stories = {
        name: Story(order_number=f"PL-{name}", amount=amount, at=at, fee_after=timedelta(0))
        for name, amount in amounts.items()
    }
    for story in stories.values():
        story.is_paid()
        story.passes(timedelta(days=2))
    stories["part"].is_refunded(5_00)
    stories["back"].is_refunded()
    failing = stories["again"].is_refunded()
    stories["again"].passes(timedelta(days=1))
    stories["again"].refund_fails(failing)
    stories["again"].passes(timedelta(days=1))
    stories["again"].is_refunded()
    stories["lost"].dispute_is_lost(stories["lost"].is_disputed())
    return list(stories.values())


def plain(cell: str) -> str:
    """Without the apostrophe that keeps a spreadsheet from running the cell."""
    return cell.removeprefix("'")
