"""Paid orders that wait to be packed."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Count, Min, Q, Sum

from monitoring.counters import TO_PACK
from monitoring.waiting.entry import Entry, address, count
from orders.models import Order
from purelaka import moments
from purelaka.money import display

LATE_AFTER = timedelta(days=2)  # to pack an order
OLDEST_TO_PACK = "view=pack&sort=oldest"


class Packing(NamedTuple):
    """Paid orders of one currency that wait to be packed; those of more than two days ago are late.

    `oldest` is the first moment one was paid, `oldest_in_time` that of those which are not late.
    """

    currency: str
    orders: int
    amount: int
    late: int
    late_amount: int
    oldest: datetime
    oldest_in_time: datetime | None


def packing(now: datetime) -> list[Packing]:
    """What waits to be packed, by currency."""
    late = Q(paid_at__lt=now - LATE_AFTER)
    counts = (
        Order.objects.filter(TO_PACK)
        .values_list("currency")
        .annotate(
            orders=Count("pk"),
            amount=Sum("amount_total"),
            late=Count("pk", late),
            late_amount=Sum("amount_total", filter=late, default=0),
            oldest=Min("paid_at"),
            oldest_in_time=Min("paid_at", filter=~late),
        )
    )
    return [Packing(*row) for row in counts.order_by("-orders")]


def late(counts: list[Packing], now: datetime) -> Iterator[Entry]:
    """An entry for each currency with late orders."""
    for waiting in counts:
        if waiting.late:
            yield Entry(
                state="due",
                badge="Late",
                title=f"{count(waiting.late, 'order')} waited more than 2 days to be packed",
                why=f"The oldest was paid {moments.spoken(waiting.oldest, now=now)}",
                url=address("orders:order-list", query=f"?{OLDEST_TO_PACK}&currency={waiting.currency}"),
                action="Show orders",
                amount=display(waiting.late_amount, waiting.currency),
            )


def in_time(counts: list[Packing], now: datetime) -> Iterator[Entry]:
    """An entry for each currency with orders that wait and are not late."""
    for waiting in counts:
        if waiting.oldest_in_time:
            yield Entry(
                state="pending",
                badge="To pack",
                title=f"{count(waiting.orders - waiting.late, 'order')} paid in the last 2 days to pack",
                why=f"The oldest was paid {moments.spoken(waiting.oldest_in_time, now=now)}",
                url=address("orders:order-list", query=f"?{OLDEST_TO_PACK}&currency={waiting.currency}"),
                action="Show orders",
                amount=display(waiting.amount - waiting.late_amount, waiting.currency),
            )
