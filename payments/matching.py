"""Which order a Stripe object belongs to: by PaymentIntent id, then by charge, then by metadata."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Q

from orders.models import Order
from payments.models import Charge, Dispute, EventStatus, Payment, Refund, StripeEvent
from purelaka import sql

ORDER_FACTS = (Payment, Charge, Refund, Dispute)
UNLINKED = """SELECT 1 FROM payments_refund WHERE order_id IS NULL AND charge_id = %s
    UNION ALL SELECT 1 FROM payments_dispute WHERE order_id IS NULL AND charge_id = %s"""
WAITING = " UNION ALL ".join(
    f"SELECT payment_intent_id, {charge_id} FROM {table} WHERE order_id IS NULL AND "
    "(claimed_order = %s OR (payment_intent_id = %s AND payment_intent_id <> ''))"
    for table, charge_id in (
        ("payments_payment", "''"),
        ("payments_charge", "charge_id"),
        ("payments_refund", "charge_id"),
        ("payments_dispute", "charge_id"),
    )
)
# Facts without an order whose order can be found now, each with it.
MISSED = " UNION ALL ".join(
    f"""SELECT COALESCE(o.id, p.order_id, {of_charge}, n.id), f.payment_intent_id, {charge_id}
    FROM payments_{table} f
    LEFT JOIN orders_order o ON o.payment_intent_id = f.payment_intent_id
    LEFT JOIN payments_payment p ON p.payment_intent_id = f.payment_intent_id
    {join}
    LEFT JOIN orders_order n ON n.number = f.claimed_order
    WHERE f.order_id IS NULL AND COALESCE(o.id, p.order_id, {of_charge}, n.id) IS NOT NULL"""
    for table, charge_id, of_charge, join in (
        ("payment", "''", "p.order_id", ""),
        ("charge", "f.charge_id", "p.order_id", ""),
        *(
            (table, "f.charge_id", "c.order_id", "LEFT JOIN payments_charge c ON c.charge_id = f.charge_id")
            for table in ("refund", "dispute")
        ),
    )
)
NO_ORDER = "No order of ours has this payment."


def lock_order_of(fact: dict[str, Any]) -> Order | None:
    """The order of a fact (its columns by name), its row locked; None while there is none.

    The lock comes before any fact is written: two events about one order can't deadlock.
    """
    intent, charge, claimed = fact["payment_intent_id"], fact.get("charge_id", ""), fact["claimed_order"]
    found = _lock("payment_intent_id = %s", intent)
    found = found or _lock(
        "id = (SELECT order_id FROM payments_payment WHERE payment_intent_id = %s)", intent
    )
    found = found or _lock("id = (SELECT order_id FROM payments_charge WHERE charge_id = %s)", charge)
    return found or _lock("number = %s", claimed)


def link(order_id: int, *, intents: Iterable[str], charges: Iterable[str]) -> bool:
    """Give every fact of these payments to the order, and mark their events as ours.

    True when a fact had none.
    """
    intents, charges = {i for i in intents if i}, {c for c in charges if c}
    charges |= set(Charge.objects.filter(payment_intent_id__in=intents).values_list("charge_id", flat=True))
    touched = intents | charges
    linked = 0
    for model in ORDER_FACTS:
        mine = Q(payment_intent_id__in=intents)
        if model is not Payment:
            mine |= Q(charge_id__in=charges)
        waiting = model.objects.filter(mine, order=None)
        touched |= set(waiting.values_list(model.key, flat=True))
        linked += waiting.update(order_id=order_id)
    StripeEvent.objects.filter(object_id__in=touched, status=EventStatus.IGNORED, reason=NO_ORDER).update(
        status=EventStatus.PROCESSED, reason=""
    )
    return bool(linked)


def has_unlinked(charge_id: str) -> bool:
    """A refund or dispute that named only this charge came before it, and has no order yet."""
    return bool(sql.fetch(UNLINKED, [charge_id, charge_id]))


def waiting_for(order: Order) -> tuple[set[str], set[str]]:
    """Payment intents and charges that came before this order did."""
    rows = sql.fetch(WAITING, [order.number, order.payment_intent_id or ""] * len(ORDER_FACTS))
    return {intent for intent, _ in rows} - {""}, {charge for _, charge in rows} - {""}


def missed() -> dict[int, tuple[set[str], set[str]]]:
    """Payment intents and charges by the order they belong to, of facts that have no order yet."""
    found: dict[int, tuple[set[str], set[str]]] = {}
    for order_id, intent, charge in sql.fetch(MISSED):
        intents, charges = found.setdefault(order_id, (set(), set()))
        intents.add(intent)
        charges.add(charge)
    return found


def _lock(condition: str, value: str) -> Order | None:
    return next(iter(sql.lock(Order, condition, [value])), None) if value else None
