"""Take many events in at once: for histories, where one transaction an event would take too long.

Ends in the same state as `inbox.receive` for each of them. The plain ones, new and readable and
about an order we know, go in together; all others are left to `inbox.receive`. No customer is told.
"""

import logging
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
    Fact,
    Payment,
    Payout,
    Refund,
    StripeEvent,
)
from payments.projection import Cause, lock, project, project_payouts, project_transactions

logger = logging.getLogger(__name__)

Fields = dict[str, Any]
Snapshot = tuple[type[Fact], Fields]

READERS: dict[str, tuple[type[Fact], Callable[[Fields, datetime], Fields]]] = {
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


@dataclass(slots=True, eq=False)
class Reading:
    """What an event says: snapshots of facts, each with its model."""

    event: Envelope
    delivery: Delivery
    facts: list[Snapshot]

    @property
    def is_orphan(self) -> bool:
        """Says something of an order that was not found."""
        return any(
            fields["order_id"] is None for model, fields in self.facts if model in matching.ORDER_FACTS
        )


@dataclass(frozen=True, slots=True)
class Causes(Cause):
    """Of what is posted about a Stripe object, the first event that could tell of it."""

    by_source: dict[str, list[tuple[datetime, Cause]]] = field(default_factory=dict)

    def of(self, source_id: str, at: datetime) -> Cause:
        told = self.by_source.get(source_id, [])
        return next((cause for created, cause in told if created >= at), told[-1][1] if told else self)

    def noted_at(self, payments: Iterable[tuple[str, datetime]]) -> list[datetime]:
        return [self.of(payment, at).at for payment, at in payments]


def receive_many(deliveries: Sequence[Delivery]) -> None:
    """Store and apply these events. Raises BadEnvelope; nothing was written then."""
    with transaction.atomic():
        plain, others = _sort_out(deliveries)
        if plain and not _applied(plain):
            others = list(deliveries)
        for delivery in others:
            inbox.receive(
                delivery.text, source=delivery.source, received_at=delivery.received_at, tells=False
            )


def _applied(readings: Sequence[Reading]) -> bool:
    """Apply them all, or none: then each is tried alone, so that one bad event fails alone."""
    try:
        with transaction.atomic():
            _apply(readings)
    except Exception:
        logger.exception("%s events could not be applied at once", len(readings))
        return False
    return True


# --- which of them are plain ----------------------------------------------------------------------


def _sort_out(deliveries: Sequence[Delivery]) -> tuple[list[Reading], list[Delivery]]:
    """The plain events, with the order of each fact filled in, and the rest."""
    read = [(envelope.read(delivery.text), delivery) for delivery in deliveries]
    ids = [event.event_id for event, _ in read]
    known = set(StripeEvent.objects.filter(event_id__in=ids).values_list("event_id", flat=True))
    readings: list[Reading] = []
    others: list[Delivery] = []
    for event, delivery in read:
        reading = None if event.event_id in known else _reading(event, delivery)
        known.add(event.event_id)
        if reading:
            readings.append(reading)
        else:
            others.append(delivery)
    _find_orders(readings)
    others += [reading.delivery for reading in readings if reading.is_orphan]
    return [reading for reading in readings if not reading.is_orphan], others


def _reading(event: Envelope, delivery: Delivery) -> Reading | None:
    """None for what has no effect or can't be read: `inbox.receive` says why."""
    if inbox.refusal_of(event) or shapes.is_foreign(event.object):
        return None
    try:
        return Reading(event, delivery, _facts(event))
    except shapes.OddPayload:
        return None


def _facts(event: Envelope) -> list[Snapshot]:
    if event.object_type == "list":
        return [(BalanceTransaction, item) for item in handlers.listed_transactions(event)]
    model, reader = READERS[event.object_type]
    found: list[Snapshot] = [(model, reader(event.object, event.created))]
    if model is Dispute:
        found += [(BalanceTransaction, item) for item in handlers.transactions_in_dispute(event)]
    return found


def _find_orders(readings: Sequence[Reading]) -> None:
    """Fill in `order_id` where a fact's payment is that of an order; only this plain way is tried."""
    own = [fields for reading in readings for model, fields in reading.facts if model in matching.ORDER_FACTS]
    intents = {fields["payment_intent_id"] for fields in own} - {""}
    orders = Order.objects.filter(payment_intent_id__in=intents)
    owner = dict(orders.values_list("payment_intent_id", "pk"))
    for fields in own:
        fields["order_id"] = owner.get(fields["payment_intent_id"])


# --- apply them -----------------------------------------------------------------------------------


def _apply(readings: Sequence[Reading]) -> None:
    """As the handlers do: lock the orders, write facts, post the difference."""
    by_model = _by_model(readings)
    orders = {fields["order_id"] for model in matching.ORDER_FACTS for fields in by_model.get(model, [])}
    orders |= handlers.orders_of_sources({f["source_id"] for f in by_model.get(BalanceTransaction, [])})
    locked = lock(orders)
    causes = _store(readings)
    for model, snapshots in by_model.items():
        _upsert(model, snapshots)
    _link_the_waiting(locked)
    project(locked, causes)
    payouts = {fields["payout_id"] for fields in by_model.get(Payout, [])}
    project_payouts(list(Payout.objects.filter(payout_id__in=payouts)), causes)
    lines = {fields["balance_transaction_id"] for fields in by_model.get(BalanceTransaction, [])}
    project_transactions(list(BalanceTransaction.objects.filter(balance_transaction_id__in=lines)), causes)


def _by_model(readings: Sequence[Reading]) -> dict[type[Fact], list[Fields]]:
    """All snapshots, each with the event it came from."""
    found: dict[type[Fact], list[Fields]] = defaultdict(list)
    for reading in readings:
        version = {
            "as_of": reading.event.created,
            "as_of_event": reading.event.event_id,
            "known_at": reading.delivery.received_at,
        }
        for model, fields in reading.facts:
            found[model].append(fields | version)
    return found


def _store(readings: Sequence[Reading]) -> Causes:
    """Write the events themselves."""
    rows = StripeEvent.objects.bulk_create(
        StripeEvent(**inbox.columns(reading.event, came.text, came.source, came.received_at))
        for reading in readings
        for came in [reading.delivery]
    )
    told: list[tuple[datetime, Cause, Reading]] = [
        (reading.event.created, Cause(at=reading.delivery.received_at, event_pk=row.pk), reading)
        for reading, row in zip(readings, rows, strict=True)
    ]
    by_source: dict[str, list[tuple[datetime, Cause]]] = defaultdict(list)
    for created, cause, reading in sorted(told, key=lambda each: each[0]):
        for source_id in _sources(reading):
            by_source[source_id].append((created, cause))
    return Causes(at=readings[-1].delivery.received_at, by_source=by_source)


def _sources(reading: Reading) -> set[str]:
    """Stripe ids under which the ledger keeps what this event tells."""
    sources = set()
    for model, fields in reading.facts:
        if model is not Payment or fields["succeeded_at"]:
            sources.add(fields[model.key])
        if model is Charge and fields["amount_captured"]:  # it tells of the payment's success as well
            sources.add(fields["payment_intent_id"])
    return sources


def _upsert(model: type[Fact], snapshots: Sequence[Fields]) -> None:
    """One statement holds each fact once: a fact's second snapshot goes with the second round."""
    rounds: list[dict[str, Fields]] = []
    for fields in snapshots:
        key = fields[model.key]
        for batch in rounds:
            if key not in batch:
                batch[key] = fields
                break
        else:
            rounds.append({key: fields})
    for batch in rounds:
        facts.upsert(model, [batch[key] for key in sorted(batch)])


def _link_the_waiting(orders: Sequence[Order]) -> None:
    """Facts of these payments that came while their order could not be told."""
    owner = {order.payment_intent_id: order.pk for order in orders if order.payment_intent_id}
    for model in matching.ORDER_FACTS:
        waiting = model._default_manager.filter(order=None, payment_intent_id__in=owner)
        for intent in waiting.values_list("payment_intent_id", flat=True):
            matching.link(owner[intent], intents=[intent], charges=[])
