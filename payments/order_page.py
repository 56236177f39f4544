"""All that staff see of one order, put together for its page."""

from dataclasses import dataclass

from django.db.models import Count, Min, Q, Sum

from accounts.models import Role, User
from orders.models import SOLD, Order, OrderItem, OrderStatus
from payments import wording
from payments.models import (
    BalanceTransaction,
    Charge,
    Dispute,
    Kind,
    LedgerEntry,
    Payment,
    Payout,
    Refund,
    RefundRequest,
    RequestStatus,
)
from payments.refunds import amount_refundable
from payments.timeline import Entry, timeline
from purelaka.figures import MoneyBar, money_bar

MAY_ACT = (Role.OPS, Role.ADMIN)
DISPUTES = (Kind.DISPUTE_WITHDRAWAL, Kind.DISPUTE_REINSTATEMENT)
REFUNDS = (Kind.REFUND, Kind.REFUND_REVERSAL)
FEES = (Kind.FEE, Kind.FEE_CREDIT)


@dataclass(frozen=True)
class Money:
    """Sums of the order's ledger entries in its currency, minor units; what left us is positive."""

    paid: int
    fees: int
    refunded: int
    disputed: int
    unapplied: int
    entries: int

    @property
    def net(self) -> int:
        return self.paid - self.fees - self.refunded - self.disputed

    def bar(self, currency: str) -> MoneyBar:
        parts = [
            ("fee", "Stripe fee", self.fees),
            ("refunded", "Refunded", self.refunded),
            ("disputed", "Disputed", self.disputed),
            ("net", "Net to bank", self.net),
        ]
        return money_bar(total=self.paid, total_label="Paid", currency=currency, parts=parts)


@dataclass(frozen=True)
class Attempt:
    """A payment with its charges, as the page tells it."""

    payment: Payment | None
    charges: list[Charge]
    methods: list[str]


@dataclass(frozen=True)
class Allowed:
    """What this person can do to this order now; amounts in minor units."""

    fulfil: bool
    cancel: bool
    note: bool
    refund: int
    why_not_fulfil: str


@dataclass(frozen=True)
class OrderPage:
    """The context of `payments/order_detail.html`."""

    order: Order
    items: list[OrderItem]
    money: Money
    attempts: list[Attempt]
    refunds: list[Refund]
    waiting: list[RefundRequest]
    disputes: list[Dispute]
    payouts: list[Payout]
    entries: list[LedgerEntry]
    customer: dict[str, object]
    timeline: list[Entry]
    allowed: Allowed

    @property
    def bar(self) -> MoneyBar:
        return self.money.bar(self.order.currency)

    @property
    def units(self) -> int:
        return sum(item.quantity for item in self.items)


def order_page(order: Order, user: User) -> OrderPage:
    """Read everything about `order`; a fixed number of queries."""
    payments = list(Payment.objects.filter(order=order).order_by("created"))
    charges = list(Charge.objects.filter(order=order).order_by("created"))
    refunds = list(Refund.objects.filter(order=order).order_by("-created"))
    disputes = list(Dispute.objects.filter(order=order).order_by("-created"))
    ids = {order.payment_intent_id or ""} | {str(f) for f in (*payments, *charges, *refunds, *disputes)}
    entries = list(LedgerEntry.objects.filter(order=order).select_related("event").order_by("-pk"))
    return OrderPage(
        order=order,
        items=list(order.items.order_by("pk")),
        money=_money(entries, order.currency),
        attempts=_attempts(payments, charges),
        refunds=refunds,
        waiting=list(RefundRequest.objects.filter(order=order, status=RequestStatus.PENDING)),
        disputes=disputes,
        payouts=_payouts(ids),
        entries=entries,
        customer=_customer(order),
        timeline=timeline(order, ids),
        allowed=_allowed(order, user),
    )


def _money(entries: list[LedgerEntry], currency: str) -> Money:
    def total(*kinds: Kind) -> int:
        return sum(e.amount for e in entries if e.kind in kinds and e.currency == currency)

    return Money(
        paid=total(Kind.SALE),
        fees=-total(*FEES),
        refunded=-total(*REFUNDS),
        disputed=-total(*DISPUTES),
        unapplied=total(Kind.UNAPPLIED),
        entries=len(entries),
    )


def _attempts(payments: list[Payment], charges: list[Charge]) -> list[Attempt]:
    known = {payment.payment_intent_id: payment for payment in payments}
    keys = dict.fromkeys([*known, *(charge.payment_intent_id for charge in charges)])
    groups = {key: [charge for charge in charges if charge.payment_intent_id == key] for key in keys}
    return [
        Attempt(known.get(key), group, [wording.method(charge) for charge in group])
        for key, group in groups.items()
    ]


def _payouts(ids: set[str]) -> list[Payout]:
    lines = BalanceTransaction.objects.filter(source_id__in=ids - {""}).exclude(payout_id="")
    return list(Payout.objects.filter(payout_id__in=lines.values("payout_id")).order_by("created"))


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


def _allowed(order: Order, user: User) -> Allowed:
    acts = user.role in MAY_ACT
    is_paid = order.status == OrderStatus.PAID
    return Allowed(
        fulfil=acts and is_paid and not order.awaits_stock,
        cancel=acts and order.status == OrderStatus.PENDING,
        note=acts,
        refund=max(amount_refundable(order), 0) if acts and order.status in SOLD else 0,
        why_not_fulfil="Some of its goods are not in stock." if is_paid and order.awaits_stock else "",
    )
