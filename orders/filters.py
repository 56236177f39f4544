"""What the list of orders is narrowed by."""

from django.conf import settings
from django.db.models import Q, QuerySet

from accounts.models import normalised
from accounts.privacy import KEY, SEARCH_BY_KEY, CustomerKey, is_hidden
from orders.models import DisputeState, Flag, Order, OrderStatus, RefundState
from purelaka.days import day_bounds
from purelaka.filters import EARLIEST, LATEST, DayField, FilterForm, View, choice, search

# What a person works through, by the word in the address.
VIEWS = {
    "pack": ("To pack", Q(status=OrderStatus.PAID, awaits_stock=False) & ~Q(refund_status=RefundState.FULL)),
    "disputed": ("Disputed", Q(dispute_status=DisputeState.OPEN)),
    "look": ("Needs a look", ~Q(flag=Flag.NONE)),
}


class OrderFilter(FilterForm):
    """Filters of orders. Days are those on which an order was placed, in the store's zone."""

    main = ("q", "status")
    quiet = ("view",)

    view = choice("View", [(word, label) for word, (label, _) in VIEWS.items()], is_hidden=True)
    q = search("Search", "Order number or email")
    status = choice("Status", OrderStatus.choices)
    refund = choice("Refund", RefundState.choices)
    dispute = choice("Dispute", DisputeState.choices)
    flag = choice("Flag", [("any", "Flagged"), *[pair for pair in Flag.choices if pair[0]]])
    start = DayField(label="Placed from")
    end = DayField(label="Placed until")

    @property
    def tabs(self) -> list[View]:
        return self.views("view", [("", "All"), *[(word, label) for word, (label, _) in VIEWS.items()]])

    @property
    def looks_for_people_in_vain(self) -> bool:
        """Whether the search can find nothing because whoever searches sees no email addresses."""
        return is_hidden() and "@" in (self.value("q") or "")

    @property
    def why_in_vain(self) -> str:
        return SEARCH_BY_KEY

    def narrow(self, rows: QuerySet[Order, Order]) -> QuerySet[Order, Order]:
        """The orders that match every filter that is on."""
        if view := self.value("view"):
            rows = rows.filter(VIEWS[view][1])
        for name, column in (
            ("status", "status"),
            ("refund", "refund_status"),
            ("dispute", "dispute_status"),
        ):
            if chosen := self.value(name):
                rows = rows.filter(**{column: chosen})
        if flag := self.value("flag"):
            rows = rows.exclude(flag=Flag.NONE) if flag == "any" else rows.filter(flag=flag)
        if sought := self.value("q"):
            rows = rows.filter(_sought(sought))
        return self._between(rows)

    def _between(self, rows: QuerySet[Order, Order]) -> QuerySet[Order, Order]:
        start, end = self.value("start"), self.value("end")
        if not (start or end):
            return rows
        since, until = day_bounds(start or EARLIEST, end or LATEST)
        return rows.filter(created_at__gte=since, created_at__lt=until)


def _sought(text: str) -> Q:
    """An email is matched whole, an order number by its beginning; a customer key finds their orders."""
    if KEY.fullmatch(text) and settings.PERSONAL_DATA_SALT:
        return Q(pk__in=Order.objects.alias(key=CustomerKey("email")).filter(key=text).values("pk"))
    if "@" in text and not is_hidden():
        return Q(email=normalised(text))
    return Q(number__startswith=text) | Q(number__startswith=text.upper())
