"""What people with an account put into their baskets because they had wished for it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from accounts.models import User
from catalog.models import Variant
from monitoring.demo.orders import PlannedOrder
from monitoring.demo.people import Customer
from monitoring.demo.wishes import Wish
from orders.models import SOLD, Basket, BasketItem, Order

TEMPTED = 0.3  # share of the wishes that go into a basket and are taken out again


@dataclass(frozen=True)
class PlannedBasket:
    """Of one customer: things with the moment they went in. Without an order they were taken out at `end`."""

    customer: Customer
    order_number: str
    items: tuple[tuple[str, int, datetime], ...]  # SKU, pieces, when
    end: datetime


def baskets(
    random: Random, wishes: Iterable[Wish], orders: Iterable[PlannedOrder], end: datetime
) -> list[PlannedBasket]:
    """One for each order that made a wish come true, and those of people who thought better of it."""
    wished = list(wishes)
    at = {(wish.customer.number, wish.sku): wish.at for wish in wished}
    bought = [
        _of_order(random, order, at)
        for order in orders
        if order.at <= end and any(at.get(key, end) < order.at for key in _keys(order))
    ]
    got = {(basket.customer.number, sku) for basket in bought for sku, *_ in basket.items}
    tempted = [
        _thought_better(random, wish)
        for wish in wished
        if (wish.customer.number, wish.sku) not in got
        and not wish.customer.is_demo
        and random.random() < TEMPTED
    ]
    return bought + [basket for basket in tempted if basket.end <= end]


def put(planned: Iterable[PlannedBasket], users: Mapping[int, User], variants: Mapping[str, Variant]) -> None:
    """Write the baskets: closed ones, with what was in them. Those of unpaid orders are left out."""
    planned = list(planned)
    numbers = [basket.order_number for basket in planned if basket.order_number]
    orders = {order.number: order for order in Order.objects.filter(number__in=numbers, status__in=SOLD)}
    known = [basket for basket in planned if not basket.order_number or basket.order_number in orders]
    rows = Basket.objects.bulk_create(
        Basket(
            user=users[basket.customer.number],
            order=orders.get(basket.order_number),
            created_at=min(at for *_, at in basket.items),
            changed_at=basket.end,
            closed_at=orders[basket.order_number].paid_at if basket.order_number else basket.end,
        )
        for basket in known
    )
    BasketItem.objects.bulk_create(
        BasketItem(
            basket=row,
            variant=variants[sku],
            quantity=quantity,
            unit_amount=variants[sku].unit_amount,
            added_at=at,
            known_at=at,
            removed_at=None if basket.order_number else basket.end,
        )
        for basket, row in zip(known, rows, strict=True)
        for sku, quantity, at in basket.items
    )


def _keys(order: PlannedOrder) -> list[tuple[int, str]]:
    return [(order.customer.number, sku) for sku, _ in order.lines]


def _of_order(
    random: Random, order: PlannedOrder, wished: Mapping[tuple[int, str], datetime]
) -> PlannedBasket:
    """Filled within the hours before the order, what was wished for after the wish."""
    items = []
    for (sku, quantity), key in zip(order.lines, _keys(order), strict=True):
        earliest = order.at - timedelta(minutes=random.choice((4, 9, 25, 180, 1500)))
        wish = wished.get(key, order.at)
        at = max(earliest, wish + (order.at - wish) / 2) if wish < order.at else earliest
        items.append((sku, quantity, at))
    return PlannedBasket(order.customer, order.number, tuple(items), order.at)


def _thought_better(random: Random, wish: Wish) -> PlannedBasket:
    at = wish.at + timedelta(minutes=random.randint(1, 3 * 24 * 60))
    return PlannedBasket(wish.customer, "", ((wish.sku, 1, at),), at + timedelta(hours=1))
