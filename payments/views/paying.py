"""The customer pays: the payment page, the bank's page of mock mode, and coming back from it.

Whatever is pressed twice, opened in a second tab or gone back to, the payment intent decides; and
whether the webhook or the customer comes first makes no difference.
"""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import HttpResponseClientRedirect, HttpResponseStopPolling

from accounts.roles import to_login
from orders.access import must_sign_in, visible_order
from orders.checkout import is_held
from orders.models import SOLD, Flag, Order, OrderItem, OrderStatus
from payments import declines, intents
from payments.gateway import GatewayError
from payments.intents import TAKEN, Intent, NoLongerHeld
from payments.mock import bank
from payments.mock.forms import CardForm, test_cards
from payments.mock.steps import tell
from payments.models import PaymentStatus
from payments.stories.journal import StoryError
from payments.stripe_js import allow_stripe_js

logger = logging.getLogger(__name__)

View = Callable[..., HttpResponseBase]
OrderView = Callable[[HttpRequest, Order], HttpResponse]

ASK_AFTER = 6  # seconds without a webhook until the provider is asked; and again after as many
PATIENCE = 60  # seconds until the customer need not wait any more
STEP = 2  # seconds between two questions of the page


def for_buyer(view: OrderView) -> View:
    """The order, for whoever may see it; never from a cache, since going back must show how it is now."""

    @wraps(view)
    @never_cache
    def wrapped(request: HttpRequest, number: str) -> HttpResponseBase:
        if must_sign_in(request, number):
            return to_login(request)
        return view(request, visible_order(request, number))

    return wrapped


@allow_stripe_js
@require_http_methods(["GET", "POST"])
@for_buyer
def pay(request: HttpRequest, order: Order) -> HttpResponse:
    """The payment page of one order; once it is paid, the page after it."""
    if order.status in SOLD:
        return redirect("payments:pay-return", order.number)
    if order.status == OrderStatus.CANCELED:
        return _closed(request, order)
    try:
        intent = intents.intent_of(order) if is_held(order, timezone.now()) else intents.look_up(order)
    except NoLongerHeld:
        return redirect("payments:pay", order.number)  # as it is now
    except GatewayError as error:
        logger.error("%s can't be paid: %s", order, error)
        return _page(request, "payments/pay_unreachable.html", order, status=503, is_refused=error.is_final)
    if intent and intent["status"] in TAKEN:
        return redirect("payments:pay-return", order.number)
    if not intent or not is_held(order, timezone.now()):
        return _closed(request, order)
    if settings.PAYMENTS_USE_STRIPE:
        return _stripe_page(request, order, intent)
    return _mock_page(request, order, intent)


@require_http_methods(["GET", "POST"])
@for_buyer
def challenge(request: HttpRequest, order: Order) -> HttpResponse:
    """The page of the customer's bank, in mock mode: it asks whether the payment is theirs."""
    if settings.PAYMENTS_USE_STRIPE:
        raise Http404
    row = bank.find(order.payment_intent_id or "")
    if row is None or tell(row).intent["status"] != PaymentStatus.REQUIRES_ACTION:
        return redirect("payments:pay", order.number)  # answered already, or never asked
    answer = {"approve": bank.approve, "refuse": bank.refuse}.get(request.POST.get("answer", ""))
    if answer is None:
        return render(request, "payments/pay_challenge.html", {"order": order, "card": bank.card_asked(row)})
    try:
        intent = answer(row.payment_intent_id).intent
    except StoryError:  # answered in another tab
        return redirect("payments:pay", order.number)
    return redirect("payments:pay-return" if intent["status"] in TAKEN else "payments:pay", order.number)


@require_safe
@for_buyer
def come_back(request: HttpRequest, order: Order) -> HttpResponse:
    """Where the customer comes back to. What the address says of the payment is not believed.

    Stripe is asked at once; the mock when `?ask` says so, else by and by, as if it were far away.
    """
    must_ask = settings.PAYMENTS_USE_STRIPE or "ask" in request.GET
    intent = _ask(order) if must_ask and order.status == OrderStatus.PENDING else None
    if order.status in SOLD:
        return _page(request, "payments/pay_done.html", order)
    if order.status == OrderStatus.CANCELED:
        return _closed(request, order)
    if order.payment_intent_id is None or (intent and intent["status"] not in TAKEN):
        return redirect("payments:pay", order.number)
    state_url = f"{reverse('payments:pay-state', args=[order.number])}?since={_now()}"
    is_slow = bool(intent and intent["status"] == PaymentStatus.PROCESSING)
    return _page(request, "payments/pay_waiting.html", order, state_url=state_url, is_slow=is_slow, step=STEP)


@require_safe
@for_buyer
def state(request: HttpRequest, order: Order) -> HttpResponse:
    """Asked by the waiting page every other second: nothing new (204), or where to go.

    `since` is when the waiting began, in Unix seconds. After some seconds without a webhook the
    provider itself is asked, so that a lost one does not matter.
    """
    waited = _now() - _whole(request.GET.get("since", ""))
    asked = waited >= ASK_AFTER and waited % ASK_AFTER < STEP
    intent = _ask(order) if asked and order.status == OrderStatus.PENDING else None
    if order.status != OrderStatus.PENDING:
        return HttpResponseClientRedirect(reverse("payments:pay-return", args=[order.number]))
    if intent and intent["status"] not in TAKEN:
        return HttpResponseClientRedirect(reverse("payments:pay", args=[order.number]))
    if waited < PATIENCE:
        return HttpResponse(status=204)
    return HttpResponseStopPolling(render(request, "payments/_pay_slow.html", {"order": order}).content)


# --- pages ----------------------------------------------------------------------------------------


def _mock_page(request: HttpRequest, order: Order, intent: Intent) -> HttpResponse:
    """The card form. A refused card is told beside its field; the next one goes to the same intent."""
    if request.method != "POST":
        return _card_page(request, order, CardForm(initial={"name": order.name}), intent)
    form = CardForm(request.POST)
    if not form.is_valid():
        return _card_page(request, order, form)
    try:
        tried = bank.pay(intent["id"], form.cleaned_data["number"]).intent
    except StoryError:  # paid or cancelled in another tab
        return redirect("payments:pay", order.number)
    if tried["status"] == PaymentStatus.SUCCEEDED:
        return redirect("payments:pay-return", order.number)
    if tried["status"] == PaymentStatus.REQUIRES_ACTION:
        return redirect("payments:pay-challenge", order.number)
    error = tried["last_payment_error"]
    form.add_error(declines.field_of(error), declines.explain(error))
    return _card_page(request, order, form)


def _card_page(
    request: HttpRequest, order: Order, form: CardForm, intent: Intent | None = None
) -> HttpResponse:
    return _page(
        request,
        "payments/pay_mock.html",
        order,
        status=422 if form.is_bound else 200,
        form=form,
        refusal=declines.explain(intent["last_payment_error"]) if intent else "",
        test_cards=test_cards(),
    )


def _stripe_page(request: HttpRequest, order: Order, intent: Intent) -> HttpResponse:
    """Stripe's own form. What it needs to know is on the page; what is typed never comes here."""
    return _page(
        request,
        "payments/pay_stripe.html",
        order,
        client_secret=intent["client_secret"],
        publishable_key=settings.STRIPE_PUBLISHABLE_KEY,
        stripe_js_url=settings.STRIPE_JS_URL,
        return_url=request.build_absolute_uri(reverse("payments:pay-return", args=[order.number])),
        words=declines.WORDS,
        refusal=declines.explain(intent.get("last_payment_error")),
    )


def _closed(request: HttpRequest, order: Order) -> HttpResponse:
    """It can't be paid any more: cancelled, or its time is up. Money that came too late is told of."""
    is_paid_late = order.flag == Flag.PAID_AFTER_CANCEL
    return _page(request, "payments/pay_closed.html", order, is_paid_late=is_paid_late)


def _page(
    request: HttpRequest, template: str, order: Order, *, status: int = 200, **context: Any
) -> HttpResponse:
    """A page of paying, with the order beside it."""
    items: list[OrderItem] = list(order.items.select_related("variant__product").order_by("pk"))
    return render(request, template, {"order": order, "items": items, **context}, status=status)


def _ask(order: Order) -> Intent | None:
    """Look the payment up; nothing when the provider does not answer, since the page asks again."""
    try:
        return intents.look_up(order)
    except GatewayError:
        return None


def _now() -> int:
    return int(timezone.now().timestamp())


def _whole(text: str) -> int:
    """The moment the page says it began to wait; without one it has waited long enough."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else _now() - ASK_AFTER
