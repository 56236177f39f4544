"""The story of one order, from everything that is known of it, newest first."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Sum
from django.urls import reverse

from accounts.models import User
from audit.models import AuditLog
from catalog.models import StockMovement
from orders.models import Order
from payments.models import StripeEvent
from payments.wording import words
from purelaka import money

# Type of event -> icon, tone of its dot, what happened; {amount} is the object's.
EVENTS = {
    "payment_intent.created": ("credit-card", "", "Payment of {amount} begun"),
    "payment_intent.succeeded": ("check", "is-good", "Payment of {amount} succeeded"),
    "payment_intent.payment_failed": ("ban", "is-bad", "Payment declined: {failure}"),
    "payment_intent.requires_action": ("shield-check", "", "The customer's bank asks for 3-D Secure"),
    "payment_intent.canceled": ("ban", "", "Payment cancelled"),
    "payment_intent.processing": ("clock", "", "Payment of {amount} in progress"),
    "charge.succeeded": ("credit-card", "is-good", "{amount} charged"),
    "charge.failed": ("ban", "is-bad", "Charge of {amount} failed: {failure}"),
    "charge.updated": ("refresh", "", "Stripe completed the charge"),
    "charge.refunded": ("arrow-back-up", "", "{refunded} of the charge refunded so far"),
    "refund.created": ("arrow-back-up", "", "Refund of {amount} made, {status}"),
    "refund.updated": ("arrow-back-up", "", "Refund of {amount} is {status}"),
    "refund.failed": ("alert-circle", "is-bad", "Refund of {amount} failed: {failure}"),
    "refund.answered": ("arrow-back-up", "", "Stripe took the refund of {amount}, {status}"),
    "charge.refund.updated": ("arrow-back-up", "", "Refund of {amount} is {status}"),
    "charge.dispute.created": ("gavel", "is-bad", "{amount} disputed: {reason}"),
    "charge.dispute.updated": ("gavel", "", "Dispute is {status}"),
    "charge.dispute.funds_withdrawn": ("gavel", "is-bad", "{amount} taken for the dispute"),
    "charge.dispute.funds_reinstated": ("gavel", "is-good", "{amount} given back"),
    "charge.dispute.closed": ("gavel", "", "Dispute closed: {status}"),
}
# Type of audit row -> icon, tone, what a person did, and how it is said when nobody did it.
DEEDS = {
    "order.placed": ("shopping-bag", "", "placed the order", "Order placed"),
    "order.paid": ("cash", "is-good", "marked it paid", "Order is paid"),
    "order.fulfilled": ("truck", "is-good", "marked it fulfilled", "Order is fulfilled"),
    "order.canceled": ("ban", "", "cancelled the order", "Order cancelled"),
    "refund.requested": ("arrow-back-up", "", "asked Stripe for a refund", "Refund asked for"),
    "refund.refused": ("alert-circle", "is-bad", "saw a refund refused by Stripe", "Stripe refused a refund"),
}
MOVED = {"sale": "left stock", "return": "came back to stock"}


@dataclass(frozen=True)
class Entry:
    """One thing that happened. `who` is empty when nobody of ours did it; `url` leads to its source."""

    at: datetime
    icon: str
    tone: str
    what: str
    who: str = ""
    detail: str = ""
    quote: str = ""
    source_id: str = ""
    url: str = ""


def timeline(order: Order, stripe_ids: Collection[str]) -> list[Entry]:
    """All entries of the order. `stripe_ids` are those of its payments, charges, refunds, disputes."""
    entries = [*_deeds(order), *_notes(order), *_events(stripe_ids), *_movements(order)]
    return sorted(entries, key=lambda entry: entry.at, reverse=True)


def _deeds(order: Order) -> Iterator[Entry]:
    rows = AuditLog.objects.filter(target_type="order", target_id=str(order.pk)).select_related("actor")
    for row in rows.filter(event_type__in=DEEDS):
        icon, tone, active, passive = DEEDS[row.event_type]
        at = order.created_at if row.event_type == "order.placed" else row.at
        what = active if row.actor else passive
        yield Entry(at, icon, tone, what, who=_name(row.actor), detail=_details(row.data, order.currency))


def _details(data: dict[str, Any], currency: str) -> str:
    parts = [money.display(data["amount"], currency)] if isinstance(data.get("amount"), int) else []
    parts += [words(str(data[key])) for key in ("reason", "note", "error") if data.get(key)]
    if data.get("tracking_number"):
        parts.append(f"Tracking {data['tracking_number']}")
    return " · ".join(parts)


def _notes(order: Order) -> Iterator[Entry]:
    for note in order.notes.select_related("author"):
        yield Entry(
            note.created_at, "note", "is-note", "added a note", who=_name(note.author), quote=note.text
        )


def _events(stripe_ids: Collection[str]) -> Iterator[Entry]:
    for event in StripeEvent.objects.filter(object_id__in=[i for i in stripe_ids if i]):
        icon, tone, what = EVENTS.get(event.type, ("webhook", "", words(event.type.replace(".", " "))))
        data = event.body["data"]["object"]
        failed = event.status == "failed"
        yield Entry(
            at=event.created,
            icon=icon,
            tone="is-bad" if failed else tone,
            what=what.format(**_said(data)),
            detail=f"{event.type}{', which failed here' if failed else ''}",
            source_id=event.event_id,
            url=reverse("payments:event-detail", args=[event.event_id]),
        )


def _said(data: dict[str, Any]) -> dict[str, str]:
    """What an object says, for the texts above; what it lacks is left blank."""
    currency = str(data.get("currency", ""))
    error = data.get("last_payment_error")
    error = error if isinstance(error, dict) else {}
    failure = error.get("decline_code") or error.get("code") or data.get("failure_code")
    return {
        "amount": _amount(data.get("amount"), currency),
        "refunded": _amount(data.get("amount_refunded"), currency),
        "status": words(str(data.get("status") or "")),
        "reason": words(str(data.get("reason") or "")),
        "failure": words(str(failure or data.get("failure_reason") or "no reason given")),
    }


def _amount(amount: object, currency: str) -> str:
    return money.display(amount, currency) if isinstance(amount, int) else "an amount"


def _movements(order: Order) -> Iterator[Entry]:
    rows = StockMovement.objects.filter(order_item__order=order).values("reason", "at")
    for row in rows.annotate(pieces=Sum("quantity")).order_by("at"):
        pieces = abs(row["pieces"])
        noun = "piece" if pieces == 1 else "pieces"
        yield Entry(row["at"], "package", "", f"{pieces:,} {noun} {MOVED.get(row['reason'], row['reason'])}")


def _name(user: User | None) -> str:
    return user.get_short_name() if user else ""
