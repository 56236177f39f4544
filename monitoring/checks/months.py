"""The figures of closed months against what was known when they were closed, and against the audit log."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from analyticsapp.kpis import KPIS
from analyticsapp.models import ClosedMonth
from analyticsapp.months import closing
from audit.models import AuditLog
from monitoring.check import Finding, check


@check(
    ("Ledger", "Closed months"),
    "Closed months stay as they were reported",
    compares=ClosedMonth.objects.all,
)
def months_closed(now: datetime) -> Iterator[Finding]:
    """The figures kept of each closed month against what was known when it was closed, and the audit log.

    The ledger only grows, so what is made of it must agree for ever. If it does not, an entry or an
    order's address was changed past the application, or the month's row was: compare with a backup. What
    was known of charges, disputes and people with a wish is stored by moments, not row by row: they must
    be what the audit log says was reported, as all the others must. What came for a month later is no
    difference: it is on the month's page, as a late adjustment.
    """
    entries = AuditLog.objects.filter(event_type="month.closed").order_by("pk")
    written = {data["month"]: data["figures"] for data in entries.values_list("data", flat=True)}
    for closed in ClosedMonth.objects.order_by("month"):
        made = closing.figures_of(closed.month, closing.known_of(closed), closing.REBUILT)
        said = written.get(f"{closed.month:%Y-%m}", {})
        for currency in sorted({*closed.figures, *made, *said}):
            kept = closed.figures.get(currency, {})
            yield from _findings(closed, currency, kept, made.get(currency, {}), said.get(currency, {}))


def _findings(
    closed: ClosedMonth, currency: str, kept: dict[str, Any], made: dict[str, str], said: dict[str, Any]
) -> Iterator[Finding]:
    """What differs. Figures that were defined after the month was closed are not in it."""
    for key in kept or said or made:
        others = [(said, "the audit log")] + [(made, "the ledger")] * (key in closing.REBUILT)
        for other, name in others:
            if kept.get(key) != other.get(key):
                yield Finding(
                    f"{closed} {currency} {key}",
                    f"{KPIS[key].label} of {closed.month:%B %Y}, {currency.upper()}, is not as {name} has it",
                    expected=kept.get(key, "nothing"),
                    found=other.get(key, "nothing"),
                )
                break
