"""The audit log's page: who did what to which object."""

from datetime import UTC, datetime

from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Role
from audit import log
from audit.models import AuditLog
from purelaka.testing import make_order, make_user

LOG = reverse("audit:log")


class AuditLogTests(TestCase):
    def setUp(self) -> None:
        self.ops, self.admin = make_user(Role.OPS, "maya@example.com"), make_user(Role.ADMIN)
        self.order = make_order(number="PL-1")  # writes a deed: order.placed
        self.client.force_login(self.ops)

    def deeds(self, query: str = "") -> list[str]:
        response = self.client.get(LOG + query)
        self.assertEqual(response.status_code, 200)
        return [row.deed.event_type for row in response.context["rows"]]

    def page(self, query: str = "") -> str:
        return self.client.get(LOG + query).content.decode()

    def test_the_last_deed_comes_first_with_who_and_what(self) -> None:
        log.record("refund.requested", actor=self.ops, target=self.order, amount=5_00, note="leaking")

        self.assertEqual(self.deeds(), ["refund.requested", "order.placed"])
        page = self.page()
        for words in (
            "maya@example.com",
            "note leaking",
            f'href="{reverse("orders:order-detail", args=["PL-1"])}"',
        ):
            self.assertTrue(words in page, words)

    def test_it_is_narrowed(self) -> None:
        other = make_order(number="PL-2")
        log.record("refund.requested", actor=self.ops, target=other)
        AuditLog.objects.create(event_type="stock.receipt", at=datetime(2026, 1, 2, 12, tzinfo=UTC))

        self.assertEqual(self.deeds("?type=refund."), ["refund.requested"])
        self.assertEqual(self.deeds("?q=Maya%40example.com"), ["refund.requested"])
        self.assertEqual(self.deeds(f"?on=order.{other.pk}"), ["refund.requested", "order.placed"])
        self.assertEqual(self.deeds("?start=2026-01-02&end=2026-01-02"), ["stock.receipt"])
        self.assertEqual(self.deeds("?on=order.0"), [])
        self.assertEqual(self.deeds("?on=nothing"), [])

    def test_one_object_is_named_in_its_chip(self) -> None:
        self.assertIn("Remove filter: On PL-1", self.page(f"?on=order.{self.order.pk}"))
        self.assertIn("Remove filter: On order 999", self.page("?on=order.999"))
        self.assertIn("Remove filter: On variant 5", self.page("?on=variant.5"))

    def test_more_deeds_take_no_more_queries(self) -> None:
        with CaptureQueriesContext(connection) as before:
            self.page()
        for number in range(2, 6):
            log.record("order.note", actor=self.admin, target=make_order(number=f"PL-{number}"))
        with CaptureQueriesContext(connection) as after:
            self.page()

        self.assertEqual(len(after), len(before))
        self.assertLessEqual(len(after), 15)

    def test_those_who_answer_for_it_read_it(self) -> None:
        for role, status in ((Role.OPS, 200), (Role.ADMIN, 200), (Role.ANALYST, 404), (Role.CUSTOMER, 404)):
            with self.subTest(role=role):
                self.client.force_login(make_user(role))
                self.assertEqual(self.client.get(LOG).status_code, status)

    def test_markup_in_a_deed_is_only_text(self) -> None:
        log.record("order.note", actor=self.ops, target=self.order, note="<script>alert(1)</script>")

        self.assertNotIn("<script>alert", self.page())
