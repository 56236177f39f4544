"""Sending orders: several marked as sent at once, and the slips that go into their parcels."""

from collections.abc import Sequence
from typing import NamedTuple

from django import forms
from django.conf import settings
from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_POST

from accounts.roles import SignedInRequest, ops_required
from orders import dispatch
from orders.dispatch import MOST_AT_ONCE, Outcome, Parcel
from orders.models import SOLD, Order, OrderItem, RefundState
from orders.views.desk import goods_of


class SendForm(forms.Form):
    """For each order whether it is sent, and its tracking number. Doubtful ones are not ticked."""

    def __init__(self, orders: Sequence[Order], data: object = None) -> None:
        super().__init__(data, auto_id="send-%s")  # type: ignore[arg-type]
        self.orders = orders
        for order in orders:
            self.fields[f"send-{order.pk}"] = forms.BooleanField(
                required=False, initial=not dispatch.why_wait(order), label=f"Send {order}"
            )
            self.fields[f"tracking-{order.pk}"] = forms.CharField(
                required=False,
                max_length=64,
                label=f"Tracking number of {order}",
                widget=forms.TextInput({"autocomplete": "off"}),
                error_messages={"max_length": "A tracking number has 64 characters at most."},
            )

    def clean(self) -> dict[str, object]:
        cleaned: dict[str, object] = super().clean() or self.cleaned_data
        if not any(cleaned.get(f"send-{order.pk}") for order in self.orders):
            raise forms.ValidationError("Tick at least one order.")
        return cleaned

    @property
    def parcels(self) -> list[Parcel]:
        """What was ticked in a valid form."""
        found = self.cleaned_data
        ticked = [order for order in self.orders if found[f"send-{order.pk}"]]
        return [Parcel(order, found[f"tracking-{order.pk}"]) for order in ticked]


class Line(NamedTuple):
    """An order that can be sent, with its fields."""

    order: Order
    goods: str
    tick: forms.BoundField
    tracking: forms.BoundField
    why_wait: str


class Slip(NamedTuple):
    """What goes into one parcel."""

    order: Order
    items: list[OrderItem]
    units: int


@ops_required
@require_POST
def confirm_sending(request: SignedInRequest) -> HttpResponse:
    """What would be sent, and what can't be. Nothing is done yet."""
    asked = _asked(request, request.POST.getlist("order"))
    if isinstance(asked, HttpResponse):
        return asked
    ready = [order for order in asked if not dispatch.why_not_fulfil(order)]
    return _confirmation(request, SendForm(ready), asked)


@ops_required
@require_POST
def send_orders(request: SignedInRequest) -> HttpResponse:
    """Fulfil each that is ticked, and say of each what became of it. The same page sent twice sends once."""
    asked = _asked(request, request.POST.getlist("order"))
    if isinstance(asked, HttpResponse):
        return asked
    form = SendForm(asked, request.POST)
    if not form.is_valid():
        return _confirmation(request, form, asked)
    done = dispatch.fulfil_each(form.parcels, actor=request.user)
    tracking = {parcel.order.pk: parcel.tracking_number for parcel in form.parcels}
    sent = [(outcome.order, tracking[outcome.order.pk]) for outcome in done if not outcome.why_not]
    context = {
        "sent": sent,
        "refused": [outcome for outcome in done if outcome.why_not],
        "slips_url": slips_url([order for order, _ in sent]),
        "back": _back(request),
    }
    return render(request, "orders/sent.html", context)


@ops_required
@require_http_methods(["GET", "HEAD", "POST"])
def packing_slips(request: SignedInRequest) -> HttpResponse:
    """A page to print for each order asked for, and why some have none. The list's form asks by POST."""
    asked = _asked(request, (request.POST or request.GET).getlist("order"))
    if isinstance(asked, HttpResponse):
        return asked
    if request.method == "POST":
        return redirect(slips_url(asked))
    printed = [order for order in asked if not _why_no_slip(order)]
    context = {
        "store_address": settings.STORE_ADDRESS,
        "slips": [_slip(order) for order in printed],
        "left_out": [Outcome(order, why) for order in asked if (why := _why_no_slip(order))],
        "doubts": [Outcome(order, why) for order in printed if (why := _doubt(order))],
        "only": asked[0] if len(asked) == 1 else None,
    }
    return render(request, "orders/packing_slips.html", context)


def slips_url(orders: Sequence[Order]) -> str:
    """The slips of these orders; empty for none."""
    query = urlencode({"order": [order.number for order in orders]}, doseq=True)
    return f"{reverse('orders:packing-slips')}?{query}" if orders else ""


def _asked(request: HttpRequest, numbers: Sequence[str]) -> list[Order] | HttpResponse:
    """The orders of these numbers, newest first; or back to the list, which says what was wrong."""
    items = Prefetch("items", queryset=OrderItem.objects.order_by("pk"))
    wanted = [number for number in dict.fromkeys(numbers) if "\x00" not in number]
    if len(wanted) > MOST_AT_ONCE:
        messages.error(request, f"At most {MOST_AT_ONCE} orders at once: tick fewer.")
        return redirect(_back(request))
    rows = Order.objects.filter(number__in=wanted).prefetch_related(items)
    found = list(rows.order_by("-created_at", "-id"))
    if not found:
        messages.warning(request, "No order was ticked. Tick the box in front of each that you mean.")
        return redirect(_back(request))
    return found


def _back(request: HttpRequest) -> str:
    """The list as it was left: `back` holds the filters of its address."""
    query = request.POST.get("back", "")
    return reverse("orders:order-list") + (query if query.startswith("?") else "")


def _confirmation(request: SignedInRequest, form: SendForm, asked: Sequence[Order]) -> HttpResponse:
    ready = [order for order in form.orders if not dispatch.why_not_fulfil(order)]
    goods = goods_of(ready)
    lines = [
        Line(
            order,
            goods.get(order.pk, ""),
            form[f"send-{order.pk}"],
            form[f"tracking-{order.pk}"],
            dispatch.why_wait(order),
        )
        for order in ready
    ]
    refused = [Outcome(order, why) for order in asked if (why := dispatch.why_not_fulfil(order))]
    back = _back(request)
    context = {
        "form": form,
        "lines": lines,
        "refused": refused,
        "back": back,
        "back_query": back.removeprefix(reverse("orders:order-list")),
    }
    return render(request, "orders/confirm_sending.html", context, status=422 if form.errors else 200)


def _slip(order: Order) -> Slip:
    items = list(order.items.all())
    return Slip(order, items, sum(item.quantity for item in items))


def _why_no_slip(order: Order) -> str:
    """One that was sent already can be printed again."""
    if order.status not in SOLD:
        return dispatch.why_not_fulfil(order)
    if order.refund_status == RefundState.FULL:
        return "Everything was refunded: there is nothing to send."
    return ""


def _doubt(order: Order) -> str:
    """What whoever packs should know; it is not printed."""
    if order.refund_status == RefundState.PARTIAL:
        return "Part of it was refunded: look which goods still go out."
    return dispatch.why_wait(order) or ("Some of its goods are not in stock." if order.awaits_stock else "")
