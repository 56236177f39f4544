"""Events taken in per second, against a view that only verifies and inserts.

Distinct signed events of paid and sometimes refunded orders go to gunicorn on Postgres, at 8 and
at 32 connections. In turn with them, as many others go to a bare view in the same process:
`stripe.Webhook.construct_event` and one INSERT. Ours must reach LIMIT of its rate, without errors.
"""

import argparse
import secrets
import statistics
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice

from benchmarks.load import Load, http_post, post_all
from benchmarks.servers import configure, gunicorn, postgres

LIMIT = 0.4
CONNECTIONS = (8, 32)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--events", type=int, default=3000, help="events per burst (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="bursts of each kind (default: %(default)s)")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--threads", type=int, default=4)


def run(options: argparse.Namespace) -> int:
    """Print the table; 0 when every limit is kept."""
    secret = f"whsec_{secrets.token_hex(16)}"
    with postgres() as url:
        configure(url, secret)
        bodies = prepared(options.events * (options.rounds + 1) * len(CONNECTIONS))
        with gunicorn(options.workers, options.threads) as server:
            results = [measure(server.port, n, bodies, secret, options) for n in CONNECTIONS]
    print(f"\n{'connections':>11} {'ours/s':>8} {'bare/s':>8} {'ratio':>6} {'limit':>6} {'errors':>6}")
    for n, (ours, bare, ratio, errors) in zip(CONNECTIONS, results, strict=True):
        print(f"{n:>11} {ours:>8.0f} {bare:>8.0f} {ratio:>6.2f} {LIMIT:>6.2f} {errors:>6}")
    kept = all(ratio >= LIMIT and not errors for _, _, ratio, errors in results)
    print("kept" if kept else "MISSED")
    return 0 if kept else 1


def measure(
    port: int, connections: int, bodies: Iterator[bytes], secret: str, options: argparse.Namespace
) -> tuple[float, float, float, int]:
    """Median rates of both views over the rounds, the median of their ratios, and all errors.

    The first burst of each warms up and does not count.
    """
    pairs: list[tuple[Load, Load]] = []
    for _ in range(options.rounds + 1):
        burst = list(islice(bodies, options.events))
        ours = post_all(port, signed("/payments/webhook/", burst, secret), connections)
        bare = post_all(port, signed("/bare/", burst, secret), connections)
        print(f"{connections} connections: ours {ours.rate:.0f}/s, bare {bare.rate:.0f}/s", flush=True)
        pairs.append((ours, bare))
    counted = pairs[1:]
    return (
        statistics.median(ours.rate for ours, _ in counted),
        statistics.median(bare.rate for _, bare in counted),
        statistics.median(ours.rate / bare.rate for ours, bare in counted),
        sum(ours.errors + bare.errors for ours, bare in pairs),
    )


def signed(path: str, bodies: list[bytes], secret: str) -> list[bytes]:
    """Requests signed now: a signature lasts five minutes."""
    from payments.stories.delivery import sign

    return [
        http_post(path, body, {"Content-Type": "application/json", "Stripe-Signature": sign(body, secret)})
        for body in bodies
    ]


def prepared(count: int) -> Iterator[bytes]:
    """Make the orders and the table that the events need; gives the events' bodies in order."""
    from django.db import connection

    from benchmarks.urls import CREATE_TABLE
    from payments.stories.delivery import body

    with connection.cursor() as cursor:
        cursor.execute(CREATE_TABLE)
    stories = placed_stories(count)
    connection.close()
    return iter([body(event) for events in stories for event in events][:count])


def placed_stories(count: int, prefix: str = "PL") -> list[list[dict[str, object]]]:
    """Enough orders of a small shop, and what Stripe says of each."""
    from orders.placing import Line, place_order
    from payments.stories.story import Story
    from purelaka.testing import make_variant

    variants = [make_variant(stock=10**6) for _ in range(20)]
    at = datetime.now(UTC) - timedelta(days=1)
    told: list[list[dict[str, object]]] = []
    while sum(len(events) for events in told) < count:
        number = f"{prefix}-{len(told)}"
        lines = [Line(variants[len(told) % 20], 1), Line(variants[len(told) * 7 % 20], 2)]
        story = Story(order_number=number, amount=sum(x.quantity for x in lines) * 10_00, at=at)
        place_order(
            lines,
            email=f"{number}@example.com".lower(),
            number=number,
            payment_intent_id=story.payment_intent_id,
        )
        story.is_paid()
        if len(told) % 10 == 0:
            story.is_refunded(5_00)
        told.append(story.events)
    return told
