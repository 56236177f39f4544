"""Tell stories to the webhook, and read what became of them, in few words."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.test import TestCase

from orders.models import Order
from payments import inbox
from payments.models import EventSource, LedgerEntry, StripeEvent
from payments.stories import delivery
from payments.stories.journal import Journal, is_answer
from payments.stories.story import Story
from payments.stories.versions import Json
from payments.tests.posting import deliver, with_webhook_secret
from purelaka.testing import make_order

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)
DAY = timedelta(days=1)
Entry = tuple[str, int, str]  # kind, amount, day


def paid_story(number: str = "PL-1", amount: int = 42_00, **fields: Any) -> Story:
    """A story whose payment has gone through, at noon on 15 June."""
    story = Story(
        **{"order_number": number, "amount": amount, "at": NOON, "fee_after": timedelta(0), **fields}
    )
    story.is_paid()
    return story


def order_of(story: Story, **fields: Any) -> Order:
    """The pending order that this story pays."""
    intent = story.intent
    return make_order(
        **{
            "number": story.order_number,
            "amount_total": intent["amount"],
            "currency": intent["currency"],
            "payment_intent_id": story.payment_intent_id,
            **fields,
        }
    )


def entries() -> list[Entry]:
    """The ledger, as it was posted; the year is 2026."""
    rows = LedgerEntry.objects.order_by("pk").values_list("kind", "amount", "occurred_on")
    return [(kind, amount, day.strftime("%d %b")) for kind, amount, day in rows]


def net(*kinds: str) -> int:
    """The sum of these kinds' entries, in whatever order and however often corrected."""
    return sum(entry.amount for entry in LedgerEntry.objects.filter(kind__in=kinds))


def net_by_source(kind: str) -> dict[str, int]:
    """The sum of each source's entries of this kind; those that cancel out are left out."""
    sums: Counter[str] = Counter()
    for entry in LedgerEntry.objects.filter(kind=kind):
        sums[entry.source_id] += entry.amount
    return {source: amount for source, amount in sums.items() if amount}


@with_webhook_secret()
class StoryTestCase(TestCase):
    """Events are posted, signed; answers of Stripe's API come as our own code brings them."""

    def tell(self, *told: Json) -> None:
        """Each must be answered 200."""
        for said in told:
            if is_answer(said):
                inbox.receive(delivery.body(said).decode(), source=EventSource.API)
            else:
                response = deliver(self.client, said)
                self.assertEqual(response.status_code, 200, said["type"])

    def tell_all(self, *journals: Journal) -> None:
        """Everything that was said and has not been told yet."""
        known = set(StripeEvent.objects.values_list("event_id", flat=True))
        self.tell(*(said for journal in journals for said in journal.told if said["id"] not in known))

    def assert_order(self, number: str = "PL-1", **wanted: object) -> Order:
        order = Order.objects.get(number=number)
        found = {name: getattr(order, name) for name in wanted}
        self.assertEqual(found, wanted)
        return order

    def assert_entries(self, *wanted: Entry) -> None:
        self.assertEqual(entries(), list(wanted))


def only(types: Iterable[str] | str, journal: Journal) -> list[Json]:
    """The events of these types."""
    wanted = {types} if isinstance(types, str) else set(types)
    return [event for event in journal.events if event["type"] in wanted]
