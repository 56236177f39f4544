"""Everything that will happen, planned in memory: the same for the same end and number of orders."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from random import Random

from monitoring.demo.baskets import PlannedBasket, baskets
from monitoring.demo.demand import first_day, moments
from monitoring.demo.fates import Fates
from monitoring.demo.goods import PACKS, Pack, wanted
from monitoring.demo.orders import Pieces, PlannedOrder, amounts_of
from monitoring.demo.people import Clientele, Customer
from monitoring.demo.shelf import Shelf
from monitoring.demo.terms import PlannedTerms, Wanted, choose
from monitoring.demo.wishes import Wish, wishes
from payments.stories.payouts import PayoutBook
from payments.stories.story import Story
from payments.stories.versions import VERSIONS
from purelaka.days import store_day

FIRST_NUMBER = 10_001
TYPICAL = 1_500  # orders for which the deliveries of `goods` are enough
LINES = {1: 62, 2: 28, 3: 10}  # different things in a basket: shares
PAYOUT_FAILS = timedelta(days=75)  # the one that does left this long before the end, or soon after


@dataclass
class Plan:
    """What was planned may reach beyond `end`; then it has not happened."""

    end: datetime
    customers: list[Customer]
    orders: list[PlannedOrder]
    shelf: Shelf
    wishes: list[Wish]
    baskets: list[PlannedBasket]
    payouts: PayoutBook


def make_plan(end: datetime, count: int) -> Plan:
    """`count` orders in the 18 months before `end`, a full hour."""
    random = Random(f"{end.isoformat()} {count}")  # noqa: S311 - a story, no secret
    choosing = Random(f"terms {end.isoformat()} {count}")  # noqa: S311
    clientele, fates = Clientele(random), Fates(random, end)
    shelf = Shelf(first_day(end), end, scale=max(1, count // TYPICAL))
    orders = []
    for index, at in enumerate(moments(random, end, count)):
        shelf.until(at)
        customer = clientele.comes(at)
        lines = _basket(random, shelf, customer, at)
        terms = choose(choosing, Wanted(customer, at, amounts_of(lines)), end)
        order = _order(f"PL-{FIRST_NUMBER + index}", at, customer, lines, terms)
        fates.decide(order)
        _take(shelf, order)
        orders.append(order)
    wished = wishes(random, clientele, orders, end)
    return Plan(
        end=end,
        orders=orders,
        shelf=shelf,
        wishes=wished,
        baskets=baskets(random, wished, orders, end),
        customers=clientele.customers,
        payouts=_payouts(orders, end),
    )


def version_on(moment: datetime) -> str:
    """The newest of the API versions there was at `moment`."""
    return max((v for v in VERSIONS if v[:10] <= f"{moment:%Y-%m-%d}"), default=VERSIONS[0])


def _order(
    number: str, at: datetime, customer: Customer, lines: list[Pieces], terms: PlannedTerms
) -> PlannedOrder:
    story = Story(
        order_number=number,
        amount=terms.amounts.total,
        currency=customer.currency,
        at=at,
        api_version=version_on(at),
        email=customer.email,
    )
    return PlannedOrder(number, at, customer, lines, terms, story)


def _basket(random: Random, shelf: Shelf, customer: Customer, at: datetime) -> list[Pieces]:
    """One to three different things of those on the shelf, in the customer's currency."""
    sold_here = [pack for pack in PACKS.values() if pack.currency == customer.currency]
    there = [pack for pack in sold_here if shelf.has(pack, at)]
    if not there:
        shelf.finds_more(sold_here[0], at)
        there = sold_here[:1]
    month = store_day(at).month
    lines: list[Pieces] = []
    for _ in range(min(len(there), random.choices(list(LINES), weights=list(LINES.values()))[0])):
        pack: Pack = random.choices(there, weights=[wanted(each, month) for each in there])[0]
        there.remove(pack)
        lines.append((pack.sku, 2 if random.random() < 0.15 else 1))
    return lines


def _take(shelf: Shelf, order: PlannedOrder) -> None:
    back = order.canceled_at or order.returned_at
    for sku, quantity in order.lines:
        shelf.takes(sku, quantity, order.at)
        if back:
            shelf.gets_back(sku, quantity, back)


def _payouts(orders: list[PlannedOrder], end: datetime) -> PayoutBook:
    """Every Monday morning, of all that is available; one of them fails."""
    lines = [line for order in orders for line in order.story.balance_transactions]
    day = first_day(end)
    book = PayoutBook(at=datetime.combine(day, time(5), UTC))
    has_failed = False
    while (monday := datetime.combine(day, time(5), UTC)) < end:
        if monday.weekday() == 0:
            book.waits_until(monday)
            book.api_version = version_on(monday)
            payouts = book.pays_out(lines)
            for payout in payouts:
                book.payout_arrives(payout)
            if payouts and not has_failed and monday >= end - PAYOUT_FAILS:
                has_failed = True
                book.passes(timedelta(days=1))
                book.payout_fails(payouts[-1])
        day += timedelta(days=1)
    return book
