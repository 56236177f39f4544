"""All that is known of one dispute: its order, its payment, what was sent, what the customer was told."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from audit.models import AuditLog
from orders.models import SOLD, DisputeState, Mail, Order, OrderItem
from payments import wording
from payments.models import BalanceTransaction, Charge, Dispute, Payment, Refund, RefundStatus, StripeEvent
from payments.timeline import Entry, History, timeline

MOST_EVENTS = 200
MOST_OTHERS = 50  # other orders of the same customer that are looked at
# What happened to the order itself, for others' eyes too; the rest of the audit log is the shop's own.
HAPPENED = (
    *("order.placed", "order.paid", "order.fulfilled", "order.canceled"),
    *("order.back_ordered", "order.item_substituted"),
)


@dataclass(frozen=True)
class Case:
    """The rows, oldest first. `charge` and `order` are None where they are not known."""

    dispute: Dispute
    order: Order | None
    items: list[OrderItem]
    charge: Charge | None
    payments: list[Payment]
    refunds: list[Refund]
    transactions: list[BalanceTransaction]
    mails: list[Mail]
    events: list[StripeEvent]
    audit: list[AuditLog]
    others: list[Order]

    @property
    def is_inquiry(self) -> bool:
        return self.dispute.status.startswith("warning")

    @property
    def noun(self) -> str:
        return "Inquiry" if self.is_inquiry else "Dispute"

    @property
    def paid_with(self) -> str:
        return wording.method(self.charge)

    @property
    def taken(self) -> int:
        """Minor units that the bank has taken and not given back."""
        same = (line for line in self.transactions if line.currency == self.dispute.currency)
        return -sum(line.amount for line in same)

    @property
    def fee(self) -> int:
        """What Stripe charged for it, in the currency of its balance transactions."""
        return sum(line.fee for line in self.transactions)

    @property
    def fee_currency(self) -> str:
        return next((line.currency for line in self.transactions), self.dispute.currency)

    @property
    def refunded(self) -> list[Refund]:
        """Refunds of the disputed payment that went through."""
        return [
            refund
            for refund in self.refunds
            if refund.status == RefundStatus.SUCCEEDED
            and (
                refund.payment_intent_id == self.dispute.payment_intent_id
                or refund.charge_id == self.dispute.charge_id
            )
        ]

    @property
    def address_of_buyer(self) -> str:
        """The network address the order was placed from; empty when it was not kept."""
        placed = (row for row in self.audit if row.event_type == "order.placed")
        return next((row.address for row in placed if row.address), "")

    @property
    def earlier(self) -> list[Order]:
        """The customer's other paid orders that no bank disputed."""
        return [order for order in self.others if order.dispute_status == DisputeState.NONE]

    @property
    def alike(self) -> list[Order]:
        """Other orders of the customer for the same amount: what a bank may take for the same one."""
        if self.order is None:
            return []
        wanted = (self.order.amount_total, self.order.currency)
        return [order for order in self.others if (order.amount_total, order.currency) == wanted]

    @property
    def card_checks(self) -> dict[str, str]:
        """What the card's bank said when it was paid: `cvc_check`, `address_postal_code_check`, …"""
        told = (event for event in reversed(self.events) if event.object_type == "charge")
        for event in told:
            if event.object_id == self.dispute.charge_id:
                return _checks(event)
        return {}

    def timeline(self) -> list[Entry]:
        """What happened, newest first, without notes and what else is only the shop's."""
        if self.order is None:
            return []
        history = History(
            order=self.order,
            events=self.events,
            audit=[row for row in self.audit if row.event_type in HAPPENED],
            notes=[],
            movements=[],
            requests=[],
            payments=self.payments,
            charges=[self.charge] if self.charge else [],
            refunds=self.refunds,
            paid_out=[],
            mails=self.mails,
        )
        return timeline(history)


def case_of(dispute: Dispute) -> Case:
    """Read it all; ten queries however much there is."""
    order = dispute.order
    charges = Charge.objects.filter(order=order) if order else Charge.objects.none()
    charge = next((c for c in charges if c.charge_id == dispute.charge_id), None)
    refunds = list(Refund.objects.filter(order=order).order_by("created", "pk")) if order else []
    ids = [dispute.dispute_id, dispute.charge_id, dispute.payment_intent_id]
    return Case(
        dispute=dispute,
        order=order,
        items=list(order.items.order_by("pk")) if order else [],
        charge=charge,
        payments=list(Payment.objects.filter(order=order).order_by("created", "pk")) if order else [],
        refunds=refunds,
        transactions=list(
            BalanceTransaction.objects.filter(source_id=dispute.dispute_id).order_by("created", "pk")
        ),
        mails=list(order.mails.order_by("pk")) if order else [],
        events=_events([*ids, *(refund.refund_id for refund in refunds)]),
        audit=_audit(order),
        others=_others(order),
    )


def dashboard_url(dispute: Dispute) -> str:
    """The dispute in Stripe's dashboard, where evidence is sent; empty while payments are pretended."""
    if not settings.PAYMENTS_USE_STRIPE:
        return ""
    mode = "" if settings.STRIPE_LIVEMODE else "test/"
    return f"https://dashboard.stripe.com/{mode}disputes/{dispute.dispute_id}"


def _events(ids: Sequence[str]) -> list[StripeEvent]:
    found = StripeEvent.objects.filter(object_id__in=[key for key in ids if key])
    return sorted(
        found.order_by("-created", "-pk")[:MOST_EVENTS], key=lambda event: (event.created, event.pk)
    )


def _audit(order: Order | None) -> list[AuditLog]:
    if order is None:
        return []
    rows = AuditLog.objects.filter(target_type="order", target_id=str(order.pk), event_type__in=HAPPENED)
    return list(rows.select_related("actor").order_by("pk"))


def _others(order: Order | None) -> list[Order]:
    if order is None or not order.email:
        return []
    same = Order.objects.filter(email=order.email, status__in=SOLD).exclude(pk=order.pk)
    return list(same.order_by("-id")[:MOST_OTHERS])


def _checks(event: StripeEvent) -> dict[str, str]:
    subject = _object(_object(event.body, "data"), "object")
    card = _object(_object(subject, "payment_method_details"), "card")
    checks = {name: value for name, value in _object(card, "checks").items() if isinstance(value, str)}
    secure = _object(card, "three_d_secure").get("result")
    return checks | ({"three_d_secure": secure} if isinstance(secure, str) else {})


def _object(data: dict[str, Any], name: str) -> dict[str, Any]:
    found = data.get(name)
    return found if isinstance(found, dict) else {}
