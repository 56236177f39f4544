"""What staff write about an order."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from audit import log
from orders.models import Order, OrderNote

# The same words of the same person within this time are the same click.
ONE_CLICK = timedelta(minutes=1)


def add_note(*, order: Order, author: User, text: str) -> OrderNote:
    """Keep a note about the order, with an audit row. A double click keeps one."""
    with transaction.atomic():
        Order.objects.select_for_update().get(pk=order.pk)
        again = OrderNote.objects.filter(
            order=order, author=author, text=text, created_at__gt=timezone.now() - ONE_CLICK
        ).first()
        if again:
            return again
        note = OrderNote.objects.create(order=order, author=author, text=text)
        log.record("order.note", actor=author, target=order, note=note.pk)
    return note
