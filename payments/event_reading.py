"""What we read from one event: in a sentence, and part by part with what it means to us."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet

from payments import event_telling
from payments.batch import READERS
from payments.models import Charge, StripeEvent
from payments.shapes import OddPayload
from purelaka import moments
from purelaka.money import display

MOST_OTHERS = 50
AMOUNTS = ("amount", "amount_received", "amount_captured", "amount_refunded")
UNSAID = ("currency", "as_of_rank")
MEANINGS = {
    "payment_intent_id": "Which payment it belongs to: through it the order is found",
    "charge_id": "Which attempt to pay it belongs to",
    "refund_id": "The refund's id",
    "dispute_id": "The dispute's id",
    "payout_id": "The payout's id",
    "amount": "What it is about in all",
    "amount_received": "What was really paid: it is compared with the order's total",
    "amount_captured": "What was really taken: this is the sale in the ledger",
    "amount_refunded": "What went back in all; counts until the refunds themselves are known",
    "status": "Where it stands; a later one is never overwritten by an earlier one",
    "succeeded_at": "When it was paid: the day of the sale",
    "counted_at": "When the refund counts in the ledger",
    "failed_at": "When it failed: that day the money came back",
    "failure_code": "Why it failed",
    "failure_message": "What the customer was told",
    "claimed_order": "The order its metadata names",
    "request_key": "Ties it to the refund that was asked for here",
    "balance_transaction_id": "Stripe's own book line: its fee is read there",
    "failure_balance_transaction_id": "Stripe's book line of the money that came back",
    "reason": "The reason given",
    "due_by": "Until when Stripe takes our answer",
    "arrival_date": "When the bank has it",
    "created": "When it was made at Stripe",
}


class Part(NamedTuple):
    """A value that was read, as people say it, and what it is for."""

    name: str
    value: str
    meaning: str


class Changed(NamedTuple):
    """A field that Stripe says is new, with what it was."""

    name: str
    was: str
    now: str


@dataclass(frozen=True)
class Reading:
    """`problem` says why its object could not be read, or that no use is made of it."""

    sentence: str
    parts: list[Part]
    changed: list[Changed]
    problem: str = ""


def read_event(event: StripeEvent) -> Reading:
    """What the event tells us. One query."""
    about = event.object_id
    charges = Charge.objects.filter(Q(charge_id=about) | Q(payment_intent_id=about)) if about else []
    [(_, told)] = event_telling.tell([event], list(charges))
    data = event.body.get("data")
    data = data if isinstance(data, dict) else {}
    content, before = data.get("object"), data.get("previous_attributes")
    content = content if isinstance(content, dict) else {}
    changed = [*_changed(content, before)] if isinstance(before, dict) else []
    if event.object_type not in READERS:
        return Reading(
            told.text, [], changed, "No part of such an object is used on its own; it is kept as it is."
        )
    try:
        fields = READERS[event.object_type][1](content, event.created)
    except OddPayload as odd:
        return Reading(told.text, [], changed, f"It can't be read: {odd}.")
    return Reading(told.text, [*_parts(fields)], changed)


def others(event: StripeEvent) -> QuerySet[StripeEvent, StripeEvent]:
    """The events about the same object in the order in which they happened, this one too."""
    about = (
        StripeEvent.objects.filter(object_id=event.object_id)
        if event.object_id
        else StripeEvent.objects.none()
    )
    return about.defer("payload").order_by("created", "pk")[:MOST_OTHERS]


def _parts(fields: dict[str, Any]) -> Iterator[Part]:
    for name, value in fields.items():
        if name not in UNSAID and value not in (None, "", 0, False):
            is_money = name in AMOUNTS
            said = display(value, fields["currency"]) if is_money else _said(value)
            yield Part(name.replace("_", " "), said, MEANINGS.get(name, ""))


def _changed(content: dict[str, Any], before: dict[str, Any]) -> Iterator[Changed]:
    for name, was in before.items():
        yield Changed(name.replace("_", " "), _short(was), _short(content.get(name)))


def _said(value: object) -> str:
    if isinstance(value, datetime):
        return moments.full(value)
    if isinstance(value, date):
        return moments.day(value)
    return "yes" if value is True else str(value)


def _short(value: object) -> str:
    """A plain value; of what has parts only that it has some: the payload shows them."""
    if isinstance(value, dict | list):
        return f"{len(value)} part{'' if len(value) == 1 else 's'}"
    return "nothing" if value in (None, "") else _said(value)[:100]
