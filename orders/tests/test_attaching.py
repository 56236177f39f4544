"""Guest orders come into the account of whoever has proved that the address is theirs."""

import logging
import re

from allauth.account.models import EmailAddress
from django.core import mail
from django.core.cache import cache
from django.test import TestCase
from django.urls import reverse

from accounts.models import Role, User
from audit.models import AuditLog
from purelaka.testing import make_order, make_user

PASSWORD = "tulip-basket-9"


class AttachingTests(TestCase):
    def setUp(self) -> None:
        cache.clear()  # login tries are counted there
        logging.disable(logging.WARNING)  # each 404 is a line otherwise
        self.addCleanup(logging.disable, logging.NOTSET)
        self.order = make_order(email="robin@example.com")

    def owner(self) -> User | None:
        self.order.refresh_from_db()
        return self.order.user

    def sign_up(self) -> None:
        fields = {"email": "Robin@example.com", "password1": PASSWORD, "password2": PASSWORD}
        self.client.post(reverse("account_signup"), fields)

    def robin(self, *, verified: bool) -> User:
        user = make_user(Role.CUSTOMER, "robin@example.com")
        EmailAddress.objects.create(user=user, email=user.email, verified=verified, primary=True)
        return user

    def test_signing_up_with_an_address_is_not_enough(self) -> None:
        self.sign_up()

        self.assertIsNone(self.owner())
        self.assertEqual(
            self.client.get(reverse("orders:my-order", args=[self.order.number])).status_code, 404
        )

    def test_confirming_it_brings_the_orders_and_is_audited(self) -> None:
        self.sign_up()
        link = re.search(r"http://testserver(/accounts/confirm-email/\S+)", str(mail.outbox[0].body))
        assert link

        self.client.post(link[1])

        robin = User.objects.get(email="robin@example.com")
        self.assertEqual(self.owner(), robin)
        row = AuditLog.objects.get(event_type="order.attached")
        self.assertEqual((row.target_id, row.actor), (str(self.order.pk), robin))

    def test_signing_in_brings_what_was_ordered_meanwhile(self) -> None:
        robin = self.robin(verified=True)

        response = self.client.post(
            reverse("account_login"), {"login": robin.email, "password": "secret"}, follow=True
        )

        self.assertEqual(self.owner(), robin)
        said = [str(message) for message in response.context["messages"]]
        self.assertIn("1 order that you placed without signing in: now in your account.", said)

    def test_an_address_that_is_not_confirmed_brings_nothing(self) -> None:
        self.client.force_login(self.robin(verified=False))

        self.assertIsNone(self.owner())

    def test_orders_of_others_stay_where_they_are(self) -> None:
        sam = make_user(Role.CUSTOMER)
        theirs = make_order(email="robin@example.com", user=sam)
        guest = make_order(email="someone@example.com")

        self.client.force_login(self.robin(verified=True))

        theirs.refresh_from_db()
        guest.refresh_from_db()
        self.assertEqual((theirs.user, guest.user), (sam, None))

    def test_a_second_sign_in_writes_nothing_more(self) -> None:
        robin = self.robin(verified=True)
        self.client.force_login(robin)
        self.client.force_login(robin)

        self.assertEqual(AuditLog.objects.filter(event_type="order.attached").count(), 1)
