"""What one Stripe event says of an order's money, in a sentence for the timeline."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from payments import shapes, wording
from payments.models import Charge, PaymentStatus, StripeEvent
from payments.shapes import Object, OddPayload
from purelaka.money import display

SAME_HAPPENING = 5  # seconds between a refund and what its charge says of it
DISPUTE_ENDS = {
    "won": ("good", "won"),
    "lost": ("bad", "lost"),
    "warning_closed": ("", "closed, no money moved"),
}


class Told(NamedTuple):
    """Events with one key tell of one happening."""

    key: tuple[str, ...]
    icon: str
    tone: str
    text: str


@dataclass(frozen=True)
class Context:
    """What else is known: how each payment and each charge was paid."""

    by_intent: dict[str, str]
    by_charge: dict[str, str]


class Said(NamedTuple):
    """An event's content: `kind` is the last word of its type, `changed` the fields it says are new."""

    event_id: str
    type: str
    kind: str
    created: datetime
    about: str
    object: Object
    changed: Object


Teller = Callable[[Said, Context], Told]


def tell(events: Sequence[StripeEvent], charges: Sequence[Charge]) -> list[tuple[StripeEvent, Told]]:
    """Each event with what it says, in the order in which things happened."""
    context = Context(
        by_intent={c.payment_intent_id: wording.method(c) for c in charges if c.status == "succeeded"},
        by_charge={charge.charge_id: wording.method(charge) for charge in charges},
    )
    told = [(event, _told(event, context)) for event in sorted(events, key=lambda e: (e.created, e.pk))]
    refunds = [(event, each) for event, each in told if each.key[0] == "refund"]
    return [(event, _of_refund(event, each, refunds)) for event, each in told]


def _told(event: StripeEvent, context: Context) -> Told:
    said, teller = _said(event), TELLERS.get(event.object_type)
    try:
        return teller(said, context) if teller else _plain(said)
    except OddPayload:
        return _plain(said)


def _said(event: StripeEvent) -> Said:
    data = event.body.get("data")
    data = data if isinstance(data, dict) else {}
    subject, changed = data.get("object"), data.get("previous_attributes")
    return Said(
        event_id=event.event_id,
        type=event.type,
        kind=event.type.rpartition(".")[2],
        created=event.created,
        about=event.object_id,
        object=subject if isinstance(subject, dict) else {},
        changed=changed if isinstance(changed, dict) else {},
    )


def _of_refund(event: StripeEvent, told: Told, refunds: Sequence[tuple[StripeEvent, Told]]) -> Told:
    """A charge's new total says again what a refund of the same moment says."""
    if told.key[0] != "total":
        return told
    near = (
        each
        for other, each in refunds
        if abs((other.created - event.created).total_seconds()) <= SAME_HAPPENING
    )
    same = next(near, None)
    return same or told


def _plain(said: Said) -> Told:
    return Told(("event", said.event_id), "webhook", "", f"Stripe sent {said.type}")


def _amount(data: Object, name: str = "amount") -> str:
    return display(shapes.integer(data, name), shapes.currency(data))


# --- by the object inside -------------------------------------------------------------------------


def _payment(said: Said, context: Context) -> Told:
    data, intent = said.object, said.about
    if said.kind == "payment_failed":
        return _declined(
            shapes.payment(data, said.created), shapes.expandable(data, "latest_charge"), context
        )
    with_what = context.by_intent.get(intent, "")
    kind = _said_by_answer(data) if said.kind == "answered" else said.kind
    sentences = {
        "created": Told(("begun", intent), "credit-card", "", f"Payment of {_amount(data)} begun"),
        "requires_action": Told(
            ("confirm", said.event_id),
            "shield-check",
            "",
            "The bank asks the customer to confirm the payment",
        ),
        "processing": Told(("processing", said.event_id), "clock", "", "The payment is being processed"),
        "canceled": Told(("ended", intent), "ban", "", "Payment cancelled at Stripe"),
        "succeeded": _paid(intent, _amount(data), with_what),
    }
    return sentences.get(kind) or _plain(said)


def _said_by_answer(intent: Object) -> str:
    """The event that tells the same as this answer of the API to a question of ours."""
    status = str(intent.get("status"))
    return "created" if status == PaymentStatus.REQUIRES_PAYMENT_METHOD else status


def _charge(said: Said, context: Context) -> Told:
    fields = shapes.charge(said.object, said.created)
    charge_id, intent = said.about, fields["payment_intent_id"] or said.about
    with_what = context.by_charge.get(charge_id, "")
    is_answered = said.kind == "answered" and said.object.get("status") == "succeeded"
    if is_answered or said.kind in ("succeeded", "captured"):
        return _paid(intent, display(fields["amount_captured"], fields["currency"]), with_what)
    if said.kind == "failed":
        return _declined(fields, charge_id, context)
    if said.kind == "refunded" or "amount_refunded" in said.changed:
        gone = display(fields["amount_refunded"], fields["currency"])
        return Told(
            ("total", said.event_id), "arrow-back-up", "", f"{gone} of this payment has gone back in all"
        )
    if said.kind == "updated" and fields["balance_transaction_id"]:
        return Told(("booked", charge_id), "cash", "", "Stripe booked the payment and its fee")
    return _plain(said)


def _refund(said: Said, context: Context) -> Told:
    fields = shapes.refund(said.object, said.created)
    status = str(fields["status"])
    amount = display(fields["amount"], fields["currency"])
    why = wording.words(fields["failure_reason"] or fields["pending_reason"])
    outcome = {
        "succeeded": ("check", "good", f"Refund of {amount} succeeded"),
        "pending": ("clock", "", f"Refund of {amount} is on its way"),
        "requires_action": ("clock", "note", f"Refund of {amount} waits for the customer"),
        "failed": ("alert-circle", "bad", f"Refund of {amount} failed, the money came back"),
        "canceled": ("ban", "", f"Refund of {amount} cancelled"),
    }
    icon, tone, text = outcome.get(status, ("webhook", "", f"Refund of {amount}: {wording.words(status)}"))
    return Told(("refund", said.about, status), icon, tone, f"{text}: {why}" if why else text)


def _dispute(said: Said, context: Context) -> Told:
    fields = shapes.dispute(said.object, said.created)
    status = fields["status"]
    amount, why = display(fields["amount"], fields["currency"]), wording.words(fields["reason"])
    noun = "Inquiry" if status.startswith("warning") else "Dispute"
    key = ("dispute", said.about, said.kind, said.event_id if said.kind == "updated" else "")
    if said.kind == "closed":
        tone, end = DISPUTE_ENDS.get(status, ("", wording.words(status)))
        return Told(key, "gavel", tone, f"{noun} over {amount} {end}")
    sentences = {
        "created": ("bad", f"{noun} over {amount} opened{f': {why}' if why else ''}"),
        "funds_withdrawn": ("bad", f"The customer's bank took {amount} back"),
        "funds_reinstated": ("good", f"The bank gave {amount} back to us"),
        "updated": ("", f"{noun} is now: {wording.words(status)}"),
    }
    tone, text = sentences.get(said.kind, ("", f"Stripe sent {said.type}"))
    return Told(key, "gavel", tone, text)


def _paid(intent: str, amount: str, with_what: str) -> Told:
    text = f"Paid {amount} with {with_what}" if with_what else f"Paid {amount}"
    return Told(("paid", intent), "credit-card", "good", text)


def _declined(fields: dict[str, object], charge_id: str, context: Context) -> Told:
    """Told by the payment and by its charge; the payment knows the bank's reason."""
    why = wording.words(str(fields["failure_code"])) or "no reason given"
    with_what = context.by_charge.get(charge_id, "")
    text = f"Payment declined: {why}{f', {with_what}' if with_what else ''}"
    return Told(("declined", charge_id), "ban", "bad", text)


TELLERS: dict[str, Teller] = {
    "payment_intent": _payment,
    "charge": _charge,
    "refund": _refund,
    "dispute": _dispute,
}
