"""Orders placed without an account come into the account of whoever proves that the address is theirs."""

from allauth.account.models import EmailAddress
from django.db import transaction
from django.db.models.functions import Lower

from accounts.models import User
from audit import log
from orders.models import Order


@transaction.atomic
def attach_guest_orders(user: User) -> int:
    """Give the person the guest orders of their verified addresses; returns how many there were.

    An address that was only typed in proves nothing: its orders stay where they are.
    """
    verified = EmailAddress.objects.filter(user=user, verified=True).values_list(Lower("email"), flat=True)
    guest = Order.objects.select_for_update().filter(user=None, email__in=list(verified))
    orders = list(guest.order_by("pk"))
    if orders:
        Order.objects.filter(pk__in=[order.pk for order in orders]).update(user=user)
        log.record_each("order.attached", orders, actor=user, data=[{}] * len(orders))
    return len(orders)
