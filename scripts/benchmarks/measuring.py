"""What the figures' benchmark measures with: the time of two things in turn, a page, a statement."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from typing import Any


def best_ratio(
    ours: Callable[[], object],
    bare: Callable[[], object],
    rounds: int,
    *,
    before: Callable[[], None] = lambda: None,
) -> float:
    """The quickest of ours against the quickest of the other, in turn; a first round warms up."""
    times = []
    for _ in range(rounds + 1):
        before()
        times.append((seconds(ours), seconds(bare)))
    counted = times[1:]
    mine, other = min(one for one, _ in counted), min(one for _, one in counted)
    print(f"{mine:.3f} s, bare {other:.3f} s", flush=True)
    return mine / other


def seconds(what: Callable[[], object]) -> float:
    begun = time.perf_counter()
    what()
    return time.perf_counter() - begun


@contextmanager
def timed(what: str) -> Iterator[None]:
    begun = time.perf_counter()
    yield
    print(f"\n{what}, ready in {time.perf_counter() - begun:.0f} s", flush=True)


def asked(port: int, url: str, session: str) -> HTTPConnection:
    connection = HTTPConnection("localhost", port, timeout=600)
    connection.request("GET", url, headers={"Cookie": f"sessionid={session}"})
    return connection


def get(port: int, url: str, session: str) -> None:
    """The whole answer, which must be a page or a file."""
    connection = asked(port, url, session)
    answer = connection.getresponse()
    while answer.read(65536):
        pass
    connection.close()
    assert answer.status == 200, f"{url}: {answer.status}"


def execute(statement: str) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement)


def fetch(statement: str, parameters: Any) -> list[Any]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())
