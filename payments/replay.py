"""Apply stored events again, for real or only to see what that would change."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple, TypeVar

from django.db import transaction
from django.db.models import QuerySet

from catalog.models import StockMovement
from orders.models import Order
from payments import inbox
from payments.inbox import Receipt
from payments.matching import ORDER_FACTS
from payments.models import EventStatus, Fact, LedgerEntry, Payout, StripeEvent
from payments.ownership import order_pks
from purelaka import moments
from purelaka.money import display

T = TypeVar("T")

CHUNK = 200
ORDER_FIELDS = (
    *("status", "paid_at", "amount_refunded", "refund_status", "refunded_at"),
    *("dispute_status", "flag", "awaits_stock", "currency"),
)
FACTS = (*ORDER_FACTS, Payout)
# Columns that say how a fact is kept, not what Stripe said of it.
HOUSEKEEPING = {"id", "order_id", "created", "as_of_rank", "as_of_event", "provider"} | {
    "known_at",
    "status_known_at",
}

State = dict[tuple[str, str], dict[str, Any]]  # (kind, name) -> values by column


class Change(NamedTuple):
    """A value that would be another one. `kind` is `order` or a fact's, `name` its number or id.

    `currency` is that of its amounts.
    """

    kind: str
    name: str
    column: str
    was: object
    becomes: object
    currency: str = ""

    @property
    def said(self) -> tuple[str, str]:
        """Both values for people."""
        return self._said(self.was), self._said(self.becomes)

    def _said(self, value: object) -> str:
        is_money = self.column.startswith("amount") and isinstance(value, int) and self.currency
        return display(int(str(value)), self.currency) if is_money else _said(value)


@dataclass
class Rehearsal:
    """What applying events would have done. Nothing of it was written."""

    receipts: Counter[str] = field(default_factory=Counter)
    failures: list[Receipt] = field(default_factory=list)
    entries: list[LedgerEntry] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    movements: list[StockMovement] = field(default_factory=list)

    @property
    def orders(self) -> list[Change]:
        return [change for change in self.changes if change.kind == "order"]

    @property
    def facts(self) -> list[Change]:
        return [change for change in self.changes if change.kind != "order"]

    @property
    def changes_nothing(self) -> bool:
        return not (self.entries or self.changes or self.movements)


class _TakenBack(Exception):
    """Ends a transaction whose work was only to be seen."""


def in_order(events: QuerySet[StripeEvent, StripeEvent]) -> Iterator[StripeEvent]:
    """The events in the order in which they were received, few in memory at a time.

    Each is read anew from the database when its turn comes, so what an earlier one did to it is seen.
    """
    last = 0
    while chunk := list(events.filter(pk__gt=last).order_by("pk")[:CHUNK]):
        yield from chunk
        last = chunk[-1].pk


def replay(events: Iterable[StripeEvent]) -> Iterator[Receipt]:
    """Apply each event again, each in a transaction of its own; safe, since applying is idempotent.

    Customers are told nothing.
    """
    for event in events:
        yield inbox.apply_again(event, tells=False)


def rehearse(events: Iterable[StripeEvent]) -> Rehearsal:
    """Apply the events in one transaction, look at what changed, and take it all back.

    What others do waits meanwhile for the rows that are touched (on SQLite, for all of it).
    """
    seen = Rehearsal()
    after: State = {}
    moved: list[StockMovement] = []
    ids: list[str] = []
    order_ids: set[int] = set()
    try:
        with transaction.atomic():
            for chunk in _chunks(events):
                entries = _apply(chunk, seen)
                seen.entries += entries
                objects = [event.object_id for event in chunk if event.object_id]
                ids += objects
                order_ids |= {*order_pks(objects).values(), *(e.order_id for e in entries if e.order_id)}
            after, moved = _state(ids, order_ids), _movements(order_ids)
            raise _TakenBack
    except _TakenBack:
        seen.changes = list(_changes(_state(ids, order_ids), after))
        known = {movement.pk for movement in _movements(order_ids)}
        seen.movements = [movement for movement in moved if movement.pk not in known]
    return seen


def _apply(events: Sequence[StripeEvent], seen: Rehearsal) -> list[LedgerEntry]:
    """Apply a chunk; returns the entries that it posted."""
    pks = [event.pk for event in events]
    posted = LedgerEntry.objects.filter(event__in=pks)
    before = set(posted.values_list("pk", flat=True))
    for event in events:
        receipt = inbox.apply_again(event, tells=False)
        seen.receipts[receipt.status] += 1
        if receipt.status == EventStatus.FAILED:
            seen.failures.append(receipt)
    return [entry for entry in posted.select_related("order").order_by("pk") if entry.pk not in before]


def _state(ids: Collection[str], order_ids: Collection[int]) -> State:
    """The orders and facts as they are now."""
    found: State = {}
    for pks in _chunks(order_ids):
        for order in Order.objects.filter(pk__in=pks):
            found["order", order.number] = {name: getattr(order, name) for name in ORDER_FIELDS}
    for some in _chunks(dict.fromkeys(ids)):
        for model in FACTS:
            for fact in model.objects.filter(**{f"{model.key}__in": some}):
                found[str(model._meta.verbose_name), str(fact)] = _told(fact)
    return found


def _movements(order_ids: Collection[int]) -> list[StockMovement]:
    """What left or came back for the lines of these orders."""
    found = StockMovement.objects.select_related("variant", "order_item__order").order_by("pk")
    return [movement for pks in _chunks(order_ids) for movement in found.filter(order_item__order__in=pks)]


def _told(fact: Fact) -> dict[str, Any]:
    """What Stripe said of it, without how we found and stored it."""
    columns = (field.attname for field in fact._meta.concrete_fields)
    return {name: getattr(fact, name) for name in columns if name not in (*HOUSEKEEPING, fact.key)}


def _changes(before: State, after: State) -> Iterator[Change]:
    for key, values in after.items():
        known = before.get(key, {})
        for column, value in values.items():
            if known.get(column) != value and (known or value not in (None, "", 0)):
                yield Change(*key, column, known.get(column), value, values.get("currency", ""))


def _said(value: object) -> str:
    if isinstance(value, datetime):
        return moments.full(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) if value not in (None, "") else "–"


def _chunks(things: Iterable[T]) -> Iterator[list[T]]:
    left = iter(things)
    while chunk := list(islice(left, CHUNK)):
        yield chunk
