"""What the audit log is narrowed by."""

from django import forms
from django.db.models import Q, QuerySet

from accounts.models import User, normalised
from audit.models import AuditLog
from audit.targets import describe, find
from purelaka.days import day_bounds
from purelaka.filters import EARLIEST, LATEST, DayField, FilterForm, MomentField, choice, search

MOST_PEOPLE = 200
COLUMNS = {
    "type": "event_type__startswith",
    "deed": "event_type",
    "ip": "address",
    "by": "actor",
    "since": "at__gte",
}
FAMILIES = [
    ("order.", "Orders"),
    ("order_view.", "Views of the list of orders"),
    ("refund.", "Refunds"),
    ("event", "Events"),
    ("dispute.", "Disputes"),
    ("mail.", "Mails"),
    ("stock.", "Stock"),
    ("product.", "Products"),
    ("variant.", "Variants"),
    ("category.", "Categories"),
    ("catalogue.", "Catalogue files"),
    ("shipping", "Delivery"),
    ("taxrate.", "Tax rates"),
    ("discountcode.", "Discount codes"),
    ("analytics_export", "Exports"),
    ("audit.", "Files of this log"),
    ("month.", "Months"),
    ("issue.", "Issues"),
    ("staff.", "Staff"),
]


class AuditFilter(FilterForm):
    """Days are those of the deed, in the store's zone. `on` is a target: its type, a point, its key.

    Links set `on`, `by` (a person's key) and `since`.
    """

    main = ("q", "type")

    on = forms.CharField(label="On", max_length=100, required=False, widget=forms.HiddenInput)
    q = search("Who", "Email, or part of a name")
    type = choice("Deed", FAMILIES)
    object = forms.CharField(label="Object", max_length=255, required=False)
    deed = forms.CharField(label="Exact deed", max_length=64, required=False)
    ip = forms.GenericIPAddressField(
        label="From address", required=False, error_messages={"invalid": "Write an address as 203.0.113.7."}
    )
    start = DayField(label="From")
    end = DayField(label="Until")
    by = forms.IntegerField(
        label="By", required=False, min_value=1, max_value=2**63 - 1, widget=forms.HiddenInput
    )
    since = MomentField(label="Since")

    def prepare(self) -> None:
        self.fields["object"].widget.attrs["placeholder"] = "Order number, SKU, email, evt_ …"
        self.fields["deed"].widget.attrs |= {"list": "deeds", "placeholder": "order.fulfilled"}

    def rows(self) -> QuerySet[AuditLog, AuditLog]:
        """The deeds that match every filter that is on."""
        rows = AuditLog.objects.select_related("actor")
        if target := self.value("on"):
            target_type, _, key = target.partition(".")
            rows = rows.filter(target_type=target_type, target_id=key)
        if sought := self.value("q"):
            rows = rows.filter(actor__in=_people(sought))
        if sought := self.value("object"):
            rows = rows.filter(_about(sought))
        given = {column: self.value(name) for name, column in COLUMNS.items()}
        rows = rows.filter(**{column: value for column, value in given.items() if value})
        start, end = self.value("start"), self.value("end")
        if start or end:
            since, until = day_bounds(start or EARLIEST, end or LATEST)
            rows = rows.filter(at__gte=since, at__lt=until)
        return rows

    def _spoken(self, name: str) -> str:
        if name == "by":
            person = User.objects.filter(pk=self.value("by")).first()
            return person.get_short_name() if person else "nobody"
        if name != "on":
            return super()._spoken(name)
        target_type, _, key = self.value("on").partition(".")
        target = describe([(target_type, key)]).get((target_type, key))
        return target.label if target else f"{target_type} {key}"


def _people(sought: str) -> list[int]:
    """The people whose email or name this is, or is a part of."""
    found = User.objects.filter(Q(email__icontains=normalised(sought)) | Q(name__icontains=sought))
    return list(found.order_by("pk").values_list("pk", flat=True)[:MOST_PEOPLE])


def _about(sought: str) -> Q:
    """The deeds on the objects of this name."""
    found = [Q(target_type=kind, target_id=key) for kind, key in find(sought)]
    return Q(*found, _connector=Q.OR) if found else Q(pk__in=[])
