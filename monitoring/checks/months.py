"""The figures of closed months against the ledger as it was when they were closed."""

from collections.abc import Iterator
from datetime import datetime

from analyticsapp import closing
from analyticsapp.kpis import KPIS
from analyticsapp.models import ClosedMonth
from monitoring.check import Finding, check


@check(
    ("Ledger", "Closed months"),
    "Closed months stay as they were reported",
    compares=ClosedMonth.objects.all,
)
def months_closed(now: datetime) -> Iterator[Finding]:
    """The figures kept of each closed month against the entries that were known when it was closed.

    The ledger only grows, so they must agree for ever. If they do not, an entry or an order's address
    was changed past the application, or the month's row was: compare with a backup. What came for a
    month later is no difference: it is on the month's page, as a late adjustment.
    """
    for closed in ClosedMonth.objects.order_by("month"):
        found = closing.figures_of(closed.month, closing.known_of(closed))
        for currency in sorted({*closed.figures, *found}):
            reported, now_found = closed.figures.get(currency, {}), found.get(currency, {})
            for key in reported or now_found:  # figures that were defined later are not in it
                if reported.get(key) != now_found.get(key):
                    yield Finding(
                        f"{closed} {currency} {key}",
                        f"{KPIS[key].label} of {closed.month:%B %Y}, {currency.upper()}, is not as reported",
                        expected=reported.get(key, "nothing"),
                        found=now_found.get(key, "nothing"),
                    )
