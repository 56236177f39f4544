"""What the sidebar counts: one cheap query each, through a partial index."""

from django.db.models import Count, Value
from django.utils import timezone

from monitoring.models import DataQualityIssue
from orders.filters import VIEWS
from orders.models import Order
from payments.filters import NEEDS_RESPONSE
from payments.models import Dispute, EventStatus, StripeEvent
from payments.stuck.queue import TO_DECIDE
from purelaka import navigation
from purelaka.navigation import Waiting

# What the lists behind the counts show.
TO_PACK = VIEWS["pack"][1]


@navigation.counter("monitoring:monitoring-issues")
def open_issues() -> Waiting:
    number = DataQualityIssue.objects.awake(timezone.now()).count()
    return Waiting(number, _say(number, "open issue"), urgent=True)


@navigation.counter("payments:event-list")
def failed_events() -> Waiting:
    number = StripeEvent.objects.filter(status=EventStatus.FAILED).count()
    return Waiting(number, _say(number, "failed event"), urgent=True)


@navigation.counter("payments:dispute-list")
def disputes_to_answer() -> Waiting:
    number = Dispute.objects.filter(status__in=NEEDS_RESPONSE).count()
    return Waiting(number, f"{_say(number, 'dispute')} to answer", urgent=True)


@navigation.counters("orders:order-list", "payments:stuck-list")
def paid_orders() -> list[Waiting]:
    """To pack, and to decide."""
    sets = {"pack": Order.objects.filter(TO_PACK), "decide": Order.objects.filter(TO_DECIDE)}
    counted = [
        rows.order_by().values(what=Value(what)).annotate(number=Count("pk")) for what, rows in sets.items()
    ]
    numbers = {row["what"]: row["number"] for row in counted[0].union(*counted[1:], all=True)}
    pack, decide = numbers.get("pack", 0), numbers.get("decide", 0)
    return [
        Waiting(pack, f"{_say(pack, 'order')} to pack"),
        Waiting(decide, f"{_say(decide, 'paid order')} that can't be sent", urgent=True),
    ]


def _say(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
