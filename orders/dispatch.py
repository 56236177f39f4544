"""Which orders can be sent, and sending several at once."""

from collections.abc import Sequence
from typing import NamedTuple

from django.db import transaction

from accounts.models import User
from orders import lifecycle
from orders.lifecycle import IllegalMove
from orders.models import DisputeState, Order, OrderStatus, RefundState

MOST_AT_ONCE = 100


class Parcel(NamedTuple):
    """An order to be sent, and the tracking number that its customer is told; it may be empty."""

    order: Order
    tracking_number: str


class Outcome(NamedTuple):
    """What became of an order. `why_not` is empty when it is sent."""

    order: Order
    why_not: str


def why_not_fulfil(order: Order) -> str:
    """Why the order can't be sent now; empty when it can."""
    if order.status != OrderStatus.PAID:
        return {
            OrderStatus.PENDING: "It is not paid yet.",
            OrderStatus.FULFILLED: "It was sent already.",
            OrderStatus.CANCELED: "It is cancelled.",
        }[OrderStatus(order.status)]
    if order.refund_status == RefundState.FULL:
        return "Everything was refunded: there is nothing to send."
    return "Some of its goods are not in stock." if order.awaits_stock else ""


def why_wait(order: Order) -> str:
    """Why a person should think twice before sending it; empty when nothing speaks against it."""
    if order.dispute_status == DisputeState.OPEN:
        return "Disputed: the bank may take the money back."
    return f"{order.get_flag_display()}: look at it first." if order.flag else ""


def fulfil_each(parcels: Sequence[Parcel], *, actor: User) -> list[Outcome]:
    """Fulfil each order on its own: one that can't be sent keeps no other back.

    An order that is sent already with just this tracking number counts as sent: it is the same click twice.
    """
    return [Outcome(parcel.order, _fulfil(parcel, actor)) for parcel in parcels]


def _fulfil(parcel: Parcel, actor: User) -> str:
    """Why not; empty when it is sent. The check holds the order's row, so nothing comes between."""
    order, tracking = parcel
    with transaction.atomic():
        fresh = Order.objects.select_for_update().get(pk=order.pk)
        if (fresh.status, fresh.tracking_number) == (OrderStatus.FULFILLED, tracking):
            return ""
        if problem := why_not_fulfil(fresh):
            return problem
        try:
            lifecycle.fulfil(fresh, actor=actor, tracking_number=tracking)
        except IllegalMove as why:
            return str(why)
    return ""
