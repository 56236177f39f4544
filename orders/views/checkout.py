"""The checkout: where to, how, and what it costs. From here an order goes to its payment."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts import addresses
from accounts.models import Address, User
from orders import basket as baskets
from orders import checkout as checkouts
from orders import discounts, quoting, rates, reviewing
from orders.access import let_in
from orders.agreement import seen_of
from orders.forms import ANOTHER, OF_ADDRESS, DeliveryForm
from orders.models import Basket, Order, ShippingMethod
from orders.quoting import Quote
from orders.reviewing import Review

CHANGED = 409  # what was agreed to is not so any more: nothing was ordered


@dataclass
class Visit:
    """One request to the checkout: the basket, its goods as they are now, and what has to be told."""

    request: HttpRequest
    basket: Basket
    review: Review
    changes: tuple[str, ...] = ()
    problem: str = ""
    code_typed: str = ""
    code_error: str = ""

    @property
    def user(self) -> User | None:
        return self.request.user if self.request.user.is_authenticated else None

    def form(
        self, data: Mapping[str, Any] | None = None, initial: Mapping[str, Any] | None = None
    ) -> DeliveryForm:
        return DeliveryForm(
            data,
            initial=initial,
            user=self.user,
            addresses=self.addresses,
            countries=self.countries,
        )

    @cached_property
    def countries(self) -> list[tuple[str, str]]:
        return rates.countries(self.review.currency)

    @cached_property
    def addresses(self) -> list[Address]:
        own = Address.objects.filter(user=self.user) if self.user else Address.objects.none()
        return list(own.order_by("-is_default", "-pk"))

    def quote(self, form: DeliveryForm) -> Quote:
        """What it costs to the country in the form, with the method and email in it."""
        asked = checkouts.asked(
            self.basket, country=form.country_code, method_id=self.method_id, email=self.email
        )
        return quoting.quote(self.review.to_order, asked, currency=self.review.currency, now=timezone.now())

    @property
    def method_id(self) -> int | None:
        text = self.request.POST.get("method", "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None

    @property
    def email(self) -> str:
        return self.user.email if self.user else self.request.POST.get("email", "")


@require_http_methods(["GET", "HEAD", "POST"])
def checkout(request: HttpRequest) -> HttpResponse:
    """Delivery details and all amounts. Only a form that agrees to the present total places an order."""
    basket = baskets.open_basket(request)
    reviewed = reviewing.review(basket) if basket else None
    if basket is None or reviewed is None or not reviewed.lines:
        return _to_basket(request, "Your basket is empty.")
    if reviewed.problems:
        return _to_basket(request, "Before you can go on, see what is marked below.")
    if basket.order:
        let_in(request, basket.order)
    visit = Visit(request, basket, reviewed)
    if request.method != "POST":
        return _page(visit, visit.form(initial=_known(visit)))
    _remember(visit)
    if _is_question(visit):
        return _page(visit, visit.form(initial=request.POST.dict()))
    return _place(visit, visit.form(request.POST))


def _is_question(visit: Visit) -> bool:
    """Whether the form only asks what it would cost. A code that was typed is tried before anything else."""
    posted = visit.request.POST
    if "remove_code" in posted:
        baskets.use_code(visit.basket, None)
        return True
    if "apply" in posted or posted.get("code", "").strip():
        _try_code(visit)
        return True
    return "update" in posted


def _try_code(visit: Visit) -> None:
    """Put a code on the basket if it counts; else say why not beside it."""
    visit.code_typed = visit.request.POST.get("code", "").strip()
    before = visit.basket.discount_code
    try:
        visit.basket.discount_code = discounts.find(visit.code_typed)
        quote = visit.quote(visit.form(initial=visit.request.POST.dict()))
        if quote.code_refused:
            raise discounts.CodeRefused(quote.code_refused)
    except discounts.CodeRefused as refusal:
        visit.basket.discount_code, visit.code_error = before, str(refusal)
    else:
        baskets.use_code(visit.basket, quote.discount_code)
        visit.code_typed = ""


def _place(visit: Visit, form: DeliveryForm) -> HttpResponse:
    if not form.is_valid():
        return _page(visit, form, status=422)
    try:
        order = checkouts.place(
            visit.basket,
            form.details(),
            user=visit.user,
            method_id=visit.method_id,
            seen=visit.request.POST.get("seen", ""),
        )
    except checkouts.BeingPaid as under_way:
        return _to_payment(visit, under_way.order)
    except checkouts.NeedsAttention as stop:
        return _to_basket(visit.request, str(stop))
    except checkouts.Changed as change:
        visit.changes = change.changes
    except checkouts.CannotReplace as stop:
        visit.problem = str(stop)
    else:
        _keep_address(visit, form)
        return _to_payment(visit, order)
    visit.review = reviewing.review(visit.basket)
    return _page(visit, form, status=CHANGED)


def _page(visit: Visit, form: DeliveryForm, status: int = 200) -> HttpResponse:
    quote = visit.quote(form)
    context = {
        "form": form,
        "review": visit.review,
        "quote": quote,
        "seen": seen_of(quote),
        "changes": visit.changes,
        "problem": visit.problem,
        "code": visit.basket.discount_code,
        "code_typed": visit.code_typed,
        "code_error": visit.code_error or quote.code_refused,
        "order": visit.basket.order,
        "is_held": checkouts.is_held(visit.basket.order, timezone.now()),
        "another": ANOTHER,
    }
    part = getattr(visit.request, "htmx", False) and visit.request.method == "POST"
    template = "orders/_checkout_parts.html" if part else "orders/checkout.html"
    response = render(visit.request, template, context, status=200 if part else status)
    reviewing.remember_prices(visit.review)
    return response


def _known(visit: Visit) -> dict[str, Any]:
    """What the form starts with: what was typed before, else the default address, else little."""
    basket, saved = visit.basket, visit.addresses
    typed = {name: str(getattr(basket, name)) for name in (*OF_ADDRESS, "email")}
    same = [address for address in saved if _is_address(address, typed)]
    chosen = (same or saved[:1]) if same or not basket.line1 else []
    country = checkouts.likely_country(basket, visit.request.user, visit.countries)
    name = typed["name"] or (visit.user.name if visit.user else "")
    return {**typed, "name": name, "country": country, "saved": str(chosen[0].pk) if chosen else ANOTHER}


def _is_address(address: Address, typed: Mapping[str, str]) -> bool:
    return all(str(getattr(address, name)) == typed[name] for name in OF_ADDRESS)


def _remember(visit: Visit) -> None:
    """Keep what was typed, right or wrong, so that it is there when the customer comes back."""
    basket, typed = visit.basket, visit.form(initial=visit.request.POST.dict()).typed()
    for name, value in typed.items():
        setattr(basket, name, value)
    if method := ShippingMethod.objects.filter(pk=visit.method_id or 0).first():
        basket.shipping_method = method
    basket.save(update_fields=[*typed, "shipping_method"])


def _keep_address(visit: Visit, form: DeliveryForm) -> None:
    """In the customer's address book, when asked to."""
    if visit.user is None or form.chosen or not form.cleaned_data.get("keep"):
        return
    fields = {name: form.cleaned_data[name] for name in OF_ADDRESS}
    if not Address.objects.filter(user=visit.user, **fields).exists():
        try:
            addresses.save(Address(user=visit.user, **fields))
        except addresses.TooMany as problem:
            messages.info(visit.request, f"The address was not kept. {problem}")


def _to_payment(visit: Visit, order: Order) -> HttpResponse:
    let_in(visit.request, order)
    return redirect("payments:pay", order.number)


def _to_basket(request: HttpRequest, why: str) -> HttpResponse:
    messages.warning(request, why)
    if getattr(request, "htmx", False):  # a part of the page was asked for: the whole page goes
        return HttpResponse(headers={"HX-Redirect": reverse("orders:basket")})
    return redirect("orders:basket")
