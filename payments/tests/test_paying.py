"""The payment page of mock mode: each card does what it is for."""

from datetime import timedelta

from django.test import Client, override_settings

from orders.models import DisputeState, OrderStatus, RefundState
from payments import refunds
from payments.declines import WORDS
from payments.models import Charge, Dispute, MockIntent, Refund
from payments.tests.paying import ASKS_THE_BANK, NO_FUNDS, SUCCEEDS, PayingTestCase
from payments.tests.telling import net

PAID, PENDING = OrderStatus.PAID, OrderStatus.PENDING


class PayingTests(PayingTestCase):
    def test_the_page_shows_what_is_paid_for_and_until_when(self) -> None:
        response = self.open()

        self.assertContains(response, "Pay £42.00")
        self.assertContains(response, self.order.items.get().product_name)
        self.assertContains(response, "Your goods are held until")
        self.assertContains(response, "4000 0000 0000 9995")
        self.assertIn("no-store", response["Cache-Control"])

    def test_a_good_card_pays_and_the_confirmation_comes_after_the_customer(self) -> None:
        response = self.pay(SUCCEEDS)

        self.assertRedirects(response, self.url("pay-return"))
        self.assert_order(status=PENDING)
        self.assertContains(self.open("pay-return"), "waiting for your bank")

        self.is_told()
        self.assert_order(status=PAID, payment_intent_id=self.intent()["id"])
        self.assertContains(self.open("pay-return"), "is paid")
        self.assertEqual(net("sale"), 42_00)
        self.assert_nothing_waits()

    def test_the_number_of_the_card_is_nowhere(self) -> None:
        self.pay("4012 8888 8888 1881")
        self.pay(SUCCEEDS)

        kept = str(MockIntent.objects.values()[0])
        self.assertNotIn("401288888888", kept)
        self.assertNotIn("42424242", kept)
        self.assertIn("'last4': '1881'", kept)

    def test_a_guest_who_placed_the_order_may_pay_it(self) -> None:
        guest, stranger = Client(), Client()
        session = guest.session
        session["orders"] = [self.order.number]
        session.save()

        self.assertEqual(guest.get(self.url()).status_code, 200)
        self.assertEqual(stranger.get(self.url()).status_code, 302)

    def test_an_order_of_somebody_else_is_not_there(self) -> None:
        self.order = self.place(user=None)

        for name in ("pay", "pay-challenge", "pay-return", "pay-state"):
            self.assertEqual(self.open(name).status_code, 404, name)
        self.assertEqual(self.pay().status_code, 404)

    def test_yen_are_paid_in_yen(self) -> None:
        self.order = self.place(amount_total=4200, currency="jpy")
        self.assertContains(self.open(), "Pay ¥4,200")

        self.pay(SUCCEEDS)
        self.is_told()

        self.assert_order(status=PAID)
        self.assert_nothing_waits()


class RefusedCardTests(PayingTestCase):
    def test_each_refusal_is_said_in_words_beside_its_field(self) -> None:
        cards = {
            "4000 0000 0000 0002": ("number", "generic_decline"),
            NO_FUNDS: ("number", "insufficient_funds"),
            "4000 0000 0000 9987": ("number", "generic_decline"),
            "4000 0000 0000 0069": ("exp", "expired_card"),
            "4000 0000 0000 0127": ("cvc", "incorrect_cvc"),
            "4000 0000 0000 0119": ("number", "processing_error"),
            "4012 8888 8888 1881": ("number", "test_mode_live_card"),
        }
        for number, (field, code) in cards.items():
            with self.subTest(number):
                self.assertEqual(self.errors(self.pay(number)), {field: [WORDS[code]]})
        self.is_told()
        self.assert_order(status=PENDING)
        self.assertEqual(Charge.objects.filter(status="failed").count(), len(cards))

    def test_after_a_refusal_another_card_pays_the_same_intent(self) -> None:
        response = self.pay(NO_FUNDS)
        self.assertContains(response, "Nothing was taken. Try another card.", status_code=422)
        self.assertContains(response, NO_FUNDS, status_code=422)

        self.pay(SUCCEEDS)
        self.is_told()

        self.assert_order(status=PAID)
        self.assertEqual(MockIntent.objects.count(), 1)
        self.assertEqual(sorted(Charge.objects.values_list("status", flat=True)), ["failed", "succeeded"])
        self.assert_nothing_waits()

    def test_who_comes_back_later_is_told_why_the_last_card_was_refused(self) -> None:
        self.pay(NO_FUNDS)

        self.assertContains(self.open(), WORDS["insufficient_funds"])


class CardFormTests(PayingTestCase):
    def test_what_is_wrong_is_said_beside_the_field_and_no_card_is_tried(self) -> None:
        wrong = [
            ({"number": ""}, "number", "Write the number"),
            ({"number": "4242 4242"}, "number", "12 to 19 digits"),
            ({"number": "4242 4242 4242 424x"}, "number", "12 to 19 digits"),
            ({"number": "4242 4242 4242 4241"}, "number", "a digit must be wrong"),
            ({"exp": ""}, "exp", "MM / YY"),
            ({"exp": "13 / 39"}, "exp", "MM / YY"),
            ({"exp": "soon"}, "exp", "MM / YY"),
            ({"exp": "12 / 24"}, "exp", "has expired"),
            ({"cvc": ""}, "cvc", "3 digits"),
            ({"cvc": "12"}, "cvc", "3 digits"),
            ({"cvc": "123", "number": "3782 822463 10005"}, "cvc", "4 digits"),
            ({"name": ""}, "name", "name"),
        ]
        for fields, field, said in wrong:
            with self.subTest(fields):
                errors = self.errors(self.pay(**{"number": SUCCEEDS, **fields}))
                self.assertEqual(list(errors), [field])
                self.assertIn(said, errors[field][0])
        self.assertIsNone(self.intent()["latest_charge"])

    def test_dates_and_numbers_are_read_as_people_write_them(self) -> None:
        for exp, number in (("1239", "4242424242424242"), ("12/2039", "4242-4242-4242-4242")):
            with self.subTest(exp):
                self.order = self.place()
                self.assertRedirects(self.pay(number, exp=exp), self.url("pay-return"))


class ThreeDSecureTests(PayingTestCase):
    def test_both_cards_lead_to_the_bank_and_an_approval_pays(self) -> None:
        for number in (ASKS_THE_BANK, "4000 0025 0000 3155"):
            with self.subTest(number):
                self.order = self.place()
                self.assertRedirects(self.pay(number), self.url("pay-challenge"))
                self.assertContains(self.open("pay-challenge"), f"•••• {number[-4:]}")

                self.assertRedirects(self.answer("approve"), self.url("pay-return"))
                self.is_told()
                self.assert_order(status=PAID)
        self.assert_nothing_waits()

    def test_a_refusal_leads_back_with_the_reason_and_another_card_pays(self) -> None:
        self.pay(ASKS_THE_BANK)
        response = self.client.post(self.url("pay-challenge"), {"answer": "refuse"}, follow=True)

        self.assertContains(response, WORDS["payment_intent_authentication_failure"])
        self.assertEqual(self.intent()["status"], "requires_payment_method")

        self.pay(SUCCEEDS)
        self.is_told()
        self.assert_order(status=PAID)
        self.assert_nothing_waits()

    def test_going_back_to_the_bank_s_page_changes_nothing(self) -> None:
        self.assertRedirects(self.open("pay-challenge"), self.url())  # nothing was asked yet

        self.pay(ASKS_THE_BANK)
        self.answer("approve")
        for again in (self.answer("refuse"), self.answer("approve"), self.open("pay-challenge")):
            self.assertRedirects(again, self.url(), fetch_redirect_response=False)
        self.assertEqual(self.intent()["status"], "succeeded")

    def test_a_refusal_can_t_be_taken_back(self) -> None:
        self.pay(ASKS_THE_BANK)
        self.answer("refuse")

        self.assertRedirects(self.answer("approve"), self.url())
        self.assertEqual(self.intent()["status"], "requires_payment_method")

    def test_instead_of_answering_the_bank_another_card_can_be_used(self) -> None:
        self.pay(ASKS_THE_BANK)
        self.assertEqual(self.open().status_code, 200)

        self.assertRedirects(self.pay(SUCCEEDS), self.url("pay-return"))

    def test_an_answer_that_is_none_asks_again(self) -> None:
        self.pay(ASKS_THE_BANK)

        self.assertContains(self.answer("perhaps"), "Is this payment yours?")
        self.assertEqual(self.intent()["status"], "requires_action")


class TwiceTests(PayingTestCase):
    def test_the_form_sent_twice_charges_once(self) -> None:
        self.pay(SUCCEEDS)
        second = self.pay(SUCCEEDS)
        self.is_told()
        third = self.pay(SUCCEEDS)

        self.assertRedirects(second, self.url("pay-return"))
        self.assertRedirects(third, self.url("pay-return"))
        self.assertEqual(Charge.objects.count(), 1)
        self.assertEqual(net("sale"), 42_00)

    def test_two_open_pages_are_one_payment_intent(self) -> None:
        self.open()
        self.open()
        self.pay(NO_FUNDS)

        self.assertEqual(MockIntent.objects.count(), 1)

    def test_the_payment_page_of_a_paid_order_says_thanks(self) -> None:
        self.pay(SUCCEEDS)
        self.assertRedirects(self.open(), self.url("pay-return"))  # not told yet

        self.is_told()
        self.assertRedirects(self.open(), self.url("pay-return"))


class BanksTests(PayingTestCase):
    """What banks do by themselves some time after a payment."""

    def test_a_chargeback_comes_soon_after_the_payment(self) -> None:
        for number, reason in (
            ("4000 0000 0000 0259", "fraudulent"),
            ("4000 0000 0000 2685", "product_not_received"),
        ):
            with self.subTest(reason):
                self.order = self.place()
                self.pay(number)
                self.is_told()
                self.assert_order(status=PAID, dispute_status=DisputeState.NONE)

                self.banks_have_done_theirs()
                self.assert_order(dispute_status=DisputeState.OPEN)
                self.assertEqual(Dispute.objects.latest("pk").reason, reason)
        self.assertEqual(net("dispute_withdrawal"), -84_00)
        self.assert_nothing_waits()

    def test_an_inquiry_moves_no_money(self) -> None:
        self.pay("4000 0000 0000 1976")
        self.banks_have_done_theirs()

        self.assertEqual(Dispute.objects.get().status, "warning_needs_response")
        self.assertEqual(net("dispute_withdrawal"), 0)
        self.assert_nothing_waits()

    def refund(self, amount: int = 10_00) -> None:
        refunds.request_refund(order_id=self.order.pk, amount=amount, actor=None)

    def test_a_refund_of_a_shop_payment_is_one_refund_however_it_is_told(self) -> None:
        self.pay(SUCCEEDS)
        self.is_told()
        self.refund()
        self.refund(5_00)
        self.is_told()

        self.assert_order(amount_refunded=15_00, refund_status=RefundState.PARTIAL)
        self.assertEqual(net("refund"), -15_00)
        self.assert_nothing_waits()

    def test_a_refund_can_wait_and_then_succeed(self) -> None:
        self.pay("4000 0000 0000 7726")
        self.is_told()
        self.refund()
        self.assertEqual(Refund.objects.get().status, "pending")

        self.banks_have_done_theirs()
        self.assertEqual(Refund.objects.get().status, "succeeded")
        self.assert_order(amount_refunded=10_00)
        self.assert_nothing_waits()

    def test_a_refund_can_fail_after_it_succeeded(self) -> None:
        self.pay("4000 0000 0000 5126")
        self.is_told()
        self.refund(42_00)
        self.is_told()
        self.assert_order(refund_status=RefundState.FULL)

        self.banks_have_done_theirs()
        self.assert_order(refund_status=RefundState.NONE, amount_refunded=0)
        self.assertEqual(net("refund", "refund_reversal"), 0)
        self.assert_nothing_waits(but=["refunds_arrived"])  # a person must find another way

    def test_what_was_refunded_meanwhile_is_not_disputed(self) -> None:
        self.pay("4000 0000 0000 0259")
        self.is_told()
        self.refund(42_00)

        self.banks_have_done_theirs()
        self.assertFalse(Dispute.objects.exists())
        self.assert_nothing_waits()


class ModeTests(PayingTestCase):
    @override_settings(PAYMENTS_USE_STRIPE=True, STRIPE_SECRET_KEY="sk_test_x")
    def test_in_stripe_mode_the_mock_s_pages_are_not_there(self) -> None:
        self.assertEqual(self.open("pay-challenge").status_code, 404)
        self.assertEqual(self.answer("approve").status_code, 404)

    def test_in_stripe_mode_nothing_is_posted_by_the_mock(self) -> None:
        self.pay(SUCCEEDS)

        with override_settings(PAYMENTS_USE_STRIPE=True):
            self.assertEqual(self.is_told(after=timedelta(days=1)), 0)
        self.assert_order(status=PENDING)
