"""A real retailer's year: imported, checked, and counted a second time by a few lines of plain Python.

Skipped without the data, which is not part of the project. With it, on either database:

    PURELAKA_RETAIL_DATA=FOLDER python manage.py test monitoring.tests.test_real_year

FOLDER holds `order_lines.csv.gz` and `refunds.csv.gz` in the format of docs/import.md.
"""

import csv
import gzip
import io
import os
import random
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import ClassVar
from unittest import skipUnless

from django.core.management import call_command
from django.test import TestCase
from django.urls import reverse

from accounts.models import Role, User
from orders.placing import Line, place_order
from payments.stories.story import Story
from payments.tests.posting import deliver, with_webhook_secret
from purelaka.testing import make_user, make_variant

DATA = os.environ.get("PURELAKA_RETAIL_DATA", "")
WHY_NOT = "PURELAKA_RETAIL_DATA names no folder with order_lines.csv.gz and refunds.csv.gz"
Days = tuple[date, date]


def rows(name: str) -> Iterator[dict[str, str]]:
    with gzip.open(Path(DATA) / name, "rt", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


class Recount:
    """The year from the files alone. The files tell local time, so a day is the text's own day."""

    def __init__(self) -> None:
        self.sold: dict[str, tuple[date, str, Decimal]] = {}  # order -> day, email, total
        for row in rows("order_lines.csv.gz"):
            day = datetime.fromisoformat(row["placed_at"]).date()
            first, email, total = self.sold.get(row["order_number"], (day, row["email"], Decimal(0)))
            total += int(row["quantity"]) * Decimal(row["unit_price"])
            self.sold[row["order_number"]] = first, email, total
        self.refunds = [
            (datetime.fromisoformat(row["refunded_at"]).date(), row["order_number"], Decimal(row["amount"]))
            for row in rows("refunds.csv.gz")
        ]

    def summary(self, start: date, end: date) -> dict[str, str]:
        """The columns of the KPI summary that the files can tell, as the file writes them."""
        sold = [order for order in self.sold.values() if start <= order[0] <= end]
        refunds = [refund for refund in self.refunds if start <= refund[0] <= end]
        orders_of: dict[str, int] = defaultdict(int)
        for _, email, _ in sold:
            orders_of[email] += 1
        revenue = sum((total for _, _, total in sold), Decimal(0))
        refunded = sum((amount for _, _, amount in refunds), Decimal(0))
        repeat = sum(number > 1 for number in orders_of.values())
        return {
            "revenue": f"{revenue:.2f}",
            "orders": str(len(sold)),
            "aov": f"{revenue / len(sold):.2f}" if sold else "0.00",
            "refunded_amount": f"{refunded:.2f}",
            "refunded_orders": str(len({number for _, number, _ in refunds})),
            "refund_rate_value_pct": f"{100 * refunded / revenue:.2f}" if revenue else "0.00",
            "net_revenue": f"{revenue - refunded:.2f}",
            "unique_customers": str(len(orders_of)),
            "repeat_customers": str(repeat),
            "repeat_rate_pct": f"{Decimal(100 * repeat) / len(orders_of):.2f}" if orders_of else "0.00",
        }


def windows() -> Iterable[Days]:
    """The whole year, usual windows, nights on which the clocks change, and some at random."""
    first, last = date(2010, 12, 1), date(2011, 12, 9)
    yield first, last
    for length in (7, 30, 90):
        yield last - timedelta(days=length - 1), last
    for day in (date(2011, 3, 27), date(2011, 10, 30), first, last):
        yield day, day
    choice = random.Random(2011)
    for _ in range(20):
        start = first + timedelta(days=choice.randrange(374))
        yield start, start + timedelta(days=choice.randrange(120))


@skipUnless(DATA, WHY_NOT)
@with_webhook_secret()
class RealYearTests(TestCase):
    recount: ClassVar[Recount]
    analyst: ClassVar[User]

    @classmethod
    def setUpTestData(cls) -> None:
        call_command(
            "import_orders",
            str(Path(DATA) / "order_lines.csv.gz"),
            refunds=Path(DATA) / "refunds.csv.gz",
            rejects=Path(os.devnull),
            stdout=io.StringIO(),
            stderr=io.StringIO(),
        )
        call_command("build_snapshots", stdout=io.StringIO())
        cls.recount = Recount()
        cls.analyst = make_user(Role.ANALYST)

    def file(self, name: str, start: date, end: date) -> list[dict[str, str]]:
        self.client.force_login(self.analyst)
        answer = self.client.get(
            reverse(f"analyticsapp:export-{name}"), {"start": start.isoformat(), "end": end.isoformat()}
        )
        return list(csv.DictReader(io.StringIO(answer.getvalue().decode())))

    def test_the_gate_finds_nothing(self) -> None:
        call_command("run_checks", "--fail-on-issues", stdout=(out := io.StringIO()))

        self.assertIn("open=0", out.getvalue())

    def test_every_window_is_what_the_files_say(self) -> None:
        for start, end in windows():
            with self.subTest(start=start, end=end):
                wanted = self.recount.summary(start, end)
                [found] = self.file("kpi-summary", start, end) or [dict.fromkeys(wanted, "")]
                if wanted["orders"] != "0":
                    self.assertEqual({column: found[column] for column in wanted}, wanted)

    def test_the_orders_file_sums_to_the_revenue(self) -> None:
        for start, end in list(windows())[:8]:
            with self.subTest(start=start, end=end):
                total = sum((Decimal(row["total"]) for row in self.file("orders", start, end)), Decimal(0))
                self.assertEqual(f"{total:.2f}", self.recount.summary(start, end)["revenue"])

    def test_signed_events_move_the_figures_by_exactly_their_amounts(self) -> None:
        day = date(2011, 11, 1)
        [before] = self.file("kpi-summary", day, day)
        variant = make_variant(unit_amount=12_34, stock=50)
        for index in range(5):
            at = datetime.fromisoformat(f"2011-11-01T1{index}:00:00+00:00")
            story = Story(order_number=f"NEW-{index}", amount=24_68, at=at)
            place_order(
                [Line(variant, 2)],
                email=f"new{index}@example.com",
                number=story.order_number,
                payment_intent_id=story.payment_intent_id,
                at=at,
            )
            story.is_paid()
            if index < 2:
                story.is_refunded(1_00)
            for event in story.events:
                self.assertEqual(deliver(self.client, event).status_code, 200)

        [after] = self.file("kpi-summary", day, day)

        moved = {
            name: Decimal(after[name]) - Decimal(before[name]) for name in ("revenue", "refunded_amount")
        }
        self.assertEqual(moved, {"revenue": Decimal("123.40"), "refunded_amount": Decimal("2.00")})
        self.assertEqual(int(after["orders"]) - int(before["orders"]), 5)
        self.assertEqual(int(after["unique_customers"]) - int(before["unique_customers"]), 5)
