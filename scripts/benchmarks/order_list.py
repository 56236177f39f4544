"""Pages of the list of orders, the first and the last, on many orders.

A demo's orders are copied within Postgres until there are enough. Each filter and sort is asked for its
first and its last page, in this process, as ops staff see it. No page may take more than QUERIES
queries, and no last page longer than LIMIT times its first.
"""

import argparse
import statistics
import time
from typing import Any, NamedTuple

from benchmarks.servers import configure, postgres

QUERIES, LIMIT = 15, 2.0
FILTERS = {
    "all, newest first": "",
    "oldest first": "sort=oldest",
    "largest first": "sort=largest",
    "by customer": "sort=email",
    "status fulfilled": "status=fulfilled",
    "to pack": "view=pack",
    "disputed": "view=disputed",
    "country Germany": "country=Germany",
    "total £50 to £60": "currency=gbp&least=50&most=60",
    "one SKU": "product={sku}",
    "a part of a name": "q=customer+13",
    "start of a number": "q=PL-1019",
    "an email": "q=customer10%40example.com",
    "30 days": "start={start}",
}


class Result(NamedTuple):
    """Milliseconds of the two pages, the most queries of either, and how many orders match."""

    first: float
    last: float
    queries: int
    number: int


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--orders", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=7, help="times each page is asked for")


def run(options: argparse.Namespace) -> int:
    """Print the table; 0 when every limit is kept."""
    with postgres() as url:
        configure(url, "whsec_bench")
        prepare(options.orders)
        results = {name: measure(query, options.rounds) for name, query in queries().items()}
    print(f"\n{'filter':>20} {'orders':>8} {'first, ms':>10} {'last, ms':>10} {'ratio':>6} {'queries':>8}")
    for name, found in results.items():
        ratio = found.last / found.first
        times = f"{found.first:>10.0f} {found.last:>10.0f} {ratio:>6.2f}"
        print(f"{name:>20} {found.number:>8,} {times} {found.queries:>8}")
    kept = all(found.queries <= QUERIES and found.last <= LIMIT * found.first for found in results.values())
    print("kept" if kept else "MISSED")
    return 0 if kept else 1


def prepare(orders: int) -> None:
    """A demo of 500 orders, and copies of them, each a quarter of a day before the one it copies."""
    from django.core.management import call_command
    from django.db import connection
    from django.test.utils import setup_test_environment

    from orders.models import Order, OrderItem

    setup_test_environment()  # the pages' context can be read then
    call_command("seed_demo", orders=500, verbosity=0)
    copies = max(orders // Order.objects.count() - 1, 0)
    change = {
        "number": "o.number || '-' || n",
        "payment_intent_id": "NULL",
        "created_at": "o.created_at - n * interval '6 hours 7 minutes'",
        "paid_at": "o.paid_at - n * interval '6 hours 7 minutes'",
    }
    with connection.cursor() as cursor:
        cursor.execute(_copy(Order, change, f"FROM orders_order o, generate_series(1, {copies}) n"))
        cursor.execute("ANALYZE")
        of_copy = (
            "FROM orders_orderitem o JOIN orders_order p ON p.id = o.order_id "
            f"CROSS JOIN generate_series(1, {copies}) n "
            "JOIN orders_order c ON c.number = p.number || '-' || n"
        )
        cursor.execute(_copy(OrderItem, {"order_id": "c.id"}, of_copy))
        cursor.execute("VACUUM ANALYZE")


def _copy(model: Any, change: dict[str, str], source: str) -> str:
    columns = [field.column for field in model._meta.concrete_fields if not field.primary_key]
    values = [change.get(column, f"o.{column}") for column in columns]
    return f"INSERT INTO {model._meta.db_table} ({', '.join(columns)}) SELECT {', '.join(values)} {source}"


def queries() -> dict[str, str]:
    """Each filter as it stands in an address."""
    from datetime import timedelta

    from django.utils import timezone

    from orders.models import OrderItem

    sku = OrderItem.objects.order_by("pk").values_list("sku", flat=True)[0]
    start = timezone.now().date() - timedelta(days=30)
    return {name: query.format(sku=sku, start=start) for name, query in FILTERS.items()}


def measure(query: str, rounds: int) -> Result:
    """The first page and the last of one filter, in turn; the first round warms up and does not count."""
    from django.test import Client

    from accounts.models import Role, User

    client = Client()
    client.force_login(User.objects.filter(role=Role.OPS).earliest("pk"))
    addresses = (f"/orders/?{query}", f"/orders/?{query}&page={_last_page(query)}")
    taken = [[_asked(client, address) for address in addresses] for _ in range(rounds + 1)][1:]
    first, last = ([round[place][0] for round in taken] for place in (0, 1))
    most = max(queries for round in taken for _, queries, _ in round)
    return Result(statistics.median(first), statistics.median(last), most, taken[0][0][2])


def _asked(client: Any, address: str) -> tuple[float, int, int]:
    """Milliseconds, queries, orders that match."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as seen:
        begun = time.perf_counter()
        answer = client.get(address)
        taken = (time.perf_counter() - begun) * 1000
    assert answer.status_code == 200, address
    return taken, len(seen), answer.context["listing"].number


def _last_page(query: str) -> str:
    """The marker of the page with the last 50 rows; empty when there is one page only."""
    from django.http import QueryDict

    from orders.filters import OrderFilter
    from orders.models import Order
    from purelaka.paging import AFTER, PAGE_SIZE, _marker, _reversed

    form = OrderFilter(QueryDict(query))
    backwards = form.narrow(Order.objects.all()).order_by(*map(_reversed, form.by))[: PAGE_SIZE + 1]
    rows = list(backwards)
    return _marker(AFTER, form.by, rows[-1]) if len(rows) > PAGE_SIZE else ""
