"""What a person decides about a paid order that can't be sent as it is.

Each decision is one transaction under the order's lock, leaves an audit row, and is safe to repeat.
What the projection computes from facts stays computed: a decision is a row of its own, and the
projection is asked again.
"""

import uuid
from collections.abc import Callable, Sequence

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from audit import log
from catalog.models import StockMovement, StockReason, Variant
from orders import mailing
from orders.models import BackOrder, Flag, MailKind, Order, OrderItem
from payments import refunds
from payments.ledger import Refundable
from payments.models import RefundRequest
from payments.projection import Cause, lock, project
from payments.stuck.shortage import SUBSTITUTED, short_items, why_not_instead

# What others have to do when the lines of a sold order change, in the same transaction: figures.
after_substituting: list[Callable[[Order], None]] = []


class CantDecide(Exception):
    """It can't be decided so; the message says why. Nothing was written."""


def to_refund(order: Order, sources: Sequence[Refundable]) -> list[Refundable]:
    """What would go back: of an order that is paid too often or wrongly, only what does not pay it."""
    is_loose = order.flag not in (Flag.NONE, Flag.OUT_OF_STOCK)
    return [
        source
        for source in sources
        if source.amount > 0 and not source.blocked_by and not (is_loose and source.is_applied)
    ]


def refund_all(order: Order, *, actor: User, key: uuid.UUID) -> list[RefundRequest]:
    """Send back all that can be; returns the requests, one a payment.

    `key` is of the page that asks: sent twice, it refunds once. Raises CantDecide, RefundTooLarge,
    RefundRefused, NoAnswer; with the last, what is asked for is kept and sent again.
    """
    sources = refunds.sources(order)
    made = RefundRequest.objects.filter(order=order, key__in=[_key(key, s.payment_id) for s in sources])
    if made:
        return list(made)
    wanted = to_refund(order, sources)
    if not wanted:
        raise CantDecide(f"Nothing of {order} can be refunded.")
    reason = "duplicate" if order.flag == Flag.PAID_TWICE else ""
    return [
        refunds.request_refund(
            order_id=order.pk,
            amount=source.amount,
            actor=actor,
            reason=reason,
            note=f"Can't be sent: {order.get_flag_display().lower()}." if order.flag else "Can't be sent.",
            key=_key(key, source.payment_id),
            payment_id=source.payment_id,
        )
        for source in wanted
    ]


def back_order(order: Order, *, actor: User) -> bool:
    """Let the order wait for its goods and tell the customer; False when that was decided before.

    Raises CantDecide.
    """
    with transaction.atomic():
        [locked] = lock([order.pk])
        if BackOrder.objects.filter(order=locked).exists():
            return False
        if locked.flag != Flag.OUT_OF_STOCK:
            raise CantDecide(f"{locked} does not wait for goods any more. Load the page again.")
        BackOrder.objects.create(order=locked, actor=actor)
        short = [item.sku for item in short_items([locked.pk])]
        log.record("order.back_ordered", actor=actor, target=locked, short=short)
        mailing.write(locked, MailKind.BACK_ORDER)
        project([locked], Cause(at=timezone.now()))
    return True


def substitute(order: Order, *, item_id: int, variant_id: int, actor: User) -> bool:
    """Send another variant of the same price in the place of a line that is short.

    The line becomes the other variant's, at the price that was paid; its goods leave the stock; the
    customer is told. What it was stays in the audit log. False when just that was done before.
    Raises CantDecide.
    """
    with transaction.atomic():
        [locked] = lock([order.pk])
        item = OrderItem.objects.filter(order=locked, pk=item_id).first()
        if item and item.variant_id == variant_id and _has_left(item):
            return False
        item = next((short for short in short_items([locked.pk]) if short.pk == item_id), None)
        if item is None:
            raise CantDecide(f"This line of {locked} is not short any more. Load the page again.")
        variant = Variant.objects.select_related("product").filter(pk=variant_id).first()
        if variant is None:
            raise CantDecide("Choose what is sent instead.")
        if problem := why_not_instead(item, variant):
            raise CantDecide(problem)
        _replace(locked, item, variant, actor)
    return True


def _replace(order: Order, item: OrderItem, variant: Variant, actor: User) -> None:
    said = {"item": item.pk, "quantity": item.quantity, "was": _name(item), "was_sku": item.sku}
    item.variant, item.sku = variant, variant.sku
    item.product_name, item.variant_name = variant.product.name, variant.name
    item.save(update_fields=["variant", "sku", "product_name", "variant_name"])
    log.record(SUBSTITUTED, actor=actor, target=order, **said, now=_name(item), now_sku=variant.sku)
    project([order], Cause(at=timezone.now()))
    if not _has_left(item):  # somebody else bought the last one in this moment
        raise CantDecide(f"{variant} is not there any more. Choose something else.")
    mailing.write(order, MailKind.SUBSTITUTE, about=str(item.pk))
    for step in after_substituting:
        step(order)


def _has_left(item: OrderItem) -> bool:
    return StockMovement.objects.filter(order_item=item, reason=StockReason.SALE).exists()


def _name(item: OrderItem) -> str:
    return f"{item.product_name}, {item.variant_name}" if item.variant_name else item.product_name


def _key(form: uuid.UUID, payment_id: str) -> uuid.UUID:
    """Of one payment's refund, made of the page's key: whoever sends the page again finds it."""
    return uuid.uuid5(form, payment_id)
