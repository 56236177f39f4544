"""What no program can settle: money without an order, flagged orders, refunds that got stuck.

A person decides each of these, and the decision stays as long as the case stays the same.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Q

from monitoring.check import Finding, check, rows
from monitoring.models import Severity
from orders.models import Flag, Order
from payments import refund_tasks
from payments.models import Payment, Refund, RefundRequest, RequestStatus
from purelaka.money import display

ANSWERS_WITHIN = timedelta(minutes=15)


@check(("Facts", "Orders"), "Each payment that names an order of ours has one", compares=Payment.objects.all)
def claimed_payments(now: datetime) -> Iterator[Finding]:
    """Payments and charges that took money, say that they are for an order of ours, and have none.

    The order may still be on its way: they are told after a quarter of an hour, and vanish when
    the order comes. Otherwise the order was lost: find out who paid in Stripe's dashboard, and
    enter the order or refund the payment.
    """
    for source_id, claimed, amount, currency in rows(
        WITHOUT_ORDER, claims=1, made_before=now - ANSWERS_WITHIN
    ):
        yield Finding(
            source_id,
            f"{display(amount, currency)} came for order {claimed}, which is not here",
            expected=f"order {claimed}",
            found="no such order",
        )


@check(
    ("Facts", "Orders"),
    "Each payment belongs to an order",
    compares=Payment.objects.all,
    severity=Severity.WARNING,
    person_decides=True,
)
def unmatched_payments(now: datetime) -> Iterator[Finding]:
    """Payments and charges that took money and name no order at all.

    Somebody took them outside this shop: in Stripe's dashboard, or with another program on the same
    account. If that is so, resolve the issue with a note. Their money is in no figure here.
    """
    for source_id, _, amount, currency in rows(WITHOUT_ORDER, claims=0, made_before=now - ANSWERS_WITHIN):
        yield Finding(
            source_id,
            f"{display(amount, currency)} came for no order of ours",
            expected="an order",
            found=display(amount, currency),
        )


# A charge is told by its payment intent, unless that is not known.
WITHOUT_ORDER = """
    SELECT payment_intent_id, claimed_order, amount_received, currency FROM payments_payment
    WHERE order_id IS NULL AND status = 'succeeded' AND created < %(made_before)s
        AND (claimed_order <> '') = (%(claims)s = 1)
    UNION ALL
    SELECT c.charge_id, c.claimed_order, c.amount_captured, c.currency
    FROM payments_charge c LEFT JOIN payments_payment p ON p.payment_intent_id = c.payment_intent_id
        AND p.status = 'succeeded'
    WHERE c.order_id IS NULL AND c.status = 'succeeded' AND c.amount_captured > 0 AND p.id IS NULL
        AND c.created < %(made_before)s AND (c.claimed_order <> '') = (%(claims)s = 1)
"""


@check(("Orders", "A person"), "No order is flagged", compares=Order.objects.all, person_decides=True)
def orders_flagged(now: datetime) -> Iterator[Finding]:
    """Orders that a person must look at: paid after a cancel, sold out, paid wrongly or twice.

    Open the order: refund what does not belong to it, or send what it still needs. The flag goes
    when its cause is gone. If the customer agreed to something else, resolve the issue with a note.
    """
    for order in Order.objects.exclude(flag=Flag.NONE).only("number", "flag").iterator():
        yield Finding(
            order.number,
            f"{order.number}: {order.get_flag_display().lower()}",
            expected="no flag",
            found=order.get_flag_display().lower(),
            order_id=order.pk,
        )


@check(
    ("Refunds", "A person"),
    "Each refund we asked for was answered",
    compares=RefundRequest.objects.all,
    person_decides=True,
)
def requests_answered(now: datetime) -> Iterator[Finding]:
    """Refunds we asked Stripe for that wait for a quarter of an hour, or that Stripe refused.

    One that waits is sent again by every tick; look why Stripe is not reached. One that was refused
    moved no money: read why, and refund in another way, then resolve the issue with a note.
    """
    since = Q(created_at__lt=now - ANSWERS_WITHIN) & (
        Q(decided_at=None) | Q(decided_at__lt=now - ANSWERS_WITHIN)
    )
    waits = Q(status=RequestStatus.PENDING) & since
    stuck = RefundRequest.objects.filter(waits | Q(status=RequestStatus.REFUSED)).select_related("order")
    for request in stuck.iterator():
        yield Finding(
            str(request.key),
            f"Refund of {display(request.amount, request.currency)} on {request.order}: "
            + (request.error or request.get_status_display().lower()),
            expected="answered",
            found=request.get_status_display().lower(),
            order_id=request.order_id,
        )


@check(
    ("Refunds", "A person"),
    "Each refund has reached its customer",
    compares=Refund.objects.all,
    person_decides=True,
)
def refunds_arrived(now: datetime) -> Iterator[Finding]:
    """Refunds that failed and were not made again, and refunds that wait for the customer's details.

    The customer still expects the money. The refund's page says why it failed: try again there, or pay
    in another way and write down its reference. The issue goes by itself then.
    """
    for task in refund_tasks.tasks():
        refund, what = task.refund, "failed" if task.is_failed else "needs action"
        why = f": {refund.failure_reason.replace('_', ' ')}" if refund.failure_reason else ""
        yield Finding(
            refund.refund_id,
            f"Refund of {display(refund.amount, refund.currency)} on {refund.order} {what}{why}",
            expected="succeeded",
            found=refund.status,
            order_id=refund.order_id,
        )
