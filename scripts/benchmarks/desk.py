"""Every list and page of the desk on many orders: lists at their first page and their last.

A demo is copied within Postgres until there are enough orders (`copies`). Each page is asked for in this
process, as an admin sees it. None may take more than QUERIES queries, and no last page of a list
longer than LIMIT times its first.
"""

import argparse
import statistics
import time
from collections.abc import Iterator
from typing import Any, NamedTuple
from unittest import mock
from urllib.parse import urlencode

from benchmarks.copies import fill
from benchmarks.servers import configure, postgres

QUERIES, LIMIT = 15, 2.0
ORDERS = {
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
LISTS = {
    "payments": "/payments/",
    "refunds": "/payments/refunds/",
    "refunds, failed": "/payments/refunds/?status=failed",
    "disputes to answer": "/payments/disputes/",
    "disputes, all": "/payments/disputes/?view=all",
    "payouts": "/payments/payouts/",
    "can't be sent": "/payments/stuck/",
    "events": "/payments/events/",
    "events of a kind": "/payments/events/?type=charge.",
    "events, failed": "/payments/events/?status=failed",
    "events of two hours": "/payments/events/?start={start}T09:00&end={start}T10:59",
    "products": "/catalogue/",
    "products, low": "/catalogue/?state=low",
    "products, a word": "/catalogue/?q=serum",
    "issues": "/monitoring/issues/",
    "issues, resolved": "/monitoring/issues/?view=resolved",
    "runs of checks": "/monitoring/runs/",
    "audit log": "/audit/",
    "audit, a deed": "/audit/?type=order.",
    "audit, a colleague": "/audit/?by={person}&since={start}T00:00:00Z",
    "audit, about a person": "/audit/?object=ops%40example.com",
}
PAGES = {
    "overview": "/desk/",
    "order, refunded": "/orders/{refunded}/",
    "order, disputed": "/orders/{disputed}/",
    "order, money only": "/orders/{refunded}/?log=money",
    "order, refund failed": "/orders/{failed}/",
    "refund an order": "/orders/{refunded}/refund/",
    "refund": "/payments/refunds/{refund}/",
    "dispute": "/payments/disputes/{dispute}/",
    "payout": "/payments/payouts/{payout}/",
    "event": "/payments/events/{event}/",
    "delivery of events": "/payments/events/health/delivery/",
    "product": "/catalogue/products/{product}/",
    "variant": "/catalogue/variants/{variant}/",
    "categories": "/catalogue/categories/",
    "issue": "/monitoring/issues/{issue}/",
    "packing slip": "/orders/packing-slips/?order={packed}",
    "packing slips, 50": "/orders/packing-slips/?{many_packed}",
    "staff": "/staff/",
    "one of the staff": "/staff/{person}/",
    "administration": "/admin/",
    "admin, people": "/admin/accounts/user/",
    "admin, people, last page": "/admin/accounts/user/?p={last_people}",
    "admin, people, a word": "/admin/accounts/user/?q=customer1",
    "admin, a person": "/admin/accounts/user/{person}/change/",
    "admin, delivery": "/admin/orders/shippingmethod/",
    "admin, tax rates": "/admin/orders/taxrate/",
    "admin, discount codes": "/admin/orders/discountcode/",
    "dashboard": "/analytics/",
    "a figure": "/analytics/kpi/revenue/",
    "customers": "/analytics/reports/customers/",
    "refunds, report": "/analytics/reports/refunds/",
    "money flow": "/analytics/reports/money/",
    "when and where": "/analytics/reports/time/",
    "wishes": "/analytics/wishes/",
    "lost demand": "/analytics/wishes/lost-demand/",
    "months": "/analytics/months/",
    "jump to an email": "/jump/?q=customer10%40example.com",
}
HEAD = ("first, ms", "last, ms", "ratio", "queries", "kB")


class Answer(NamedTuple):
    """How one page was answered: milliseconds, queries, kilobytes."""

    taken: float
    queries: int
    size: float


class Result(NamedTuple):
    """Milliseconds of the two pages, the most queries and kilobytes of either; `last` 0 for a single page."""

    first: float
    last: float
    queries: int
    size: float
    rows: int

    @property
    def is_kept(self) -> bool:
        return self.queries <= QUERIES and self.last <= LIMIT * self.first


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--orders", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=7, help="times each page is asked for")
    parser.add_argument("--only", default="", help="pages with this in their name")


def run(options: argparse.Namespace) -> int:
    """Print the table; 0 when every limit is kept."""
    with postgres() as url:
        configure(url, "whsec_bench")
        from django.test.utils import setup_test_environment

        setup_test_environment()  # the pages' context can be read then
        fill(options.orders)
        print(f"\n{'page':>24} {'rows':>8} " + " ".join(f"{title:>9}" for title in HEAD))
        results = [
            _told(name, measure(address, options.rounds))
            for name, address in addresses()
            if options.only in name
        ]
    kept = all(result.is_kept for result in results)
    print("kept" if kept else "MISSED")
    return 0 if kept else 1


def _told(name: str, result: Result) -> Result:
    last = f"{result.last:>9.0f} {result.last / result.first:>9.2f}" if result.last else f"{'':>19}"
    figures = f"{result.rows or '':>8} {result.first:>9.0f} {last} {result.queries:>9} {result.size:>9.0f}"
    print(f"{name:>24} {figures}{'' if result.is_kept else '  MISSED'}", flush=True)
    return result


def addresses() -> Iterator[tuple[str, str]]:
    """Each page's name and address, with samples in it."""
    samples = _samples()
    for name, query in ORDERS.items():
        yield f"orders, {name}", f"/orders/?{query.format_map(samples)}"
    for name, address in {**LISTS, **PAGES}.items():
        yield name, address.format_map(samples)


def _samples() -> dict[str, object]:
    """The objects with the longest pages, of the demo's own: what they lead to is right."""
    from datetime import timedelta

    from django.db.models import Count
    from django.utils import timezone

    from accounts.models import Role, User
    from catalog.models import Variant
    from monitoring.models import DataQualityIssue
    from orders.models import Order, OrderItem
    from payments.models import BalanceTransaction, Dispute, Refund, StripeEvent

    orders = Order.objects.order_by("pk")
    packed = [order.number for order in orders.filter(status="fulfilled", refund_status="none")[:50]]
    payouts = BalanceTransaction.objects.exclude(payout_id="").values("payout_id")
    return {
        "sku": OrderItem.objects.order_by("pk").values_list("sku", flat=True)[0],
        "start": timezone.now().date() - timedelta(days=30),
        "person": User.objects.filter(role=Role.OPS).earliest("pk").pk,
        "last_people": (User.objects.count() - 1) // 100 + 1,
        "packed": packed[0],
        "many_packed": urlencode({"order": packed}, doseq=True),
        "refunded": orders.filter(refund_status="partial")[0].number,
        "failed": orders.filter(refund__status="failed")[0].number,
        "disputed": orders.exclude(dispute_status="none")[0].number,
        "refund": Refund.objects.earliest("pk").refund_id,
        "dispute": Dispute.objects.earliest("pk").dispute_id,
        "payout": payouts.annotate(parts=Count("pk")).order_by("-parts")[0]["payout_id"],
        "event": StripeEvent.objects.filter(type="charge.refunded").earliest("pk").event_id,
        "product": Variant.objects.earliest("pk").product_id,
        "variant": Variant.objects.earliest("pk").pk,
        "issue": DataQualityIssue.objects.latest("pk").pk,
    }


def measure(address: str, rounds: int) -> Result:
    """The first page and the last of a list, in turn; the first round warms up and does not count."""
    from django.test import Client

    from accounts.models import Role, User

    client = Client()
    client.force_login(User.objects.filter(role=Role.ADMIN).earliest("pk"))
    marker, rows = _last_page(client, address)
    joint = "&" if "?" in address else "?"
    asked = [address, f"{address}{joint}page={marker}"] if marker else [address]
    taken = [[_asked(client, each) for each in asked] for _ in range(rounds + 1)][1:]
    times = [statistics.median(round[place].taken for round in taken) for place in range(len(asked))]
    answers = [answer for round in taken for answer in round]
    return Result(
        times[0],
        times[1] if marker else 0,
        max(answer.queries for answer in answers),
        max(answer.size for answer in answers),
        rows,
    )


def _asked(client: Any, address: str) -> Answer:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as seen:
        begun = time.perf_counter()
        answer = client.get(address)
        taken = (time.perf_counter() - begun) * 1000
    assert answer.status_code in (200, 302), f"{address}: {answer.status_code}"
    return Answer(taken, len(seen), len(answer.content) / 1000)


def _last_page(client: Any, address: str) -> tuple[str, int]:
    """The marker of the page with the last rows, empty when there is one page only; how many rows match."""
    from purelaka import listing, paging
    from purelaka.paging import AFTER, PAGE_SIZE, _marker, _reversed

    with mock.patch.object(listing, "keyset", wraps=paging.keyset) as keyset:
        context = client.get(address).context
    if not keyset.called or not context or "listing" not in context:
        return "", 0
    [rows], by = keyset.call_args.args, keyset.call_args.kwargs["by"]
    last = list(rows.order_by(*map(_reversed, by))[: PAGE_SIZE + 1])
    return (_marker(AFTER, by, last[-1]) if len(last) > PAGE_SIZE else ""), context["listing"].number
