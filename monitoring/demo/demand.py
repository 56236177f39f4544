"""When people buy: more every month, most on Sunday evenings and before Christmas."""

from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from random import Random

from purelaka.days import store_day, store_zone

MONTHS = 18
WEEKDAY = (1.15, 1.0, 1.0, 1.05, 0.9, 0.8, 1.25)  # Monday first
MONTH = (0.75, 0.8, 0.9, 0.95, 1.0, 1.05, 1.05, 0.95, 1.0, 1.05, 1.5, 1.45)  # January first
HOUR = (2, 1, 1, 0.5, 0.5, 1, 2, 4, 6, 7, 8, 8, 10, 9, 7, 7, 7, 8, 9, 12, 14, 14, 10, 5)
GROWTH = 2.2  # as many orders at the end as at the beginning, times this


def first_day(end: datetime) -> date:
    """The first day of the story that ends at `end`: the first of a month, 18 months earlier."""
    day = store_day(end)
    months = day.year * 12 + day.month - 1 - MONTHS
    return date(months // 12, months % 12 + 1, 1)


def moments(random: Random, end: datetime, count: int) -> list[datetime]:
    """`count` moments before `end`, earliest first."""
    hours = _hours(first_day(end), end)
    weights = list(accumulate(_weight(hour, hours[0], end) for hour in hours))
    picked = random.choices(hours, cum_weights=weights, k=count)
    return sorted(hour + timedelta(seconds=random.randrange(3600)) for hour in picked)


def _hours(first: date, end: datetime) -> list[datetime]:
    """Every full hour from the first day until `end`."""
    start = datetime(first.year, first.month, first.day, tzinfo=store_zone()).astimezone(UTC)
    return [start + timedelta(hours=count) for count in range(int((end - start) / timedelta(hours=1)))]


def _weight(hour: datetime, start: datetime, end: datetime) -> float:
    local = hour.astimezone(store_zone())
    grown = 1 + (GROWTH - 1) * ((hour - start) / (end - start))
    return grown * WEEKDAY[local.weekday()] * MONTH[local.month - 1] * HOUR[local.hour]
