"""Apply stored events again."""

from argparse import ArgumentParser, ArgumentTypeError
from collections import Counter
from datetime import date, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import QuerySet
from django.utils import timezone

from audit import log
from payments.inbox import Receipt
from payments.models import EventStatus, StripeEvent
from payments.replay import Rehearsal, in_order, rehearse, replay
from purelaka.days import day_start, store_zone
from purelaka.money import display


class Command(BaseCommand):
    help = (
        "Apply stored events again, in the order in which they came. Safe to run at any time: what is there "
        "already stays as it is. Into emptied projections it rebuilds them. Exit code 1 if an event fails."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--status", choices=["failed", "all"], default="failed", help="which events (default: failed)"
        )
        parser.add_argument("--type", default="", help="only events of this type, such as refund.updated")
        parser.add_argument(
            "--event", action="append", default=[], help="this event whatever its status, evt_…; repeatable"
        )
        parser.add_argument(
            "--object", default="", help="only events about this object of Stripe's, such as pi_…"
        )
        parser.add_argument(
            "--since", type=_moment, help="only events received since this day or moment, as ISO 8601"
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="show what would change, in a transaction that is undone"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        events = _events(options)
        failed = self._rehearse(events) if options["dry_run"] else self._replay(events)
        if failed:
            raise CommandError(f"{failed:,} events fail. Their pages in the store say why.", returncode=1)

    def _replay(self, events: QuerySet[StripeEvent, StripeEvent]) -> int:
        counts: Counter[str] = Counter()
        for receipt in replay(in_order(events)):
            counts[receipt.status] += 1
            self._complain(receipt)
        log.record("events.replayed", counts=dict(counts))
        self.stdout.write(_summary("replayed", counts))
        return counts[EventStatus.FAILED]

    def _rehearse(self, events: QuerySet[StripeEvent, StripeEvent]) -> int:
        seen = rehearse(in_order(events))
        for receipt in seen.failures:
            self._complain(receipt)
        self._tell(seen)
        self.stdout.write(f"Dry run, nothing was written. {_summary('would replay', seen.receipts)}")
        return seen.receipts[EventStatus.FAILED]

    def _tell(self, seen: Rehearsal) -> None:
        for entry in seen.entries:
            about = f"{entry.order or 'no order'} {entry.source_id} on {entry.occurred_on}"
            self.stdout.write(f"would post {entry.kind} {display(entry.amount, entry.currency)}: {about}")
        for moved in seen.movements:
            self.stdout.write(f"would move {moved.quantity} of {moved.variant.sku} ({moved.reason})")
        for change in seen.orders:
            was, becomes = change.said
            self.stdout.write(f"would change order {change.name} {change.column}: {was} -> {becomes}")
        others = {(change.kind, change.name) for change in seen.changes} - {
            (change.kind, change.name) for change in seen.orders
        }
        orders = {change.name for change in seen.orders}
        self.stdout.write(
            f"{len(seen.entries):,} ledger entries and {len(seen.movements):,} stock movements would be "
            f"posted, {len(orders):,} orders and {len(others):,} facts would change."
        )

    def _complain(self, receipt: Receipt) -> None:
        if receipt.status == EventStatus.FAILED:
            self.stderr.write(f"failed {receipt.event_id}: {receipt.reason}")


def _events(options: dict[str, Any]) -> QuerySet[StripeEvent, StripeEvent]:
    events, named = StripeEvent.objects.all(), options["event"]
    if named:
        events = events.filter(event_id__in=named)
        if unknown := sorted({*named} - {*events.values_list("event_id", flat=True)}):
            raise CommandError(f"There is no event {', '.join(unknown)}.")
    elif options["status"] == "failed":
        events = events.filter(status=EventStatus.FAILED)
    for option, column in (("type", "type"), ("object", "object_id"), ("since", "received_at__gte")):
        if options[option]:
            events = events.filter(**{column: options[option]})
    return events


def _summary(verb: str, counts: Counter[str]) -> str:
    parts = ", ".join(f"{status}={counts[status]}" for status in EventStatus.values)
    return f"{verb}={counts.total()}: {parts}"


def _moment(text: str) -> datetime:
    """A moment, or the start of a day of the store's; without an offset it is the store's time."""
    try:
        if len(text) == len("2026-11-24"):
            return day_start(date.fromisoformat(text))
        moment = datetime.fromisoformat(text)
        return moment if timezone.is_aware(moment) else moment.replace(tzinfo=store_zone())
    except (ValueError, OverflowError):
        raise ArgumentTypeError(f"{text!r} is no moment: write one as 2026-11-24T14:30+00:00") from None
