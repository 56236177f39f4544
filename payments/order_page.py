"""All that staff see of one order, put together for its page."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db.models import Count, Min, Prefetch, Q, Sum, prefetch_related_objects
from django.urls import reverse
from django.utils.http import urlencode

from accounts.models import User
from audit.models import AuditLog
from catalog.models import StockMovement, Variant
from orders.models import SOLD, Mail, Order
from payments import wording
from payments.models import (
    HOLDING,
    BalanceTransaction,
    Charge,
    Dispute,
    LedgerEntry,
    Payment,
    Payout,
    Refund,
    RefundLine,
    RefundRequest,
    RefundSettlement,
    StripeEvent,
)
from payments.order_actions import MAY_ACT, Choices, choices
from payments.order_money import Agreement, Money, agreement, money_of
from payments.refund_lines import Parts, parts_from, returnable_among, standing_among
from payments.refund_tasks import Task, tasks_among
from payments.timeline import MONEY, PEOPLE, Entry, History, PaidOut, timeline
from purelaka.together import give, together

# An order that somebody tries to break has thousands; its page shows the newest.
MOST_EVENTS = 200
TOPICS = (("", "All"), (MONEY, "Money"), (PEOPLE, "People"))


Read = dict[str, list[Any]]  # what `together` gives


class Attempt(NamedTuple):
    """A payment with the charges that went through, how it was paid, and how many were declined."""

    payment: Payment | None
    charges: list[Charge]
    method: str
    declined: int


class Tab(NamedTuple):
    """A choice above the timeline."""

    text: str
    url: str
    is_current: bool


@dataclass(frozen=True)
class OrderPage:
    """The context of `payments/order_detail.html`."""

    order: Order
    money: Money
    agreement: Agreement | None
    attempts: list[Attempt]
    refunds: list[Refund]
    waiting: list[RefundRequest]
    tasks: list[Task]
    settled: dict[str, RefundSettlement]
    parts: Parts
    disputes: list[Dispute]
    paid_out: list[PaidOut]
    entries: list[LedgerEntry]
    customer: dict[str, object]
    timeline: list[Entry]
    tabs: list[Tab]
    has_more_events: bool
    sent_by: str
    mails: list[Mail]
    choices: Choices

    @property
    def units(self) -> int:
        return sum(line.item.quantity for line in self.parts.lines)

    @property
    def told_refunds(self) -> list[tuple[Refund, RefundSettlement | None]]:
        """Each refund, and how its money went in another way when it failed."""
        return [(refund, self.settled.get(refund.refund_id)) for refund in self.refunds]

    @property
    def method(self) -> str:
        """How the money would go back."""
        return next((attempt.method for attempt in self.attempts if attempt.method), "")


@dataclass(frozen=True)
class Facts:
    """Stripe's objects of one order, oldest first."""

    payments: list[Payment]
    charges: list[Charge]
    refunds: list[Refund]
    disputes: list[Dispute]
    transactions: list[BalanceTransaction]

    @property
    def ids(self) -> list[str]:
        return [str(fact) for fact in (*self.payments, *self.charges, *self.refunds, *self.disputes)]


def order_page(order: Order, user: User, topic: str = "") -> OrderPage:
    """Read everything about `order`, with the timeline of one topic; a fixed number of queries."""
    read = _read(order)
    facts = _facts(read)
    entries = list(
        LedgerEntry.objects.filter(order=order)
        .select_related("event")
        .defer("event__payload")
        .order_by("-occurred_at", "-pk")
    )
    history = _history(order, read, facts)
    settled = _settled(read)
    topic = topic if topic in (MONEY, PEOPLE) else ""
    return OrderPage(
        order=order,
        money=money_of(entries, order.currency),
        agreement=agreement(entries, facts.charges, facts.refunds, facts.transactions, order.currency),
        attempts=_attempts(facts),
        refunds=facts.refunds[::-1],
        waiting=[r for r in history.requests if r.status in HOLDING],
        tasks=tasks_among(facts.refunds, order),
        settled=settled,
        parts=_parts(order, read, history, settled),
        disputes=facts.disputes[::-1],
        paid_out=list(history.paid_out),
        entries=entries,
        customer=_customer(order),
        timeline=timeline(history, topic=topic, audit_url=_audit_url(order, user)),
        tabs=_tabs(order, topic),
        has_more_events=len(history.events) == MOST_EVENTS,
        sent_by=_sent_by(history.audit),
        mails=list(history.mails),
        choices=choices(order, user, facts.payments),
    )


def _read(order: Order) -> Read:
    """What hangs on the order, with the people and the products in it."""
    charges, refunds = Charge.objects.filter(order=order), Refund.objects.filter(order=order)
    disputes = Dispute.objects.filter(order=order)
    sources = charges.values("charge_id").union(refunds.values("refund_id"), disputes.values("dispute_id"))
    lines = BalanceTransaction.objects.filter(source_id__in=sources)
    audit = AuditLog.objects.filter(target_type="order", target_id=str(order.pk))
    notes, asked = order.notes.all(), order.refund_requests.all()
    settlements, moved = order.refund_settlements.all(), StockMovement.objects.filter(order_item__order=order)
    # as unions: of conditions joined by OR, Postgres reads the whole table
    people = notes.values("author").union(
        *(asked.values("actor"), asked.values("decided_by")),
        *(settlements.values("actor"), audit.values("actor")),
    )
    products = order.items.values("variant").union(moved.values("variant"))
    read = together(
        payments=Payment.objects.filter(order=order),
        charges=charges,
        refunds=refunds,
        disputes=disputes,
        transactions=lines,
        payouts=Payout.objects.filter(payout_id__in=lines.exclude(payout_id="").values("payout_id")),
        notes=notes,
        audit=audit,
        requests=asked,
        settlements=settlements,
        mails=order.mails.all(),
        items=order.items.all(),
        movements=moved,
        variants=Variant.objects.filter(pk__in=products),
        users=User.objects.filter(pk__in=people),
    )
    named = {"notes": ["author"], "requests": ["actor", "decided_by"], "settlements": ["actor"]}
    for rows, names in {**named, "audit": ["actor"]}.items():
        for name in names:
            give(read[rows], name, read["users"])
    for rows in ("items", "movements"):
        give(read[rows], "variant", read["variants"])
    prefetch_related_objects(read["requests"], Prefetch("lines", RefundLine.objects.select_related("item")))
    return read


def _facts(read: Read) -> Facts:
    def oldest_first(name: str) -> list[Any]:
        return sorted(read[name], key=lambda fact: (fact.created, fact.pk))

    return Facts(
        payments=oldest_first("payments"),
        charges=oldest_first("charges"),
        refunds=oldest_first("refunds"),
        disputes=oldest_first("disputes"),
        transactions=oldest_first("transactions"),
    )


def _history(order: Order, read: Read, facts: Facts) -> History:
    ids = {*facts.ids, order.payment_intent_id or ""} - {""}
    events = StripeEvent.objects.filter(object_id__in=ids).order_by("-created", "-pk")
    return History(
        order=order,
        events=list(events[:MOST_EVENTS]),
        audit=read["audit"],
        notes=read["notes"],
        movements=read["movements"],
        requests=read["requests"],
        payments=facts.payments,
        charges=facts.charges,
        refunds=facts.refunds,
        paid_out=_paid_out(facts.transactions, read["payouts"]),
        mails=read["mails"],
    )


def _settled(read: Read) -> dict[str, RefundSettlement]:
    """By the id of the refund that failed."""
    return {row.refund_id: row for row in read["settlements"]}


def _parts(order: Order, read: Read, history: History, settled: Collection[str]) -> Parts:
    standing = standing_among(history.requests, history.refunds, settled)
    return parts_from(order, read["items"], standing, returnable_among(history.movements))


def _paid_out(transactions: Sequence[BalanceTransaction], payouts: Iterable[Payout]) -> list[PaidOut]:
    """This order's part of each payout it went into."""
    return [
        _part(payout, [line for line in transactions if line.payout_id == payout.payout_id])
        for payout in sorted(payouts, key=lambda payout: payout.created)
    ]


def _part(payout: Payout, lines: Sequence[BalanceTransaction]) -> PaidOut:
    amount, fee = sum(line.amount for line in lines), sum(line.fee for line in lines)
    return PaidOut(payout, amount, fee, payout.currency)


def _attempts(facts: Facts) -> list[Attempt]:
    known = {payment.payment_intent_id: payment for payment in facts.payments}
    keys = dict.fromkeys([*known, *(charge.payment_intent_id for charge in facts.charges)])
    return [
        _attempt(known.get(key), [c for c in facts.charges if c.payment_intent_id == key]) for key in keys
    ]


def _attempt(payment: Payment | None, charges: Sequence[Charge]) -> Attempt:
    good = [charge for charge in charges if charge.status == "succeeded"]
    declined = sum(charge.status == "failed" for charge in charges)
    return Attempt(payment, good, wording.method(good[0]) if good else "", declined)


def _customer(order: Order) -> dict[str, object]:
    """What this email has ordered and paid in this currency."""
    rows = Order.objects.filter(email=order.email, status__in=SOLD)
    same = Q(currency=order.currency)
    return rows.aggregate(
        orders=Count("pk"),
        first=Min("created_at"),
        paid=Sum("amount_total", filter=same),
        refunded=Sum("amount_refunded", filter=same),
    )


def _sent_by(audit: Iterable[AuditLog]) -> str:
    senders = [row.actor for row in audit if row.event_type == "order.fulfilled" and row.actor]
    return senders[-1].get_short_name() if senders else ""


def _tabs(order: Order, topic: str) -> list[Tab]:
    page = reverse("orders:order-detail", args=[order.number])
    return [
        Tab(text, f"{page}?log={word}#timeline" if word else f"{page}#timeline", word == topic)
        for word, text in TOPICS
    ]


def _audit_url(order: Order, user: User) -> str:
    """The order's rows in the audit log, for those who may read it."""
    if user.role not in MAY_ACT:
        return ""
    return f"{reverse('audit:log')}?{urlencode({'on': f'order.{order.pk}'})}"
