"""The queue of paid orders that can't be sent as they are: what is shown of each, and what can be decided."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from orders.models import Flag, Order
from payments import refunds
from payments.ledger import Refundable
from payments.models import Payment
from payments.stuck.deciding import to_refund
from payments.stuck.shortage import Short, shortages
from purelaka.filters import FilterForm, View, choice, search
from purelaka.money import display

TO_DECIDE = ~Q(flag=Flag.NONE)
WAITING = Q(flag=Flag.NONE, awaits_stock=True)
VIEWS = {"": ("To decide", TO_DECIDE), "waiting": ("Waiting for goods", WAITING)}
OLDEST = ("since", "id")
WHY = {
    Flag.NONE: "Its goods have not come yet.",
    Flag.OUT_OF_STOCK: "Paid, and some of its goods are not there.",
    Flag.PAID_AFTER_CANCEL: "Paid after it was cancelled: it is not to be sent.",
    Flag.WRONG_AMOUNT: "The payment is of another amount, so it does not pay the order.",
    Flag.WRONG_CURRENCY: "The payment is in another currency, so it does not pay the order.",
    Flag.PAID_TWICE: "Paid more than once: one payment is too many.",
}


class StuckFilter(FilterForm):
    main = ("q", "flag")
    quiet = ("view",)

    view = choice("View", [("waiting", "Waiting for goods")], is_hidden=True)
    q = search("Search", "Order number")
    flag = choice("Why", [pair for pair in Flag.choices if pair[0]], any_label="Any reason")

    @property
    def tabs(self) -> list[View]:
        return self.views("view", [(word, label) for word, (label, _) in VIEWS.items()])

    def orders(self) -> QuerySet[Order, Order]:
        """With `since`: when the newest money came. The longest waiting first."""
        newest = Payment.objects.filter(order=OuterRef("pk"), succeeded_at__isnull=False)
        came = Subquery(newest.order_by("-succeeded_at").values("succeeded_at")[:1])
        rows = Order.objects.annotate(since=Coalesce(came, "paid_at", "created_at"))
        if number := self.value("q"):  # whichever tab it would be in
            return rows.filter(TO_DECIDE | WAITING, number__in=[number, number.upper()])
        rows = rows.filter(VIEWS[self.value("view") or ""][1])
        return rows.filter(flag=self.value("flag")) if self.value("flag") else rows


@dataclass(frozen=True)
class Stuck:
    """One order of the queue. `wanted` is what a refund would send back."""

    order: Order
    since: datetime
    short: list[Short]
    wanted: list[Refundable]
    blocked_by: str
    waits_by_agreement: bool

    @property
    def why(self) -> str:
        if self.waits_by_agreement and not self.order.flag:
            return "Its customer waits for the goods and was told so."
        return WHY[Flag(self.order.flag)]

    @property
    def amount(self) -> str:
        """What would go back, each currency by itself."""
        sums: dict[str, int] = {}
        for source in self.wanted:
            sums[source.currency] = sums.get(source.currency, 0) + source.amount
        return " and ".join(display(amount, currency) for currency, amount in sums.items())

    @property
    def can_refund(self) -> bool:
        return bool(self.wanted)

    @property
    def can_wait(self) -> bool:
        return self.order.flag == Flag.OUT_OF_STOCK

    @property
    def replaceable(self) -> list[Short]:
        """Lines in whose place something of the same price could be sent."""
        return [short for short in self.short if short.choices]

    @property
    def no_refund(self) -> str:
        """Why nothing can be refunded; empty when something can."""
        if self.wanted:
            return ""
        if self.blocked_by:
            return "The customer's bank has taken the money back."
        return "Nothing is left that could go back: it has gone, or waits for approval."


def stuck(orders: Sequence[Order]) -> list[Stuck]:
    """What is shown of these orders, which have `since`; a fixed number of queries."""
    short = shortages([order.pk for order in orders if order.awaits_stock])
    sources = refunds.sources_of(orders)
    agreed = set(
        Order.objects.filter(pk__in=[o.pk for o in orders], back_order__isnull=False).values_list(
            "pk", flat=True
        )
    )
    return [
        Stuck(
            order=order,
            since=getattr(order, "since"),  # noqa: B009 - annotated by the filter
            short=short.get(order.pk, []),
            wanted=to_refund(order, sources[order.pk]),
            blocked_by=next((s.blocked_by for s in sources[order.pk] if s.blocked_by), ""),
            waits_by_agreement=order.pk in agreed,
        )
        for order in orders
    ]
