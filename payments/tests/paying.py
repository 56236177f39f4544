"""A customer at the payment page of mock mode, and what is told afterwards."""

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.test import TestCase
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role
from monitoring import periodic
from monitoring.models import DataQualityIssue
from orders.models import Order
from payments import intents
from payments.mock import bank
from payments.mock.steps import tell
from payments.models import MockEvent, MockIntent
from payments.tests.posting import quiet, with_webhook_secret
from purelaka.testing import make_order, make_user

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

SUCCEEDS = "4242 4242 4242 4242"
NO_FUNDS = "4000 0000 0000 9995"
ASKS_THE_BANK = "4000 0027 6000 3184"
CARD = {"exp": "12 / 39", "cvc": "123", "name": "Robin Fields"}


@with_webhook_secret()
class PayingTestCase(TestCase):
    """`self.order` is an unpaid one of £42.00 of whoever is signed in."""

    def setUp(self) -> None:
        super().setUp()
        self.enterContext(quiet("django.request"))
        self.customer = make_user(Role.CUSTOMER)
        self.client.force_login(self.customer)
        self.order = self.place()

    def place(self, **fields: Any) -> Order:
        """An order of this moment, `amount_total` minor units."""
        return make_order(
            **{"amount_total": 42_00, "user": self.customer, "at": timezone.now(), "name": "Robin", **fields}
        )

    def url(self, name: str = "pay") -> str:
        return reverse(f"payments:{name}", args=[self.order.number])

    def open(self, name: str = "pay", **query: str) -> "Response":
        return self.client.get(self.url(name), query)

    def pay(self, number: str = SUCCEEDS, **fields: str) -> "Response":
        """Send the card form."""
        return self.client.post(self.url(), {**CARD, "number": number, **fields})

    def answer(self, answer: str) -> "Response":
        """Press a button on the bank's page."""
        return self.client.post(self.url("pay-challenge"), {"answer": answer})

    def is_told(self, *, after: timedelta = timedelta(seconds=5)) -> int:
        """Let the pretended Stripe post what is due `after` now; returns how many events were taken."""
        return bank.deliver_due(timezone.now() + after)

    def banks_have_done_theirs(self) -> None:
        """Disputes come and refunds are decided a while later, and are told of."""
        self.is_told(after=timedelta(minutes=1))
        self.is_told(after=timedelta(minutes=2))

    def intent(self) -> intents.Intent:
        """The payment intent as the pretended Stripe has it."""
        return tell(MockIntent.objects.get(order_number=self.order.number)).intent

    def errors(self, response: "Response") -> dict[str, list[str]]:
        """What is said beside the fields."""
        self.assertEqual(response.status_code, 422)
        errors: dict[str, list[str]] = response.context["form"].errors
        return errors

    def assert_order(self, **wanted: object) -> None:
        self.order.refresh_from_db()
        self.assertEqual({name: getattr(self.order, name) for name in wanted}, wanted)

    def assert_nothing_waits(self, *, but: Sequence[str] = ()) -> None:
        """Every event was taken; after the periodic work no check finds anything, `but` these."""
        self.assertFalse(MockEvent.objects.filter(delivered_at=None).exists())
        done = list(periodic.run(timezone.now() + timedelta(minutes=3)))
        issues = DataQualityIssue.objects.open().order_by("pk")
        self.assertEqual([issue.check_name for issue in issues], list(but), [str(i.message) for i in issues])
        self.assertEqual([step.error for step in done if step.error], [])
