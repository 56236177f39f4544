"""Today's takings beside those of the same weekday last week, from the ledger."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.db.models import Count, Q, Sum
from django.db.models.functions import ExtractHour

from payments.models import Kind, LedgerEntry
from purelaka.days import store_day, store_zone
from purelaka.figures import Cell, money_cell
from purelaka.money import display, exponent

WEEK = timedelta(days=7)
BACK = (Kind.REFUND, Kind.REFUND_REVERSAL)
DISPUTED = (Kind.DISPUTE_WITHDRAWAL, Kind.DISPUTE_REINSTATEMENT)


@dataclass
class Day:
    """One day's movements, in minor units as the ledger signs them; `by_hour` are sales.

    `sales_by_now` and `orders_by_now` stop at the time of day it is now.
    """

    sales: int = 0
    orders: int = 0
    refunds: int = 0
    disputes: int = 0
    sales_by_now: int = 0
    orders_by_now: int = 0
    by_hour: dict[int, int] = field(default_factory=lambda: defaultdict(int))

    def sales_until(self, hour: int) -> int:
        """Sales to the end of this store-local hour, 0 to 23."""
        return sum(amount for number, amount in self.by_hour.items() if number <= hour)


class Row(NamedTuple):
    """Running totals at the end of an hour."""

    until: str
    today: Cell
    before: Cell


@dataclass(frozen=True)
class Takings:
    """Today so far, and the day a week ago, in one currency."""

    currency: str
    now: datetime
    today: Day
    before: Day

    @property
    def gross(self) -> str:
        return display(self.today.sales, self.currency)

    @property
    def net(self) -> str:
        """Gross less what went back to customers and banks today."""
        return display(self.today.sales + self.today.refunds + self.today.disputes, self.currency)

    @property
    def gross_before(self) -> str:
        """Last week's, until this time of day."""
        return display(self.before.sales_by_now, self.currency)

    @property
    def tone(self) -> str:
        """`good`, `bad` or nothing."""
        gap = self.today.sales - self.before.sales_by_now
        return "good" if gap > 0 else "bad" if gap < 0 else ""

    @property
    def change(self) -> str:
        """`▲ up 11%` on last week until this time; empty where there is nothing to compare with."""
        before = self.before.sales_by_now
        if before <= 0:
            return ""
        percent = round(100 * (self.today.sales - before) / before)
        if not percent:
            return "about as much"
        return f"▲ up {percent}%" if percent > 0 else f"▼ down {-percent}%"

    @property
    def day_before(self) -> date:
        return store_day(self.now) - WEEK

    @property
    def hour(self) -> int:
        """The store-local hour that is running, 0 to 23."""
        return self.now.astimezone(store_zone()).hour

    @property
    def digits(self) -> int:
        """Digits after the point in this currency."""
        return exponent(self.currency)

    @property
    def rows(self) -> list[Row]:
        return [self._row(hour) for hour in range(24)]

    @property
    def foot(self) -> str:
        """What lies between gross and net."""
        parts = [
            f"{display(-amount, self.currency)} {what}"
            for amount, what in (
                (self.today.refunds, "of refunds"),
                (self.today.disputes, "taken for disputes"),
            )
            if amount
        ]
        return f"Net is after {' and '.join(parts)}." if parts else ""

    def _row(self, hour: int) -> Row:
        is_over = hour <= self.hour
        today = money_cell(self.today.sales_until(hour), self.currency) if is_over else Cell("–", 0)
        return Row(f"{hour + 1:02}:00", today, money_cell(self.before.sales_until(hour), self.currency))


def takings(now: datetime) -> list[Takings]:
    """One for each currency that moved on either day, the busiest first. One query."""
    today = store_day(now)
    days: dict[tuple[str, date], Day] = defaultdict(Day)
    for moved in _moved(now, [today, today - WEEK]):
        _add(days[moved.currency, moved.day], moved)
    found = [
        Takings(currency, now, days[currency, today], days[currency, today - WEEK])
        for currency in sorted({currency for currency, _ in days})
    ]
    return sorted(found, key=lambda one: one.today.orders + one.before.orders, reverse=True)


class Moved(NamedTuple):
    """Sum of one kind in one hour; `…_by_now` of what was before this time of day."""

    currency: str
    day: date
    kind: str
    hour: int
    amount: int
    orders: int
    amount_by_now: int
    orders_by_now: int


def _moved(now: datetime, days: list[date]) -> list[Moved]:
    # An entry that takes a sale back counts against the order it took back.
    taken, undone = Q(amount__gt=0), Q(amount__lt=0)
    by_now = Q(occurred_at__lte=now, occurred_on=days[0]) | Q(occurred_at__lte=_same_time(now, days[1]))
    entries = LedgerEntry.objects.filter(occurred_on__in=days, kind__in=[Kind.SALE, *BACK, *DISPUTED])
    sums = (
        entries.annotate(hour=ExtractHour("occurred_at", tzinfo=store_zone()))
        .values_list("currency", "occurred_on", "kind", "hour")
        .annotate(
            moved=Sum("amount"),
            orders=Count("pk", taken) - Count("pk", undone),
            moved_by_now=Sum("amount", filter=by_now, default=0),
            orders_by_now=Count("pk", taken & by_now) - Count("pk", undone & by_now),
        )
    )
    return [Moved(*row) for row in sums]


def _add(day: Day, moved: Moved) -> None:
    if moved.kind in BACK:
        day.refunds += moved.amount
    elif moved.kind in DISPUTED:
        day.disputes += moved.amount
    else:
        day.sales += moved.amount
        day.orders += moved.orders
        day.sales_by_now += moved.amount_by_now
        day.orders_by_now += moved.orders_by_now
        day.by_hour[moved.hour] += moved.amount


def _same_time(now: datetime, day: date) -> datetime:
    """This time of day on another day, in the store's zone."""
    return datetime.combine(day, now.astimezone(store_zone()).time(), store_zone())
