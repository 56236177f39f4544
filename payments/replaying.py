"""Replay by a person: which events, only to see or for real, once however often the form is sent."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from django.http import QueryDict
from django.utils import timezone

from accounts.models import User
from audit import log
from payments.filters import EventFilter
from payments.models import StripeEvent
from payments.models.inbox import EventReplay
from payments.replay import in_order, replay

MOST = 500  # more would keep the page, and on SQLite everybody else, waiting: there is a command for that


class Chosen(NamedTuple):
    """Events to replay, those that came first. `number` is how many were asked for, `query` their filter."""

    pks: list[int]
    number: int
    query: str = ""


def chosen(form: QueryDict) -> Chosen:
    """The ticked events of a posted form, or with `all` those that match its `query`; at most MOST."""
    if "all" in form:
        matching = EventFilter(QueryDict(form.get("query", "").removeprefix("?")))
        events = matching.events().order_by("pk")
        pks = list(events.values_list("pk", flat=True)[:MOST])
        return Chosen(pks, events.count() if len(pks) == MOST else len(pks), matching.understood)
    asked = {int(text) for text in form.getlist("event") if _is_key(text)}
    known = list(StripeEvent.objects.filter(pk__in=asked).order_by("pk").values_list("pk", flat=True))
    return Chosen(known[:MOST], len(known))


def run(key: UUID, pks: Sequence[int], *, query: str, actor: User) -> EventReplay:
    """Apply the events, each in a transaction of its own, and write down what became of each.

    A second call with the same key does nothing and returns the first one's replay.
    """
    rows = {"actor": actor, "query": query, "event_count": len(pks), "started_at": timezone.now()}
    made, is_new = EventReplay.objects.get_or_create(key=key, defaults=rows)
    if not is_new:
        return made
    events = StripeEvent.objects.filter(pk__in=pks)
    before = {
        event_id: (kind, status)
        for event_id, kind, status in events.values_list("event_id", "type", "status")
    }
    for receipt in replay(in_order(events)):
        kind, was = before[receipt.event_id]
        made.results.append([receipt.event_id, kind, was, receipt.status, receipt.reason[:300]])
    made.finished_at = timezone.now()
    made.save(update_fields=["results", "finished_at"])
    log.record(
        "events.replayed",
        actor=actor,
        target=made,
        query=query,
        events=[result[0] for result in made.results],
        counts=counts(made),
    )
    return made


def counts(done: EventReplay) -> dict[str, int]:
    """How many events ended in each status."""
    found: dict[str, int] = {}
    for result in done.results:
        found[result[3]] = found.get(result[3], 0) + 1
    return found


def _is_key(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19
