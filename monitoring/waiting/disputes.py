"""Disputes that wait for our answer."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Case, Count, F, When, Window
from django.db.models.functions import RowNumber

from monitoring.waiting.entry import SHOWN, Entry, address, and_more, count
from payments.filters import NEEDS_RESPONSE
from payments.models import Dispute
from purelaka import moments
from purelaka.days import store_zone
from purelaka.money import display

URGENT_WITHIN = timedelta(days=3)  # before a dispute's evidence is due


def to_answer(now: datetime) -> Iterator[tuple[bool, Entry]]:
    """What waits for our answer, the soonest due first: the first few of either urgency, the others by
    their number."""
    by_due = F("due_by").asc(nulls_last=True)
    is_urgent = Case(When(due_by__lt=now + URGENT_WITHIN, then=True), default=False)
    few = (
        Dispute.objects.filter(status__in=NEEDS_RESPONSE)
        .annotate(is_urgent=is_urgent)
        .annotate(
            place=Window(RowNumber(), partition_by="is_urgent", order_by=[by_due, "pk"]),
            number=Window(Count("pk"), partition_by="is_urgent"),
        )
        .filter(place__lte=SHOWN)
    )
    for dispute in few.select_related("order").order_by(by_due, "pk"):
        yield dispute.is_urgent, _dispute_entry(dispute, now)
        if dispute.place == SHOWN:
            url = address("payments:dispute-list", query="?view=answer")
            for more in and_more(dispute.number - SHOWN, "dispute", url):
                yield dispute.is_urgent, more


def _is_urgent(dispute: Dispute, now: datetime) -> bool:
    return dispute.due_by is not None and dispute.due_by < now + URGENT_WITHIN


def _dispute_entry(dispute: Dispute, now: datetime) -> Entry:
    what = "Inquiry" if dispute.status.startswith("warning") else "Dispute"
    left = f" · {_left(dispute.due_by - now)}" if dispute.due_by else ""
    return Entry(
        state="urgent" if _is_urgent(dispute, now) else "due",
        badge=f"Due {_due(dispute.due_by, now)}" if dispute.due_by else "Open",
        title=f"{what} on {dispute.order or dispute.dispute_id} needs your answer",
        why=f"{dispute.reason.replace('_', ' ').capitalize() or 'No reason given'}{left}",
        url=address("payments:dispute-detail", dispute.dispute_id),
        action="Open dispute",
        amount=display(dispute.amount, dispute.currency),
    )


def _due(at: datetime, now: datetime) -> str:
    """`Thu 26` within a week, else `4 Dec`."""
    local = at.astimezone(store_zone())
    return f"{local:%a} {local.day}" if at - now < timedelta(days=6) else moments.short_day(local.date())


def _left(time: timedelta) -> str:
    if time < timedelta(0):
        return "overdue"
    days, hours = time.days, time.seconds // 3600
    if days >= 4:
        return f"{days} days left"
    parts = [count(days, "day")] if days else []
    return " and ".join([*parts, count(hours, "hour")]) + " left"
