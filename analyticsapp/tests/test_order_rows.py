"""The list of orders as a file: the same rows, in the same order, with the same sums as the page."""

import csv
import hashlib
import io
from collections import Counter
from datetime import timedelta

from django.test import TestCase
from django.urls import reverse

from accounts.models import Role
from audit.models import AuditLog
from orders.models import Order
from purelaka.money import display, to_minor
from purelaka.testing import NOON, make_order, make_user, make_variant

LIST, FILE = reverse("orders:order-list"), reverse("analyticsapp:order-rows")


class OrderRowsTests(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        pounds, yen = make_variant(stock=1000), make_variant(stock=1000, unit_amount=700, currency="jpy")
        for minute in range(60):
            variant = yen if minute % 4 == 0 else pounds
            make_order(variant=variant, quantity=1 + minute % 3, at=NOON + timedelta(minutes=minute))
        Order.objects.filter(pk__in=Order.objects.order_by("pk")[:20].values("pk")).update(
            status="paid", paid_at=NOON, country="Germany", name="=1+1", amount_refunded=1
        )

    def setUp(self) -> None:
        self.client.force_login(make_user(Role.ADMIN))

    def file(self, query: str) -> tuple[bytes, list[dict[str, str]]]:
        answer = self.client.get(FILE + query)
        self.assertEqual(answer.status_code, 200)
        body = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
        return body, list(csv.DictReader(io.StringIO(body.decode())))

    def pages(self, query: str) -> tuple[list[str], list[tuple[str, str]], int]:
        """Numbers through all pages, and what the foot of the first says."""
        answer = self.client.get(LIST + query)
        first = answer.context["listing"]
        numbers = [row.order.number for row in answer.context["rows"]]
        while older := answer.context["listing"].older:
            answer = self.client.get(LIST + older)
            numbers += [row.order.number for row in answer.context["rows"]]
        return numbers, first.sums, first.number

    def test_the_file_is_the_list(self) -> None:
        for query in (
            "?",
            "?sort=largest",
            "?sort=email",
            "?status=paid&country=Germany",
            "?currency=gbp&least=15&most=25&sort=smallest",
            "?start=2026-06-15&end=2026-06-15",
            "?view=pack",
            "?product=SKU",
            "?q=buyer",
            "?q=PL-NONE",
        ):
            with self.subTest(query=query):
                numbers, sums, number = self.pages(query)
                rows = self.file(query)[1]

                self.assertEqual([row["order_id"] for row in rows], numbers)
                self.assertEqual(len(rows), number)
                self.assertEqual(self.told(rows), dict(self.by_text(sums)))

    def told(self, rows: list[dict[str, str]]) -> dict[tuple[str, str], int]:
        totals: Counter[tuple[str, str]] = Counter()
        for row in rows:
            code = row["currency"]
            totals["Total", code] += to_minor(row["total"], code)
            totals["Refunded", code] += to_minor(row["amount_refunded"], code)
        said = Counter((label, display(total, code)) for (label, code), total in totals.items() if total)
        return dict(said)

    def by_text(self, sums: list[tuple[str, str]]) -> Counter[tuple[str, str]]:
        return Counter(sums)

    def test_a_formula_is_text(self) -> None:
        rows = self.file("?status=paid")[1]

        self.assertEqual({row["name"] for row in rows}, {"'=1+1"})

    def test_it_is_written_down_with_rows_and_digest(self) -> None:
        body, rows = self.file("?status=paid&saved=7")

        said = AuditLog.objects.get(event_type="analytics_export").data
        self.assertEqual((said["export"], said["rows"]), ("order_list", len(rows)))
        self.assertEqual(said["sha256"], hashlib.sha256(body).hexdigest())
        self.assertIn("status=paid", said["filter"])

    def test_a_filter_that_can_not_be_read_is_refused(self) -> None:
        answer = self.client.get(f"{FILE}?status=bogus")

        self.assertContains(answer, "There is no “bogus”", status_code=400)
        self.assertFalse(AuditLog.objects.filter(event_type="analytics_export").exists())
