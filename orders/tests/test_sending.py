"""Several orders sent at once, and their packing slips."""

from django.core import mail
from django.test import TestCase
from django.urls import reverse

from accounts.models import Role
from audit.models import AuditLog
from orders.models import Mail, Order
from purelaka.testing import NOON, make_order, make_user

CONFIRM, SEND, SLIPS = (reverse(f"orders:{name}") for name in ("send-confirm", "send", "packing-slips"))


def make_paid(number: str, **columns: object) -> Order:
    order = make_order(number=number, email=f"{number.lower()}@example.com")
    Order.objects.filter(pk=order.pk).update(**{"status": "paid", "paid_at": NOON, **columns})
    return Order.objects.get(pk=order.pk)


class SendingCase(TestCase):
    def setUp(self) -> None:
        self.user = make_user(Role.OPS)
        self.client.force_login(self.user)

    def statuses(self) -> dict[str, str]:
        return dict(Order.objects.values_list("number", "status"))


class ConfirmingTests(SendingCase):
    def test_it_lists_what_will_be_sent_and_what_can_not_and_does_nothing(self) -> None:
        make_paid("PL-1")
        make_order(number="PL-2")
        make_paid("PL-3", refund_status="full")

        page = self.client.post(CONFIRM, {"order": ["PL-1", "PL-2", "PL-3"]}).content.decode()

        self.assertIn("Mark 1 order fulfilled", page)
        self.assertIn("It is not paid yet.", page)
        self.assertIn("there is nothing to send", page)
        self.assertEqual(self.statuses(), {"PL-1": "paid", "PL-2": "pending", "PL-3": "paid"})

    def test_one_that_should_be_looked_at_is_not_ticked(self) -> None:
        fine, disputed = make_paid("PL-1"), make_paid("PL-2", dispute_status="open")

        form = self.client.post(CONFIRM, {"order": ["PL-1", "PL-2"]}).context["form"]

        self.assertTrue(form[f"send-{fine.pk}"].initial)
        self.assertFalse(form[f"send-{disputed.pk}"].initial)

    def test_nothing_ticked_leads_back_to_the_list_as_it_was(self) -> None:
        answer = self.client.post(CONFIRM, {"back": "?status=paid"})

        self.assertRedirects(answer, f"{reverse('orders:order-list')}?status=paid")


class SendingTests(SendingCase):
    def post(self, *orders: Order, **tracking: str) -> str:
        fields = {f"send-{order.pk}": "on" for order in orders}
        fields |= {f"tracking-{order.pk}": tracking.get(order.number[3:], "") for order in orders}
        body = {"order": [order.number for order in orders], **fields}
        with self.captureOnCommitCallbacks(execute=True):
            return self.client.post(SEND, body).content.decode()

    def test_each_is_fulfilled_told_and_written_down(self) -> None:
        one, two = make_paid("PL-A"), make_paid("PL-B")

        page = self.post(one, two, A="TRACK-1")

        self.assertIn("2 orders fulfilled", page)
        self.assertEqual(self.statuses(), {"PL-A": "fulfilled", "PL-B": "fulfilled"})
        self.assertEqual(Order.objects.get(pk=one.pk).tracking_number, "TRACK-1")
        self.assertCountEqual([sent.to[0] for sent in mail.outbox], ["pl-a@example.com", "pl-b@example.com"])
        deeds = AuditLog.objects.filter(event_type="order.fulfilled", actor=self.user)
        self.assertCountEqual(deeds.values_list("target_id", flat=True), [str(one.pk), str(two.pk)])

    def test_one_in_the_wrong_state_keeps_no_other_back(self) -> None:
        fine, refunded = make_paid("PL-A"), make_paid("PL-B")
        Order.objects.filter(pk=refunded.pk).update(refund_status="full")
        waiting = make_paid("PL-C", awaits_stock=True)
        unpaid = make_order(number="PL-D")

        page = self.post(fine, refunded, waiting, unpaid)

        self.assertIn("1 order fulfilled", page)
        for why in ("there is nothing to send", "Some of its goods are not in stock.", "It is not paid yet."):
            self.assertIn(why, page)
        self.assertEqual(
            self.statuses(), {"PL-A": "fulfilled", "PL-B": "paid", "PL-C": "paid", "PL-D": "pending"}
        )

    def test_the_same_page_sent_twice_sends_once_and_says_the_same(self) -> None:
        order = make_paid("PL-A")

        first, second = self.post(order, A="T-1"), self.post(order, A="T-1")

        self.assertIn("1 order fulfilled", first)
        self.assertIn("1 order fulfilled", second)
        self.assertEqual(Mail.objects.count(), 1)
        self.assertEqual(AuditLog.objects.filter(event_type="order.fulfilled").count(), 1)

    def test_one_that_was_sent_with_another_number_is_not_sent_again(self) -> None:
        order = make_paid("PL-A")
        self.post(order, A="T-1")

        page = self.post(order, A="T-2")

        self.assertIn("It was sent already.", page)
        self.assertEqual(Order.objects.get().tracking_number, "T-1")

    def test_a_number_that_is_too_long_is_told_beside_it_and_nothing_is_sent(self) -> None:
        one, two = make_paid("PL-A"), make_paid("PL-B")

        page = self.post(one, two, A="1" * 65, B="T-2")

        self.assertIn("64 characters at most", page)
        self.assertIn('value="T-2"', page)
        self.assertEqual(self.statuses(), {"PL-A": "paid", "PL-B": "paid"})

    def test_one_that_is_not_ticked_stays(self) -> None:
        one, two = make_paid("PL-A"), make_paid("PL-B")

        self.client.post(SEND, {"order": ["PL-A", "PL-B"], f"send-{one.pk}": "on"})

        self.assertEqual(self.statuses(), {"PL-A": "fulfilled", "PL-B": "paid"})
        self.assertContains(
            self.client.post(SEND, {"order": [two.number]}), "Tick at least one order", status_code=422
        )


class SlipTests(SendingCase):
    def test_a_slip_says_what_goes_where_without_prices(self) -> None:
        order = make_paid(
            "PL-1", name="Robin Doe", address="14 Example Street\nBristol", shipping_method="Post"
        )
        item = order.items.get()

        page = self.client.get(f"{SLIPS}?order=PL-1").content.decode()

        for words in (
            "PL-1",
            "Robin Doe",
            "14 Example Street<br>Bristol",
            "Post",
            item.sku,
            item.product_name,
        ):
            self.assertIn(words, page)
        self.assertNotIn("£", page)

    def test_several_at_once_by_the_form_of_the_list(self) -> None:
        make_paid("PL-1")
        make_paid("PL-2")
        make_order(number="PL-3")

        answer = self.client.post(SLIPS, {"order": ["PL-1", "PL-2", "PL-3"]}, follow=True)

        self.assertEqual([slip.order.number for slip in answer.context["slips"]], ["PL-2", "PL-1"])
        self.assertContains(answer, "It is not paid yet.")

    def test_more_slips_take_no_more_queries(self) -> None:
        numbers = [make_paid(f"PL-{number}").number for number in range(5)]
        query = "&".join(f"order={number}" for number in numbers)

        with self.assertNumQueries(5):
            self.client.get(f"{SLIPS}?{query}")
