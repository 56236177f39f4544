"""The list of orders as a file: the rows of its filter, in its order."""

from django.core.exceptions import EmptyResultSet
from django.http import HttpResponse, HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.privacy import is_hidden, key_sql
from accounts.roles import SignedInRequest, analyst_required
from analyticsapp.exports import csv_file
from analyticsapp.exports.csv_file import MOMENT, MONEY, PERSON, TEXT, WORD, Column, Source
from analyticsapp.exports.download import respond
from analyticsapp.exports.packing import Download
from analyticsapp.reading import Sql
from orders.filters import OrderFilter
from orders.models import Order
from purelaka.days import store_day

# The first ten are those of the file of orders paid in a window.
ROW_COLUMNS = (
    Column("order_id", TEXT, "The order's number, as on the order page.", "r.number"),
    Column("email", PERSON, "The customer's e-mail address, in lower case.", "r.email"),
    Column("total", MONEY, "What the customer pays.", "r.amount_total"),
    Column("currency", WORD, "The order's currency.", "r.currency"),
    Column("status", WORD, "`pending`, `paid`, `fulfilled` or `canceled`, as it is now.", "r.status"),
    Column("created_at", MOMENT, "When the order was placed.", "r.created_at"),
    Column("paid_at", MOMENT, "When it was paid; empty: not yet.", "r.paid_at"),
    Column("refund_status", WORD, "`none`, `partial` or `full`, as it is now.", "r.refund_status"),
    Column("amount_refunded", MONEY, "What has gone back so far.", "r.amount_refunded"),
    Column("refunded_at", MOMENT, "When its latest refund was made; empty without one.", "r.refunded_at"),
    Column("dispute_status", WORD, "`none`, `open`, `won` or `lost`, as it is now.", "r.dispute_status"),
    Column("flag", WORD, "Why a person must look at it; empty: nothing is odd.", "r.flag"),
    Column("name", TEXT, "Who it goes to.", "r.name", is_private=True),
    Column("country", TEXT, "Where it goes.", "r.country"),
    Column("shipping_method", TEXT, "The way of delivery.", "r.shipping_method"),
    Column("tracking_number", TEXT, "As the customer was told; empty: none.", "r.tracking_number"),
    Column("fulfilled_at", MOMENT, "When it was sent; empty: not yet.", "r.fulfilled_at"),
    Column("canceled_at", MOMENT, "When it was cancelled; empty: it was not.", "r.canceled_at"),
    Column("payment_intent_id", TEXT, "Stripe's id of its payment.", "r.payment_intent_id"),
)
NOTHING = "SELECT {cells} FROM orders_order AS r WHERE 1 = 0"


@analyst_required
@require_http_methods(["GET", "HEAD"])
def order_rows(request: SignedInRequest) -> HttpResponseBase:
    """Every order that the list of orders shows for this address, page after page."""
    form = OrderFilter(request.GET)
    if form.complaints:
        text = "\n".join(form.complaints)
        return HttpResponse(f"{text}\n", status=400, content_type="text/plain; charset=utf-8")
    columns = csv_file.without_people(ROW_COLUMNS) if is_hidden() else ROW_COLUMNS
    return respond(
        request,
        Download(
            name=f"purelaka-order-list-{store_day(timezone.now())}",
            columns=ROW_COLUMNS,
            lines=csv_file.lines(Source(columns, query_of(form))),
            says={"export": "order_list", "filter": form.understood},
        ),
    )


def query_of(form: OrderFilter) -> Sql:
    """The filter's orders in the list's order, as a query for `csv_file`."""
    wanted = form.narrow(Order.objects.all()).order_by().values("pk")
    try:
        inner, parameters = wanted.query.sql_with_params()
    except EmptyResultSet:  # nothing can match, and Django knows it
        return NOTHING, []
    order = ", ".join(f"{_sorted_by(name.lstrip('-'))}{' DESC' * name.startswith('-')}" for name in form.by)
    query = f"SELECT {{cells}} FROM orders_order AS r WHERE r.id IN ({inner}) ORDER BY {order}"
    return query, list(parameters)


def _sorted_by(name: str) -> str:
    return key_sql("r.email") if name == "customer_key" else f"r.{name}"
