"""Days in the store's time zone, as half-open UTC bounds. Moments are stored in UTC."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings


def store_zone() -> ZoneInfo:
    """The store's time zone (`TIME_ZONE`)."""
    return ZoneInfo(settings.TIME_ZONE)


def store_day(moment: datetime) -> date:
    """The store-local calendar day of an aware moment."""
    return moment.astimezone(store_zone()).date()


def day_start(day: date) -> datetime:
    """The UTC moment at which a store-local day begins. Days have 23, 24 or 25 hours."""
    return datetime(day.year, day.month, day.day, tzinfo=store_zone()).astimezone(UTC)


def day_bounds(start: date, end: date) -> tuple[datetime, datetime]:
    """`[from, to)` in UTC for the days `start` to `end`, both included."""
    return day_start(start), day_start(end + timedelta(days=1))


def whole_second(moment: datetime) -> datetime:
    """Stripe counts whole seconds: beside one of its moments, ours is compared as it would be there."""
    return moment.replace(microsecond=0)
