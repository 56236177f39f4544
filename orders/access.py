"""Whose order is it? A customer sees their own orders and nobody else's: 404.

A guest's browser is let in for the rest of its session: when it placed the order, and when it opens
the signed link that every mail about the order holds.
"""

from django.core import signing
from django.http import Http404, HttpRequest
from django.urls import reverse

from orders.models import Order

SALT = "orders.access"
SESSION_KEY = "orders"  # numbers of the orders this browser may see
REMEMBERED = 20


def visible_order(request: HttpRequest, number: str) -> Order:
    """The order `number`, if this visitor may see it. Raises Http404, also when there is none."""
    order = Order.objects.filter(number=number).first()
    if order is None or not _may_see(request, order):
        raise Http404
    return order


def must_sign_in(request: HttpRequest, number: str) -> bool:
    """Whether only signing in can show this order to the visitor. Tells nothing of whether there is one."""
    return not request.user.is_authenticated and number not in request.session.get(SESSION_KEY, [])


def let_in(request: HttpRequest, order: Order) -> None:
    """Let this browser see the order for the rest of its session."""
    numbers = [known for known in request.session.get(SESSION_KEY, []) if known != order.number]
    request.session[SESSION_KEY] = [*numbers, order.number][-REMEMBERED:]


def signed_link(order: Order) -> str:
    """The path that lets whoever holds it in. For mails to the customer: it does not expire."""
    return reverse("orders:open", args=[signing.dumps(order.number, salt=SALT, compress=False)])


def order_of_link(token: str) -> Order:
    """The order of a signed link's token. Raises Http404 when it was not signed here."""
    try:
        number = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        raise Http404 from None
    order = Order.objects.filter(number=number).first()
    if order is None:
        raise Http404
    return order


def _may_see(request: HttpRequest, order: Order) -> bool:
    own = request.user.is_authenticated and order.user_id == request.user.pk
    return own or order.number in request.session.get(SESSION_KEY, [])
