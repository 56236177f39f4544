"""Read the facts of orders, for the projection."""

from collections.abc import Sequence

from orders.models import Order, OrderStatus
from payments import shapes
from payments.ledger import OrderFacts, RefundTotal
from payments.models import BalanceTransaction, Charge, Dispute, EventStatus, Payment, Refund, StripeEvent


def facts_of(orders: Sequence[Order]) -> dict[int, OrderFacts]:
    """All facts of each order, by the order's pk. One query per kind of fact."""
    found = {
        order.pk: OrderFacts(
            amount_total=order.amount_total,
            currency=order.currency,
            is_canceled=order.status == OrderStatus.CANCELED,
        )
        for order in orders
    }
    owner: dict[str, int] = {}  # Stripe id -> order
    for payment in Payment.objects.filter(order__in=found):
        found[_pk(payment)].payments.append(payment)
    for charge in Charge.objects.filter(order__in=found):
        found[_pk(charge)].charges.append(charge)
        owner[charge.charge_id] = _pk(charge)
    for refund in Refund.objects.filter(order__in=found):
        found[_pk(refund)].refunds.append(refund)
        owner[refund.refund_id] = _pk(refund)
    for dispute in Dispute.objects.filter(order__in=found):
        found[_pk(dispute)].disputes.append(dispute)
        owner[dispute.dispute_id] = _pk(dispute)
    if owner:
        for transaction in BalanceTransaction.objects.filter(source_id__in=owner):
            found[owner[transaction.source_id]].transactions.append(transaction)
    return found


def refund_totals(charge_id: str) -> list[RefundTotal]:
    """Every `amount_refunded` Stripe ever told of a charge, from the inbox, in time order."""
    told: dict[object, RefundTotal] = {}
    for event in StripeEvent.objects.filter(
        object_id=charge_id, object_type="charge", status=EventStatus.PROCESSED
    ):
        fields = shapes.charge(event.body["data"]["object"], event.created)
        total = RefundTotal(event.created, fields["amount_refunded"])
        same_second = told.get(event.created)
        if same_second is None or total.amount > same_second.amount:
            told[event.created] = total
    return sorted(told.values(), key=lambda total: total.at)


def _pk(fact: Payment | Charge | Refund | Dispute) -> int:
    return fact.order_id or 0
