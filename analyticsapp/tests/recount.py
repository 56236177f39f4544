"""Every figure once more, in plain Python over rows: shares no code with what it checks.

`Books` are the rows of a shop, all of them: `books()` reads its database, and other tests make them of
files. `RECOUNTS` has a line for each figure of the registry.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from functools import cached_property
from zoneinfo import ZoneInfo

from django.conf import settings

from catalog.models import StockMovement
from orders.models import BasketItem, Order, OrderItem
from payments.models import Charge, Dispute, LedgerEntry, Refund, RefundLine, RefundRequest
from wishlist.models import WishlistItem

Figure = int | Fraction | None


@dataclass(frozen=True)
class Entry:
    """Money that moved on a day, as the ledger signs it."""

    kind: str
    amount: int
    currency: str
    order: Hashable
    day: date


@dataclass
class Line:
    """`amount` is price times pieces. `refunded` is what refunds that name the line gave back for it."""

    pieces: int
    amount: int
    discount: int = 0
    tax: int = 0
    unit_cost: int | None = None
    returned: int = 0
    refunded: int = 0


@dataclass
class Sale:
    """An order. `named` is what went back of it by refunds that name lines or delivery."""

    email: str
    total: int
    tax_is_added: bool = False
    lines: list[Line] = field(default_factory=list)
    named: int = 0


@dataclass(frozen=True)
class Attempt:
    """A charge that took money."""

    currency: str
    day: date
    waits_for_fee: bool = False


@dataclass(frozen=True)
class Complaint:
    """A dispute as it stands."""

    currency: str
    day: date
    status: str


@dataclass(frozen=True)
class Wish:
    """Somebody's wish, and when it was taken back."""

    person: Hashable
    at: datetime
    removed_at: datetime | None


@dataclass
class Books:
    """All rows of a shop. `baskets` and `purchases` are people with the moments of what they did."""

    zone: ZoneInfo
    entries: list[Entry] = field(default_factory=list)
    orders: dict[Hashable, Sale] = field(default_factory=dict)
    charges: list[Attempt] = field(default_factory=list)
    disputes: list[Complaint] = field(default_factory=list)
    wishes: list[Wish] = field(default_factory=list)
    baskets: list[tuple[Hashable, datetime]] = field(default_factory=list)
    purchases: list[tuple[Hashable, datetime]] = field(default_factory=list)

    @cached_property
    def sold(self) -> dict[str, list[tuple[date, Hashable]]]:
        """By currency, each day and order whose sale entries of that day sum to more than zero."""
        sums: Counter[tuple[str, date, Hashable]] = Counter()
        for entry in self.entries:
            if entry.kind == "sale":
                sums[entry.currency, entry.day, entry.order] += entry.amount
        found: dict[str, list[tuple[date, Hashable]]] = defaultdict(list)
        for (currency, day, order), amount in sums.items():
            if amount > 0:
                found[currency].append((day, order))
        return found

    @cached_property
    def went_back(self) -> Counter[tuple[str, Hashable]]:
        """By currency and order, what refunds took of it to date, less what came back."""
        sums: Counter[tuple[str, Hashable]] = Counter()
        for entry in self.entries:
            if entry.kind in ("refund", "refund_reversal"):
                sums[entry.currency, entry.order] -= entry.amount
        return sums

    @cached_property
    def first_sold(self) -> dict[tuple[str, Hashable], date]:
        """By currency and order, the first day on which it was sold."""
        found: dict[tuple[str, Hashable], date] = {}
        for currency, sales in self.sold.items():
            for day, order in sales:
                found[currency, order] = min(day, found.get((currency, order), day))
        return found

    @cached_property
    def first_bought(self) -> dict[tuple[str, str], date]:
        """By currency and customer, the first day on which they bought."""
        found: dict[tuple[str, str], date] = {}
        for (currency, order), day in self.first_sold.items():
            email = self.orders[order].email
            found[currency, email] = min(day, found.get((currency, email), day))
        return found


@dataclass
class Count:
    """What there is to count in one window and currency, both days included."""

    books: Books
    start: date
    end: date
    currency: str

    def is_here(self, day: date) -> bool:
        return self.start <= day <= self.end

    @cached_property
    def moved(self) -> Counter[str]:
        """Money by kind."""
        sums: Counter[str] = Counter()
        for entry in self.books.entries:
            if entry.currency == self.currency and self.is_here(entry.day):
                sums[entry.kind] += entry.amount
        return sums

    def sum(self, *kinds: str) -> int:
        return sum(self.moved[kind] for kind in kinds)

    @cached_property
    def sold(self) -> list[Hashable]:
        return [order for day, order in self.books.sold.get(self.currency, []) if self.is_here(day)]

    @cached_property
    def orders_of_customers(self) -> Counter[str]:
        return Counter(self.books.orders[order].email for order in self.sold)

    @cached_property
    def repeat_customers(self) -> int:
        return sum(1 for orders in self.orders_of_customers.values() if orders >= 2)

    @cached_property
    def new_customers(self) -> int:
        first = self.books.first_bought
        return sum(1 for email in self.orders_of_customers if first[self.currency, email] >= self.start)

    @cached_property
    def refunded_orders(self) -> int:
        sums: Counter[Hashable] = Counter()
        for entry in self.books.entries:
            is_refund = entry.kind in ("refund", "refund_reversal") and entry.order is not None
            if is_refund and entry.currency == self.currency and self.is_here(entry.day):
                sums[entry.order] -= entry.amount
        return sum(1 for amount in sums.values() if amount > 0)

    @cached_property
    def went_back_of_sales(self) -> list[int]:
        """Of each order first sold here, what went back of it to date."""
        return [
            self.books.went_back[self.currency, order]
            for (currency, order), day in self.books.first_sold.items()
            if currency == self.currency and self.is_here(day)
        ]

    @cached_property
    def lines(self) -> list[Line]:
        return [line for order in self.sold for line in self.books.orders[order].lines]

    @cached_property
    def margin(self) -> "Margin":
        """Of every order whose sale entries here sum to more than zero."""
        found = Margin()
        for order in set(self.sold):
            found.add(self.books.orders[order], self.books.went_back[self.currency, order])
        return found

    @cached_property
    def charges(self) -> list[Attempt]:
        return [one for one in self.books.charges if one.currency == self.currency and self.is_here(one.day)]

    @cached_property
    def disputes(self) -> list[Complaint]:
        found = [
            one for one in self.books.disputes if one.currency == self.currency and self.is_here(one.day)
        ]
        return [one for one in found if not one.status.startswith("warning")]

    @cached_property
    def wishes(self) -> list[Wish]:
        """Made here, and not taken back here."""
        from_at, until_at = self._start_of(self.start), self._start_of(self.end + timedelta(days=1))
        return [
            wish
            for wish in self.books.wishes
            if from_at <= wish.at < until_at and not (wish.removed_at and wish.removed_at < until_at)
        ]

    def wishers(self, *deeds: Iterable[tuple[Hashable, datetime]]) -> int:
        """How many people with a wish did one of these after it, and here."""
        until_at = self._start_of(self.end + timedelta(days=1))
        done: dict[Hashable, list[datetime]] = defaultdict(list)
        for person, at in (one for some in deeds for one in some):
            done[person].append(at)
        return len(
            {wish.person for wish in self.wishes if any(wish.at < at < until_at for at in done[wish.person])}
        )

    def _start_of(self, day: date) -> datetime:
        return datetime.combine(day, time(), self.books.zone)


@dataclass
class Margin:
    """What goods of known cost brought and cost, and how many pieces have no known cost."""

    revenue: int = 0
    cost: int = 0
    pieces_without_cost: int = 0

    def add(self, sale: Sale, went_back: int) -> None:
        """Add an order of which so much went back."""
        goods = 0
        for line in sale.lines:
            kept = line.pieces - line.returned
            if line.unit_cost is None:
                self.pieces_without_cost += kept
                continue
            self.cost += line.unit_cost * kept
            goods += _kept_of(line, tax_is_added=sale.tax_is_added)
        unnamed = min(went_back, sale.total) - sale.named
        if goods > 0 and unnamed > 0:
            goods -= half_up(unnamed * goods, sale.total - sale.named)
        self.revenue += goods


def _kept_of(line: Line, *, tax_is_added: bool) -> int:
    """Of a line, without tax: what it brought less what was refunded of it."""
    net = line.amount - line.discount
    brought = net if tax_is_added else net - line.tax
    paid = net + line.tax if tax_is_added else net
    return brought - (half_up(line.refunded * brought, paid) if paid > 0 else 0)


def half_up(amount: int, parts: int) -> int:
    """A share that is not below zero, to the nearest whole number."""
    return int(Fraction(amount, parts) + Fraction(1, 2))


def share(part: int, whole: int) -> Fraction | None:
    return Fraction(100 * part, whole) if whole else None


REFUNDS = ("refund", "refund_reversal")
DISPUTES = ("dispute_withdrawal", "dispute_reinstatement")
FEES = ("fee", "fee_credit")
PAYOUTS = ("payout", "payout_reversal")
TO_BANK = ("sale", *REFUNDS, *DISPUTES, *FEES, "unapplied", "adjustment")

RECOUNTS: dict[str, Callable[[Count], Figure]] = {
    "revenue": lambda here: here.sum("sale"),
    "orders": lambda here: len(here.sold),
    "aov": lambda here: round(Fraction(here.sum("sale"), len(here.sold))) if here.sold else None,
    "refunded_amount": lambda here: -here.sum(*REFUNDS),
    "refunded_orders": lambda here: here.refunded_orders,
    "refund_rate_orders_pct": lambda here: share(here.refunded_orders, len(here.sold)),
    "refund_rate_value_pct": lambda here: share(-here.sum(*REFUNDS), here.sum("sale")),
    "disputed_amount": lambda here: -here.sum(*DISPUTES),
    "fees": lambda here: -here.sum(*FEES),
    "net_revenue": lambda here: here.sum("sale", *REFUNDS, *DISPUTES),
    "unique_customers": lambda here: len(here.orders_of_customers),
    "repeat_customers": lambda here: here.repeat_customers,
    "repeat_rate_pct": lambda here: share(here.repeat_customers, len(here.orders_of_customers)),
    "wishlisted_users": lambda here: len({wish.person for wish in here.wishes}),
    "basket_users": lambda here: here.wishers(here.books.baskets, here.books.purchases),
    "purchased_users": lambda here: here.wishers(here.books.purchases),
    "goods_revenue": lambda here: here.margin.revenue,
    "goods_cost": lambda here: here.margin.cost,
    "product_margin": lambda here: here.margin.revenue - here.margin.cost,
    "product_margin_pct": lambda here: share(here.margin.revenue - here.margin.cost, here.margin.revenue),
    "pieces_without_cost": lambda here: here.margin.pieces_without_cost,
    "new_customers": lambda here: here.new_customers,
    "returning_customers": lambda here: len(here.orders_of_customers) - here.new_customers,
    "returning_rate_pct": lambda here: share(
        len(here.orders_of_customers) - here.new_customers, len(here.orders_of_customers)
    ),
    "refunds_of_sales": lambda here: sum(here.went_back_of_sales),
    "refunded_sold_orders": lambda here: sum(1 for amount in here.went_back_of_sales if amount > 0),
    "refund_rate_sold_orders_pct": lambda here: share(
        sum(1 for amount in here.went_back_of_sales if amount > 0), len(here.sold)
    ),
    "refund_rate_sold_value_pct": lambda here: share(sum(here.went_back_of_sales), here.sum("sale")),
    "charges": lambda here: len(here.charges),
    "disputes": lambda here: len(here.disputes),
    "disputes_lost": lambda here: sum(1 for one in here.disputes if one.status == "lost"),
    "dispute_rate_pct": lambda here: share(len(here.disputes), len(here.charges)),
    "fees_pending": lambda here: sum(1 for one in here.charges if one.waits_for_fee),
    "unapplied": lambda here: here.sum("unapplied"),
    "adjustments": lambda here: here.sum("adjustment"),
    "net_to_bank": lambda here: here.sum(*TO_BANK),
    "paid_out": lambda here: -here.sum(*PAYOUTS),
    "left_at_stripe": lambda here: here.sum(*TO_BANK, *PAYOUTS),
    "units": lambda here: sum(line.pieces for line in here.lines),
    "gross_product_sales": lambda here: sum(line.amount for line in here.lines),
}


def recount(shop: Books, start: date, end: date, currency: str) -> dict[str, Figure]:
    """Every figure of a window, exact; None where there is nothing to divide by."""
    here = Count(shop, start, end, currency)
    return {key: count(here) for key, count in RECOUNTS.items()}


def books() -> Books:
    """The whole database, row by row."""
    zone = ZoneInfo(settings.TIME_ZONE)

    def day(moment: datetime) -> date:
        return moment.astimezone(zone).date()

    return Books(
        zone,
        entries=[
            Entry(one.kind, one.amount, one.currency, one.order_id, day(one.occurred_at))
            for one in LedgerEntry.objects.all()
        ],
        orders=_orders(),
        charges=[
            Attempt(
                one.currency,
                day(one.created),
                waits_for_fee=one.provider == "stripe" and not one.balance_transaction_id,
            )
            for one in Charge.objects.all()
            if one.status == "succeeded"
        ],
        disputes=[Complaint(one.currency, day(one.created), one.status) for one in Dispute.objects.all()],
        wishes=[Wish(one.user_id, one.created_at, one.removed_at) for one in WishlistItem.objects.all()],
        baskets=[
            (one.basket.user_id, one.added_at) for one in BasketItem.objects.select_related("basket").all()
        ],
        purchases=[
            (one.user_id, one.paid_at)
            for one in Order.objects.all()
            if one.user_id and one.paid_at and one.status in ("paid", "fulfilled")
        ],
    )


def _orders() -> dict[Hashable, Sale]:
    sales: dict[Hashable, Sale] = {
        one.pk: Sale(one.email, one.amount_total, one.tax_behavior == "exclusive")
        for one in Order.objects.all()
    }
    lines: dict[int, Line] = {}
    for item in OrderItem.objects.all():
        lines[item.pk] = Line(
            item.quantity, item.amount_total, item.amount_discount, item.amount_tax, item.unit_cost
        )
        sales[item.order_id].lines.append(lines[item.pk])
    for movement in StockMovement.objects.all():
        if movement.reason == "return" and movement.order_item_id:
            lines[movement.order_item_id].returned += movement.quantity
    _refund_by_lines(sales, lines)
    return sales


def _refund_by_lines(sales: dict[Hashable, Sale], lines: dict[int, Line]) -> None:
    """Write down what refunds that count gave back for lines: of less than they come to, each its share."""
    made = {one.refund_id for one in Refund.objects.all() if one.status in ("pending", "succeeded")}
    chosen: dict[int, list[RefundLine]] = defaultdict(list)
    for line in RefundLine.objects.all():
        chosen[line.request_id].append(line)
    for request in RefundRequest.objects.all():
        due = request.amount_delivery + sum(line.amount for line in chosen[request.pk])
        if request.refund_id in made and due:
            sales[request.order_id].named += request.amount
            for line in chosen[request.pk]:
                lines[line.item_id].refunded += half_up(line.amount * request.amount, due)
