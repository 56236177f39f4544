"""Which order a Stripe object belongs to: by PaymentIntent id, then by charge, then by metadata."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Q, QuerySet, Value

from orders.models import Order
from payments.models import Charge, Dispute, EventStatus, Payment, Refund, StripeEvent

OF_CHARGES = (Charge, Refund, Dispute)
ORDER_FACTS = (Payment, *OF_CHARGES)
NO_ORDER = "No order of ours has this payment."


def lock_order_of(fact: dict[str, Any]) -> Order | None:
    """The order of a fact (its columns by name), its row locked; None while there is none.

    The lock comes before any fact is written: two events about one order can't deadlock.
    """
    intent, charge, claimed = fact["payment_intent_id"], fact.get("charge_id", ""), fact["claimed_order"]
    orders = Order.objects.select_for_update(of=("self",))
    found = orders.filter(payment_intent_id=intent).first() if intent else None
    if found is None and intent:
        found = orders.filter(pk__in=_owners(Payment, payment_intent_id=intent)).first()
    if found is None and charge:
        found = orders.filter(pk__in=_owners(Charge, charge_id=charge)).first()
    if found is None and claimed:
        found = orders.filter(number=claimed).first()
    return found


def link(order_id: int, *, intents: Iterable[str], charges: Iterable[str]) -> None:
    """Give every fact of these payments to the order, and mark their events as ours."""
    intents, charges = {i for i in intents if i}, {c for c in charges if c}
    charges |= set(Charge.objects.filter(payment_intent_id__in=intents).values_list("charge_id", flat=True))
    touched = intents | charges
    for model in ORDER_FACTS:
        mine = Q(payment_intent_id__in=intents)
        if model is not Payment:
            mine |= Q(charge_id__in=charges)
        waiting = model.objects.filter(mine, order=None)
        touched |= set(waiting.values_list(model.key, flat=True))
        waiting.update(order_id=order_id)
    StripeEvent.objects.filter(object_id__in=touched, status=EventStatus.IGNORED, reason=NO_ORDER).update(
        status=EventStatus.PROCESSED, reason=""
    )


def has_unlinked(intent: str, charge: str) -> bool:
    """Some fact of this payment has not been given to its order yet."""
    mine = Q(order=None) & (Q(payment_intent_id=intent) if intent else Q(charge_id=charge))
    if intent and charge:
        mine = Q(order=None) & (Q(payment_intent_id=intent) | Q(charge_id=charge))
    by_intent = Payment.objects.filter(order=None, payment_intent_id=intent).values("pk")
    rest = [model.objects.filter(mine).values("pk") for model in (Charge, Refund, Dispute)]
    return by_intent.union(*rest, all=True).exists()


def waiting_for(order: Order) -> tuple[set[str], set[str]]:
    """Payment intents and charges that came before this order did."""
    claim = Q(order=None, claimed_order=order.number)
    if order.payment_intent_id:
        claim |= Q(order=None, payment_intent_id=order.payment_intent_id)
    of_payments = Payment.objects.filter(claim).values_list("payment_intent_id", Value(""))
    rest = [model.objects.filter(claim).values_list("payment_intent_id", "charge_id") for model in OF_CHARGES]
    rows = list(of_payments.union(*rest, all=True))
    return {intent for intent, _ in rows} - {""}, {charge for _, charge in rows} - {""}


def _owners(model: type[Payment | Charge], **key: str) -> QuerySet[Any, Any]:
    return model._default_manager.filter(order__isnull=False, **key).values("order_id")
