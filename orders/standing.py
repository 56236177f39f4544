"""Where an order stands, in the customer's words."""

from typing import NamedTuple

from orders.models import Order, OrderStatus, RefundState


class Standing(NamedTuple):
    """A badge: `state` colours it (a value of the badge's stylesheet), `label` says it."""

    state: str
    label: str


REFUNDED = {
    RefundState.FULL: Standing("full", "Refunded"),
    RefundState.PARTIAL: Standing("partial", "Part refunded"),
}
PLAIN = {
    OrderStatus.PENDING: Standing("pending", "Waiting for payment"),
    OrderStatus.PAID: Standing("paid", "Paid, being packed"),
    OrderStatus.FULFILLED: Standing("fulfilled", "Sent"),
    OrderStatus.CANCELED: Standing("canceled", "Cancelled"),
}


def standing(order: Order) -> Standing:
    """One badge for an order. Money that went back says more than that the goods were sent."""
    refunded = REFUNDED.get(RefundState(order.refund_status))
    return refunded or PLAIN[OrderStatus(order.status)]
