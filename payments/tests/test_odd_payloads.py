"""A signed body may still be odd: it is stored or refused, never an error of ours."""

from collections.abc import Iterator
from contextlib import suppress
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from django.test import TestCase
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase as HypothesisTestCase

from orders.models import Order
from payments.models import Charge, EventStatus, Refund, StripeEvent
from payments.stories.payouts import PayoutBook
from payments.stories.story import Story
from payments.stories.versions import Json
from payments.tests.posting import deliver, quiet, with_webhook_secret
from payments.tests.profiles import examples
from payments.tests.state import everything
from purelaka.testing import make_order

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)
Path = tuple[str | int, ...]

ODD: list[Any] = [
    *(None, True, False, 0, -1, 1.5, 1e300, 10**15, -(10**15), 2**63, -(2**63), 10**30, 10**400),
    *("", "0", "\x00", "\ud800", "x\x00y", "é" * 256, "x" * 5000, "evt_1", "gbp", "GBP", "XX", "£££"),
    *([], [[]], [None], ["x"], {}, {"id": None}, {"id": 7}, {"id": "\ud800"}, {"object": "charge"}),
    *(4_102_444_800, 32_503_680_000, -62_135_596_800, 253_402_300_799),
]


@cache
def real_events() -> list[Json]:
    """One of each kind of event there is a handler for, about one order and its payout."""
    story = Story(order_number="PL-1", amount=42_00, at=NOON)
    story.is_declined()
    story.asks_for_3d_secure()
    story.is_processing()
    story.is_paid()
    pending = story.is_refunded(5_00, status="pending", request_key="key")
    story.refund_settles(pending)
    story.refund_fails(pending)
    dispute = story.is_disputed(amount=20_00)
    story.dispute_is_answered(dispute)
    story.dispute_is_won(dispute)
    book = PayoutBook(at=NOON + timedelta(days=9))
    [payout] = book.pays_out(story.balance_transactions)
    book.payout_arrives(payout)
    book.payout_fails(payout)
    told = [*story.told, *book.told]
    return list({(said["type"], said["data"]["object"]["object"]): said for said in told}.values())


def paths(value: object, here: Path = ()) -> Iterator[Path]:
    """Every place in a JSON value, itself first."""
    yield here
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from paths(inner, (*here, key))


def put(value: Any, path: Path, odd: object) -> None:
    """Write `odd` into the place, unless something odd stands above it already."""
    with suppress(KeyError, IndexError, TypeError):
        for key in path[:-1]:
            value = value[key]
        value[path[-1]] = deepcopy(odd)


@st.composite
def odd_events(draw: st.DrawFn) -> Json:
    event = deepcopy(draw(st.sampled_from(real_events())))
    places = [path for path in paths(event) if path]
    # What the readers look at stands near the top: nested places would win by their number.
    near = [path for path in places if len(path) < 4]
    for path in draw(st.lists(st.sampled_from(near) | st.sampled_from(places), min_size=1, max_size=3)):
        put(event, path, draw(st.sampled_from(ODD)))
    return event


@with_webhook_secret()
class OddEventTests(HypothesisTestCase):
    @examples(100)
    @given(odd=odd_events(), comes_at=st.integers(0, 30))
    def test_whatever_is_odd_in_an_event_it_is_stored_or_refused(self, odd: Json, comes_at: int) -> None:
        order = make_order(number="PL-1", amount_total=42_00)
        before = [event for event in real_events()[:comes_at] if event["id"] != odd["id"]]
        for event in before[-3:]:
            deliver(self.client, event)
        self.deliver(odd)
        for event in real_events()[comes_at:][:3]:
            deliver(self.client, event)

        self.assertFalse(StripeEvent.objects.filter(status=EventStatus.FAILED).exists())
        everything()  # all of it can be read
        order.refresh_from_db()
        self.assertGreaterEqual(order.amount_refunded, 0)

    def deliver(self, odd: Json) -> None:
        before = StripeEvent.objects.count()
        with quiet("django.request"):
            response = deliver(self.client, odd)
        stored = StripeEvent.objects.count() - before
        self.assertIn((response.status_code, stored), [(200, 1), (400, 0)], response.text)


@with_webhook_secret()
class OddFieldTests(TestCase):
    """What fuzzing found, or might not find each time."""

    def setUp(self) -> None:
        self.story = Story(order_number="PL-1", amount=42_00, at=NOON)
        self.order = make_order(
            number="PL-1", amount_total=42_00, payment_intent_id=self.story.payment_intent_id
        )
        self.story.is_paid()
        for event in self.story.events:
            deliver(self.client, event)

    def receive(self, event: Json, **fields: object) -> StripeEvent:
        event["data"]["object"] |= fields
        self.assertEqual(deliver(self.client, event).status_code, 200)
        return StripeEvent.objects.get(event_id=event["id"])

    def refund(self, **fields: object) -> StripeEvent:
        self.story.passes(timedelta(days=1))
        self.story.is_refunded(10_00)
        created = [event for event in self.story.events if event["type"] == "refund.created"]
        return self.receive(created[-1], **fields)

    def test_an_amount_below_zero_moves_no_money(self) -> None:
        self.assertIn("amount", self.refund(amount=-10_00).reason)
        self.assertFalse(Refund.objects.exists())

    def test_a_refund_in_another_currency_than_the_payment_counts_for_nothing(self) -> None:
        self.assertEqual(self.refund(currency="usd").status, EventStatus.PROCESSED)
        self.order.refresh_from_db()
        self.assertEqual((self.order.amount_refunded, self.order.refund_status), (0, "none"))

    def test_words_for_people_never_cost_us_the_money(self) -> None:
        """A reason or a card's brand that can't be kept is cut or left out; the rest counts."""
        stored = self.refund(reason="x" * 500, failure_reason=["odd"], pending_reason="\x00")

        self.assertEqual(stored.status, EventStatus.PROCESSED)
        refund = Refund.objects.get()
        self.assertEqual((refund.reason, refund.failure_reason), ("x" * 64, ""))
        self.assertEqual(Order.objects.get().amount_refunded, 10_00)

    def test_odd_words_on_a_charge_leave_it_readable(self) -> None:
        self.story.passes(timedelta(hours=1))
        charge = self.story.charge
        assert charge is not None
        self.story.says("charge.updated", charge)
        card = {"brand": 7, "last4": "42424242"}
        details = {"type": "card", "card": card}
        self.receive(
            self.story.events[-1], failure_message="\ud800" + "x" * 9000, payment_method_details=details
        )

        stored = Charge.objects.get()
        self.assertEqual((stored.card_brand, stored.card_last4), ("", "4242"))
        self.assertEqual(len(stored.failure_message), 2000)
