"""An order with its story, staff who look at its page, and what is asked of it."""

import logging

from django.test import TestCase
from django.urls import reverse

from accounts.models import Role
from payments.stories.story import Story
from payments.tests.posting import deliver, with_webhook_secret
from purelaka.testing import NOON, make_order, make_user


@with_webhook_secret()
class OrderPageCase(TestCase):
    def setUp(self) -> None:
        logging.disable(logging.WARNING)  # each refusal is a line otherwise
        self.addCleanup(logging.disable, logging.NOTSET)
        self.ops, self.analyst = make_user(Role.OPS), make_user(Role.ANALYST)
        self.story = Story(order_number="PL-1", amount=20_00, at=NOON)
        self.order = make_order(
            number="PL-1", amount_total=20_00, payment_intent_id=self.story.payment_intent_id
        )
        self.client.force_login(self.ops)

    def pay(self) -> None:
        self.story.is_declined("insufficient_funds")
        self.story.is_paid()
        self.tell()

    def tell(self, *stories: Story) -> None:
        for story in stories or (self.story,):
            for event in [*story.events, *story.answers]:
                deliver(self.client, event)
        self.order.refresh_from_db()

    def url(self, name: str = "detail") -> str:
        return reverse(f"orders:order-{name}", args=["PL-1"])

    def page(self, query: str = "") -> str:
        return self.client.get(self.url() + query).content.decode()

    def post(self, name: str, **fields: str) -> str:
        return self.client.post(self.url(name), fields, follow=True).content.decode()

    def assert_said(self, text: str, page: str) -> None:
        """Without the page in the failure's message."""
        self.assertTrue(text in page, f"not on the page: {text}")

    def assert_not_said(self, text: str, page: str) -> None:
        self.assertFalse(text in page, f"on the page: {text}")
