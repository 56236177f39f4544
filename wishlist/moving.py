"""From the wishlist to the basket."""

from collections.abc import Iterable

from django.db import transaction
from django.http import HttpRequest

from catalog import currency
from catalog.models import Variant
from orders import basket as baskets
from wishlist.wishes import SESSION_KEY, wishes_of


def move(request: HttpRequest, variant: Variant) -> bool:
    """Put one piece into the basket and take the wish back, both or neither.

    The wish goes first, so that of two clicks at once only one puts a piece in: the other finds no
    wish, and False is returned. Raises `orders.basket.Refused`.
    """
    before = request.session.get(SESSION_KEY)
    try:
        with transaction.atomic():
            was_wished = wishes_of(request).remove(variant.pk)
            if was_wished:
                baskets.add(request, variant)
    except baskets.Refused:
        if before is not None:  # a guest's note, which no transaction brings back
            request.session[SESSION_KEY] = before
        raise
    return was_wished


def move_all(request: HttpRequest, variants: Iterable[Variant]) -> tuple[list[Variant], list[str]]:
    """Move what can be; returns it, and why the rest can't, a sentence each.

    An order has one currency: an empty basket takes the one the visitor shops in.
    """
    own = currency.chosen(request)
    moved, refusals = [], []
    for variant in sorted(variants, key=lambda variant: variant.currency != own):
        try:
            if move(request, variant):
                moved.append(variant)
        except baskets.Refused as refusal:
            refusals.append(str(refusal))
    return moved, refusals
