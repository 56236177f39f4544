"""What customers with an account wish for, before they buy it or never do."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from monitoring.demo.goods import PACKS
from monitoring.demo.orders import PlannedOrder
from monitoring.demo.people import Clientele, Customer

WISHES = 0.35  # share of the orders before which something was wished for
COMES_TRUE = 0.5  # share of the wishes for what is then bought
REMOVED = 0.6  # share of fulfilled wishes that are taken off the list
ONLY_LOOKS = 12  # orders per person who wishes and buys nothing


@dataclass(frozen=True)
class Wish:
    customer: Customer
    sku: str
    at: datetime
    removed_at: datetime | None


def wishes(random: Random, clientele: Clientele, orders: list[PlannedOrder], end: datetime) -> list[Wish]:
    """All wishes; one person has at most one for each thing."""
    found: dict[tuple[int, str], Wish] = {}
    for order in orders:
        if order.customer.has_account and (order.customer.is_demo or random.random() < WISHES):
            _keep(found, _before(random, order))
    for order in orders[::ONLY_LOOKS]:
        looker = clientele.appears(order.at)
        if looker.has_account:
            _keep(found, Wish(looker, _any_sku(random, looker), order.at + timedelta(minutes=5), None))
    return [wish for wish in found.values() if wish.at <= end]


def _before(random: Random, order: PlannedOrder) -> Wish:
    at = order.at - timedelta(minutes=random.randint(10, 20 * 24 * 60))
    order.customer.since = min(order.customer.since, at)
    if random.random() < COMES_TRUE:
        removed = order.at + timedelta(minutes=1) if random.random() < REMOVED else None
        return Wish(order.customer, order.lines[0][0], at, removed)
    return Wish(order.customer, _any_sku(random, order.customer), at, None)


def _any_sku(random: Random, customer: Customer) -> str:
    return random.choice([sku for sku, pack in PACKS.items() if pack.currency == customer.currency])


def _keep(found: dict[tuple[int, str], Wish], wish: Wish) -> None:
    found.setdefault((wish.customer.number, wish.sku), wish)
