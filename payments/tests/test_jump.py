"""The search that leads straight to what was meant."""

from datetime import timedelta
from urllib.parse import urlencode

from django.urls import reverse

from accounts.models import Role
from payments.models import Payout, StripeEvent
from payments.stories.payouts import PayoutBook
from payments.tests.telling import StoryTestCase, order_of, paid_story
from purelaka.testing import make_user


class JumpTests(StoryTestCase):
    def setUp(self) -> None:
        self.client.force_login(make_user(Role.ANALYST))
        self.story = paid_story()
        order_of(self.story)
        self.refund = self.story.is_refunded(5_00)
        self.story.passes(timedelta(days=1))
        self.dispute = self.story.is_disputed()
        self.tell_all(self.story)
        self.order = reverse("orders:order-detail", args=["PL-1"])

    def jump(self, sought: str) -> str:
        response = self.client.get(f"/jump/?{urlencode({'q': sought})}")
        self.assertEqual(response.status_code, 302)
        return str(response["Location"])

    def test_an_order_number_in_any_case(self) -> None:
        for sought in ("PL-1", "pl-1", "  PL-1 "):
            self.assertEqual(self.jump(sought), self.order)

    def test_every_id_of_an_order_leads_to_it(self) -> None:
        assert self.story.charge
        ids = [
            self.story.payment_intent_id,
            self.story.charge["id"],
            self.refund["id"],
            self.dispute["id"],
            self.story.balance_transactions[0]["id"],
        ]
        for identifier in ids:
            with self.subTest(id=identifier):
                self.assertEqual(self.jump(identifier), self.order)

    def test_an_event_leads_to_itself(self) -> None:
        event = StripeEvent.objects.get(type="payment_intent.succeeded")

        self.assertEqual(self.jump(event.event_id), reverse("payments:event-detail", args=[event.event_id]))

    def test_a_payout_and_its_own_line_lead_to_it(self) -> None:
        book = PayoutBook(at=self.story.clock + timedelta(days=7))
        [payout] = book.pays_out(self.paid_elsewhere())
        book.payout_arrives(payout)
        self.tell_all(book)

        there = reverse("payments:payout-detail", args=[payout["id"]])
        self.assertTrue(Payout.objects.filter(payout_id=payout["id"]).exists())
        self.assertEqual(self.jump(payout["id"]), there)
        self.assertEqual(self.jump(payout["balance_transaction"]), there)

    def paid_elsewhere(self) -> list[dict[str, object]]:
        """Book lines of a payment that is no order of ours."""
        return list(paid_story("elsewhere", amount=10_00).balance_transactions)

    def test_what_belongs_to_no_order_leads_to_its_events(self) -> None:
        lost = paid_story("PL-404")
        self.tell_all(lost)

        there = f"{reverse('payments:event-list')}?q={lost.payment_intent_id}"
        self.assertEqual(self.jump(lost.payment_intent_id), there)

    def test_an_unknown_id_says_so(self) -> None:
        response = self.client.get("/jump/?q=re_3QvQtBD7GDvu4J", follow=True)

        self.assertContains(response, "Stripe has told us nothing of re_3QvQtBD7GDvu4J.")
        self.assertContains(response, "No event matches")

    def test_anything_else_is_looked_for_among_the_orders(self) -> None:
        orders = reverse("orders:order-list")

        self.assertEqual(self.jump("ann@example.com"), f"{orders}?q=ann%40example.com")
        self.assertEqual(self.jump("PL-9"), f"{orders}?q=PL-9")
        self.assertEqual(self.jump(""), orders)
        self.assertEqual(self.jump("\x00"), orders)
        self.assertEqual(self.client.get(self.jump("'; DROP TABLE orders; --" + "x" * 5000)).status_code, 200)
