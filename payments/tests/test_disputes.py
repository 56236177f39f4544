"""A dispute's page, its evidence pack, how disputes ended, and refunds of disputed payments."""

import csv
import hashlib
import io
import json
import zipfile
from datetime import timedelta
from typing import Any

from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role
from audit.models import AuditLog
from orders import lifecycle
from orders.models import MailKind, Order
from orders.notes import add_note
from payments import refunds
from payments.disputes.deadline import deadline
from payments.disputes.reasons import REASONS, reason_of
from payments.models import Dispute
from payments.stories.objects import EVIDENCE
from payments.stories.versions import Json
from payments.tests.making import make_dispute
from payments.tests.telling import DAY, NOON, StoryTestCase, order_of, paid_story
from purelaka.testing import make_user

# Every reason of the API (docs.stripe.com/api/disputes/object#dispute_object-reason).
STRIPES = (
    "bank_cannot_process check_returned credit_not_processed customer_initiated debit_not_authorized "
    "duplicate fraudulent general incorrect_account_details insufficient_funds noncompliant "
    "product_not_received product_unacceptable subscription_canceled unrecognized"
)


class DisputeCase(StoryTestCase):
    def setUp(self) -> None:
        self.ops = make_user(Role.OPS, "maya@shop.example.com")
        self.client.force_login(self.ops)
        self.story = paid_story()
        self.order = order_of(self.story, email="robin@example.com")

    def disputed(self, reason: str = "product_not_received", **fields: Any) -> Json:
        """A dispute two days after the payment."""
        self.story.passes(2 * DAY)
        dispute = self.story.is_disputed(reason, **fields)
        self.tell_all(self.story)
        return dispute

    def send(self) -> None:
        self.tell_all(self.story)
        self.order.refresh_from_db()
        lifecycle.fulfil(self.order, actor=self.ops, tracking_number="RM 123 GB")

    def page(self, dispute: Json) -> str:
        return self.client.get(reverse("payments:dispute-detail", args=[dispute["id"]])).content.decode()

    def assert_said(self, page: str, *texts: str) -> None:
        for text in texts:
            self.assertTrue(text in page, f"not on the page: {text}")


class ReasonTests(DisputeCase):
    def test_every_reason_of_stripes_is_told_in_plain_words(self) -> None:
        self.assertEqual({reason.code for reason in REASONS}, set(STRIPES.split()))

    def test_a_new_reason_is_answered_like_one_without_a_category(self) -> None:
        self.assertEqual(reason_of("eaten_by_dog").title, "Eaten by dog")
        self.assertEqual(reason_of("eaten_by_dog").evidence, reason_of("general").evidence)

    def test_each_has_a_page(self) -> None:
        for reason in [*STRIPES.split(), "eaten_by_dog", ""]:
            dispute = make_dispute(reason=reason)
            with self.subTest(reason):
                url = reverse("payments:dispute-detail", args=[dispute.dispute_id])
                self.assertContains(self.client.get(url), "What the bank claims")


class DeadlineTests(DisputeCase):
    def test_the_time_left_is_said_in_words(self) -> None:
        now = NOON
        for left, said, is_urgent in [
            (timedelta(days=8, hours=5), "8 days left", False),
            (timedelta(days=1, hours=1), "1 day 1 hour left", True),
            (timedelta(hours=3, minutes=9), "3 hours left", True),
            (timedelta(minutes=1), "1 minute left", True),
            (timedelta(days=-2), "late by 2 days", True),
        ]:
            found = deadline(Dispute(status="needs_response", due_by=now + left), now)
            self.assertEqual((found.text, found.is_urgent), (said, is_urgent))

    def test_nobody_waits_for_us_while_the_bank_decides(self) -> None:
        self.assertFalse(deadline(Dispute(status="under_review", due_by=NOON), NOON).is_waiting)


class PageTests(DisputeCase):
    def test_it_says_what_is_claimed_what_is_at_stake_and_what_we_have(self) -> None:
        self.send()
        page = self.page(self.disputed())

        self.assert_said(page, "Dispute over £42.00", "the goods have not arrived", "network code 13.1")
        self.assert_said(page, "RM 123 GB", "−£42.00", "−£20.00", "Do not refund")
        self.assert_said(page, "In the pack", "Missing", "Yours to add", "robin@example.com", "Late by")

    def test_of_an_order_that_was_not_sent_it_says_what_is_missing(self) -> None:
        page = self.page(self.disputed())

        self.assert_said(page, "The order is not marked as sent.", "None was entered")

    def test_an_inquiry_has_taken_nothing_and_may_be_refunded(self) -> None:
        page = self.page(self.disputed(inquiry=True))

        self.assert_said(page, "Inquiry over £42.00", "has taken nothing yet", "It can still be refunded")

    def test_for_a_double_charge_the_other_order_is_found(self) -> None:
        other = paid_story("PL-2")
        order_of(other, email="robin@example.com")
        self.tell_all(other)
        page = self.page(self.disputed("duplicate"))

        self.assert_said(page, f"Order PL-2, {other.payment_intent_id}")

    def test_how_others_of_this_reason_ended_is_told(self) -> None:
        make_dispute(reason="product_not_received", status="won")
        make_dispute(reason="product_not_received", status="lost")
        page = self.page(self.disputed())

        self.assert_said(page, "Of 2 decided with this reason in GBP, 1 was won")

    def test_it_leads_to_stripes_dashboard(self) -> None:
        dispute = self.disputed()
        self.assertNotIn("dashboard.stripe.com", self.page(dispute))

        with override_settings(PAYMENTS_USE_STRIPE=True):
            self.assert_said(
                self.page(dispute), f"https://dashboard.stripe.com/test/disputes/{dispute['id']}"
            )

    def test_one_without_an_order_has_a_page_and_a_pack(self) -> None:
        dispute = make_dispute()
        url = reverse("payments:dispute-detail", args=[dispute.dispute_id])

        self.assertContains(self.client.get(url), "It belongs to no order here")
        self.assertEqual(self.client.get(f"{url}evidence.zip").status_code, 200)

    def test_an_analyst_reads_it_and_takes_no_personal_data_away(self) -> None:
        dispute = self.disputed()
        self.client.force_login(make_user(Role.ANALYST))

        self.assertNotIn("evidence.zip", self.page(dispute))
        url = reverse("payments:dispute-evidence", args=[dispute["id"]])
        self.assertEqual(self.client.get(url).status_code, 404)

    def test_a_long_story_takes_no_more_queries(self) -> None:
        dispute = self.disputed()
        with CaptureQueriesContext(connection) as few:
            self.page(dispute)
        self.story.dispute_is_answered(dispute)
        self.story.passes(DAY)
        self.story.dispute_is_won(dispute)
        for number in range(2, 6):
            other = paid_story(f"PL-{number}")
            order_of(other, email="robin@example.com")
            self.tell_all(other)
        self.tell_all(self.story)
        with CaptureQueriesContext(connection) as many:
            self.page(dispute)

        self.assertEqual(len(many), len(few))
        self.assertLessEqual(len(many), 20)


class PackTests(DisputeCase):
    def pack(self, dispute: Json) -> tuple[bytes, zipfile.ZipFile]:
        response = self.client.get(reverse("payments:dispute-evidence", args=[dispute["id"]]))
        self.assertEqual(response["Content-Type"], "application/zip")
        self.assertIn(f'filename="dispute-{dispute["id"]}.zip"', response["Content-Disposition"])
        content = b"".join(response.streaming_content)  # type: ignore[attr-defined]
        return content, zipfile.ZipFile(io.BytesIO(content))

    def test_it_holds_the_order_its_delivery_mails_and_refunds(self) -> None:
        self.send()
        self.story.is_refunded(2_00)
        _, archive = self.pack(self.disputed())

        names = {"evidence.html", "evidence.json", "evidence.css", "receipt.html", "manifest.json"}
        self.assertEqual(set(archive.namelist()), names)
        page = archive.read("evidence.html").decode()
        self.assert_said(page, "RM 123 GB", "robin@example.com", "Sent on its way", "£2.00", "£42.00")
        self.assert_said(archive.read("receipt.html").decode(), "Receipt PL-1", "Total paid", "£42.00")

    def test_programs_read_the_same_under_the_names_of_stripes_api(self) -> None:
        self.send()
        dispute = self.disputed()
        _, archive = self.pack(dispute)
        said = json.loads(archive.read("evidence.json"))

        self.assertEqual((said["dispute"]["id"], said["dispute"]["amount"]), (dispute["id"], 42_00))
        self.assertEqual(said["evidence"]["shipping_tracking_number"], "RM 123 GB")
        self.assertEqual(said["evidence"]["customer_email_address"], "robin@example.com")
        self.assertEqual(said["order"]["items"][0]["quantity"], 1)
        self.assertIn("Security code passed", said["evidence"]["uncategorized_text"])
        self.assertTrue(set(said["evidence"]) <= {*EVIDENCE, "uncategorized_text"})
        self.assertIn(MailKind.SHIPPED, [each["kind"] for each in said["mails"]])

    def test_nothing_of_the_staff_is_in_it(self) -> None:
        self.send()
        add_note(order=self.order, author=self.ops, text="A difficult customer.")
        _, archive = self.pack(self.disputed())

        for name in archive.namelist():
            text = archive.read(name).decode()
            for secret in ("difficult", "maya", "Maya", "/o/", "audit"):
                self.assertNotIn(secret, text, name)
        self.assertIn("The shop marked it fulfilled", archive.read("evidence.html").decode())

    def test_who_took_it_is_written_down_with_its_hash(self) -> None:
        dispute = self.disputed()
        content, archive = self.pack(dispute)

        row = AuditLog.objects.get(event_type="dispute.evidence_exported")
        self.assertEqual(row.actor, self.ops)
        self.assertEqual(row.target_id, str(Dispute.objects.get().pk))
        self.assertEqual(row.data["sha256"], hashlib.sha256(content).hexdigest())
        self.assertEqual(row.data["bytes"], len(content))
        for described in json.loads(archive.read("manifest.json"))["files"]:
            found = archive.read(described["file"])
            self.assertEqual(described["sha256"], hashlib.sha256(found).hexdigest())
        self.assertContains(self.client.get(reverse("audit:log")), dispute["id"])

    def test_what_customers_wrote_is_no_markup(self) -> None:
        Order.objects.update(name="<script>alert(1)</script>")
        _, archive = self.pack(self.disputed())

        self.assertNotIn("<script>", archive.read("evidence.html").decode())


class RateTests(DisputeCase):
    def setUp(self) -> None:
        super().setUp()
        now = timezone.now()
        for status, reason, amount, currency, ago in [
            ("won", "fraudulent", 10_00, "gbp", 10),
            ("lost", "fraudulent", 20_00, "gbp", 10),
            ("lost", "fraudulent", 5_00, "gbp", 10),
            ("won", "duplicate", 3000, "jpy", 10),
            ("lost", "fraudulent", 7_00, "gbp", 200),
            ("warning_closed", "fraudulent", 99_00, "gbp", 10),
            ("needs_response", "fraudulent", 99_00, "gbp", 10),
        ]:
            make_dispute(
                status=status, reason=reason, amount=amount, currency=currency, created=now - ago * DAY
            )

    def rows(self, query: str) -> list[list[str]]:
        response = self.client.get(reverse("payments:dispute-rates") + query)
        self.assertEqual(response["Content-Type"], "text/csv; charset=utf-8")
        return [row[:-1] for row in csv.reader(io.StringIO(response.content.decode()))]

    def test_won_and_lost_are_told_by_reason_and_currency(self) -> None:
        wanted = [
            ["reason", "currency", "won", "lost", "won_ratio", "amount_won", "amount_lost"],
            ["fraudulent", "gbp", "1", "2", "0.3333", "10.00", "25.00"],
            ["duplicate", "jpy", "1", "0", "1.0000", "3000", "0"],
        ]
        self.assertEqual(self.rows("?window=90"), wanted)
        self.assertEqual(self.rows("?window=365")[1][3], "3")

    def test_the_page_shows_the_same(self) -> None:
        page = self.client.get(reverse("payments:dispute-list") + "?window=90").content.decode()

        self.assert_said(page, "33%", "100%", "£25.00", "¥3,000", "?window=90")

    def test_taking_it_is_written_down(self) -> None:
        self.rows("?window=nonsense")

        row = AuditLog.objects.get(event_type="dispute.rates_exported")
        self.assertEqual((row.actor, row.data["window"], row.data["rows"]), (self.ops, "365", 2))


class RefundOfDisputedTests(DisputeCase):
    def order_page(self) -> str:
        return self.client.get(reverse("orders:order-detail", args=["PL-1"])).content.decode()

    def test_what_a_bank_took_is_not_refunded_and_the_page_says_why(self) -> None:
        self.disputed(amount=30_00)
        page = self.order_page()

        self.assert_said(
            page, "the customer's bank has taken £30.00 back", "a refund would pay the customer twice"
        )
        self.assertNotIn('id="refund"', page)
        with self.assertRaises(refunds.PaymentDisputed):
            refunds.request_refund(order_id=self.order.pk, amount=1_00, actor=self.ops)

    def test_while_the_bank_only_asks_the_dialog_warns(self) -> None:
        self.disputed(inquiry=True)

        self.assert_said(self.order_page(), 'id="refund"', "It has taken nothing yet. Refund all of it")

    def test_without_stripes_word_the_status_decides(self) -> None:
        self.disputed(inquiry=True)
        for status, refundable in {
            "needs_response": 0,
            "under_review": 0,
            "lost": 0,
            "won": 42_00,
            "warning_needs_response": 42_00,
        }.items():
            Dispute.objects.update(status=status, is_charge_refundable=None)
            self.assertEqual(refunds.amount_refundable(self.order), refundable, status)

    def test_an_older_event_does_not_open_the_way(self) -> None:
        dispute = self.disputed(inquiry=True)
        self.story.passes(DAY)
        self.story.inquiry_escalates(dispute)
        first, *rest = [each for each in self.story.told if each["type"].startswith("charge.dispute")]
        self.tell(*rest, first)

        self.assertEqual(refunds.amount_refundable(self.order), 0)
