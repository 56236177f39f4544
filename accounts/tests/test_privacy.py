"""What an analyst gets to see of customers in a store that keeps them from analysts: nothing, anywhere."""

import io
import json
import zipfile
from datetime import timedelta
from html import unescape
from io import StringIO
from typing import Any
from urllib.parse import unquote

from django.core.management import call_command
from django.http import HttpResponseBase
from django.test import TestCase, override_settings
from django.urls import reverse
from django.utils import timezone

from accounts import privacy
from accounts.models import Role, User
from accounts.privacy import CustomerKey, customer_key
from accounts.tests.url_walk import SAMPLES, Address, addresses
from monitoring.models import DataQualityIssue
from orders import mailing
from orders.models import MailKind, Order
from orders.notes import add_note
from payments.answers import take_in
from payments.models import Charge, Dispute, Payment, StripeEvent
from purelaka.testing import make_order, make_user, make_variant
from wishlist.models import WishlistItem

EMAIL = "quirin.zwackelmann@buyers.example"
NAME = "Quirin Zwackelmann"
ADDRESS = "77 Xylophone Mews\nUpper Quibbleton\nQQ7 7QQ"
PHONE = "+44 7700 900777"
TELLING = (EMAIL, "zwackelmann", "Xylophone", "Quibbleton", "QQ7 7QQ", "7700 900777")
SALT = "a salt for tests, of more than thirty-two characters"
HIDDEN = override_settings(ANALYST_SEES_PERSONAL_DATA=False, PERSONAL_DATA_SALT=SALT)
# An address whose answer tells of nobody by its nature, and which no analyst needs: Django's own pages.
ELSEWHERE = ("admin:",)


def distinctive_order(customer: User) -> Order:
    """Paid today, with all that can be known of a person in all the places where it is kept."""
    order = make_order(
        email=EMAIL, name=NAME, address=ADDRESS, country="GB", user=customer, at=timezone.now()
    )
    add_note(order=order, author=make_user(Role.OPS), text=f"{NAME} called from {PHONE}, {ADDRESS}")
    mailing.write(order, MailKind.CONFIRMATION)
    _pay(order)
    return Order.objects.get(pk=order.pk)


def _pay(order: Order) -> None:
    now = timezone.now()
    billing = {
        "email": EMAIL,
        "name": NAME,
        "phone": PHONE,
        "address": {"line1": ADDRESS.split("\n", 1)[0], "city": "Upper Quibbleton", "postal_code": "QQ7 7QQ"},
    }
    intent = {
        "id": f"pi_{order.pk}telling",
        "object": "payment_intent",
        "amount": order.amount_total,
        "amount_received": order.amount_total,
        "currency": order.currency,
        "status": "succeeded",
        "created": int(now.timestamp()),
        "metadata": {"order": order.number, "order_number": order.number, "instance": "purelaka"},
        "receipt_email": EMAIL,
        "description": f"An order of {NAME}",
        "shipping": {"name": NAME, "phone": PHONE, "address": billing["address"]},
    }
    charge = {
        "id": f"ch_{order.pk}telling",
        "object": "charge",
        "payment_intent": intent["id"],
        "amount": order.amount_total,
        "amount_captured": order.amount_total,
        "currency": order.currency,
        "status": "succeeded",
        "paid": True,
        "captured": True,
        "created": int(now.timestamp()),
        "metadata": intent["metadata"],
        "billing_details": billing,
        "receipt_email": EMAIL,
        "shipping": intent["shipping"],
    }
    Order.objects.filter(pk=order.pk).update(payment_intent_id=intent["id"])
    take_in("charge.succeeded", charge, at=now)
    take_in("payment_intent.succeeded", intent, at=now)


class EveryPageTests(TestCase):
    customer: User
    order: Order
    dispute: Dispute
    issue: DataQualityIssue
    analyst: User
    ops: User

    @classmethod
    def setUpTestData(cls) -> None:
        call_command("seed_demo", orders=40, stdout=StringIO())
        cls.customer = User.objects.create_user(EMAIL, "secret", name=NAME)
        cls.order = distinctive_order(cls.customer)
        variant = make_variant()
        WishlistItem.objects.create(user=cls.customer, variant=variant)
        call_command("build_snapshots", all=True, stdout=StringIO())
        now = timezone.now()
        cls.dispute = Dispute.objects.create(
            dispute_id="du_telling",
            charge_id=f"ch_{cls.order.pk}telling",
            order=cls.order,
            amount=cls.order.amount_total,
            currency=cls.order.currency,
            status="needs_response",
            reason="fraudulent",
            due_by=now + timedelta(days=9),
            created=now,
            as_of=now,
        )
        cls.issue = DataQualityIssue.objects.create(
            check_name="customers_in_rollups", subject=EMAIL, message=f"{EMAIL} is odd", severity="warning"
        )
        cls.analyst, cls.ops = make_user(Role.ANALYST), make_user(Role.OPS)

    def test_the_distinctive_order_was_paid_and_is_in_the_figures(self) -> None:
        self.assertEqual(self.order.status, "paid")
        self.assertTrue(Payment.objects.filter(order=self.order).exists())
        self.assertTrue(Charge.objects.filter(order=self.order).exists())

    @HIDDEN
    def test_no_page_and_no_file_tells_an_analyst_of_a_customer(self) -> None:
        self.client.force_login(self.analyst)
        walked = 0
        for url in self.urls():
            with self.subTest(url=url):
                walked += 1
                told = self.told_by(url)
                self.assertEqual([text for text in TELLING if text.lower() in told.lower()], [])

        self.assertGreater(walked, 60)

    def test_ops_read_all_of_it_somewhere(self) -> None:
        self.client.force_login(self.ops)
        with HIDDEN:
            told = "\n".join(self.told_by(url) for url in self.urls()).lower()

        self.assertEqual([text for text in TELLING if text.lower() not in told], [])

    def test_an_analyst_of_another_store_reads_it_too(self) -> None:
        self.client.force_login(self.analyst)

        told = self.told_by(reverse("orders:order-detail", args=[self.order.number])).lower()

        self.assertEqual([text for text in TELLING if text.lower() not in told], [])

    def urls(self) -> list[str]:
        """Every address, those of one thing with the thing that tells the most."""
        urls = []
        for address in addresses():
            if not address.name.startswith(ELSEWHERE):
                urls += self.urls_of(address)
        return urls

    def urls_of(self, address: Address) -> list[str]:
        telling: dict[str, list[Any]] = {
            "number": [self.order.number],
            "dispute_id": [self.dispute.dispute_id],
            "issue_id": [self.issue.pk],
            "event_id": list(self.events()),
            "kpi": ["revenue", "orders", "unique_customers", "repeat_customers", "wishlisted_users"],
            "month": [f"{timezone.now():%Y-%m}"],
            "analyticsapp:export-xlsx.key": ["orders", "customers"],
            "analyticsapp:export-zip.key": ["orders", "customers"],
        }
        choices: list[dict[str, Any]] = [{}]
        for name in address.arguments:
            values = telling.get(f"{address.name}.{name}") or telling.get(name)
            if values is None:
                values = [(SAMPLES.get(f"{address.name}.{name}") or SAMPLES[name])()]
            choices = [{**known, name: value} for known in choices for value in values]
        paths = [reverse(address.name, kwargs=known) for known in choices]
        return [path + query for path in paths for query in QUERIES.get(address.name, ("",))]

    def events(self) -> list[str]:
        told = StripeEvent.objects.filter(object_id__endswith="telling")
        return list(told.values_list("event_id", flat=True))

    def told_by(self, url: str) -> str:
        """All text of an answer, as a person or a spreadsheet would read it, and where it leads."""
        response = self.client.get(url)
        told = text_of(response) + response.get("Location", "")
        return unescape(unquote(told)) + told


# Questions that make an address tell more than it does by itself.
QUERIES = {
    "orders:order-list": ("", "?sort=email", "?sort=email-last", "?q=PL"),
    "analyticsapp:order-rows": ("", "?sort=email", "?sort=email-last"),
    "analyticsapp:kpi-rows": ("?days=30&currency=gbp",),
    "analyticsapp:kpi-detail": ("?days=30&currency=gbp",),
}


def text_of(response: HttpResponseBase) -> str:
    """The answer's text; of a ZIP or a spreadsheet, that of what is in it."""
    content = getattr(response, "content", None)
    if content is None or response.streaming:
        content = b"".join(response.streaming_content)  # type: ignore[attr-defined]
    if content[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return "\n".join(archive.read(name).decode(errors="replace") for name in archive.namelist())
    return content.decode(errors="replace")


@HIDDEN
class KeyTests(TestCase):
    def setUp(self) -> None:
        self.order = make_order(email=EMAIL, name=NAME)
        self.other = make_order(email="other@example.com")
        self.key = customer_key(EMAIL)
        self.list = reverse("orders:order-list")

    def test_a_key_is_the_same_in_python_and_in_the_database(self) -> None:
        keys = Order.objects.annotate(key=CustomerKey("email")).values_list("key", flat=True)

        self.assertIn(self.key, keys)
        self.assertRegex(self.key, r"^c_[0-9a-f]{16}$")

    def test_case_makes_no_other_person_and_another_salt_does(self) -> None:
        self.assertEqual(customer_key(EMAIL.upper()), self.key)
        with override_settings(PERSONAL_DATA_SALT="another"):
            self.assertNotEqual(customer_key(EMAIL), self.key)

    def test_an_analyst_finds_orders_by_key(self) -> None:
        self.client.force_login(make_user(Role.ANALYST))

        page = self.client.get(self.list, {"q": self.key})

        self.assertContains(page, self.order.number)
        self.assertNotContains(page, self.other.number)

    def test_an_analyst_finds_nothing_by_email_and_is_told_why(self) -> None:
        self.client.force_login(make_user(Role.ANALYST))

        page = self.client.get(self.list, {"q": EMAIL})

        self.assertNotContains(page, self.order.number)
        self.assertContains(page, "Search by customer key")

    def test_ops_find_by_email_and_by_key(self) -> None:
        self.client.force_login(make_user(Role.OPS))

        for sought in (EMAIL, self.key):
            self.assertContains(self.client.get(self.list, {"q": sought}), self.order.number)

    def test_a_manifest_says_that_there_is_no_personal_data(self) -> None:
        for role, says in ((Role.ANALYST, False), (Role.ADMIN, True)):
            self.client.force_login(make_user(role))
            response = self.client.get(reverse("analyticsapp:export-zip", args=["customers"]))
            content = b"".join(response.streaming_content)  # type: ignore[attr-defined]
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                self.assertIs(json.loads(archive.read("manifest.json"))["personal_data"], says)


class MaskingTests(TestCase):
    def test_a_payload_keeps_its_shape_and_loses_its_people(self) -> None:
        payload = {"id": "pi_1", "billing_details": {"name": NAME}, "amount": 5, "note": [f"to {EMAIL}."]}

        with override_settings(PERSONAL_DATA_SALT=SALT):
            found = privacy._masked(payload)

        note = f"to {customer_key_of(EMAIL)}."
        self.assertEqual(
            found, {"id": "pi_1", "billing_details": privacy.HIDDEN, "amount": 5, "note": [note]}
        )

    @override_settings(ANALYST_SEES_PERSONAL_DATA=False, PERSONAL_DATA_SALT="")
    def test_a_missing_salt_is_an_error(self) -> None:
        self.assertIn("accounts.E001", [found.id for found in privacy.check_salt()])


def customer_key_of(email: str) -> str:
    with override_settings(PERSONAL_DATA_SALT=SALT):
        return customer_key(email)
