"""What the sidebar counts: one cheap query each, through a partial index."""

from django.utils import timezone

from monitoring.models import DataQualityIssue
from orders.filters import VIEWS
from orders.models import Order
from payments.filters import NEEDS_RESPONSE
from payments.models import Dispute, EventStatus, StripeEvent
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


@navigation.counter("orders:order-list")
def orders_to_pack() -> Waiting:
    number = Order.objects.filter(TO_PACK).count()
    return Waiting(number, f"{_say(number, 'order')} to pack")


def _say(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
