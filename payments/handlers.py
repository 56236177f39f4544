"""What each kind of Stripe event does. Handlers expect duplicates, lateness and overtaking.

To handle another object: add its types to `HANDLED`, its function to `HANDLER_OF_OBJECT`, its
reader to `shapes`, and its fact model.
"""

from collections.abc import Callable, Sequence
from typing import Any

from orders.models import Order
from payments import customer_mails, facts, matching, shapes
from payments.envelope import Envelope
from payments.models import BalanceTransaction, Charge, Dispute, Fact, Payment, Payout, Refund
from payments.projection import Cause, lock, project, project_payouts, project_transactions
from payments.shapes import OddPayload

# Routed by the object inside as well: `charge.refund.updated` carries a refund.
HANDLED = {
    "balance_transaction.listed",
    "charge.answered",
    "charge.captured",
    "charge.dispute.closed",
    "charge.dispute.created",
    "charge.dispute.funds_reinstated",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.updated",
    "charge.expired",
    "charge.failed",
    "charge.pending",
    "charge.refund.updated",
    "charge.refunded",
    "charge.succeeded",
    "charge.updated",
    "payment_intent.answered",
    "payment_intent.amount_capturable_updated",
    "payment_intent.canceled",
    "payment_intent.created",
    "payment_intent.payment_failed",
    "payment_intent.processing",
    "payment_intent.requires_action",
    "payment_intent.succeeded",
    "payout.canceled",
    "payout.created",
    "payout.failed",
    "payout.paid",
    "payout.reconciliation_completed",
    "payout.updated",
    "refund.answered",
    "refund.created",
    "refund.failed",
    "refund.updated",
}
FOREIGN = "Another application's object: its metadata names another instance."


# While a payment has not got further than this, it changes nothing in the books.
NEVER_MOVED_MONEY: dict[type[Fact], set[str]] = {
    Payment: {
        "requires_payment_method",
        "requires_confirmation",
        "requires_action",
        "processing",
        "requires_capture",
        "canceled",
    },
    Charge: {"failed", "pending"},
}

# Applies an event. Returns why it has no effect (so far), or nothing. Raises OddPayload.
Handler = Callable[[Envelope, Cause], str]


def handler_for(event: Envelope) -> Handler | None:
    """The function that applies this event, or None for a type we have no use for."""
    if event.type not in HANDLED:
        return None
    return HANDLER_OF_OBJECT.get(event.object_type)


def apply_payment(event: Envelope, cause: Cause) -> str:
    return _apply_order_fact(Payment, shapes.payment(event.object, event.created), event, cause)


def apply_charge(event: Envelope, cause: Cause) -> str:
    return _apply_order_fact(Charge, shapes.charge(event.object, event.created), event, cause)


def apply_refund(event: Envelope, cause: Cause) -> str:
    return _apply_order_fact(Refund, shapes.refund(event.object, event.created), event, cause)


def apply_dispute(event: Envelope, cause: Cause) -> str:
    """A dispute brings its balance transactions with it: they are the money."""
    items = transactions_in_dispute(event)
    fields = shapes.dispute(event.object, event.created)
    return _apply_order_fact(Dispute, fields, event, cause, transactions=items)


def apply_payout(event: Envelope, cause: Cause) -> str:
    fields = shapes.payout(event.object, event.created)
    facts.upsert(Payout, [fields], as_of=event.created, event_id=event.event_id, known_at=cause.known_at)
    project_payouts([Payout.objects.get(payout_id=fields["payout_id"])], cause)
    return ""


def apply_transactions(event: Envelope, cause: Cause) -> str:
    """A list of balance transactions, as the API answered; all in one payout when it names one."""
    items = listed_transactions(event)
    orders = lock(orders_of_sources({item["source_id"] for item in items}))
    _upsert_transactions(items, event)
    project(orders, cause)
    ids = [item["balance_transaction_id"] for item in items]
    project_transactions(list(BalanceTransaction.objects.filter(balance_transaction_id__in=ids)), cause)
    return ""


def transactions_in_dispute(event: Envelope) -> list[dict[str, Any]]:
    """The fields of the balance transactions inside a dispute. Raises OddPayload."""
    return [
        {**shapes.balance_transaction(item, event.created), "source_id": event.object_id}
        for item in shapes.embedded_transactions(event.object)
    ]


def listed_transactions(event: Envelope) -> list[dict[str, Any]]:
    """The fields of the balance transactions in an answer that lists them. Raises OddPayload."""
    data = event.object.get("data")
    if not isinstance(data, list) or not all(isinstance(item, dict) for item in data):
        raise OddPayload("data is not a list of balance transactions")
    payout_id = shapes.text(event.object, "payout")
    return [shapes.balance_transaction(item, event.created, payout_id) for item in data]


HANDLER_OF_OBJECT: dict[str, Handler] = {
    "payment_intent": apply_payment,
    "charge": apply_charge,
    "refund": apply_refund,
    "dispute": apply_dispute,
    "payout": apply_payout,
    "list": apply_transactions,
}


def _apply_order_fact(
    model: type[Fact],
    fields: dict[str, Any],
    event: Envelope,
    cause: Cause,
    transactions: Sequence[dict[str, Any]] = (),
) -> str:
    """Keep the fact, even while its order is unknown, and project the order when it is known."""
    if shapes.is_foreign(event.object):
        return FOREIGN
    order = matching.lock_order_of(fields)
    fields["order_id"] = order.pk if order else None
    [stored] = facts.upsert(
        model, [fields], as_of=event.created, event_id=event.event_id, known_at=cause.known_at
    )
    _upsert_transactions(transactions, event)
    if order is None and stored["order_id"]:  # this snapshot lacks what an earlier one had
        [order] = lock([stored["order_id"]])
    if order is None:
        return "" if stored["claimed_order"] else matching.NO_ORDER
    if cause.is_news(event.created):
        customer_mails.tell_of(event, stored, order)
    linked = _link_what_waited(model, stored, order)
    if not linked and stored["status"] in NEVER_MOVED_MONEY.get(model, ()):
        return ""
    project([order], cause)
    return ""


def _link_what_waited(model: type[Fact], stored: dict[str, Any], order: Order) -> bool:
    """Facts find their order by the intent; those that can't were waiting for this one.

    True when some were: their money moves now.
    """
    intent, charge = stored["payment_intent_id"], stored.get("charge_id", "")
    by_metadata = bool(intent) and order.payment_intent_id != intent
    if by_metadata or (model is Charge and matching.has_unlinked(charge)):
        return matching.link(order.pk, intents=[intent], charges=[charge])
    return False


def _upsert_transactions(items: Sequence[dict[str, Any]], event: Envelope) -> None:
    """In the order of their ids, so that two lists with common rows can't deadlock."""
    unique = {item["balance_transaction_id"]: item for item in items}
    rows = [unique[key] for key in sorted(unique)]
    facts.upsert(BalanceTransaction, rows, as_of=event.created, event_id=event.event_id)


def orders_of_sources(sources: set[str]) -> set[int]:
    """The orders of these charges, refunds and disputes."""
    found: set[int] = set()
    for model in (Charge, Refund, Dispute):
        rows = model._default_manager.filter(**{f"{model.key}__in": sources - {""}}, order__isnull=False)
        found |= set(rows.values_list("order_id", flat=True))
    return found
