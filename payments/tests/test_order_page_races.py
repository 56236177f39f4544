"""Two clicks at the same moment on an order's page, on Postgres."""

import uuid
from collections.abc import Callable

from django.contrib.messages import get_messages
from django.http import HttpRequest
from django.test import Client

from accounts.models import Role
from audit.models import AuditLog
from orders.models import Order, OrderNote, OrderStatus
from payments.models import Refund
from payments.tests.posting import deliver
from payments.tests.test_races import RaceCase, at_once
from purelaka.testing import make_user


class TwoClicksTests(RaceCase):
    def setUp(self) -> None:
        self.ops = make_user(Role.OPS)
        for event in self.paid_story().events:
            deliver(Client(), event)

    def click_twice(self, name: str, **fields: str) -> list[tuple[int, str]]:
        """Status and flash message of both answers."""
        return at_once(*[self.click(name, **fields)] * 2)

    def click(self, name: str, **fields: str) -> Callable[[], tuple[int, str]]:
        def send() -> tuple[int, str]:
            client = Client()
            client.force_login(self.ops)
            response = client.post(f"/orders/PL-1/{name}/", fields)
            request: HttpRequest = response.wsgi_request
            return response.status_code, " ".join(str(message) for message in get_messages(request))

        return send

    def test_the_same_refund_is_made_once_and_both_answers_say_so(self) -> None:
        answers = self.click_twice("refund", amount="10", reason="duplicate", key=str(uuid.uuid4()))

        self.assertEqual(Refund.objects.get().amount, 10_00)
        self.assertEqual([status for status, _ in answers], [302, 302])
        for _, said in answers:
            self.assertRegex(said, r"£10\.00 of PL-1 goes back|The refund of £10\.00 is kept")

    def test_the_same_note_is_kept_once(self) -> None:
        self.click_twice("note", text="Once.")

        self.assertEqual(OrderNote.objects.count(), 1)

    def test_it_is_fulfilled_once(self) -> None:
        answers = self.click_twice("fulfil", tracking_number="RM 1")

        self.assertEqual([status for status, _ in answers], [302, 302])
        self.assertEqual(Order.objects.get().status, OrderStatus.FULFILLED)
        self.assertEqual(AuditLog.objects.filter(event_type="order.fulfilled").count(), 1)
