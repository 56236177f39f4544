"""How a moment or a day is said to people. Everything is told in the store's time zone."""

from datetime import date, datetime, timedelta

from purelaka.days import store_day, store_zone


def full(moment: datetime) -> str:
    """`24 Nov 2026, 14:24:59`."""
    local = moment.astimezone(store_zone())
    return f"{day(local.date())}, {local:%H:%M:%S}"


def exact(moment: datetime, *, now: datetime) -> str:
    """To the second, for timelines: `23 Nov 10:06:19`, with the year when it is not this one."""
    local = moment.astimezone(store_zone())
    return f"{_day_in_year(local.date(), store_day(now))} {local:%H:%M:%S}"


def spoken(moment: datetime, *, now: datetime) -> str:
    """`4 min ago`, `today 13:23`, `yesterday 23:06`, `22 Nov 23:22`, `22 Nov 2025`, `tomorrow 09:00`."""
    ago = (now - moment).total_seconds()
    if 0 <= ago < 60:
        return "just now"
    if 0 <= ago < 3600:
        return f"{int(ago // 60)} min ago"
    return _by_day(moment.astimezone(store_zone()), store_day(now))


def day(when: date) -> str:
    """`24 Nov 2026`."""
    return f"{when.day} {when:%b %Y}"


def long_day(when: date) -> str:
    """`Tuesday 24 November 2026`."""
    return f"{when:%A} {when.day} {when:%B %Y}"


def short_day(when: date) -> str:
    """`24 Nov`, for an axis or a table whose year is said elsewhere."""
    return f"{when.day} {when:%b}"


def day_range(start: date, end: date) -> str:
    """Both days included: `26 Oct – 24 Nov 2026`, `3 Dec 2025 – 2 Jan 2026`, or one day alone."""
    if start == end:
        return day(start)
    first = short_day(start) if start.year == end.year else day(start)
    return f"{first} – {day(end)}"


def _by_day(local: datetime, today: date) -> str:
    near = {0: "today", 1: "yesterday", -1: "tomorrow"}.get((today - local.date()) // timedelta(days=1))
    if near:
        return f"{near} {local:%H:%M}"
    if local.year == today.year:
        return f"{short_day(local.date())} {local:%H:%M}"
    return day(local.date())


def _day_in_year(when: date, today: date) -> str:
    return short_day(when) if when.year == today.year else day(when)
