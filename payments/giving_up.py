"""Unpaid orders come to an end: first nobody can pay them any more, then their goods become free.

In this order, so that no money comes for goods that were given away meanwhile.
"""

import logging
from datetime import datetime, timedelta

from django.db import transaction

from accounts.models import User
from orders import lifecycle
from orders.checkout import BeingPaid as CheckoutBeingPaid
from orders.checkout import CannotReplace
from orders.lifecycle import IllegalMove, LostRace
from orders.models import Order, OrderStatus
from payments import customer_mails, intents
from payments.gateway import GatewayError
from payments.intents import BeingPaid
from payments.models import Payment, Provider
from payments.models.facts import OPEN

logger = logging.getLogger(__name__)

# How long the goods of an order are kept because the provider does not answer.
PATIENCE = timedelta(days=1)
# A payment intent that could not be given up by then never will be.
TRIED_FOR = timedelta(days=7)


def expire_reservations(now: datetime, *, tells: bool = True) -> int:
    """Cancel the unpaid orders whose reservation has run out; returns how many.

    With `tells`, a customer who had tried to pay is told by mail. An order that turns out to be paid,
    or about to be, is left. Without an answer of the provider it is tried again, and cancelled after
    a day.
    """
    expired, is_away = 0, False
    for order in Order.objects.filter(status=OrderStatus.PENDING, reserved_until__lt=now).order_by("pk"):
        try:
            if not (is_away and order.payment_intent_id):
                intents.give_up(order)
            elif not _is_long_over(order, now):
                continue
        except BeingPaid:
            continue
        except GatewayError as error:
            is_away = is_away or not error.is_final
            logger.warning("%s could not be given up: %s", order, error)
            if not _is_long_over(order, now):
                continue
        expired += _cancel(order, tells)
    return expired


def give_up_canceled(now: datetime, *, most: int = 100) -> int:
    """Cancel what is still open at the provider of cancelled orders; returns how many.

    Such as when it did not answer at the time. When it does not answer now, the rest waits.
    """
    open_ones = Payment.objects.filter(
        status__in=OPEN,
        provider=Provider.STRIPE,
        order__status=OrderStatus.CANCELED,
        order__canceled_at__gt=now - TRIED_FOR,
    )
    given_up = 0
    for payment in open_ones.select_related("order").order_by("pk")[:most]:
        try:
            intents.give_up_intent(payment.payment_intent_id)
            given_up += 1
        except BeingPaid:  # too late: the order's flag tells a person
            continue
        except GatewayError as error:
            logger.warning("payment intent %s: %s", payment, error)
            if not error.is_final:
                break
    return given_up


def cancel_order(order: Order, *, actor: User, reason: str) -> None:
    """Staff cancel an unpaid order. Raises IllegalMove, also while it is being paid.

    When the provider does not answer, the order is cancelled and `give_up_canceled` does the rest.
    """
    if order.status == OrderStatus.PENDING:
        try:
            intents.give_up(order)
        except BeingPaid:
            raise IllegalMove(f"{order} is being paid at this moment: refund it instead.") from None
        except GatewayError as error:
            logger.warning("%s is cancelled, its payment intent is still open: %s", order, error)
    lifecycle.cancel(order, actor=actor, reason=reason)


def make_way(order: Order) -> None:
    """Before the checkout replaces an unpaid order by another. Raises the checkout's own errors."""
    try:
        intents.give_up(order)
    except BeingPaid:
        raise CheckoutBeingPaid(order) from None
    except GatewayError as error:
        raise CannotReplace(
            "The payment provider does not answer, so your order can't be changed now. Try again in a minute."
        ) from error


def _cancel(order: Order, tells: bool) -> bool:
    try:
        with transaction.atomic():
            lifecycle.cancel(order, actor=None, reason="reservation expired")
            if tells:
                customer_mails.tell_of_end(order)
    except LostRace:  # paid in this very moment
        return False
    return True


def _is_long_over(order: Order, now: datetime) -> bool:
    return order.reserved_until is not None and order.reserved_until < now - PATIENCE
