"""All that staff see of one order, put together for its page."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.db.models import Count, Min, Q, Sum
from django.urls import reverse
from django.utils.http import urlencode

from accounts.models import User
from audit.models import AuditLog
from catalog.models import StockMovement
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
    RefundRequest,
    RefundSettlement,
    RefundStatus,
    StripeEvent,
)
from payments.order_actions import MAY_ACT, Choices, choices
from payments.order_money import Agreement, Money, agreement, money_of
from payments.refund_lines import Parts, parts_of
from payments.refund_tasks import Task, tasks
from payments.timeline import MONEY, PEOPLE, Entry, History, PaidOut, timeline

# An order that somebody tries to break has thousands; its page shows the newest.
MOST_EVENTS = 200
NOT_THERE = (RefundStatus.FAILED, RefundStatus.REQUIRES_ACTION)
TOPICS = (("", "All"), (MONEY, "Money"), (PEOPLE, "People"))


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
    facts = _facts(order)
    entries = list(
        LedgerEntry.objects.filter(order=order)
        .select_related("event")
        .defer("event__payload")
        .order_by("-occurred_at", "-pk")
    )
    history = _history(order, facts)
    topic = topic if topic in (MONEY, PEOPLE) else ""
    return OrderPage(
        order=order,
        money=money_of(entries, order.currency),
        agreement=agreement(entries, facts.charges, facts.refunds, facts.transactions, order.currency),
        attempts=_attempts(facts),
        refunds=facts.refunds[::-1],
        waiting=[r for r in history.requests if r.status in HOLDING],
        tasks=tasks(order) if any(r.status in NOT_THERE for r in facts.refunds) else [],
        settled=_settled(order, facts),
        parts=parts_of(order),
        disputes=facts.disputes[::-1],
        paid_out=list(history.paid_out),
        entries=entries,
        customer=_customer(order),
        timeline=timeline(history, topic=topic, audit_url=_audit_url(order, user)),
        tabs=_tabs(order, topic),
        has_more_events=len(history.events) == MOST_EVENTS,
        sent_by=_sent_by(history.audit),
        mails=list(history.mails),
        choices=choices(order, user),
    )


def _facts(order: Order) -> Facts:
    charges = list(Charge.objects.filter(order=order).order_by("created", "pk"))
    refunds = list(Refund.objects.filter(order=order).order_by("created", "pk"))
    disputes = list(Dispute.objects.filter(order=order).order_by("created", "pk"))
    sources = [str(fact) for fact in (*charges, *refunds, *disputes)]
    return Facts(
        payments=list(Payment.objects.filter(order=order).order_by("created", "pk")),
        charges=charges,
        refunds=refunds,
        disputes=disputes,
        transactions=list(BalanceTransaction.objects.filter(source_id__in=sources).order_by("created")),
    )


def _history(order: Order, facts: Facts) -> History:
    ids = {*facts.ids, order.payment_intent_id or ""} - {""}
    events = StripeEvent.objects.filter(object_id__in=ids).order_by("-created", "-pk")
    audit = AuditLog.objects.filter(target_type="order", target_id=str(order.pk))
    moved = StockMovement.objects.filter(order_item__order=order)
    return History(
        order=order,
        events=list(events[:MOST_EVENTS]),
        audit=list(audit.select_related("actor").order_by("pk")),
        notes=list(order.notes.select_related("author").order_by("pk")),
        movements=list(moved.select_related("variant").order_by("pk")),
        requests=list(
            order.refund_requests.select_related("actor", "decided_by")
            .prefetch_related("lines__item")
            .order_by("pk")
        ),
        payments=facts.payments,
        charges=facts.charges,
        refunds=facts.refunds,
        paid_out=_paid_out(facts.transactions),
        mails=list(order.mails.order_by("pk")),
    )


def _settled(order: Order, facts: Facts) -> dict[str, RefundSettlement]:
    """By the id of the refund that failed."""
    if not any(refund.status in NOT_THERE for refund in facts.refunds):
        return {}
    return {row.refund_id: row for row in order.refund_settlements.select_related("actor")}


def _paid_out(transactions: Iterable[BalanceTransaction]) -> list[PaidOut]:
    """This order's part of each payout it went into."""
    lines = [line for line in transactions if line.payout_id]
    payouts = Payout.objects.filter(payout_id__in={line.payout_id for line in lines}).order_by("created")
    return [
        _part(payout, [line for line in lines if line.payout_id == payout.payout_id]) for payout in payouts
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
