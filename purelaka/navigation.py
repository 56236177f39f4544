"""The staff's sidebar: one table of entries, with a count where work waits.

Who sees an entry follows from the page itself: the roles that its view lets in. An entry whose page
does not exist is left out. An app that owns a page can say how much work waits there:

    @navigation.counter("monitoring:monitoring-issues")
    def open_issues() -> navigation.Waiting:
        number = DataQualityIssue.objects.open().count()
        return navigation.Waiting(number, f"{number} open issues", urgent=True)

It is asked on every staff page, so it must be one cheap query. Register it where `ready()` imports it.
Counts that come from one query are registered together: `@navigation.counters("…", "…")`.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.http import HttpRequest
from django.urls import NoReverseMatch, get_script_prefix, resolve, reverse


@dataclass(frozen=True)
class Entry:
    """A page that the sidebar leads to."""

    label: str
    icon: str
    url_name: str


class Waiting(NamedTuple):
    """Work that waits on a page. `urgent`: a person must act."""

    number: int
    title: str
    urgent: bool = False


class Link(NamedTuple):
    """An entry as one person sees it. `current`: "page", "true" (a page below it) or empty."""

    entry: Entry
    url: str
    current: str
    waiting: Waiting | None


class Group(NamedTuple):
    """Entries under one heading; the first group has none."""

    heading: str
    links: list[Link]


Counter = Callable[[], Waiting]

ENTRIES: dict[str, list[Entry]] = {
    "": [
        Entry("Overview", icon="home", url_name="monitoring:overview"),
        Entry("Orders", icon="receipt", url_name="orders:order-list"),
        Entry("Can't be sent", icon="package-off", url_name="payments:stuck-list"),
        Entry("Payments", icon="credit-card", url_name="payments:payment-list"),
        Entry("Disputes", icon="gavel", url_name="payments:dispute-list"),
        Entry("Payouts", icon="building-bank", url_name="payments:payout-list"),
        Entry("Catalogue", icon="package", url_name="catalog:product-list"),
    ],
    "Figures": [
        Entry("Analytics", icon="chart-bar", url_name="analyticsapp:dashboard"),
        Entry("Months", icon="calendar", url_name="analyticsapp:months"),
        Entry("Wishes", icon="heart", url_name="analyticsapp:wishes"),
    ],
    "Proof": [
        Entry("Monitoring", icon="activity-heartbeat", url_name="monitoring:monitoring-issues"),
        Entry("Events", icon="webhook", url_name="payments:event-list"),
        Entry("Audit", icon="history", url_name="audit:log"),
        Entry("Staff", icon="user", url_name="staff:list"),
    ],
}
_counters: dict[str, Counter] = {}
_together: dict[tuple[str, ...], Callable[[], Sequence[Waiting]]] = {}


def counter(url_name: str) -> Callable[[Counter], Counter]:
    """Register the decorated function as the count beside the entry of `url_name`."""

    def register(count: Counter) -> Counter:
        _counters[url_name] = count
        return count

    return register


def counters(
    *url_names: str,
) -> Callable[[Callable[[], Sequence[Waiting]]], Callable[[], Sequence[Waiting]]]:
    """The same for several entries; the decorated function returns their counts in this order."""

    def register(count: Callable[[], Sequence[Waiting]]) -> Callable[[], Sequence[Waiting]]:
        _together[url_names] = count
        return count

    return register


def groups(request: HttpRequest, role: str) -> list[Group]:
    """The sidebar for this role on this page. Groups without a page are left out."""
    pages = {
        entry: url for entries in ENTRIES.values() for entry in entries if (url := _open_to(entry, role))
    }
    waiting = _waiting([entry.url_name for entry in pages])
    here = max((url for url in pages.values() if request.path.startswith(url)), key=len, default="")
    found = [
        Group(
            heading,
            [_link(entry, pages[entry], here, request, waiting) for entry in entries if entry in pages],
        )
        for heading, entries in ENTRIES.items()
    ]
    return [group for group in found if group.links]


def _open_to(entry: Entry, role: str) -> str:
    """The entry's address, or empty when there is no such page for this role."""
    try:
        url = reverse(entry.url_name)
    except NoReverseMatch:
        return ""
    view = resolve("/" + url.removeprefix(get_script_prefix())).func
    return url if role in getattr(view, "roles", ()) else ""


def _waiting(shown: Collection[str]) -> dict[str, Waiting]:
    found = {name: count() for name, count in _counters.items() if name in shown}
    for names, count_all in _together.items():
        if not set(names).isdisjoint(shown):
            found |= dict(zip(names, count_all(), strict=True))
    return found


def _link(entry: Entry, url: str, here: str, request: HttpRequest, waiting: dict[str, Waiting]) -> Link:
    current = "" if url != here else "page" if request.path == url else "true"
    return Link(entry, url, current, waiting.get(entry.url_name))
