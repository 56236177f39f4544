"""Refunds above one person's limit: asked for by one, decided by another."""

import uuid
from decimal import Decimal
from unittest.mock import patch

from django.core.exceptions import ImproperlyConfigured
from django.test import SimpleTestCase, override_settings
from django.urls import reverse

from accounts.models import Role, User
from audit.models import AuditLog
from payments import refunds
from payments.models import Refund, RefundRequest, RequestStatus
from payments.tests.order_page_case import OrderPageCase
from purelaka import env
from purelaka.testing import make_user

CREATE = "payments.mock_gateway.MockGateway.create_refund"


@override_settings(REFUND_APPROVAL_LIMIT={"": Decimal(10)})
class ApprovalTests(OrderPageCase):
    def setUp(self) -> None:
        super().setUp()
        self.pay()
        self.other = make_user(Role.OPS)

    def ask(self, amount: str, user: User | None = None) -> str:
        self.client.force_login(user or self.ops)
        fields = {"amount": amount, "reason": "duplicate", "key": str(uuid.uuid4())}
        return self.post("refund", **fields)

    def decide(self, deed: str, user: User, **fields: str) -> str:
        self.client.force_login(user)
        url = reverse(f"payments:request-{deed}", args=[RefundRequest.objects.latest("pk").pk])
        return self.client.post(url, fields, follow=True).content.decode()

    def status(self) -> str:
        return RefundRequest.objects.latest("pk").status

    def test_up_to_the_limit_one_person_is_enough(self) -> None:
        self.ask("10")

        self.assertEqual(self.status(), RequestStatus.ANSWERED)

    def test_above_it_nothing_goes_to_stripe_before_somebody_else_approves(self) -> None:
        with patch(CREATE) as create:
            page = self.ask("10.01")
            create.assert_not_called()
        self.assert_said("waits for somebody else to approve it. Nothing has gone to Stripe.", page)
        self.assert_said("asked to refund £10.01", page)
        self.assertEqual(self.status(), RequestStatus.REQUESTED)

        page = self.decide("approve", self.other)

        self.assert_said("£10.01 of PL-1 goes back to the customer.", page)
        self.assertEqual(Refund.objects.get().amount, 10_01)
        self.assertTrue(AuditLog.objects.filter(event_type="refund.approved", actor=self.other).exists())
        self.assert_said("approved the refund of £10.01", self.page())

    def test_who_asked_can_not_approve_and_is_not_offered_it(self) -> None:
        page = self.ask("15")
        self.assert_said("Take back", page)
        self.assert_not_said("Approve", page)

        self.assert_said("You asked for it yourself", self.decide("approve", self.ops))
        self.assertEqual(self.status(), RequestStatus.REQUESTED)

    def test_small_parts_of_one_large_refund_count_together(self) -> None:
        self.ask("6")
        self.ask("6")

        self.assertEqual(self.status(), RequestStatus.REQUESTED)

    def test_admins_and_the_shop_itself_have_no_limit(self) -> None:
        self.ask("12", make_user(Role.ADMIN))
        self.assertEqual(self.status(), RequestStatus.ANSWERED)

        refunds.request_refund(order_id=self.order.pk, amount=8_00, actor=None)
        self.assertEqual(self.status(), RequestStatus.ANSWERED)

    def test_what_waits_holds_its_amount(self) -> None:
        self.ask("15")

        self.assert_said("Between £0.01 and £5.00 can be refunded", self.ask("6"))

    def test_declining_frees_it_and_says_why(self) -> None:
        self.ask("15")
        self.decide("decline", self.other, note="Ask for photos first")

        self.assertEqual(self.status(), RequestStatus.DECLINED)
        self.assertEqual(refunds.amount_refundable(self.order), 20_00)
        for words in ("declined the refund of £15.00", "Ask for photos first"):
            self.assert_said(words, self.page())
        self.assertFalse(Refund.objects.exists())
        self.assert_said("what you wrote now was not kept", self.decide("decline", self.other, note="No"))

    def test_who_asked_may_take_it_back(self) -> None:
        self.ask("15")
        self.decide("decline", self.ops)

        self.assertEqual(self.status(), RequestStatus.DECLINED)

    def test_a_second_decision_changes_nothing(self) -> None:
        self.ask("15")
        self.decide("approve", self.other)
        self.assert_said("It was approved already", self.decide("decline", self.ops))
        self.assert_said("£15.00 of PL-1 goes back", self.decide("approve", self.other))  # a double click

        self.assertEqual(Refund.objects.count(), 1)

    def test_what_was_declined_can_not_be_approved(self) -> None:
        self.ask("15")
        self.decide("decline", self.other)

        self.assert_said("It was declined already", self.decide("approve", self.other))
        self.assertFalse(Refund.objects.exists())

    def test_a_payment_that_the_bank_took_back_meanwhile_is_not_refunded(self) -> None:
        self.ask("15")
        self.story.is_disputed("fraudulent")
        self.tell()

        self.assert_said("a refund would pay the customer twice", self.decide("approve", self.other))
        self.assertEqual(self.status(), RequestStatus.REQUESTED)

    def test_the_queue_shows_them_with_their_number(self) -> None:
        self.ask("15")
        self.client.force_login(self.other)
        page = self.client.get(reverse("payments:refund-list")).content.decode()

        self.assert_said("Waiting for approval", page)
        self.assert_said("Approve", page)

        self.client.force_login(self.analyst)
        self.assert_not_said("Approve<", self.client.get(reverse("payments:refund-list")).content.decode())

    @override_settings(REFUND_APPROVAL_LIMIT={})
    def test_without_a_setting_nobody_is_asked(self) -> None:
        self.ask("20")

        self.assertEqual(self.status(), RequestStatus.ANSWERED)


class SettingTests(SimpleTestCase):
    def read(self, text: str) -> dict[str, Decimal]:
        with patch.dict("os.environ", {"REFUND_APPROVAL_LIMIT": text}):
            return env.amounts("REFUND_APPROVAL_LIMIT")

    def test_one_amount_for_all_currencies_or_one_each(self) -> None:
        self.assertEqual(self.read(""), {})
        self.assertEqual(self.read("100"), {"": Decimal(100)})
        self.assertEqual(self.read("99.50, jpy=20000"), {"": Decimal("99.50"), "jpy": Decimal(20000)})

    def test_anything_else_is_refused(self) -> None:
        for text in ("-1", "a lot", "GBP=1", "gbp:1", "1e3", "gbp="):
            with self.subTest(text=text), self.assertRaises(ImproperlyConfigured):
                self.read(text)
