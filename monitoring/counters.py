"""What the sidebar counts: one query for all of it, each part through a partial index."""

from django.utils import timezone

from monitoring.models import DataQualityIssue
from orders.filters import VIEWS
from orders.models import Order
from payments.filters import NEEDS_RESPONSE
from payments.models import Dispute, EventStatus, StripeEvent
from payments.stuck.queue import TO_DECIDE
from purelaka import navigation
from purelaka.navigation import Waiting
from purelaka.together import count_each

# What the lists behind the counts show.
TO_PACK = VIEWS["pack"][1]


@navigation.counters(
    "monitoring:monitoring-issues",
    "payments:event-list",
    "payments:dispute-list",
    "orders:order-list",
    "payments:stuck-list",
)
def waiting() -> list[Waiting]:
    """Open issues, failed events, disputes to answer, orders to pack and to decide."""
    issues, failed, disputes, pack, decide = count_each(
        DataQualityIssue.objects.awake(timezone.now()),
        StripeEvent.objects.filter(status=EventStatus.FAILED),
        Dispute.objects.filter(status__in=NEEDS_RESPONSE),
        Order.objects.filter(TO_PACK),
        Order.objects.filter(TO_DECIDE),
    )
    return [
        Waiting(issues, _say(issues, "open issue"), urgent=True),
        Waiting(failed, _say(failed, "failed event"), urgent=True),
        Waiting(disputes, f"{_say(disputes, 'dispute')} to answer", urgent=True),
        Waiting(pack, f"{_say(pack, 'order')} to pack"),
        Waiting(decide, f"{_say(decide, 'paid order')} that can't be sent", urgent=True),
    ]


def _say(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
