"""A visitor's basket: found by their session or their account, filled, merged and emptied.

A guest's session holds the token of their basket; whoever is signed in has one open basket, on every
device. Whoever changes a basket locks its row first, so two clicks follow one after the other.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import User
from catalog.models import Variant
from orders.models import SOLD, Basket, BasketItem, DiscountCode, OrderStatus

SESSION_KEY = "basket"
MAX_PIECES = 99  # of one variant
FORGOTTEN_AFTER = timedelta(days=60)


class Refused(ValueError):
    """It can't go into the basket; the message is for the customer and says what to do."""


def open_basket(request: HttpRequest) -> Basket | None:
    """This visitor's basket with its order, or None. One whose order was paid is closed here."""
    return _unpaid(_found(request), request)


def lines(basket: Basket) -> QuerySet[BasketItem]:
    """What is in it now, in the order it came, with variant and product."""
    return basket.items.filter(removed_at=None).select_related("variant__product").order_by("pk")


def currency(basket: Basket) -> str:
    """The one its goods are sold in; empty while there are none."""
    first = lines(basket).first()
    return first.variant.currency if first else ""


def count(request: HttpRequest) -> int:
    """How many pieces are in this visitor's basket. Costs nothing for someone who has none."""
    basket = open_basket(request)
    return sum(lines(basket).values_list("quantity", flat=True)) if basket else 0


@transaction.atomic
def add(request: HttpRequest, variant: Variant, quantity: int = 1) -> BasketItem:
    """Put `quantity` pieces more into this visitor's basket. Raises Refused; nothing changed then."""
    if quantity < 1:
        raise Refused("A quantity must be at least 1.")
    if not (variant.is_active and variant.product.is_active):
        raise Refused(f"{variant.product.name} is not for sale any more.")
    basket = locked(open_basket(request) or _begin(request))
    _refuse_mixing(basket, variant)
    item = lines(basket).filter(variant=variant).first()
    _refuse_too_many(variant, quantity + (item.quantity if item else 0), basket)
    item = item or BasketItem(basket=basket, variant=variant, quantity=0, known_at=timezone.now())
    item.quantity += quantity
    item.unit_amount = variant.unit_amount
    item.save()
    touch(basket)
    return item


@transaction.atomic
def change(item: BasketItem, quantity: int) -> BasketItem:
    """Set how many pieces there are of a line; 0 takes it out. Raises Refused; nothing changed then."""
    basket = locked(item.basket)
    if quantity > item.quantity:
        _refuse_too_many(item.variant, quantity, basket)
    if quantity < 1:
        item.removed_at = timezone.now()
        item.save(update_fields=["removed_at"])
    else:
        item.quantity = quantity
        item.save(update_fields=["quantity"])
    touch(basket)
    return item


def use_code(basket: Basket, code: DiscountCode | None) -> None:
    """Put a discount code on the basket, or take it away. Whether it counts is asked with every quote."""
    basket.discount_code = code
    basket.save(update_fields=["discount_code"])
    touch(basket)


def locked(basket: Basket) -> Basket:
    """The same basket, held by this transaction until it ends."""
    return Basket.objects.select_for_update().get(pk=basket.pk)


def touch(basket: Basket) -> None:
    """Note that its visitor is still there."""
    basket.changed_at = timezone.now()
    basket.save(update_fields=["changed_at"])


def room_for(variant: Variant, basket: Basket) -> int:
    """The most pieces of a variant that may be in this basket now.

    What the basket's own unpaid order holds is there for it.
    """
    return room(variant, held(basket).get(variant.pk, 0))


def room(variant: Variant, own: int) -> int:
    """The same, when the basket's own order holds `own` pieces."""
    if not variant.stock_tracked or variant.preorder:
        return MAX_PIECES
    return max(0, min(MAX_PIECES, variant.available + own))


def held(basket: Basket) -> dict[int, int]:
    """How many pieces of each variant the basket's own unpaid order holds."""
    if basket.order_id is None:
        return {}
    pieces: dict[int, int] = {}
    for variant_id, reserved in basket.order.items.values_list("variant_id", "reserved"):  # type: ignore[union-attr]
        pieces[variant_id] = pieces.get(variant_id, 0) + reserved
    return pieces


def _found(request: HttpRequest) -> Basket | None:
    if request.user.is_authenticated:
        return Basket.objects.filter(closed_at=None, user=request.user).select_related("order").first()
    return _of_session(request).first()


def _of_session(request: HttpRequest) -> QuerySet[Basket]:
    token = request.session.get(SESSION_KEY)
    if not token:
        return Basket.objects.none()
    return Basket.objects.filter(closed_at=None, token=UUID(token), user=None).select_related("order")


def _unpaid(basket: Basket | None, request: HttpRequest) -> Basket | None:
    """The same basket, or what is left of it once its order was paid."""
    if basket and basket.order and basket.order.status in SOLD:
        return _close(basket, request)
    return basket


def _begin(request: HttpRequest) -> Basket:
    if not request.user.is_authenticated:
        return _given_to(request, Basket.objects.create())
    try:
        with transaction.atomic():
            return Basket.objects.create(user=request.user)
    except IntegrityError:  # another tab was a moment faster
        return Basket.objects.get(user=request.user, closed_at=None)


def _given_to(request: HttpRequest, basket: Basket) -> Basket:
    request.session[SESSION_KEY] = str(basket.token)
    return basket


def _refuse_mixing(basket: Basket, variant: Variant) -> None:
    own = currency(basket)
    if own and own != variant.currency:
        raise Refused(
            f"Your basket is in {own.upper()}, and {variant.product.name} is sold in"
            f" {variant.currency.upper()}. One order has one currency: check out first, or empty the basket."
        )


def _refuse_too_many(variant: Variant, quantity: int, basket: Basket) -> None:
    most = room_for(variant, basket)
    if quantity <= most:
        return
    if most == 0:
        raise Refused(f"{variant.product.name} is sold out.")
    if most == MAX_PIECES:
        raise Refused(f"One order can hold at most {MAX_PIECES} pieces of {variant.product.name}.")
    raise Refused(f"Only {most} of {variant.product.name} {'is' if most == 1 else 'are'} left.")


# --- closing, merging, forgetting -----------------------------------------------------------------


@transaction.atomic
def _close(basket: Basket, request: HttpRequest) -> Basket | None:
    """Empty a basket whose order was paid. What was put in since the order stays, in a new one."""
    basket = locked(basket)
    if basket.closed_at or basket.order is None:
        return _found(request)
    basket.closed_at = timezone.now()
    basket.save(update_fields=["closed_at"])
    left = _not_ordered(basket)
    if not left:
        request.session.pop(SESSION_KEY, None)
        return None
    fresh = Basket.objects.create(user=basket.user)
    BasketItem.objects.bulk_create(
        BasketItem(
            basket=fresh,
            variant_id=item.variant_id,
            quantity=quantity,
            unit_amount=item.unit_amount,
            added_at=item.added_at,
            known_at=item.known_at,
        )
        for item, quantity in left
    )
    return fresh if basket.user_id else _given_to(request, fresh)


def _not_ordered(basket: Basket) -> list[tuple[BasketItem, int]]:
    assert basket.order is not None
    ordered: dict[int, int] = {}
    for variant_id, quantity in basket.order.items.values_list("variant_id", "quantity"):
        ordered[variant_id] = ordered.get(variant_id, 0) + quantity
    rest = [(item, item.quantity - ordered.get(item.variant_id, 0)) for item in lines(basket)]
    return [(item, quantity) for item, quantity in rest if quantity > 0]


@transaction.atomic
def adopt(request: HttpRequest, user: User) -> list[str]:
    """Give the session's basket to the account that has just signed in; merges it with the account's.

    Returns the names of goods that had to be taken out: an order has one currency, and what the
    visitor chose last wins.
    """
    guest = _unpaid(_of_session(request).first(), request)
    request.session.pop(SESSION_KEY, None)
    if guest is None:
        return []
    guest = locked(guest)
    own = _unpaid(Basket.objects.filter(user=user, closed_at=None).first(), request)
    if own is None:
        Basket.objects.filter(pk=guest.pk).update(user=user)
        guest.items.update(known_at=timezone.now())
        return []
    return _merge(guest, into=locked(own))


def _merge(guest: Basket, into: Basket) -> list[str]:
    out = _take_out_other_currency(into, currency(guest))
    there = {item.variant_id: item for item in lines(into)}
    for item in lines(guest):
        if known := there.get(item.variant_id):
            known.quantity = min(MAX_PIECES, known.quantity + item.quantity)
            known.unit_amount = item.unit_amount
            known.save(update_fields=["quantity", "unit_amount"])
            item.delete()
    guest.items.update(basket=into, known_at=timezone.now())
    order = guest.order
    guest.delete()
    if order and (into.order is None or order.status == OrderStatus.PENDING):
        into.order = order
        into.save(update_fields=["order"])
    touch(into)
    return out


def _take_out_other_currency(basket: Basket, kept: str) -> list[str]:
    others = [item for item in lines(basket) if kept and item.variant.currency != kept]
    BasketItem.objects.filter(pk__in=[item.pk for item in others]).update(removed_at=timezone.now())
    return [item.variant.product.name for item in others]


def forget_baskets(now: datetime) -> int:
    """Delete guests' baskets that nobody touched for 60 days and that never led to an order."""
    old = Basket.objects.filter(user=None, order=None, changed_at__lt=now - FORGOTTEN_AFTER)
    _, deleted = old.delete()
    return deleted.get("orders.Basket", 0)
