"""Take many events in at once: for histories, where one transaction an event would take too long.

Ends in the same state as `inbox.receive` for each of them. The plain ones, new and readable and
about an order we know, go in together; all others are left to `inbox.receive`.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from orders.models import Order
from payments import envelope, facts, handlers, inbox, matching, shapes
from payments.envelope import Envelope
from payments.models import (
    BalanceTransaction,
    Charge,
    Dispute,
    EventSource,
    EventStatus,
    Fact,
    Payment,
    Payout,
    Refund,
    StripeEvent,
)
from payments.projection import Cause, lock, project, project_payouts, project_transactions

READERS: dict[str, tuple[type[Fact], Callable[[dict[str, Any], datetime], dict[str, Any]]]] = {
    "payment_intent": (Payment, shapes.payment),
    "charge": (Charge, shapes.charge),
    "refund": (Refund, shapes.refund),
    "dispute": (Dispute, shapes.dispute),
    "payout": (Payout, shapes.payout),
}


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event's JSON, and how and when it came."""

    text: str
    source: EventSource
    received_at: datetime


@dataclass(slots=True)
class Reading:
    """What an event says: snapshots of facts, by model."""

    event: Envelope
    delivery: Delivery
    facts: list[tuple[type[Fact], dict[str, Any]]] = field(default_factory=list)
    pk: int = 0


@dataclass(frozen=True, slots=True)
class Causes(Cause):
    """Each Stripe object's own cause, where one is known."""

    by_source: dict[str, Cause] = field(default_factory=dict)

    def of(self, source_id: str) -> Cause:
        return self.by_source.get(source_id, self)


def receive_many(deliveries: Sequence[Delivery]) -> None:
    """Store and apply these events. Raises BadEnvelope before anything was written."""
    read = [(envelope.read(delivery.text), delivery) for delivery in deliveries]
    with transaction.atomic():
        plain, others = _sort_out(read)
        if plain:
            _apply(plain)
        for delivery in others:
            inbox.receive(delivery.text, source=delivery.source, received_at=delivery.received_at)


# --- which of them are plain ----------------------------------------------------------------------


def _sort_out(read: Iterable[tuple[Envelope, Delivery]]) -> tuple[list[Reading], list[Delivery]]:
    """The plain events, with the order of each fact filled in, and the rest."""
    read = list(read)
    known = set(_known_ids(event.event_id for event, _ in read))
    plain, others = [], []
    for event, delivery in read:
        reading = None if event.event_id in known else _reading(event, delivery)
        known.add(event.event_id)
        if reading:
            plain.append(reading)
        else:
            others.append(delivery)
    orphans = _give_to_orders(plain)
    others += [reading.delivery for reading in orphans]
    return [reading for reading in plain if reading not in orphans], others


def _known_ids(ids: Iterable[str]) -> Iterable[str]:
    return StripeEvent.objects.filter(event_id__in=list(ids)).values_list("event_id", flat=True)


def _reading(event: Envelope, delivery: Delivery) -> Reading | None:
    """None for what has no effect or can't be read: `inbox.receive` says why."""
    if inbox.refusal(event) or shapes.is_foreign(event.object):
        return None
    try:
        return Reading(event, delivery, _facts(event))
    except shapes.OddPayload:
        return None


def _facts(event: Envelope) -> list[tuple[type[Fact], dict[str, Any]]]:
    if event.object_type == "list":
        return [(BalanceTransaction, item) for item in handlers.listed_transactions(event)]
    model, reader = READERS[event.object_type]
    found = [(model, reader(event.object, event.created))]
    if model is Dispute:
        found += [(BalanceTransaction, item) for item in handlers.transactions_in_dispute(event)]
    return found


def _give_to_orders(readings: Sequence[Reading]) -> list[Reading]:
    """Fill in `order_id` of the facts that belong to orders; returns the readings without one."""
    own = [
        (reading, fields)
        for reading in readings
        for model, fields in reading.facts
        if model in matching.ORDER_FACTS
    ]
    intents = {fields["payment_intent_id"] for _, fields in own} - {""}
    orders = Order.objects.filter(payment_intent_id__in=intents)
    owner = dict(orders.values_list("payment_intent_id", "pk"))
    for _, fields in own:
        fields["order_id"] = owner.get(fields["payment_intent_id"])
    return [reading for reading, fields in own if fields["order_id"] is None]


# --- apply them -----------------------------------------------------------------------------------


def _apply(readings: list[Reading]) -> None:
    orders = {
        fields["order_id"] for reading in readings for _, fields in reading.facts if "order_id" in fields
    }
    locked = lock(orders)
    _store(readings)
    for model, snapshots in _snapshots(readings).items():
        _upsert(model, snapshots)
    listed = {
        fields["source_id"] for reading in readings for _, fields in reading.facts if "source_id" in fields
    }
    also = handlers.orders_of_sources(listed - {""}) - orders if listed else set()
    causes = _causes(readings)
    project([*locked, *lock(also)], causes)
    payouts = Payout.objects.filter(payout_id__in=_ids(readings, Payout))
    project_payouts(list(payouts), causes)
    lines = BalanceTransaction.objects.filter(balance_transaction_id__in=_ids(readings, BalanceTransaction))
    project_transactions(list(lines), causes)
