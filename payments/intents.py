"""The payment intent of an order: made once, looked up, given up.

Each answer of the provider is taken in like an event, so what we know of the payment is never
older than what we were told. docs.stripe.com/payments/paymentintents/lifecycle
"""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from orders.models import Order, OrderStatus
from payments import answers
from payments.gateway import GatewayError, gateway
from payments.models import PaymentStatus

Intent = dict[str, Any]

TAKEN = (PaymentStatus.SUCCEEDED, PaymentStatus.PROCESSING, PaymentStatus.REQUIRES_CAPTURE)


class BeingPaid(Exception):
    """The money is taken, or on its way: the order can't be given up now."""


class NoLongerHeld(Exception):
    """The order ended while its payment was begun: nobody can pay it any more."""


def intent_of(order: Order) -> Intent:
    """The order's payment intent as it is now; made when there is none that could be paid.

    Two tabs at once make one: the key of the request is made of the order. Raises GatewayError, and
    NoLongerHeld where one would have to be made and the order's time is over.
    """
    if order.payment_intent_id is None:
        return _make(order)
    intent = gateway().payment_intent(order.payment_intent_id)
    return _make(order) if intent["status"] == PaymentStatus.CANCELED else intent


def look_up(order: Order) -> Intent | None:
    """Ask the provider how the payment stands, and take the answer in; None without a payment intent.

    Afterwards `order` is as the answer left it. Raises GatewayError.
    """
    if order.payment_intent_id is None:
        return None
    at = timezone.now()  # before asking: the answer is at least as new
    intent = gateway().payment_intent(order.payment_intent_id)
    _take_in(intent, at)
    order.refresh_from_db()
    return intent


def give_up(order: Order) -> None:
    """Make sure that nobody can pay this order any more. Raises BeingPaid, GatewayError.

    What the provider says is taken in, so after BeingPaid the order may be paid. First its time ends:
    a customer at the payment page must not begin another payment behind our back.
    """
    held_until = order.reserved_until
    _end_its_time(order)
    try:
        if order.payment_intent_id is not None:
            give_up_intent(order.payment_intent_id)
    except (BeingPaid, GatewayError):
        Order.objects.filter(pk=order.pk, status=OrderStatus.PENDING).update(reserved_until=held_until)
        raise


def give_up_intent(payment_intent_id: str) -> None:
    """The same for any payment intent of ours."""
    at = timezone.now()
    try:
        intent = gateway().cancel_payment_intent(payment_intent_id)
    except GatewayError as refusal:
        if not refusal.is_final:
            raise
        intent = gateway().payment_intent(payment_intent_id)
    _take_in(intent, at)
    if intent["status"] in TAKEN:
        raise BeingPaid(f"{payment_intent_id} is {intent['status']} at the payment provider.")


def _make(order: Order) -> Intent:
    """Make a payment intent and write it down, unless somebody else was first or the order has ended."""
    was, at = order.payment_intent_id, timezone.now()
    intent = gateway().create_payment_intent(
        amount=order.amount_total,
        currency=order.currency,
        key=_key(order),
        metadata={"order_number": order.number, "instance": settings.INSTANCE},
        email=order.email,
        description=f"{settings.STORE_NAME} order {order.number}",
    )
    held = Order.objects.filter(status=OrderStatus.PENDING, reserved_until__gt=timezone.now())
    held.filter(pk=order.pk, payment_intent_id=was).update(payment_intent_id=intent["id"])
    order.refresh_from_db(fields=["payment_intent_id"])
    if order.payment_intent_id == intent["id"]:
        _take_in(intent, at)
        return intent
    if order.payment_intent_id != was:  # another tab was first, with an intent of its own
        return gateway().payment_intent(str(order.payment_intent_id))
    give_up_intent(intent["id"])
    raise NoLongerHeld(str(order))


def _end_its_time(order: Order) -> None:
    """From now on `_make` writes no payment intent down; the one it wrote last is in `order` then."""
    now = timezone.now()
    still_held = Order.objects.filter(pk=order.pk, status=OrderStatus.PENDING, reserved_until__gt=now)
    still_held.update(reserved_until=now)
    order.refresh_from_db(fields=["payment_intent_id"])


def _key(order: Order) -> str:
    """The same for the same order and amount; another one after a payment intent that was cancelled."""
    after = f":after:{order.payment_intent_id}" if order.payment_intent_id else ""
    return f"pi:{order.number}:{order.amount_total}:{order.currency}{after}"


def _take_in(intent: Intent, at: datetime) -> None:
    """Keep what we were told, without the secret that lets a browser pay."""
    kept = {name: value for name, value in intent.items() if name != "client_secret"}
    answers.take_in("payment_intent.answered", kept, at=at)
    if isinstance(charge := intent.get("latest_charge"), dict):  # Stripe's answer has it inside
        answers.take_in("charge.answered", charge, at=at)
