"""Guests ask for the link to their order: it is mailed, never shown, and nobody learns what exists."""

import logging
import re
from datetime import timedelta

from django.core import mail
from django.core.cache import cache
from django.test import TestCase
from django.urls import reverse

from orders.finding import mail_link
from purelaka.testing import NOON, make_order

FIND = reverse("orders:find")
SAID = "If there is such an order, its link is on its way to that address."


class FindingTests(TestCase):
    def setUp(self) -> None:
        cache.clear()  # tries are counted there
        logging.disable(logging.WARNING)
        self.addCleanup(logging.disable, logging.NOTSET)
        self.order = make_order(number="PL-7KQ2M9XD", email="guest@example.com")

    def ask(self, number: str = "PL-7KQ2M9XD", email: str = "guest@example.com") -> str:
        with self.captureOnCommitCallbacks(execute=True):
            response = self.client.post(FIND, {"number": number, "email": email}, follow=True)
        self.assertRedirects(response, FIND)
        return str(response.content.decode())

    def test_the_link_comes_by_mail_and_opens_the_order(self) -> None:
        page = self.ask()

        self.assertIn(SAID, page)
        self.assertNotIn("/o/", page)
        [message] = mail.outbox
        self.assertEqual(message.to, ["guest@example.com"])
        link = re.search(r"https?://[^/\s]+(/o/\S+)", str(message.body))
        assert link
        self.assertRedirects(self.client.get(link[1]), reverse("orders:my-order", args=["PL-7KQ2M9XD"]))

    def test_capitals_and_spaces_do_not_matter(self) -> None:
        self.ask(" pl-7kq2m9xd ", "Guest@Example.com ")

        self.assertEqual(len(mail.outbox), 1)

    def test_the_answer_is_the_same_when_there_is_no_such_order(self) -> None:
        for number, email in [("PL-NOPE", "guest@example.com"), ("PL-7KQ2M9XD", "sam@example.com")]:
            self.assertIn(SAID, self.ask(number, email))

        self.assertEqual(mail.outbox, [])

    def test_it_is_mailed_once_in_an_hour(self) -> None:
        for minutes in (0, 20, 40, 60):
            with self.captureOnCommitCallbacks(execute=True):
                mail_link(
                    number=self.order.number,
                    email="guest@example.com",
                    now=NOON + timedelta(minutes=minutes),
                )

        self.assertEqual(len(mail.outbox), 2)

    def test_after_ten_tries_one_has_to_wait(self) -> None:
        for number in range(10):
            self.ask(f"PL-{number}")

        response = self.client.post(FIND, {"number": "PL-7KQ2M9XD", "email": "guest@example.com"})

        self.assertContains(response, "Too many tries.", status_code=429)
        self.assertEqual(mail.outbox, [])

    def test_what_is_no_address_is_said_beside_the_field(self) -> None:
        response = self.client.post(FIND, {"number": "PL-7KQ2M9XD", "email": "guest"})

        self.assertContains(response, "Enter a valid email address.", status_code=422)
        self.assertContains(response, 'value="PL-7KQ2M9XD"', status_code=422)

    def test_the_login_page_leads_here(self) -> None:
        self.assertContains(self.client.get(reverse("account_login")), f'href="{FIND}"')
