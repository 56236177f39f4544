"""The figures on 10,000, 100,000 and 1,000,000 orders: files, rollups, the dashboard, the checks.

Each is timed in turn with the barest thing that does the same in the same run, and the best of several rounds
counts, so that a busy machine disturbs both alike. The limits hold for the largest number of orders.
"""

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from environment import MANAGE

from benchmarks.bare_figures import BARE_BUILD, BARE_ORDERS, BARE_TABLES
from benchmarks.many_orders import Copier
from benchmarks.measuring import asked, best_ratio, execute, fetch, get, seconds, timed
from benchmarks.servers import Server, configure, gunicorn, postgres

SMALLEST = 10_000
DASHBOARD = "/analytics/"


@dataclass(frozen=True)
class Limit:
    """A figure that is measured, and what it may be at most, or at least."""

    title: str
    bound: float
    unit: str = ""
    is_least: bool = False
    digits: int = 2

    def kept(self, value: float) -> bool:
        return value >= self.bound if self.is_least else value <= self.bound

    def text(self, value: float) -> str:
        return f"{value:,.{self.digits}f}{self.unit}"

    @property
    def words(self) -> str:
        return f"{'at least' if self.is_least else 'at most'} {self.text(self.bound)}"


LIMITS = {
    "export": Limit("orders CSV, all orders, against a bare COPY loop", 1.5),
    "first byte": Limit("its first byte", 50, " ms", digits=0),
    "memory": Limit("a worker's memory while it is sent", 10, " MB", digits=1),
    "build": Limit("full build, against one INSERT … SELECT a table", 2),
    "first build": Limit("the same into empty tables", 2),
    "incremental": Limit("build after 100 new orders", 1, " s"),
    "dashboard": Limit("dashboard, median, against that on 10,000 orders", 1.2),
    "90 days": Limit("the same over 90 days", 1.2),
    "share": Limit("dashboards per second, against pages that look one order up", 0.25, is_least=True),
    "checks": Limit("run_checks, against its bare SQL", 2),
    "checks' memory": Limit("memory of run_checks, above that on 10,000 orders", 10, " MB", digits=1),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--orders", type=int, default=1_000_000, help="the largest number (default: %(default)s)"
    )
    parser.add_argument(
        "--rounds", type=int, default=3, help="times each thing is measured (default: %(default)s)"
    )


def run(options: argparse.Namespace) -> int:
    """Print the table; 0 when every limit is kept."""
    sizes = [SMALLEST * 10**power for power in range(9) if SMALLEST * 10**power < options.orders]
    sizes.append(options.orders)
    with postgres() as url:
        configure(url, "whsec_bench")
        found = list(measured(url, sizes, options.rounds))
    return 0 if printed(sizes, found) else 1


def printed(sizes: list[int], found: list[dict[str, float]]) -> bool:
    """The table as docs/performance.md has it; whether every limit is kept by the last column."""
    heads = ["figure", *(f"{size:,} orders" for size in sizes), "limit", ""]
    print(f"\n| {' | '.join(heads)} |\n|{' --- |' * len(heads)}")
    for key, limit in LIMITS.items():
        cells = [limit.text(one[key]) for one in found]
        verdict = "kept" if limit.kept(found[-1][key]) else "MISSED"
        print(f"| {' | '.join([limit.title, *cells, limit.words, verdict])} |")
    return all(limit.kept(found[-1][key]) for key, limit in LIMITS.items())


def measured(url: str, sizes: list[int], rounds: int) -> Iterator[dict[str, float]]:
    """The figures at each size, keyed as the limits."""
    from django.db import connection
    from django.utils import timezone

    from analyticsapp.rollups.build import build

    prepare()
    copier = Copier()
    small = url.replace("/postgres?", "/small?")
    memory, cookie = 0.0, ""
    for size in sizes:
        with timed(f"{size:,} orders"):
            copier.grow_to(size)
            build(now=timezone.now(), everything=True)
        cookie, number = cookie or signed_in(), newest_order()
        if size == sizes[0]:
            connection.close()
            clone(url, "small")
        found = (
            exports(cookie, rounds) | builds(rounds) | pages(small, cookie, number, rounds) | checks(rounds)
        )
        peak = peak_of_checks()
        memory = memory or peak
        print({name: round(value, 3) for name, value in found.items()}, flush=True)
        yield found | {"checks' memory": peak - memory}


def prepare() -> None:
    for table in BARE_TABLES:
        execute(f"CREATE TABLE bare_{table} (LIKE analyticsapp_{table} INCLUDING ALL)")


# --- the orders' file -----------------------------------------------------------------------------


def exports(session: str, rounds: int) -> dict[str, float]:
    from django.test import Client

    client, url = Client(headers={"Host": "localhost", "Cookie": f"sessionid={session}"}), whole_export()
    ratio = best_ratio(lambda: sum(map(len, client.get(url))), bare_export, rounds)
    with gunicorn(1, 1) as server:
        get(server.port, DASHBOARD, session)
        get(server.port, "/analytics/export/orders.csv?days=1", session)
        firsts = [first_byte(server.port, url, session) for _ in range(5)]
        memory = memory_of(server, url, session)
    return {"export": ratio, "first byte": min(firsts) * 1000, "memory": memory}


def whole_export() -> str:
    from django.utils import timezone

    from orders.models import Order

    first = Order.objects.exclude(paid_at=None).order_by("paid_at")[0].paid_at
    assert first
    return f"/analytics/export/orders.csv?start={first.date()}&end={timezone.localdate()}"


def bare_export() -> int:
    """Each row of the same columns, as the server sends it."""
    from django.db import connection

    with connection.cursor() as cursor, cursor.connection.cursor() as bare, bare.copy(BARE_ORDERS) as copy:
        return sum(len(row) for row in copy)


def memory_of(server: Server, url: str, session: str) -> float:
    """How much the worker's memory grows at most while it sends a file, in MB."""
    process = Path(f"/proc/{server.worker}")
    (process / "clear_refs").write_text("5")  # the peak begins anew
    before = kilobytes(process, "VmRSS")
    get(server.port, url, session)
    return (kilobytes(process, "VmHWM") - before) / 1024


def kilobytes(process: Path, name: str) -> int:
    lines = (process / "status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name))


def first_byte(port: int, url: str, session: str) -> float:
    """Seconds until the body begins; then we leave."""
    begun = time.perf_counter()
    connection = asked(port, url, session)
    connection.getresponse().read(1)
    taken = time.perf_counter() - begun
    connection.close()
    time.sleep(0.5)  # the worker notices that we left
    return taken


# --- rollups --------------------------------------------------------------------------------------


def builds(rounds: int) -> dict[str, float]:
    from django.utils import timezone

    from analyticsapp.rollups.build import build

    now = timezone.now()

    def full() -> None:
        build(now=now, everything=True)

    again = best_ratio(full, bare_build, rounds, before=emptied)
    first = best_ratio(full, bare_build, rounds, before=lambda: emptied("analyticsapp"))
    taken = []
    for _ in range(rounds):
        hundred_orders()
        taken.append(seconds(lambda: build(now=timezone.now())))
    return {"build": again, "first build": first, "incremental": min(taken)}


def emptied(*also: str) -> None:
    """The tables of the bare build are empty, and those of ours when told so; ours are vacuumed."""
    for prefix in ("bare", *also):
        execute(f"TRUNCATE {', '.join(f'{prefix}_{table}' for table in BARE_TABLES)}")
    for table in BARE_TABLES:
        execute(f"VACUUM analyticsapp_{table}")


def bare_build() -> None:
    from django.db import transaction

    with transaction.atomic():
        for statement in BARE_BUILD:
            execute(statement)


def hundred_orders() -> None:
    """Paid today, through the inbox, as Stripe tells of them."""
    from benchmarks.webhook import placed_stories
    from payments import inbox
    from payments.stories.delivery import body

    for events in placed_stories(400, prefix=f"NEW-{time.time_ns()}")[:100]:
        for event in events:
            inbox.receive(body(event).decode(), tells=False)


# --- the dashboard --------------------------------------------------------------------------------


def pages(small: str, cookie: str, number: str, rounds: int) -> dict[str, float]:
    """The dashboard of both databases and the page of one order, in turn."""
    with gunicorn(1, 1) as server, gunicorn(1, 1, database_url=small) as other:
        asks: list[tuple[int, str]] = [
            (other.port, DASHBOARD),
            (server.port, DASHBOARD),
            (other.port, f"{DASHBOARD}?days=90"),
            (server.port, f"{DASHBOARD}?days=90"),
            (server.port, f"/one-order/{number}/"),
        ]
        times = [
            [seconds(partial(get, port, address, cookie)) for port, address in asks]
            for _ in range(10 * rounds + 3)
        ]
    few, many, few_90, many_90, one = map(statistics.median, zip(*times[3:], strict=True))
    print(f"dashboard {few * 1000:.0f} ms, {many * 1000:.0f} ms; 90 days {few_90 * 1000:.0f} ms, "
          f"{many_90 * 1000:.0f} ms; one order {one * 1000:.0f} ms", flush=True)  # fmt: skip
    return {"dashboard": many / few, "90 days": many_90 / few_90, "share": one / many}


def signed_in() -> str:
    """A session of an analyst's."""
    from django.test import Client

    from accounts.models import Role, User

    client = Client()
    client.force_login(User.objects.filter(role=Role.ANALYST).earliest("pk"))
    return client.cookies["sessionid"].value


def newest_order() -> str:
    from orders.models import Order

    return Order.objects.order_by("-pk")[0].number


def clone(url: str, name: str) -> None:
    """A copy of the database as it is, beside it."""
    import psycopg

    with psycopg.connect(url.replace("/postgres?", "/template1?"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE postgres STRATEGY file_copy")


# --- checks ---------------------------------------------------------------------------------------


def checks(rounds: int) -> dict[str, float]:
    """Refuses data in which the checks find something: they would be busy with that."""
    from monitoring import running

    predicates = bare_predicates()

    def ours() -> None:
        for one in running.run():
            assert one.status == "passed", f"{one.check_name}: {one.status} {one.found} {one.error}"

    return {"checks": best_ratio(ours, lambda: [fetch(*one) for one in predicates], rounds)}


def bare_predicates() -> list[tuple[str, Any]]:
    """What each check asks the database to find what is wrong, and nothing of what it does besides."""
    from unittest.mock import patch

    from django.db import connection, transaction
    from django.utils import timezone

    from monitoring import check

    asked: list[tuple[str, Any]] = []

    def noted(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
        asked.append((sql, parameters))
        return execute(sql, parameters, many, context)

    def streamed(cursor: Any, sql: str, parameters: Any) -> Any:
        cursor.execute(sql, parameters)
        return cursor.fetchall()

    with (
        patch.object(check, "_streamed", streamed),
        connection.execute_wrapper(noted),
        transaction.atomic(),
    ):
        for one in check.registry.values():
            list(one.find(timezone.now()))
    return [(sql, parameters) for sql, parameters in asked if sql.lstrip().startswith(("SELECT", "WITH"))]


def peak_of_checks() -> float:
    """The most memory that a run of its own took, in MB."""
    code = (
        "import resource, subprocess, sys; "
        f"subprocess.run([sys.executable, {MANAGE!r}, 'run_checks'], check=True, stdout=subprocess.DEVNULL); "
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    told = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return int(told.stdout) / 1024
