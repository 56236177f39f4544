"""The headers of the files are a promise. A change here breaks whoever reads them: make a new version."""

import json
from pathlib import Path
from typing import Any
from unittest.mock import patch

from django.conf import settings
from django.db import connection
from django.http import HttpResponseBase, StreamingHttpResponse
from django.test import SimpleTestCase, TestCase
from django.urls import reverse

from accounts.models import Role
from analyticsapp.exports.files import EXPORTS, SUMMARY_KPIS
from analyticsapp.kpis import KPIS, documents
from purelaka.testing import make_user

CONTRACT = Path(settings.BASE_DIR) / "docs" / "contracts" / "kpi_contract.json"
HEADERS = {
    "export-orders": (
        "order_id,email,total,currency,status,created_at,paid_at,refund_status,amount_refunded,refunded_at"
    ),
    "export-kpi-summary": (
        "window_days,start_day,end_day,currency,latest_snapshot_day,revenue,orders,aov,refunded_amount,"
        "refunded_orders,refund_rate_orders_pct,refund_rate_value_pct,net_revenue,unique_customers,"
        "repeat_customers,repeat_rate_pct,wishlisted_users,purchased_users"
    ),
    "export-customers": "email,orders,total_spent,currency,first_order_at,last_order_at",
    "export-products": "product,sku,units,revenue,currency",
}


def body(response: HttpResponseBase) -> bytes:
    """All that a streamed answer sends."""
    assert isinstance(response, StreamingHttpResponse)
    return b"".join(response)


def leave(response: HttpResponseBase) -> None:
    """Go away before the end, as a server notices it. The test's connection stays open."""
    with patch.object(connection, "close_if_unusable_or_obsolete"):
        response.close()


class Contract(TestCase):
    def setUp(self) -> None:
        self.client.force_login(make_user(Role.ANALYST))
        self.contract: dict[str, Any] = json.loads(CONTRACT.read_text(encoding="utf-8"))

    def test_each_file_starts_with_the_header_that_was_promised(self) -> None:
        for name, header in HEADERS.items():
            with self.subTest(name):
                sent = body(self.client.get(reverse(f"analyticsapp:{name}")))

                self.assertEqual(sent.decode().split("\n")[0], header)

    def test_the_contract_says_the_same(self) -> None:
        for name, header in HEADERS.items():
            key = name.removeprefix("export-").replace("-", "_")
            columns = [column["name"] for column in self.contract["exports"][key]["columns"]]

            self.assertEqual(",".join(columns), header)

    def test_the_contract_names_where_each_file_is(self) -> None:
        self.assertEqual(set(self.contract["exports"]), set(EXPORTS))
        for key, promised in self.contract["exports"].items():
            sent = body(self.client.get(promised["path"]))

            self.assertEqual(
                sent.decode().split("\n")[0], ",".join(c["name"] for c in promised["columns"]), key
            )

    def test_each_answer_says_which_contract_and_zone_it_keeps(self) -> None:
        response = self.client.get(reverse("analyticsapp:export-orders"))

        self.assertEqual(response["X-Contract-Version"], str(self.contract["contract_version"]))
        self.assertEqual(response["X-Time-Zone"], settings.TIME_ZONE)


class Documents(SimpleTestCase):
    def test_they_say_what_the_code_does(self) -> None:
        self.assertEqual(documents.stale(), [], "Run manage.py kpi_docs and read what changed.")

    def test_every_column_of_the_summary_is_a_defined_kpi(self) -> None:
        self.assertLessEqual(set(SUMMARY_KPIS), set(KPIS))

    def test_every_kpi_is_fully_defined(self) -> None:
        for kpi in KPIS.values():
            texts = (kpi.label, kpi.formula, kpi.date_rule, kpi.currency_rule, kpi.edge_cases, kpi.source)

            self.assertTrue(all(texts), kpi.key)
