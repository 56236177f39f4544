"""Refunds that did not reach their customer, and what a person does about them."""

from datetime import timedelta

from django.urls import reverse

from accounts.models import Role
from audit.models import AuditLog
from payments import refund_tasks, refunds
from payments.models import Refund, RefundRequest, RefundSettlement
from payments.refund_tasks import FAILURES
from payments.stories.versions import Json
from payments.tests.order_page_case import OrderPageCase
from purelaka.testing import make_user


class TaskCase(OrderPageCase):
    def setUp(self) -> None:
        super().setUp()
        self.pay()

    def lose(self, amount: int = 5_00, reason: str = "lost_or_stolen_card") -> Json:
        self.story.passes(timedelta(days=1))
        refund = self.story.is_refunded(amount)
        self.story.passes(timedelta(days=1))
        self.story.refund_fails(refund, reason=reason)
        self.tell()
        return refund

    def act(self, deed: str, refund: Json, **fields: str) -> str:
        url = reverse(f"payments:refund-{deed}", args=[refund["id"]])
        return self.client.post(url, fields, follow=True).content.decode()

    def about(self, refund: Json) -> str:
        return self.client.get(reverse("payments:refund-detail", args=[refund["id"]])).content.decode()

    def open(self) -> list[str]:
        return [task.refund.refund_id for task in refund_tasks.tasks()]


class ReadingTests(TaskCase):
    def test_a_failed_refund_says_that_the_customer_waits_why_and_what_to_do(self) -> None:
        refund = self.lose()

        for page in (self.about(refund), self.page(), self.client.get("/payments/refunds/").content.decode()):
            self.assert_said("has not got", page)
            self.assert_said("The card was reported lost or stolen.", page)
        self.assert_said("Ask the customer for a bank account", self.about(refund))

    def test_each_reason_of_stripe_has_words(self) -> None:
        for reason, words in FAILURES.items():
            with self.subTest(reason=reason):
                task = refund_tasks.task_of(Refund(status="failed", failure_reason=reason))
                self.assertEqual((task.why, task.what), words)
        self.assertIn("gave no reason", refund_tasks.task_of(Refund(status="failed")).why)

    def test_one_that_needs_the_customer_says_what_they_must_do_and_goes_by_itself(self) -> None:
        refund = self.story.is_refunded(5_00, status="requires_action")
        self.tell()
        self.assert_said("Stripe waits for the customer&#x27;s bank details.", self.about(refund))
        self.assertEqual(self.open(), [refund["id"]])

        self.story.refund_starts(refund)
        self.tell()
        self.assertEqual(self.open(), [])

    def test_an_analyst_reads_and_can_do_nothing(self) -> None:
        refund = self.lose()
        self.client.force_login(self.analyst)

        self.assert_not_said("Write it down", self.about(refund))
        for deed in ("retry", "settle"):
            self.assertEqual(
                self.client.post(reverse(f"payments:refund-{deed}", args=[refund["id"]])).status_code, 404
            )

    def test_an_unknown_refund_is_not_found(self) -> None:
        self.assertEqual(self.client.get("/payments/refunds/re_none/").status_code, 404)


class RetryTests(TaskCase):
    def test_the_same_amount_goes_once_more_and_the_task_is_done(self) -> None:
        refund = self.lose()
        page = self.act("retry", refund)
        self.act("retry", refund)

        self.assert_said("£5.00 of PL-1 goes back to the customer.", page)
        self.assertEqual(RefundRequest.objects.get().amount, 5_00)
        self.assertEqual(self.open(), [])
        self.assert_said("It was made again since", self.about(refund))

    def test_for_the_same_goods(self) -> None:
        item = self.order.items.get()
        self.post(
            "refund",
            **{
                f"pieces-{item.pk}": "1",
                "reason": "duplicate",
                "key": "11111111-1111-4111-8111-111111111111",
            },
        )
        before = RefundRequest.objects.get()
        Refund.objects.filter(refund_id=before.refund_id).update(
            status="failed", failed_at=before.created_at + timedelta(seconds=1)
        )
        self.act("retry", {"id": before.refund_id})

        again = RefundRequest.objects.latest("pk")
        self.assertEqual([line.item for line in again.lines.all()], [item])
        self.assertNotEqual(again, before)


class SettleTests(TaskCase):
    def test_another_way_is_written_down_audited_and_told(self) -> None:
        refund = self.lose()
        page = self.act("settle", refund, reference="BACS 4711", note="by phone")

        self.assert_said("£5.00 went to the customer as BACS 4711", page)
        self.assertEqual(self.open(), [])
        self.assertTrue(AuditLog.objects.filter(event_type="refund.settled", actor=self.ops).exists())
        for words in ("paid £5.00 back in another way", "BACS 4711"):
            self.assert_said(words, self.page())

    def test_its_amount_can_not_be_refunded_as_well(self) -> None:
        refund = self.lose()
        self.act("settle", refund, reference="BACS 4711")

        self.assertEqual(refunds.amount_refundable(self.order), 15_00)
        self.assert_said("Nothing is left to do", self.act("retry", refund))
        self.assertFalse(RefundRequest.objects.exists())

    def test_a_double_click_is_one(self) -> None:
        refund = self.lose()
        for _ in range(2):
            self.assert_not_said("not kept", self.act("settle", refund, reference="BACS 4711"))
        page = self.act("settle", refund, reference="BACS 4711", note="by phone")

        self.assertEqual(RefundSettlement.objects.count(), 1)
        self.assert_said("It was written down before: what you wrote now was not kept.", page)

    def test_it_needs_a_reference(self) -> None:
        self.assert_said("This field is required", self.act("settle", self.lose(), reference=" "))
        self.assertFalse(RefundSettlement.objects.exists())

    def test_what_was_made_again_is_not_settled_as_well(self) -> None:
        refund = self.lose()
        self.act("retry", refund)

        self.assert_said("Nothing is left to do", self.act("settle", refund, reference="BACS 4711"))
        self.assertFalse(RefundSettlement.objects.exists())

    def test_a_refund_that_arrived_is_not_settled(self) -> None:
        refund = self.story.is_refunded(5_00)
        self.tell()
        self.client.force_login(make_user(Role.ADMIN))

        self.assert_said("Nothing is left to do", self.act("settle", refund, reference="BACS 4711"))
