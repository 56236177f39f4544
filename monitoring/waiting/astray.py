"""Money that is not where it should be: of flagged orders, and of refunds that did not arrive."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Count, Exists, OuterRef, Window
from django.utils.http import urlencode

from accounts.privacy import person
from monitoring.models import DataQualityIssue
from monitoring.waiting.entry import SHOWN, Entry, address, and_more
from orders.models import Flag, Order
from payments import refund_tasks
from purelaka import moments
from purelaka.money import display

FLAGGED = {
    Flag.NONE: "",
    Flag.PAID_AFTER_CANCEL: "was paid after it was cancelled",
    Flag.OUT_OF_STOCK: "was paid after its stock had gone",
    Flag.WRONG_CURRENCY: "was paid in another currency",
    Flag.WRONG_AMOUNT: "was not paid its exact amount",
    Flag.PAID_TWICE: "was paid more than once",
}


def flagged(*, may_act: bool) -> Iterator[Entry]:
    """Flagged orders that nobody has accepted."""
    accepted = DataQualityIssue.objects.accepted().filter(
        check_name="orders_flagged", subject=OuterRef("number")
    )
    orders = Order.objects.exclude(flag=Flag.NONE).exclude(Exists(accepted))
    total = 0
    for order in orders.annotate(total=Window(Count("pk"))).order_by("-id")[:SHOWN]:
        total = order.total
        yield Entry(
            state="critical",
            badge=order.get_flag_display(),
            title=f"{order} {FLAGGED[Flag(order.flag)]}",
            why=f"{person(order.email)} · {order.get_status_display().lower()}",
            url=address("payments:stuck-list", query=f"?{urlencode({'q': order.number})}"),
            action="Decide" if may_act else "Show order",
            amount=display(order.amount_total, order.currency),
        )
    yield from and_more(total - SHOWN, "flagged order", address("payments:stuck-list"))


def lost_refunds(now: datetime, *, may_act: bool) -> Iterator[Entry]:
    """Refunds whose money the customer has not got, unless somebody accepted that."""
    accepted = DataQualityIssue.objects.accepted().filter(
        check_name="refunds_arrived", subject=OuterRef("refund_id")
    )
    waiting = refund_tasks.waiting().exclude(Exists(accepted)).annotate(total=Window(Count("pk")))
    total = 0
    for refund in waiting[:SHOWN]:
        task, total = refund_tasks.task_of(refund), refund.total
        yield Entry(
            state="failed" if task.is_failed else "due",
            badge="Failed" if task.is_failed else "Needs action",
            title=f"The customer of {refund.order} has not got the money",
            why=f"{task.why} Since {moments.spoken(refund.failed_at or refund.created, now=now)}",
            url=address("payments:refund-detail", refund.refund_id),
            action="See to it" if task.is_failed and may_act else "Open refund",
            amount=display(refund.amount, refund.currency),
        )
    yield from and_more(total - SHOWN, "refund", address("payments:refund-list"))
