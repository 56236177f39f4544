"""How well Stripe reaches us: when it last did, how long its events took, and hours without any.

Of what came to the webhook alone: answers of Stripe's API and imports took no way to us. All of it is
read from one index. Stripe counts whole seconds, so a lag is right to about a second.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from django.db import connection
from django.db.models import F, Max

from payments.models import EventSource, EventStatus, StripeEvent
from purelaka import moments, sql
from purelaka.days import day_start, store_day, store_zone
from purelaka.figures import Cell, Chart, count_cell

DAYS = 7
WEEKS_BEFORE = 4
USUALLY = 3  # of the weeks before had events in this hour of the week
LATE = timedelta(minutes=5)
HOUR = timedelta(hours=1)
QUIET_AFTER = timedelta(days=1)
LAG = {
    "sqlite": "(julianday(e.received_at) - julianday(e.created)) * 86400",
    "postgresql": "EXTRACT(EPOCH FROM e.received_at - e.created)",
}
HOUR_OF = {
    "sqlite": "CAST(strftime('%%s', received_at) AS INTEGER) / 3600",
    "postgresql": "CAST(FLOOR(EXTRACT(EPOCH FROM received_at) / 3600) AS BIGINT)",
}
# The nearest rank: of 20 lags in order, the 19th is the 95th percentile.
LAGS = """WITH span(place, since, until) AS (VALUES {spans}),
    ranked AS (
        SELECT s.place, {lag} AS lag,
            ROW_NUMBER() OVER (PARTITION BY s.place ORDER BY {lag}) AS rank,
            COUNT(*) OVER (PARTITION BY s.place) AS number
        FROM span s CROSS JOIN payments_stripeevent e  -- in this order, so that each span enters the index
            WHERE e.source = 'webhook' AND e.received_at >= s.since AND e.received_at < s.until)
    SELECT place, MAX(number),
        MIN(CASE WHEN rank * 2 >= number THEN lag END),
        MIN(CASE WHEN rank * 100 >= number * 95 THEN lag END),
        MAX(lag)
    FROM ranked GROUP BY place ORDER BY place"""
HOURS = """SELECT {hour}, COUNT(*) FROM payments_stripeevent
    WHERE source = 'webhook' AND received_at >= %s AND received_at < %s GROUP BY 1"""


class Lag(NamedTuple):
    """How long the events that came within a span took, in seconds; None where none came."""

    since: datetime
    number: int
    median: float | None
    p95: float | None
    longest: float | None


class Gap(NamedTuple):
    """Hours, one after the other, in which nothing came though something usually does."""

    since: datetime
    until: datetime

    @property
    def hours(self) -> int:
        return (self.until - self.since) // HOUR


class Gaps(NamedTuple):
    """`watched` is in how many hours of the last 7 days something usually comes."""

    found: list[Gap]
    watched: int


class Reached(NamedTuple):
    """The way from Stripe to here, now. `tone` is `good`, `warning` or empty."""

    last: datetime | None
    failed: int
    late: int
    tone: str


def reached(now: datetime) -> Reached:
    """When Stripe last reached us, how many events failed, and how many of 7 days came late."""
    came = StripeEvent.objects.filter(source=EventSource.WEBHOOK)
    last = came.aggregate(last=Max("received_at"))["last"]
    late = came.filter(received_at__gte=now - timedelta(days=DAYS), received_at__gt=F("created") + LATE)
    failed = StripeEvent.objects.filter(status=EventStatus.FAILED).count()
    tone = "" if last is None else "good" if now - last < QUIET_AFTER else "warning"
    return Reached(last, failed, late.count(), tone)


def lags(now: datetime, *, hourly: bool = False) -> list[Lag]:
    """The last 7 days, today included, by day or by hour of the store's; one query."""
    spans = _hours(now) if hourly else _days(now)
    stored = connection.ops.adapt_datetimefield_value
    values = ", ".join([f"({place}, %s, %s)" for place in range(len(spans))])
    statement = LAGS.format(spans=values, lag=LAG[connection.vendor])
    rows = sql.fetch(statement, [stored(moment) for span in spans for moment in span])
    known = {place: (number, *map(float, took)) for place, number, *took in rows}
    return [Lag(since, *known.get(place, (0, None, None, None))) for place, (since, _) in enumerate(spans)]


def gaps(now: datetime) -> Gaps:
    """Whole hours of the last 7 days without any event, where in at least 3 of the 4 weeks before the
    same hour of the week had one. Newest first; one query."""
    end = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    start = end - timedelta(days=DAYS)
    first = start - timedelta(weeks=WEEKS_BEFORE)
    stored = connection.ops.adapt_datetimefield_value
    rows = sql.fetch(HOURS.format(hour=HOUR_OF[connection.vendor]), [stored(first), stored(end)])
    busy = {int(hour) for hour, _ in rows}
    week = DAYS * 24
    usual = [
        hour
        for hour in range(_hour(start), _hour(end))
        if sum(hour - week * back in busy for back in range(1, WEEKS_BEFORE + 1)) >= USUALLY
    ]
    return Gaps(_joined(hour for hour in usual if hour not in busy)[::-1], len(usual))


def lag_chart(found: Iterable[Lag], *, hourly: bool) -> Chart:
    """How long events took, with a row for each day or hour."""
    rows = [
        [
            Cell(_label(lag.since, hourly)),
            *map(_seconds, (lag.median, lag.p95, lag.longest)),
            count_cell(lag.number),
        ]
        for lag in found
    ]
    return Chart(
        kind="lag",
        title="How long events took to reach us",
        sub=f"seconds, by {'hour' if hourly else 'day'} of arrival",
        columns=["Hour" if hourly else "Day", "Half within", "95% within", "Longest", "Events"],
        rows=rows,
        keys=[("1", "Half within"), ("3", "95% within"), ("loss", "Longest")],
        foot="From the moment Stripe gives an event to its arrival; webhook alone, right to about a second.",
    )


def _label(since: datetime, hourly: bool) -> str:
    local = since.astimezone(store_zone())
    day = moments.short_day(local.date())
    return f"{day} {local:%H:%M}" if hourly else day


def _seconds(lag: float | None) -> Cell:
    return Cell("–", None) if lag is None else Cell(spoken(lag), round(max(lag, 0), 1))


def spoken(lag: float) -> str:
    """Seconds for people: `0.8 s`, `12 min`, `3.5 h`."""
    lag = max(lag, 0)
    return f"{lag:.1f} s" if lag < 120 else f"{lag / 60:.0f} min" if lag < 7200 else f"{lag / 3600:.1f} h"


def _days(now: datetime) -> list[tuple[datetime, datetime]]:
    today = store_day(now)
    days = [today - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
    return [(day_start(day), day_start(day + timedelta(days=1))) for day in days]


def _hours(now: datetime) -> list[tuple[datetime, datetime]]:
    """From the beginning of the first day to this hour."""
    hour, spans = _days(now)[0][0], []
    while hour <= now:
        spans.append((hour, hour + HOUR))
        hour += HOUR
    return spans


def _hour(moment: datetime) -> int:
    return int(moment.timestamp()) // 3600


def _joined(hours: Iterable[int]) -> list[Gap]:
    runs: dict[int, list[int]] = defaultdict(list)
    for place, hour in enumerate(hours):
        runs[hour - place].append(hour)
    return [Gap(_moment(run[0]), _moment(run[-1] + 1)) for run in runs.values()]


def _moment(hour: int) -> datetime:
    return datetime.fromtimestamp(hour * 3600, UTC)
