"""Up to which amount one person may refund alone (`REFUND_APPROVAL_LIMIT`)."""

from django.conf import settings
from django.db.models import Sum

from accounts.models import Role, User
from orders.models import Order
from payments.models import RequestStatus
from purelaka import money

# What this person sent back without anybody else: a large refund in small parts is a large refund.
ALONE = (RequestStatus.PENDING, RequestStatus.ANSWERED)


def limit(user: User | None, currency: str) -> int | None:
    """In minor units; None where there is no limit: for admins, and for what the program does by itself."""
    if user is None or user.role == Role.ADMIN:
        return None
    limits = settings.REFUND_APPROVAL_LIMIT
    major = limits.get(currency, limits.get(""))
    return None if major is None else int(major.scaleb(money.exponent(currency)))


def needs_second_person(order: Order, user: User | None, amount: int, currency: str) -> bool:
    """Whether this refund, with what the same person refunded of the order before, exceeds their limit."""
    most = limit(user, currency)
    if most is None:
        return False
    alone = order.refund_requests.filter(
        actor=user, currency=currency, status__in=ALONE, decided_by=None
    ).aggregate(amount=Sum("amount", default=0))
    return amount + int(alone["amount"]) > most
