"""What the list of orders is narrowed by, and how it is sorted."""

from datetime import datetime
from typing import Any, NamedTuple, cast

from django import forms
from django.conf import settings
from django.db.models import Q, QuerySet
from django.http import QueryDict

from accounts.models import normalised
from accounts.privacy import KEY, SEARCH_BY_KEY, CustomerKey, is_hidden
from catalog.models import Variant
from orders.models import DisputeState, Flag, Order, OrderItem, OrderStatus, RefundState
from purelaka import distinct, money
from purelaka.days import day_bounds
from purelaka.filters import EARLIEST, LATEST, DayField, FilterForm, MomentField, choice, search

TO_PACK = Q(status=OrderStatus.PAID, awaits_stock=False) & ~Q(refund_status=RefundState.FULL)
# What a person works through, by the word in the address.
VIEWS = {
    "pack": ("To pack", TO_PACK),
    "disputed": ("Disputed", Q(dispute_status=DisputeState.OPEN)),
    "look": ("Needs a look", ~Q(flag=Flag.NONE)),
}
NEWEST = ("-created_at", "-id")
# By the word in the address. Amounts of two currencies are never compared: each currency is by itself.
SORTS = {
    "": NEWEST,
    "oldest": ("created_at", "id"),
    "largest": ("-currency", "-amount_total", "-id"),
    "smallest": ("currency", "amount_total", "id"),
    "email": ("email", "id"),
    "email-last": ("-email", "-id"),
}
# By customer, for who sees no email addresses: their order would tell of them.
SORTS_BY_KEY = {"email": ("customer_key", "id"), "email-last": ("-customer_key", "-id")}


SORT_WORDS = {
    "": "newest first",
    "oldest": "oldest first",
    "largest": "largest first in each currency",
    "smallest": "smallest first in each currency",
    "email": "by customer",
    "email-last": "by customer, from the end",
}
AMOUNTS = {"least": "amount_total__gte", "most": "amount_total__lte"}
COLUMNS = {
    "status": "status",
    "refund": "refund_status",
    "dispute": "dispute_status",
    "currency": "currency",
    "country": "country",
}


class Head(NamedTuple):
    """A column's head that sorts, as `_th.html` takes it."""

    label: str
    url: str
    direction: str


def amount(label: str, placeholder: str) -> forms.CharField:
    """Money in whole units, as people type it."""
    widget = forms.TextInput(
        attrs={"inputmode": "decimal", "placeholder": placeholder, "autocomplete": "off"}
    )
    return forms.CharField(label=label, max_length=20, required=False, widget=widget)


class OrderFilter(FilterForm):
    """Filters of orders. Days are those on which an order was placed, in the store's zone.

    Amounts are typed in whole units of `currency`; `amounts` are minor units.
    """

    main = ("q", "status")
    quiet = ("view", "saved", "sort")

    view = choice("View", [(word, label) for word, (label, _) in VIEWS.items()], is_hidden=True)
    saved = forms.RegexField("^[0-9]{1,18}$", required=False, widget=forms.HiddenInput)
    sort = choice("Order", [(word, word) for word in SORTS if word], is_hidden=True)
    q = search("Search", "Number, email or name")
    status = choice("Status", OrderStatus.choices)
    refund = choice("Refund", RefundState.choices)
    dispute = choice("Dispute", DisputeState.choices)
    flag = choice("Flag", [("any", "Flagged"), *[pair for pair in Flag.choices if pair[0]]])
    currency = choice("Currency", [])
    least = amount("Total from", "20.00")
    most = amount("Total up to", "100.00")
    start = DayField(label="Placed from")
    end = DayField(label="Placed until")
    paid = MomentField(label="Payment known since")
    country = choice("Country", [])
    product = search("Product or SKU")

    def __init__(self, query: QueryDict) -> None:
        self.amounts: dict[str, int] = {}
        super().__init__(query)

    def prepare(self) -> None:
        """Currencies and countries are those that orders have."""
        found = distinct.values(Order, "currency", "country")
        _choose(self.fields["currency"], [(code, code.upper()) for code in found["currency"]])
        _choose(self.fields["country"], [(country, country) for country in found["country"]])

    def clean(self) -> dict[str, Any]:
        """Read the amounts in the currency that was chosen, or the only one there is."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for name in AMOUNTS:
            if cleaned.get(name):
                self._read_amount(name, cleaned[name])
        return cleaned

    @property
    def amount_currency(self) -> str:
        """The one that amounts are told in; empty when there are several and none is chosen."""
        codes = [code for code, _ in _choices(self.fields["currency"]) if code]
        return self.value("currency") or (codes[0] if len(codes) == 1 else "")

    @property
    def by(self) -> tuple[str, ...]:
        """The columns that the list is sorted by, as `keyset` takes them."""
        sort = self.value("sort") or ""
        return SORTS_BY_KEY.get(sort, SORTS[sort]) if is_hidden() else SORTS[sort]

    @property
    def looks_for_people_in_vain(self) -> bool:
        """Whether the search can find nothing because whoever searches sees no email addresses."""
        return is_hidden() and "@" in (self.value("q") or "")

    @property
    def why_in_vain(self) -> str:
        return SEARCH_BY_KEY

    @property
    def sorted_words(self) -> str:
        return SORT_WORDS[self.value("sort") or ""]

    @property
    def spoken(self) -> list[tuple[str, str]]:
        """All that is on, as people say it: label and value."""
        view, sort = self.value("view"), self.value("sort")
        said = [(chip.label, chip.value) for chip in self.chips]
        said += [("View", VIEWS[view][0])] if view else []
        return said + ([("Sorted", self.sorted_words)] if sort else [])

    def head(self, label: str, first: str, second: str) -> Head:
        """A column sorted one way by the first click, and the other way by the next."""
        now = self.value("sort") or ""
        directions = {first: _direction(first), second: _direction(second)}
        other = second if now == first else first
        return Head(label, self.query(sort=other), directions.get(now, ""))

    def narrow(self, rows: QuerySet[Order, Order]) -> QuerySet[Order, Order]:
        """The orders that match every filter that is on."""
        if "customer_key" in self.by[0]:
            rows = rows.annotate(customer_key=CustomerKey("email"))
        if view := self.value("view"):
            rows = rows.filter(VIEWS[view][1])
        for name, column in COLUMNS.items():
            if chosen := self.value(name):
                rows = rows.filter(**{column: chosen})
        if flag := self.value("flag"):
            rows = rows.exclude(flag=Flag.NONE) if flag == "any" else rows.filter(flag=flag)
        if sought := self.value("q"):
            rows = rows.filter(_sought(sought))
        if product := self.value("product"):
            rows = rows.filter(pk__in=_holding(product))
        return self._between(rows.filter(**self._bounds()))

    def _bounds(self) -> dict[str, int]:
        return {AMOUNTS[name]: minor for name, minor in self.amounts.items()}

    def _read_amount(self, name: str, text: str) -> None:
        if not self.amount_currency:
            self.add_error(name, "Choose a currency too: each has amounts of its own.")
            return
        try:
            self.amounts[name] = money.typed(text, self.amount_currency)
        except money.BadAmount as problem:
            self.add_error(name, f"{str(problem).rstrip('.')}.")

    def _spoken(self, name: str) -> str:
        if name in self.amounts:
            return money.display(self.amounts[name], self.amount_currency)
        return super()._spoken(name)

    def _between(self, rows: QuerySet[Order, Order]) -> QuerySet[Order, Order]:
        if paid := self.value("paid"):
            rows = rows.filter(paid_since(paid))
        start, end = self.value("start"), self.value("end")
        if not (start or end):
            return rows
        since, until = day_bounds(start or EARLIEST, end or LATEST)
        return rows.filter(created_at__gte=since, created_at__lt=until)


def paid_since(moment: datetime) -> Q:
    """Their payment became known here at this moment or later, whenever it was made."""
    return Q(paid_known_at__gte=moment)


def _direction(sort: str) -> str:
    return "descending" if SORTS[sort][-1].startswith("-") else "ascending"


def _sought(text: str) -> Q:
    """An email is matched whole; a number or the name before the @ by its beginning; a name anywhere.

    A customer key finds their orders. Who sees no people finds none by email or name.
    """
    if KEY.fullmatch(text) and settings.PERSONAL_DATA_SALT:
        return Q(pk__in=Order.objects.alias(key=CustomerKey("email")).filter(key=text).values("pk"))
    if is_hidden():
        return Q(number__startswith=text) | Q(number__startswith=text.upper())
    if "@" in text:
        return Q(email=normalised(text))
    name = Q()
    for word in text.split():
        name &= Q(name__icontains=word)
    number = Q(number__startswith=text) | Q(number__startswith=text.upper())
    return number | Q(email__startswith=normalised(text)) | name


def _holding(text: str) -> QuerySet[OrderItem, Any]:
    """The orders with this SKU, now or when it was ordered, or a product whose name has the text in it."""
    meant = Variant.objects.filter(Q(sku__iexact=text) | Q(product__name__icontains=text))
    variants = list(meant.values_list("pk", flat=True))
    return OrderItem.objects.filter(Q(variant__in=variants) | Q(sku=text)).values("order_id")


def _choose(field: forms.Field, options: list[tuple[str, str]]) -> None:
    chosen = cast(forms.ChoiceField, field)
    chosen.choices = [*_choices(field)[:1], *options]


def _choices(field: forms.Field) -> list[tuple[str, str]]:
    return list(cast(forms.ChoiceField, field).choices)  # type: ignore[arg-type]
