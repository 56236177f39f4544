"""What customers are told by mail of their payments and refunds, and what those mails need to know."""

import uuid
from contextlib import suppress
from typing import Any

from django.utils import timezone

from orders import letters, mailing
from orders.models import Mail, MailKind, Order, OrderStatus
from payments import declines, wording
from payments.envelope import Envelope
from payments.models import Charge, Payment, PaymentStatus, Refund, RefundRequest, RefundStatus, StripeEvent
from payments.stuck.shortage import short_items, substituted
from purelaka import sql


def tell_of(event: Envelope, fact: sql.Row, order: Order) -> None:
    """Tell the customer of what an event brought, as its fact now stands, if it is of interest to them.

    A card that is declined on the page is not: they saw it there.
    """
    if event.object_type == "refund" and fact["status"] == RefundStatus.SUCCEEDED and not _is_quiet(fact):
        mailing.write(order, MailKind.REFUND, about=fact["refund_id"])
    elif event.type == "payment_intent.payment_failed" and _failed_late(fact, order):
        mailing.write(order, MailKind.PAYMENT_PROBLEM, about=fact["payment_intent_id"])


def tell_of_end(order: Order) -> None:
    """Tell the customer that an order ended unpaid, if they had tried to pay it."""
    payment = Payment.objects.filter(order=order).exclude(failure_code="").order_by("pk").last()
    declined = Charge.objects.filter(order=order, status="failed").order_by("pk").last()
    tried = payment or declined
    if tried:
        mailing.write(order, MailKind.PAYMENT_PROBLEM, about=tried.payment_intent_id)


def _is_quiet(refund: sql.Row) -> bool:
    """Whether who asked for it wanted no mail to go out."""
    for key in Refund.objects.filter(refund_id=refund["refund_id"]).values_list("request_key", flat=True):
        with suppress(ValueError):  # not every key is of our making
            return RefundRequest.objects.filter(key=uuid.UUID(key), tells_customer=False).exists()
    return False


def _failed_late(fact: sql.Row, order: Order) -> bool:
    """Whether it had looked well when the customer left the page: a bank debit fails days later."""
    return (
        fact["status"] == PaymentStatus.REQUIRES_PAYMENT_METHOD
        and order.status in (OrderStatus.PENDING, OrderStatus.CANCELED)
        and StripeEvent.objects.filter(
            object_id=fact["payment_intent_id"], type="payment_intent.processing"
        ).exists()
    )


# --- what the templates are given -----------------------------------------------------------------


def _confirmation(mail: Mail) -> dict[str, Any]:
    paid = Charge.objects.filter(order=mail.order, status="succeeded").order_by("pk").first()
    return {"paid_with": wording.method(paid)}


def _refund(mail: Mail) -> dict[str, Any]:
    refund = Refund.objects.get(refund_id=mail.about)
    paid = Charge.objects.filter(charge_id=refund.charge_id).first() if refund.charge_id else None
    paid = paid or Charge.objects.filter(order=mail.order, status="succeeded").order_by("pk").first()
    return {"refund": refund, "paid_with": wording.method(paid)}


def _payment_problem(mail: Mail) -> dict[str, Any]:
    order, until = mail.order, mail.order.reserved_until
    is_kept = order.status == OrderStatus.PENDING and until is not None and until > timezone.now()
    return {"why": declines.reason(_failure_code(mail.about)), "is_open": is_kept}


def _failure_code(payment_intent_id: str) -> str:
    """Why it failed last. A cancelled payment intent may not say it any more; its charges do."""
    for tried in (Payment, Charge):
        rows = tried.objects.filter(payment_intent_id=payment_intent_id).exclude(failure_code="")
        if code := rows.order_by("-created", "-pk").values_list("failure_code", flat=True).first():
            return str(code)
    return ""


def _back_order(mail: Mail) -> dict[str, Any]:
    return {"short": short_items([mail.order_id])}


def _substitute(mail: Mail) -> dict[str, Any]:
    said = substituted(mail.order)[mail.about]
    return {"was": said["was"], "now": said["now"]}


def register() -> None:
    """Lend `orders.letters` what only payments know."""
    letters.details |= {
        MailKind.CONFIRMATION: _confirmation,
        MailKind.REFUND: _refund,
        MailKind.PAYMENT_PROBLEM: _payment_problem,
        MailKind.BACK_ORDER: _back_order,
        MailKind.SUBSTITUTE: _substitute,
    }
