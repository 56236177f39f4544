"""The list of orders, for staff. One order's page shows its money too: payments has it."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from django.db.models import Count, IntegerField, Min, Value
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from accounts.models import Role
from accounts.roles import SignedInRequest, staff_required
from orders import saved_views
from orders.filters import VIEWS, OrderFilter
from orders.models import Order, OrderItem, SavedView
from purelaka import money
from purelaka.filters import View
from purelaka.listing import listing

STRIPE_ID = re.compile(r"[a-z]{2,5}_[0-9A-Za-z_]{6,}")
EXPORTERS = (Role.ANALYST, Role.ADMIN)
SENDERS = (Role.OPS, Role.ADMIN)

# What the pages before and after are called, by how the list is sorted.
BESIDE = {
    None: ("Newer", "Older"),
    "oldest": ("Older", "Newer"),
    "largest": ("Larger", "Smaller"),
    "smallest": ("Smaller", "Larger"),
    "email": ("Previous", "Next"),
    "email-last": ("Previous", "Next"),
}


class Row(NamedTuple):
    """An order and what was ordered, in a few words."""

    order: Order
    goods: str


class Ticks(NamedTuple):
    """How the rows that are ticked are summed; `currency` is empty when the page has several."""

    currency: str
    digits: int


@staff_required
@require_safe
def order_list(request: SignedInRequest) -> HttpResponse:
    """Orders, newest first, by page; a Stripe id in the search leads to what it belongs to."""
    form = OrderFilter(request.GET)
    sought = form.value("q")
    if sought and STRIPE_ID.fullmatch(sought):
        return _away(request, f"{reverse('orders:jump')}?{urlencode({'q': sought})}")
    orders = listing(
        form,
        form.narrow(Order.objects.all()),
        by=form.by,
        money=[("Total", "amount_total"), ("Refunded", "amount_refunded")],
    )
    goods = goods_of(orders.rows)
    known = saved_views.visible(request.user)
    before, after = BESIDE[form.value("sort")]
    context = {
        "listing": orders,
        "rows": [Row(order, goods.get(order.pk, "")) for order in orders.rows],
        "noun": "order",
        "nouns": "orders",
        "newer_label": before,
        "older_label": after,
        "sorted": form.sorted_words,
        "tabs": _tabs(form, known),
        "placed": form.head("Placed", "", "oldest"),
        "customer": form.head("Customer", "email", "email-last"),
        "total": form.head("Total", "largest", "smallest"),
        "saved": _saved(form, known, request),
        "may_send": request.user.role in SENDERS,
        "ticks": _ticks(orders.rows),
        "csv_query": f"?{form.understood}" if request.user.role in EXPORTERS else "",
        "view_query": saved_views.kept_of(form),
    }
    return render(request, "orders/order_list.html", context)


class Saved(NamedTuple):
    """The view that is open. `is_changed`: the list shows another filter than the one that was kept."""

    view: SavedView
    is_changed: bool
    may_edit: bool


def _saved(form: OrderFilter, known: Sequence[SavedView], request: SignedInRequest) -> Saved | None:
    view = _open(form, known)
    if view is None:
        return None
    may_edit = view.user_id == request.user.pk or request.user.role == Role.ADMIN
    return Saved(view, saved_views.kept_of(form) != view.query, may_edit)


def _open(form: OrderFilter, known: Sequence[SavedView]) -> SavedView | None:
    return next((view for view in known if str(view.pk) == form.value("saved")), None)


def _tabs(form: OrderFilter, known: Sequence[SavedView]) -> list[View]:
    """All, the work that waits with its counts, and what people kept.

    From one of ours to another the filters stay. A view that was kept brings its own, and takes them with it.
    """
    opened, now = _open(form, known), form.value("view") or ""
    counts = _waiting()
    ours = [("", "All"), *[(word, label) for word, (label, _) in VIEWS.items()]]
    tabs = []
    for word, label in ours:
        url = form.query(view=word, saved="") if opened is None else f"?view={word}" if word else "?"
        tabs.append(View(label, url, opened is None and word == now, counts.get(word)))
    return tabs + [View(view.name, saved_views.address(view), view == opened) for view in known]


def _waiting() -> dict[str, int]:
    """How many orders each of our views has. One query, each part of it from an index of its own."""
    parts = [
        Order.objects.filter(condition)
        .order_by()
        .annotate(place=Value(place, IntegerField()))
        .values("place")
        .annotate(number=Count("pk"))
        for place, (_, condition) in enumerate(VIEWS.values())
    ]
    first, *others = parts
    found = {part["place"]: part["number"] for part in first.union(*others, all=True)}
    return {word: found.get(place, 0) for place, word in enumerate(VIEWS)}


def _ticks(orders: Sequence[Order]) -> Ticks:
    codes = {order.currency for order in orders}
    code = codes.pop() if len(codes) == 1 else ""
    return Ticks(code, money.exponent(code))


def goods_of(orders: Sequence[Order]) -> dict[int, str]:
    """What was ordered, by order pk: `Clay Mask`, or `2 × Clay Mask + 1` with a line more. Two queries."""
    lines = (
        OrderItem.objects.filter(order__in=[order.pk for order in orders])
        .values("order_id")
        .annotate(first=Min("pk"), number=Count("pk"))
        .order_by()
    )
    more = {line["first"]: line["number"] - 1 for line in lines}
    return {item.order_id: _goods(item, more[item.pk]) for item in OrderItem.objects.filter(pk__in=more)}


def _goods(item: OrderItem, more: int) -> str:
    pieces = f"{item.quantity:,} × " if item.quantity > 1 else ""
    return f"{pieces}{item.product_name}{f' + {more:,}' if more else ''}"


def _away(request: HttpRequest, url: str) -> HttpResponse:
    """To another page, also when only a part of this one was asked for."""
    return HttpResponse(headers={"HX-Redirect": url}) if getattr(request, "htmx", False) else redirect(url)
