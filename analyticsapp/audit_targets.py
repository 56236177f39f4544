"""What the audit log's page says of a month."""

from collections.abc import Sequence

from django.urls import reverse

from analyticsapp.models import ClosedMonth
from audit import targets
from audit.targets import Target


@targets.describer("closedmonth")
def closed_months(keys: Sequence[str]) -> dict[str, Target]:
    """By primary key, as the log keeps it."""
    pks = [int(key) for key in keys if key.isascii() and key.isdigit() and len(key) < 19]
    return {
        str(closed.pk): Target(f"{closed.month:%B %Y}", reverse("analyticsapp:month", args=[str(closed)]))
        for closed in ClosedMonth.objects.filter(pk__in=pks)
    }
