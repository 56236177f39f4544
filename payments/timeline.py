"""What happened to an order, newest first: told by Stripe's events, our people, stock and payouts.

Pure functions over rows that `order_page` has read. Events that tell of one happening (a payment makes
three) become one entry.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from django.urls import reverse

from accounts.models import User
from accounts.privacy import person, private, without_people
from audit.models import AuditLog
from catalog.models import StockMovement, StockReason
from orders.models import Mail, Order, OrderNote
from payments import event_telling, wording
from payments.event_telling import Told
from payments.models import (
    Charge,
    EventStatus,
    Payment,
    Payout,
    Refund,
    RefundRequest,
    RequestStatus,
    StripeEvent,
)
from purelaka.days import whole_second
from purelaka.money import display

MONEY, PEOPLE = "money", "people"
# Audit rows whose happening is told by a row of its own.
TOLD_ELSEWHERE = {"order.note", "refund.requested", "refund.refused"}

# Icon, tone, text, and which of the row's words follow.
REFUND_DEEDS = {
    "refund.approved": ("circle-check", "good", "approved the refund of {}", ()),
    "refund.declined": ("ban", "", "declined the refund of {}", ("note",)),
    "refund.settled": ("cash", "good", "paid {} back in another way", ("reference", "note")),
}


class Detail(NamedTuple):
    """A part of an entry's small print; `is_id` for one of Stripe's ids, `kind` says of what."""

    text: str
    url: str = ""
    is_id: bool = False
    kind: str = ""


@dataclass(slots=True)
class Entry:
    """One happening. `tone` is `good`, `bad`, `note` or empty."""

    at: datetime
    icon: str
    text: str
    topic: str = ""
    tone: str = ""
    who: str = ""
    quote: str = ""
    details: list[Detail] = field(default_factory=list)


class PaidOut(NamedTuple):
    """The part of a payout that is this order's; minor units."""

    payout: Payout
    amount: int
    fee: int
    currency: str

    @property
    def net(self) -> int:
        return self.amount - self.fee


@dataclass(frozen=True)
class History:
    """The rows that tell of one order."""

    order: Order
    events: Sequence[StripeEvent]
    audit: Sequence[AuditLog]
    notes: Sequence[OrderNote]
    movements: Sequence[StockMovement]
    requests: Sequence[RefundRequest]
    payments: Sequence[Payment]
    charges: Sequence[Charge]
    refunds: Sequence[Refund]
    paid_out: Sequence[PaidOut]
    mails: Sequence[Mail]


def timeline(history: History, *, topic: str = "", audit_url: str = "") -> list[Entry]:
    """The entries of one topic, or all of them. `audit_url` is empty for those who may not see the log."""
    told = event_telling.tell(history.events, history.charges)
    keys = {each.key for _, each in told}
    entries = [
        *_audit_entries(history, audit_url, is_paid_told=any(key[0] == "paid" for key in keys)),
        *(_request_entry(request) for request in history.requests),
        *_event_entries(told),
        *_fact_entries(history, keys),
        *_stock_entries(history.movements),
        *(_payout_entry(paid_out) for paid_out in history.paid_out),
        *(_note_entry(note) for note in history.notes),
        *(_mail_entry(mail) for mail in history.mails),
    ]
    shown = [entry for entry in entries if topic in ("", entry.topic)]
    return sorted(shown, key=lambda entry: whole_second(entry.at))[::-1]


# --- Stripe ---------------------------------------------------------------------------------------


def _event_entries(told: Sequence[tuple[StripeEvent, Told]]) -> Iterator[Entry]:
    groups: dict[tuple[str, ...], list[tuple[StripeEvent, Told]]] = {}
    for event, each in told:
        groups.setdefault(each.key, []).append((event, each))
    for group in groups.values():
        # Of a declined payment, the intent knows the bank's reason and the charge does not.
        first = next((each for event, each in group if event.object_type == "payment_intent"), group[0][1])
        failed = next((event for event, _ in group if event.status == EventStatus.FAILED), None)
        yield Entry(
            at=min(event.created for event, _ in group),
            icon=first.icon,
            text=first.text,
            topic=MONEY,
            tone="bad" if failed else first.tone,
            details=[_event_detail(event) for event, _ in group]
            + ([Detail(f"could not be applied: {without_people(failed.reason)}")] if failed else []),
        )


def _event_detail(event: StripeEvent) -> Detail:
    url = reverse("payments:event-detail", args=[event.event_id])
    return Detail(event.event_id, url, is_id=True, kind=event.type)


def _fact_entries(history: History, keys: set[tuple[str, ...]]) -> Iterator[Entry]:
    """Payments and refunds that no event of ours tells of, such as those that were imported."""
    of_refunds = {key[1] for key in keys if key[0] == "refund"}
    for payment in history.payments:
        if payment.succeeded_at and ("paid", payment.payment_intent_id) not in keys:
            text = f"Paid {display(payment.amount_received, payment.currency)}"
            yield _fact_entry(payment, payment.succeeded_at, "credit-card", text)
    for refund in history.refunds:
        if refund.refund_id not in of_refunds:
            text = f"Refund of {display(refund.amount, refund.currency)}: {wording.words(refund.status)}"
            yield _fact_entry(refund, refund.created, "arrow-back-up", text)


def _fact_entry(fact: Payment | Refund, at: datetime, icon: str, text: str) -> Entry:
    details = [Detail(str(fact), is_id=True), Detail(f"from {fact.get_provider_display()}")]
    return Entry(at, icon, text, MONEY, "good", details=details)


def _payout_entry(paid_out: PaidOut) -> Entry:
    payout, currency = paid_out.payout, paid_out.currency
    url = reverse("payments:payout-detail", args=[payout.payout_id])
    how = "went into" if paid_out.net >= 0 else "was kept back from"
    text = f"{display(abs(paid_out.net), currency)} {how} a payout"
    details = [Detail(payout.payout_id, url, is_id=True)]
    if paid_out.fee:
        less = f"{display(paid_out.amount, currency)} less fees of {display(paid_out.fee, currency)}"
        details.append(Detail(less))
    return Entry(payout.created, "building-bank", text, MONEY, details=details)


# --- people ---------------------------------------------------------------------------------------


def _note_entry(note: OrderNote) -> Entry:
    who = note.author.get_short_name()
    return Entry(note.created_at, "note", "added a note", PEOPLE, "note", who, private(note.text))


def _request_entry(request: RefundRequest) -> Entry:
    tone, outcome = {
        RequestStatus.REQUESTED: ("note", "waits for somebody else to approve it"),
        RequestStatus.PENDING: ("note", "Stripe has not answered yet; it is tried again"),
        RequestStatus.REFUSED: ("bad", f"Stripe refused: {request.error}"),
    }.get(RequestStatus(request.status), ("", ""))
    details = [*_goods(request), Detail(wording.words(request.reason)), Detail(outcome)]
    if not request.tells_customer:
        details.append(Detail("no mail to the customer"))
    if request.refund_id:
        url = reverse("payments:refund-detail", args=[request.refund_id])
        details.insert(0, Detail(request.refund_id, url, is_id=True))
    amount = display(request.amount, request.currency)
    alone = request.decided_by_id is None and request.status != RequestStatus.REQUESTED
    text = f"refunded {amount}" if alone else f"asked to refund {amount}"
    return Entry(
        at=request.created_at,
        icon="arrow-back-up",
        text=text if request.actor else f"Refund of {amount} asked for automatically",
        topic=PEOPLE if request.actor else MONEY,
        tone=tone,
        who=_name(request.actor),
        quote=request.note,
        details=[detail for detail in details if detail.text],
    )


def _goods(request: RefundRequest) -> Iterator[Detail]:
    """What the money was for."""
    for line in request.lines.all():
        shelf = ", back to stock" if line.restock else ""
        yield Detail(f"{line.quantity:,} × {line.item.product_name}{shelf}")
    if request.amount_delivery:
        yield Detail("delivery")


def _audit_entries(history: History, audit_url: str, *, is_paid_told: bool) -> Iterator[Entry]:
    for row in history.audit:
        if row.event_type in TOLD_ELSEWHERE or (row.event_type == "order.paid" and is_paid_told):
            continue
        icon, tone, text, details = _audit_words(history.order, row)
        if audit_url:
            details.append(Detail("audit log", audit_url))
        # A customer did what customers do: it is not the work of our people.
        is_ours = row.actor is not None and row.actor.works_here
        who = _name(row.actor) if is_ours else ""
        at = history.order.created_at if row.event_type == "order.placed" else row.at
        yield Entry(at, icon, text, PEOPLE if is_ours else "", tone, who, details=details)


def _audit_words(order: Order, row: AuditLog) -> tuple[str, str, str, list[Detail]]:
    """Icon, tone, text and small print of an audit row."""
    is_ours = row.actor is not None and row.actor.works_here
    if row.event_type == "order.placed":
        return "shopping-bag", "", "Order placed", [Detail(person(order.email))] if order.email else []
    if row.event_type == "order.fulfilled":
        number = str(row.data.get("tracking_number", order.tracking_number))
        text = "marked it fulfilled" if is_ours else "Marked as fulfilled"
        return "truck", "good", text, [Detail(f"Tracking {number}")] if number else []
    if row.event_type == "order.canceled":
        why = str(row.data.get("reason", ""))
        said = private(why) if is_ours else why
        return "ban", "", "cancelled it" if is_ours else "Cancelled", [Detail(said)] if said else []
    if row.event_type == "order.back_ordered":
        return "clock", "note", "decided that it waits for its goods", []
    if row.event_type == "order.item_substituted":
        text = f"put {row.data.get('now', '')} in the place of {row.data.get('was', '')}"
        return "package", "note", text, [Detail("at the same price")]
    if row.event_type in REFUND_DEEDS:
        icon, tone, text, names = REFUND_DEEDS[row.event_type]
        amount = display(int(row.data.get("amount", 0)), order.currency)
        told = [str(row.data.get(name, "")) for name in names]
        return icon, tone, text.format(amount), [Detail(each) for each in told if each]
    if row.event_type == "mail.sent_again":
        kind = wording.words(str(row.data.get("kind", "")))
        return "mail", "", f"sent the mail again: {kind}", []
    said = wording.words(row.event_type.replace(".", " ")).capitalize()
    return "history", "", f"did: {said}" if is_ours else said, []


def _name(user: User | None) -> str:
    return user.get_short_name() if user else ""


# --- mail ---------------------------------------------------------------------------------------


def _mail_entry(mail: Mail) -> Entry:
    """What the customer was told, or why not yet."""
    kind, details = mail.get_kind_display(), [Detail(person(mail.email))]
    if mail.sent_at:
        return Entry(mail.sent_at, "mail", f"Mail to the customer: {kind.lower()}", details=details)
    if mail.error:
        details.append(Detail(without_people(mail.error)))
    if mail.is_given_up:
        return Entry(
            mail.created_at,
            "mail",
            f"Mail to the customer not sent: {kind.lower()}",
            tone="bad",
            details=details,
        )
    return Entry(
        mail.created_at, "mail", f"Mail to the customer waits: {kind.lower()}", tone="note", details=details
    )


# --- stock ----------------------------------------------------------------------------------------


def _stock_entries(movements: Iterable[StockMovement]) -> Iterator[Entry]:
    """What left or came back at one moment for one reason."""
    ordered = sorted(movements, key=lambda each: (each.at, each.reason))
    for (at, reason), group in groupby(ordered, key=lambda each: (each.at, each.reason)):
        moved = list(group)
        units = sum(each.quantity for each in moved)
        verb = "left" if units < 0 else "came into"
        how = "their reservation became a sale" if reason == StockReason.SALE else wording.words(reason)
        details = [Detail(", ".join(each.variant.sku for each in moved)), Detail(how)]
        yield Entry(at, "package", f"{_units(abs(units))} {verb} stock", details=details)


def _units(number: int) -> str:
    return f"{number:,} unit{'' if number == 1 else 's'}"
