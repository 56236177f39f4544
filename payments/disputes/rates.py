"""How disputes end, by reason: won, lost, and the money of each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Count, Q, Sum

from payments.disputes.reasons import reason_of
from payments.models import Dispute
from purelaka import csv_text
from purelaka.days import day_start, store_day
from purelaka.money import to_major

# By the word in the address: what it is called, and how many days back it reaches. None: all.
WINDOWS: dict[str, tuple[str, int | None]] = {
    "90": ("90 days", 90),
    "365": ("12 months", 365),
    "all": ("All", None),
}
FIRST = "365"
COLUMNS = ("reason", "currency", "won", "lost", "won_ratio", "amount_won", "amount_lost", "opened_from")


class Window(NamedTuple):
    """`since` is the beginning of its first store-local day; None for everything."""

    key: str
    label: str
    since: datetime | None


@dataclass(frozen=True)
class Rate:
    """Decided disputes of one reason in one currency; amounts in its minor units."""

    code: str
    currency: str
    won: int
    lost: int
    amount_won: int
    amount_lost: int

    @property
    def title(self) -> str:
        return reason_of(self.code).title

    @property
    def decided(self) -> int:
        return self.won + self.lost

    @property
    def percent(self) -> int:
        """Of a hundred, how many were won; halves up."""
        return (200 * self.won + self.decided) // (2 * self.decided)


def window_of(word: str, now: datetime) -> Window:
    """The window with this name, or the usual one. Days are the store's, today included."""
    key = word if word in WINDOWS else FIRST
    label, days = WINDOWS[key]
    since = day_start(store_day(now) - timedelta(days=days - 1)) if days else None
    return Window(key, label, since)


def rates(window: Window, *, reason: str | None = None) -> list[Rate]:
    """Disputes opened in the window and decided by now, the most frequent reason first. One query.

    Inquiries that were closed are in none of them: no money moved, and nobody won.
    """
    won, lost = Q(status="won"), Q(status="lost")
    decided = Dispute.objects.filter(won | lost)
    if window.since:
        decided = decided.filter(created__gte=window.since)
    if reason is not None:
        decided = decided.filter(reason=reason)
    counted = decided.values_list("reason", "currency").annotate(
        won=Count("pk", won),
        lost=Count("pk", lost),
        amount_won=Sum("amount", filter=won, default=0),
        amount_lost=Sum("amount", filter=lost, default=0),
    )
    found = [Rate(*row) for row in counted.order_by()]
    return sorted(found, key=lambda rate: (-rate.decided, rate.code, rate.currency))


def csv_lines(found: Sequence[Rate], window: Window) -> Iterator[bytes]:
    """The table as a CSV file, amounts in major units. The ratio has four digits."""
    since = store_day(window.since).isoformat() if window.since else ""
    yield csv_text.line(COLUMNS)
    for rate in found:
        ratio = (Decimal(rate.won) / rate.decided).quantize(Decimal("0.0001"))
        yield csv_text.line(
            [
                csv_text.text_cell(rate.code),
                rate.currency,
                str(rate.won),
                str(rate.lost),
                str(ratio),
                to_major(rate.amount_won, rate.currency),
                to_major(rate.amount_lost, rate.currency),
                since,
            ]
        )
