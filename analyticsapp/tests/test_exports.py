"""What is in the files, how they are sent, and what is written down about them."""

import csv
import hashlib
import io
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from unittest import skipUnless
from unittest.mock import patch

from django.db import connection
from django.http import HttpResponse, StreamingHttpResponse
from django.test import Client, TestCase
from django.urls import reverse

from accounts.models import Role
from analyticsapp.exports import csv_file, files
from analyticsapp.exports.csv_file import Source
from analyticsapp.exports.export_file import bounds
from analyticsapp.rollups.build import build
from analyticsapp.tests.ledgers import at, june, placed, refunded, sold
from analyticsapp.tests.test_build import together
from analyticsapp.tests.test_export_contract import body, leave
from analyticsapp.windows import Window
from audit.models import AuditLog
from orders.models import Order, OrderStatus, RefundState
from purelaka.csv_text import text_cell
from purelaka.testing import GuardedTransactionTestCase, make_user

JUNE = {"start": "2026-06-01", "end": "2026-06-30"}


class FilesTestCase(TestCase):
    def setUp(self) -> None:
        self.analyst = make_user(Role.ANALYST)
        self.client.force_login(self.analyst)

    def get(self, name: str, query: dict[str, str] | None = None) -> bytes:
        return body(self.client.get(reverse(f"analyticsapp:export-{name}"), query or JUNE))

    def rows(self, name: str, query: dict[str, str] | None = None) -> list[dict[str, str]]:
        return list(csv.DictReader(io.StringIO(self.get(name, query).decode())))


class Orders(FilesTestCase):
    def test_each_byte_is_as_promised(self) -> None:
        order = sold(
            1_234_50,
            datetime.fromisoformat("2026-06-03T12:00:00.987654+00:00"),
            number="PL-1",
            email="ann@example.com",
        )
        Order.objects.filter(pk=order.pk).update(
            refund_status=RefundState.PARTIAL, amount_refunded=5, refunded_at=at(9)
        )
        sold(1200, at(4), number="PL-2", currency="jpy", email='o"neil,x@example.com')
        sold(1_234, at(5), number="PL-3", currency="kwd", status=OrderStatus.FULFILLED, fulfilled_at=at(6))

        self.assertEqual(
            self.get("orders").decode().split("\n")[1:],
            [
                "PL-1,ann@example.com,1234.50,gbp,paid,2026-06-01T00:00:00Z,2026-06-03T12:00:00Z,"
                "partial,0.05,2026-06-09T12:00:00Z",
                'PL-2,"o""neil,x@example.com",1200,jpy,paid,2026-06-01T00:00:00Z,2026-06-04T12:00:00Z,none,0,',
                "PL-3,buyer@example.com,1.234,kwd,fulfilled,2026-06-01T00:00:00Z,2026-06-05T12:00:00Z,"
                "none,0.000,",
                "",
            ],
        )

    def test_rows_come_in_order_of_payment_and_only_of_the_window(self) -> None:
        for number, day in (("C", 12), ("A", 10), ("B", 10), ("before", 9), ("after", 13)):
            sold(1_00, at(day), number=number)
        placed(1_00, number="pending")

        found = self.rows("orders", {"start": "2026-06-10", "end": "2026-06-12"})

        self.assertEqual([row["order_id"] for row in found], ["A", "B", "C"])

    def test_the_window_s_edges_are_midnights_in_the_store(self) -> None:
        sold(1_00, at(9, 22), number="still the ninth")
        sold(1_00, at(9, 23), number="the tenth in London")
        sold(1_00, at(10, 23), number="the eleventh")

        found = self.rows("orders", {"start": "2026-06-10", "end": "2026-06-10"})

        self.assertEqual([row["order_id"] for row in found], ["the tenth in London"])

    def test_totals_sum_to_the_summary_s_revenue_in_each_currency(self) -> None:
        for amount, currency in ((10_01, "gbp"), (20_02, "gbp"), (30_00, "eur"), (1200, "jpy")):
            sold(amount, at(3), currency=currency)

        summary = {row["currency"]: row for row in self.rows("kpi-summary")}

        for currency, row in summary.items():
            orders = [one for one in self.rows("orders") if one["currency"] == currency]
            self.assertEqual(sum(Decimal(one["total"]) for one in orders), Decimal(row["revenue"]))
            self.assertEqual(str(len(orders)), row["orders"])


class Customers(FilesTestCase):
    def test_one_row_for_each_address_and_currency(self) -> None:
        sold(10_00, at(3), email="ann@example.com")
        sold(5_00, at(9), email="ann@example.com")
        sold(7_00, at(9), email="ann@example.com", currency="eur")
        sold(1_00, at(5), email="Zoë@example.com")

        self.assertEqual(
            self.get("customers").decode().split("\n")[1:],
            [
                "Zoë@example.com,1,1.00,gbp,2026-06-05T12:00:00Z,2026-06-05T12:00:00Z",
                "ann@example.com,1,7.00,eur,2026-06-09T12:00:00Z,2026-06-09T12:00:00Z",
                "ann@example.com,2,15.00,gbp,2026-06-03T12:00:00Z,2026-06-09T12:00:00Z",
                "",
            ],
        )


class Products(FilesTestCase):
    def test_best_sellers_come_first_whether_built_or_live(self) -> None:
        sold(50_00, at(3), lines=[("CREAM", 2, 10_00), ("SOAP", 3, 10_00)])
        build(now=at(4))
        sold(10_00, at(5), lines=[("CREAM", 1, 10_00)])
        sold(6_00, at(5), lines=[("SOAP", 1, 6_00)], currency="eur")

        expected = ["SOAP,SOAP,1,6.00,eur", "CREAM,CREAM,3,30.00,gbp", "SOAP,SOAP,3,30.00,gbp", ""]
        self.assertEqual(self.get("products").decode().split("\n")[1:], expected)

    def test_a_products_revenue_is_what_it_brought_after_discount_without_delivery(self) -> None:
        parts = {"amount_subtotal": 50_00, "amount_discount": 5_00, "amount_shipping": 3_95}
        for day in (3, 5):  # one built, one live
            order = sold(48_95, at(day), lines=[("CREAM", 2, 10_00), ("SOAP", 3, 10_00)], **parts)
            order.items.filter(sku="CREAM").update(amount_discount=2_00)
            order.items.filter(sku="SOAP").update(amount_discount=3_00)
            build(now=at(4))

        self.assertEqual(
            self.get("products").decode().split("\n")[1:],
            ["SOAP,SOAP,6,54.00,gbp", "CREAM,CREAM,4,36.00,gbp", ""],
        )

    def test_an_order_that_was_not_paid_sells_nothing(self) -> None:
        sold(10_00, at(3), lines=[("CREAM", 1, 10_00)])
        placed(10_00, lines=[("SOAP", 1, 10_00)])

        self.assertEqual([row["sku"] for row in self.rows("products")], ["CREAM"])


class Summary(FilesTestCase):
    def test_without_a_window_it_has_seven_thirty_and_ninety_days(self) -> None:
        sold(10_00, at(3))

        found = self.rows("kpi-summary", {"days": ""})

        self.assertEqual([row["window_days"] for row in found], ["7", "30", "90"])

    def test_with_one_it_has_that_alone_with_a_row_for_each_currency(self) -> None:
        sold(10_00, at(3))
        sold(20_00, at(3, month=1), currency="eur")

        found = self.rows("kpi-summary")

        spans = [(row["window_days"], row["start_day"], row["end_day"], row["currency"]) for row in found]
        self.assertEqual(spans, [("30", *JUNE.values(), "eur"), ("30", *JUNE.values(), "gbp")])
        self.assertEqual((found[0]["revenue"], found[0]["latest_snapshot_day"]), ("0.00", ""))
        self.assertEqual((found[1]["revenue"], found[1]["latest_snapshot_day"]), ("10.00", "2026-06-03"))


class Daily(FilesTestCase):
    def test_every_day_has_a_row_and_they_sum_to_the_window(self) -> None:
        order = sold(10_00, at(3))
        refunded(order, 4_00, at(5))

        found = self.rows("daily", {"start": "2026-06-02", "end": "2026-06-05"})

        self.assertEqual([row["day"][-2:] for row in found], ["02", "03", "04", "05"])
        self.assertEqual([row["net_sales"] for row in found], ["0.00", "10.00", "0.00", "-4.00"])


class Formulas(FilesTestCase):
    def test_text_that_a_spreadsheet_would_run_is_made_harmless(self) -> None:
        for start in ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "＝1"):
            self.assertEqual(text_cell(start), f"'{start}")
        for text in ("ann@example.com", "1-2", "", "a=b", " a", "'x"):
            self.assertEqual(text_cell(text), text)

    def test_in_a_file_text_gets_an_apostrophe_and_numbers_stay_numbers(self) -> None:
        sold(10_00, at(3), number="=cmd|' /C calc'!A0", email="+ann@example.com")
        sold(10_00, at(4), number="\t@x", email="-bob@example.com")

        found = self.rows("orders")

        self.assertEqual([row["order_id"] for row in found], ["'=cmd|' /C calc'!A0", "'\t@x"])
        self.assertEqual([row["email"][0] for row in found], ["'", "'"])
        self.assertEqual([row["total"] for row in found], ["10.00", "10.00"])
        refunded_more_than_sold = self.rows("daily", {"start": "2026-06-03", "end": "2026-06-03"})
        self.assertEqual(refunded_more_than_sold[0]["refunds"], "0.00")

    def test_both_ways_of_writing_give_the_same_bytes(self) -> None:
        """On Postgres the server writes; ours, which SQLite uses, must agree on the same rows."""
        if connection.vendor != "postgresql":
            self.skipTest("only Postgres writes files itself")
        texts = ("=1", "\t1", 'q"q', "a,b", "two\nlines", "\r", "  ＝x", "ünïcode €", "'", "\\.", "NULL", " ")
        for index, text in enumerate(texts):
            for currency in ("gbp", "jpy", "kwd"):
                sold(
                    10**index + index,
                    at(1 + index),
                    number=f"{text}{currency}",
                    email=text,
                    currency=currency,
                )
        Order.objects.filter(currency="gbp").update(amount_refunded=1, refunded_at=at(20, 5))
        moments = (
            "2026-06-01 00:00:00.999999",
            "1999-12-31 23:59:59.5",
            "1999-12-31 23:59:58",
            "2000-01-01 00:00:00",
        )
        for order, moment in zip(Order.objects.order_by("pk"), moments, strict=False):
            Order.objects.filter(pk=order.pk).update(created_at=datetime.fromisoformat(f"{moment}+00:00"))
        window = Window(*june(1, 30))
        queries = {
            "orders": Source(files.ORDER_COLUMNS, (files.ORDERS, bounds(window))),
            "customers": Source(files.CUSTOMER_COLUMNS, files.customers(window)),
        }

        for name, source in queries.items():
            copied = b"".join(csv_file.copied(source))
            self.assertEqual(copied, b"".join(csv_file.walked(source)), name)
            self.assertGreater(copied.count(b"\n"), len(texts))


class Sending(FilesTestCase):
    url = "/analytics/export/orders.csv"

    def test_the_head_goes_out_before_anything_is_read(self) -> None:
        response = self.client.get(self.url, JUNE)

        assert isinstance(response, StreamingHttpResponse)
        with self.assertNumQueries(0):
            first = next(iter(response))
        self.assertTrue(first.startswith(b"order_id,"))
        leave(response)

    def test_a_finished_file_is_written_down(self) -> None:
        sold(10_00, at(3))
        sent = body(self.client.get(self.url, JUNE, REMOTE_ADDR="192.0.2.7"))

        entry = AuditLog.objects.get(event_type="analytics_export")
        self.assertEqual((entry.actor, entry.address), (self.analyst, "192.0.2.7"))
        self.assertEqual(entry.data["sha256"], hashlib.sha256(sent).hexdigest())
        self.assertEqual((entry.data["rows"], entry.data["bytes"]), (1, len(sent)))
        self.assertEqual((entry.data["export"], entry.data["windows"]), ("orders", ["2026-06-01/2026-06-30"]))
        self.assertEqual(entry.data["outcome"], "complete")

    def test_a_client_that_leaves_is_written_down_as_such(self) -> None:
        sold(10_00, at(3))
        response = self.client.get(self.url, JUNE)
        assert isinstance(response, StreamingHttpResponse)
        next(iter(response))

        leave(response)

        entry = AuditLog.objects.get(event_type="analytics_export")
        self.assertEqual((entry.data["outcome"], entry.data["rows"]), ("client_left", 0))

    def test_what_fails_half_way_is_written_down_and_not_hidden(self) -> None:
        sold(10_00, at(3))
        response = self.client.get("/analytics/export/kpi_summary.csv", JUNE)
        with connection.execute_wrapper(_broken), self.assertRaises(RuntimeError):
            body(response)

        self.assertEqual(AuditLog.objects.get(event_type="analytics_export").data["outcome"], "failed")

    def test_head_tells_what_a_file_would_be_and_makes_none(self) -> None:
        response = self.client.head(self.url, JUNE)

        self.assertEqual((response.status_code, response["Content-Type"]), (200, "text/csv; charset=utf-8"))
        self.assertIn("purelaka-orders-2026-06-01-2026-06-30.csv", response["Content-Disposition"])
        self.assertFalse(AuditLog.objects.filter(event_type="analytics_export").exists())

    def test_only_get(self) -> None:
        for send in (self.client.post, self.client.put, self.client.delete):
            self.assertEqual(send(self.url).status_code, 405)

    def test_a_window_that_is_none_is_refused_with_a_reason(self) -> None:
        response = self.client.get(self.url, {"start": "2026-06-31"})

        self.assertContains(response, "there is no day 2026-06-31", status_code=400)
        self.assertEqual(response["Content-Type"], "text/plain; charset=utf-8")

    def test_only_analysts_and_administrators_get_files(self) -> None:
        answers = {}
        for role in Role:
            client = Client()
            client.force_login(make_user(role))
            answers[role.value] = client.head(self.url).status_code

        self.assertEqual(answers, {"customer": 404, "analyst": 200, "ops": 404, "admin": 200})
        self.assertEqual(Client().head(self.url).status_code, 302)


def _broken(execute: object, sql: str, *rest: object) -> object:
    """Stands in for a database that goes away after the first query of the file."""
    if "analyticsapp_customerday" in sql:
        raise RuntimeError("gone")
    return execute(sql, *rest)  # type: ignore[operator]


class Nothing(FilesTestCase):
    def test_an_empty_store_gives_heads_alone(self) -> None:
        for name in ("orders", "kpi-summary", "customers", "products", "daily"):
            self.assertEqual(self.get(name).count(b"\n"), 1, name)

    def test_the_answer_to_a_bad_window_is_no_stream(self) -> None:
        self.assertIsInstance(self.client.get(Sending.url, {"days": "x"}), HttpResponse)


@patch.object(csv_file, "CHUNK_BYTES", 1)  # each row goes out by itself
class WhileOthersWork(GuardedTransactionTestCase):
    """Without a transaction of the test's own around it, as in production."""

    def setUp(self) -> None:
        self.client.force_login(make_user(Role.ANALYST))
        for day in range(1, 11):
            sold(10_00, at(day), number=f"N{day}")

    sending: Iterator[bytes]

    def start(self) -> StreamingHttpResponse:
        response = self.client.get(Sending.url, JUNE)
        assert isinstance(response, StreamingHttpResponse)
        self.sending = iter(response)
        next(self.sending)  # the head
        next(self.sending)  # the first row
        return response

    def test_who_leaves_in_the_middle_leaves_a_connection_that_works(self) -> None:
        leave(self.start())

        self.assertEqual(Order.objects.count(), 10)
        entry = AuditLog.objects.get(event_type="analytics_export")
        self.assertEqual((entry.data["outcome"], entry.data["rows"]), ("client_left", 1))

    def test_a_whole_file_is_written_down_after_its_transaction(self) -> None:
        self.start()
        self.assertEqual(len(list(self.sending)), 9)

        self.assertEqual(AuditLog.objects.get(event_type="analytics_export").data["rows"], 10)

    @skipUnless(connection.vendor == "postgresql", "a database in memory has no second connection")
    def test_a_file_shows_one_moment_whatever_is_written_meanwhile(self) -> None:
        self.start()

        def sell() -> None:
            sold(10_00, at(20), number="LATE")

        failures = together(sell)

        rest = b"".join(self.sending)

        self.assertEqual(failures, [])
        self.assertNotIn(b"LATE", rest)
        self.assertTrue(Order.objects.filter(number="LATE").exists())
