"""What the audit log is narrowed by."""

from django.db.models import QuerySet

from accounts.models import normalised
from audit.models import AuditLog
from purelaka.days import day_bounds
from purelaka.filters import EARLIEST, LATEST, DayField, FilterForm, choice, search

FAMILIES = [
    ("order.", "Orders"),
    ("refund.", "Refunds"),
    ("event", "Events"),
    ("stock.", "Stock"),
    ("analytics_export", "Exports"),
    ("issue.", "Issues"),
]


class AuditFilter(FilterForm):
    """Days are those of the deed, in the store's zone."""

    main = ("q", "type")

    q = search("Search", "Who, by email")
    type = choice("Deed", FAMILIES)
    start = DayField(label="From")
    end = DayField(label="Until")

    def rows(self) -> QuerySet[AuditLog, AuditLog]:
        """The deeds that match every filter that is on."""
        rows = AuditLog.objects.select_related("actor")
        if sought := self.value("q"):
            rows = rows.filter(actor__email=normalised(sought))
        if family := self.value("type"):
            rows = rows.filter(event_type__startswith=family)
        start, end = self.value("start"), self.value("end")
        if start or end:
            since, until = day_bounds(start or EARLIEST, end or LATEST)
            rows = rows.filter(at__gte=since, at__lt=until)
        return rows
