"""A store in Stripe mode, whose Stripe is a running localstripe."""

from typing import Any, ClassVar

from django.test import SimpleTestCase, override_settings
from django.utils import timezone

from accounts.models import Role
from orders.models import Order
from payments import intents
from payments.tests.localstripe_server import LocalStripe
from payments.tests.posting import SECRET, quiet
from purelaka.testing import make_order, make_user

SUCCEEDS = "4242424242424242"
IS_DECLINED = "4000000000000341"
ASKS_THE_BANK = "4000002760003184"
ASKS_AND_IS_DECLINED = "4000008400001629"


def stripe_mode(stripe: LocalStripe) -> override_settings:
    """The settings of a store whose Stripe this is."""
    return override_settings(
        PAYMENTS_USE_STRIPE=True,
        STRIPE_SECRET_KEY="sk_test_12345",
        STRIPE_PUBLISHABLE_KEY="pk_test_12345",
        STRIPE_WEBHOOK_SECRETS=[SECRET],
        STRIPE_API_BASE=stripe.address,
        STRIPE_JS_URL=stripe.js_url,
        STRIPE_DESCRIPTIONS=False,
        STRIPE_PAYMENT_METHOD_TYPES=["card"],
        STRIPE_LIVEMODE=False,
    )


class WithLocalStripe(SimpleTestCase):
    """`self.stripe` runs for all tests of the class; the store is in Stripe mode."""

    stripe: ClassVar[LocalStripe]

    @classmethod
    def setUpClass(cls) -> None:
        cls.stripe = LocalStripe()
        cls.addClassCleanup(cls.stripe.stop)
        cls.enterClassContext(stripe_mode(cls.stripe))
        cls.enterClassContext(quiet("stripe"))
        super().setUpClass()


def place(amount_total: int = 42_00, **fields: Any) -> Order:
    """A customer's order of this moment."""
    user = make_user(Role.CUSTOMER)
    return make_order(**{"amount_total": amount_total, "user": user, "at": timezone.now(), **fields})


def ask_for_money(order: Order) -> intents.Intent:
    """The order's intent at Stripe, and `order` as it is with it."""
    intent = intents.intent_of(order)
    order.refresh_from_db()
    return intent
