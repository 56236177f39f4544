"""What the audit log is narrowed by."""

from django import forms
from django.db.models import QuerySet

from accounts.models import normalised
from audit.models import AuditLog
from audit.targets import describe
from purelaka.days import day_bounds
from purelaka.filters import EARLIEST, LATEST, DayField, FilterForm, choice, search

FAMILIES = [
    ("order.", "Orders"),
    ("refund.", "Refunds"),
    ("event", "Events"),
    ("stock.", "Stock"),
    ("product.", "Products"),
    ("variant.", "Variants"),
    ("category.", "Categories"),
    ("catalogue.", "Catalogue files"),
    ("shipping", "Delivery"),
    ("taxrate.", "Tax rates"),
    ("discountcode.", "Discount codes"),
    ("analytics_export", "Exports"),
    ("month.", "Months"),
    ("issue.", "Issues"),
]


class AuditFilter(FilterForm):
    """Days are those of the deed, in the store's zone. `on` is a target: its type, a point, its key."""

    main = ("q", "type")

    on = forms.CharField(label="On", max_length=100, required=False, widget=forms.HiddenInput)
    q = search("Search", "Who, by email")
    type = choice("Deed", FAMILIES)
    start = DayField(label="From")
    end = DayField(label="Until")

    def rows(self) -> QuerySet[AuditLog, AuditLog]:
        """The deeds that match every filter that is on."""
        rows = AuditLog.objects.select_related("actor")
        if target := self.value("on"):
            target_type, _, key = target.partition(".")
            rows = rows.filter(target_type=target_type, target_id=key)
        if sought := self.value("q"):
            rows = rows.filter(actor__email=normalised(sought))
        if family := self.value("type"):
            rows = rows.filter(event_type__startswith=family)
        start, end = self.value("start"), self.value("end")
        if start or end:
            since, until = day_bounds(start or EARLIEST, end or LATEST)
            rows = rows.filter(at__gte=since, at__lt=until)
        return rows

    def _spoken(self, name: str) -> str:
        if name != "on":
            return super()._spoken(name)
        target_type, _, key = self.value("on").partition(".")
        target = describe([(target_type, key)]).get((target_type, key))
        return target.label if target else f"{target_type} {key}"
