"""The log tells what happened, but not the tokens that open orders."""

import io
import logging

from django.test import TestCase

from orders.access import signed_link
from purelaka.testing import make_order


class SignedLinkTests(TestCase):
    def setUp(self) -> None:
        [console] = logging.getLogger().handlers
        assert isinstance(console, logging.StreamHandler)
        self.log = io.StringIO()
        before = console.setStream(self.log)
        self.addCleanup(console.setStream, before)

    def test_a_link_that_is_used_wrongly_is_logged_without_its_token(self) -> None:
        link = signed_link(make_order())
        token = link.removeprefix("/o/").removesuffix("/")

        self.client.post(link)

        self.assertIn("Method Not Allowed (POST): /o/…/", self.log.getvalue())
        self.assertNotIn(token, self.log.getvalue())

    def test_other_addresses_are_logged_whole(self) -> None:
        self.client.get("/nothing/here/")

        self.assertIn("Not Found: /nothing/here/", self.log.getvalue())
