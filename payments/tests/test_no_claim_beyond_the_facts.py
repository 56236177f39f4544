"""Property tests: whatever is lost, doubled, torn or replayed, the books say what the facts say."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from analyticsapp.models import AnalyticsSnapshotDaily, CustomerDay, ProductDay, RefundDay
from analyticsapp.rollups.build import build
from catalog.models import StockMovement, Variant
from monitoring.check import Finding
from monitoring.checks import events, ledger, orders, stock
from orders.models import Order, OrderItem, OrderStatus
from payments import inbox
from payments.models import EventSource, EventStatus, LedgerEntry, StripeEvent
from payments.replay import in_order, replay
from payments.stories import delivery
from payments.stories.journal import is_answer
from payments.stories.payouts import PayoutBook
from payments.stories.story import Story
from payments.stories.versions import Json
from payments.tests.profiles import examples
from payments.tests.state import FACTS, everything
from payments.tests.strategies import paid_stories, stories
from payments.tests.undone import outcome_of
from purelaka import append_only
from purelaka.testing import make_order, make_variant

AMOUNT = 42_00
NOW = datetime(2027, 1, 1, tzinfo=UTC)
REFUND_KINDS = ("refund", "refund_reversal")
JUDGES = (  # each computes from the facts in SQL of its own, without the code that posts
    ledger.payments_in_ledger,
    ledger.fees_in_ledger,
    ledger.payouts_in_ledger,
    orders.orders_paid,
    orders.orders_refunded,
    orders.orders_disputed,
    stock.stock_moved,
    stock.stock_reserved,
    events.events_failed,
    events.events_odd,
    events.events_in_facts,
)


def receive(said: Json) -> inbox.Receipt:
    source = EventSource.API if is_answer(said) else EventSource.WEBHOOK
    return inbox.receive(delivery.body(said).decode(), source=source)


def place(number: str = "PL-1") -> Order:
    variant = Variant.objects.filter(sku="CREAM").first() or make_variant(sku="CREAM", stock=100)
    Variant.objects.filter(pk=variant.pk).update(unit_amount=AMOUNT)
    variant.refresh_from_db()
    return make_order(number=number, variant=variant, amount_total=AMOUNT)


def findings() -> list[Finding]:
    return [finding for judge in JUDGES for finding in judge(NOW)]


def shuffled(data: st.DataObject, told: Sequence[Json]) -> list[Json]:
    """In any order, some of them again."""
    again = data.draw(st.lists(st.sampled_from(told), max_size=5)) if told else []
    return [*data.draw(st.permutations(told)), *again]


class TornTests(TestCase):
    """Stripe sends an event again when the first time ended in a crash or an error of ours."""

    @examples(25)
    @given(story=stories(order_number="PL-1", amount=AMOUNT), data=st.data())
    def test_a_crash_or_an_error_at_any_event_changes_nothing_in_the_end(
        self, story: Story, data: st.DataObject
    ) -> None:
        told = shuffled(data, story.told)
        crashes = data.draw(st.sets(st.integers(0, len(told))))
        errors = data.draw(st.sets(st.integers(0, len(told))))

        def torn() -> dict[str, Any]:
            place()
            for index, said in enumerate(told):
                if index in crashes:
                    outcome_of(lambda said=said: receive(said))  # type: ignore[misc]
                if index in errors:
                    self.fails(said)
                self.assertNotEqual(receive(said).status, EventStatus.FAILED)
            return everything()

        def whole() -> dict[str, Any]:
            place()
            for said in told:
                receive(said)
            return everything()

        self.assertEqual(outcome_of(torn), outcome_of(whole))

    def fails(self, said: Json) -> None:
        """The event is stored, and applying it breaks off at the very end."""
        broken = patch("payments.handlers.project", side_effect=ZeroDivisionError)
        with broken, patch("payments.inbox.logger"):
            receive(said)


class LostTests(TestCase):
    """Only some of the events ever come, in any order."""

    @examples(60)
    @given(
        first=paid_stories(order_number="PL-1", amount=AMOUNT),
        second=stories(order_number="PL-1", seed="other", steps=2),
        data=st.data(),
    )
    def test_what_comes_never_claims_more_than_it_says(
        self, first: Story, second: Story, data: st.DataObject
    ) -> None:
        told = [*first.told, *data.draw(st.sampled_from([[], second.told]))]
        kept = [said for said in told if data.draw(st.booleans())]
        placed = data.draw(st.integers(0, len(kept)))
        for index, said in enumerate([*shuffled(data, kept), None]):
            if index == placed:
                place()
            if said is not None:
                receive(said)
        if not Order.objects.exists():
            place()

        self.check_order(Order.objects.get(), kept)
        refunded = -self.net(*REFUND_KINDS)
        ever = sum(refund["amount"] for story in (first, second) for refund in story.refunds)
        self.assertLessEqual(refunded, ever)
        # Of a refund that failed only the success may have come: then a person is told.
        told_of = ["More went back on PL-1 than was paid"] if refunded > AMOUNT else []
        self.assertEqual([finding.message for finding in findings()], told_of)

    def check_order(self, order: Order, kept: list[Json]) -> None:
        """It is paid if an event says so, and at most what was paid has gone back."""
        sale, refunded = self.net("sale"), -self.net(*REFUND_KINDS)
        paid = any(_says_paid(said) for said in kept)
        self.assertEqual(order.status, OrderStatus.PAID if sale else OrderStatus.PENDING)
        self.assertIn(sale, (0, AMOUNT) if paid else (0,))
        self.assertGreaterEqual(refunded, 0)
        self.assertEqual(order.amount_refunded, min(refunded, sale))

    def net(self, *kinds: str) -> int:
        return sum(LedgerEntry.objects.filter(kind__in=kinds).values_list("amount", flat=True))


class ReplayTests(TestCase):
    @examples(20)
    @given(
        first=stories(order_number="PL-1", amount=AMOUNT),
        second=stories(order_number="PL-1", seed="other", amount=AMOUNT, steps=2),
        data=st.data(),
    )
    def test_replaying_the_whole_inbox_changes_nothing(
        self, first: Story, second: Story, data: st.DataObject
    ) -> None:
        place()
        for said in shuffled(data, [*first.told, *second.told]):
            receive(said)
        before, entries = everything(), LedgerEntry.objects.count()
        list(replay(in_order(StripeEvent.objects.all())))

        self.assertEqual(everything(), before)
        self.assertEqual(LedgerEntry.objects.count(), entries)

    @examples(20)
    @given(story=stories(order_number="PL-1", amount=AMOUNT), data=st.data())
    def test_replaying_it_into_emptied_projections_rebuilds_them(
        self, story: Story, data: st.DataObject
    ) -> None:
        place()
        for said in shuffled(data, story.told):
            receive(said)
        before = everything()
        empty_projections()
        list(replay(in_order(StripeEvent.objects.all())))

        self.assertEqual(everything(), before)
        self.assertEqual(findings(), [])


class TwiceTests(TestCase):
    """Two whole payments of one order: which of them pays it does not depend on who is told first."""

    @examples(20)
    @given(
        first=stories(order_number="PL-1", amount=AMOUNT, steps=3),
        second=stories(order_number="PL-1", seed="other", amount=AMOUNT, steps=3),
        data=st.data(),
    )
    def test_the_state_is_the_same_but_for_when_the_goods_left_the_shelf(
        self, first: Story, second: Story, data: st.DataObject
    ) -> None:
        told = [*first.told, *second.told]
        orders_told = (told, shuffled(data, told))

        def state(some: list[Json]) -> dict[str, Any]:
            place()
            for said in some:
                receive(said)
            found = everything()
            found["movements"] = [(sku, quantity, reason) for sku, quantity, reason, _ in found["movements"]]
            return found | {"findings": findings()}

        one, other = (outcome_of(lambda some=some: state(some)) for some in orders_told)  # type: ignore[misc]
        self.assertEqual(one, other)


class WholeShopTests(TestCase):
    """Several orders, their book lines and payouts, all mixed up: one state, and one set of figures."""

    @examples(12)
    @given(
        first=stories(order_number="PL-1", amount=AMOUNT, steps=4),
        second=stories(order_number="PL-2", amount=AMOUNT, steps=4),
        third=stories(order_number="PL-3", steps=2),
        data=st.data(),
    )
    def test_any_order_gives_one_state_down_to_the_figures(
        self, first: Story, second: Story, third: Story, data: st.DataObject
    ) -> None:
        told = [*first.told, *second.told, *third.told, *payouts_of(first, second, third)]
        mixed = shuffled(data, told)
        placed = [data.draw(st.integers(0, len(mixed))) for _ in range(3)]

        self.maxDiff = 5000
        self.assertEqual(
            outcome_of(lambda: self.live(told, [0, 0, 0])), outcome_of(lambda: self.live(mixed, placed))
        )

    def live(self, told: list[Json], placed: list[int]) -> dict[str, Any]:
        for index in range(len(told) + 1):
            for number, at in enumerate(placed, 1):
                if at == index:
                    place(f"PL-{number}")
            if index < len(told):
                receive(told[index])
            if index == len(told) // 2:
                build(now=NOW)  # a snapshot taken half-way is brought up to date later
        build(now=NOW)
        return everything() | {"figures": list(figures()), "findings": findings()}


def payouts_of(*told: Story) -> list[Json]:
    """What Stripe says of the payouts made from these payments; one in three comes back."""
    book = PayoutBook(at=max(story.clock for story in told) + timedelta(days=5))
    for index, payout in enumerate(
        book.pays_out([line for story in told for line in story.balance_transactions])
    ):
        book.payout_arrives(payout)
        if index % 3 == 0:
            book.passes(timedelta(days=3))
            book.payout_fails(payout)
    return book.told


def figures() -> Iterator[list[dict[str, Any]]]:
    """All rollups, without database ids and without days on which nothing is left."""
    for model, names in (
        (
            AnalyticsSnapshotDaily,
            "day currency sales orders refunds disputes fees unapplied adjustments payouts",
        ),
        (CustomerDay, "day currency email orders sales"),
        (ProductDay, "day currency variant__sku units sales gross goods known_goods cost"),
        (RefundDay, "day currency order__number refunds"),
    ):
        rows = model._default_manager.order_by(*names.split()).values(*names.split())
        yield [row for row in rows if any(isinstance(value, int) and value for value in row.values())]


def empty_projections() -> None:
    """As after a loss of everything that is computed from the inbox."""
    with append_only.lifted():
        LedgerEntry.objects.all().delete()
        for item in OrderItem.objects.filter(stockmovement__isnull=False):
            held = item.quantity
            Variant.objects.filter(pk=item.variant_id).update(stock=item.variant.stock + held)
            Variant.objects.filter(pk=item.variant_id).update(reserved=item.variant.reserved + held)
            OrderItem.objects.filter(pk=item.pk).update(reserved=held)
        StockMovement.objects.exclude(order_item=None).delete()
    for model in FACTS:
        model._default_manager.all().delete()
    Order.objects.update(
        status="pending",
        paid_at=None,
        amount_refunded=0,
        refund_status="none",
        refunded_at=None,
        dispute_status="none",
        flag="",
    )


def _says_paid(said: Json) -> bool:
    about = said["data"]["object"]
    return about["object"] in ("charge", "payment_intent") and about["status"] == "succeeded"
