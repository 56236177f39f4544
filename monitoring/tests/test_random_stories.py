"""Two ways to one figure: whatever happens at Stripe, what is posted is what the checks compute in SQL."""

from datetime import UTC, datetime

from django.db import connection
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from analyticsapp.rollups.build import build
from monitoring import running
from monitoring.check import registry
from monitoring.models import CheckRun, DataQualityIssue
from orders import lifecycle
from orders.models import OrderStatus
from payments import inbox
from payments.models import EventSource, LedgerEntry
from payments.stories import delivery
from payments.stories.journal import is_answer
from payments.stories.story import Story
from payments.stories.versions import Json
from payments.tests.strategies import paid_stories, stories
from purelaka import append_only
from purelaka.testing import make_order

AMOUNT, NUMBER = 42_00, "PL-1"
LATER = datetime(2027, 6, 15, 12, tzinfo=UTC)
# What depends on everything having arrived, or on what a person decides: stories may end half-way.
LEFT_OUT = {"disputes_in_balance", "refunds_in_balance", "fees_known", "claimed_payments"}
COMPARING = [
    check.name for check in registry.values() if not check.person_decides and check.name not in LEFT_OUT
]
LEDGER = ["payments_in_ledger", "fees_in_ledger", "payouts_in_ledger"]
STEADY = settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=set(Phase) - {Phase.shrink, Phase.explain},
)


def apply(told: list[Json]) -> None:
    for said in told:
        source = EventSource.API if is_answer(said) else EventSource.WEBHOOK
        inbox.receive(delivery.body(said).decode(), source=source)


def check(names: list[str]) -> list[CheckRun]:
    return list(running.run(names))


class RandomStoriesTests(TestCase):
    @STEADY
    @given(
        story=stories(order_number=NUMBER, amount=AMOUNT),
        other=stories(order_number=NUMBER, seed="other", steps=3)
        | stories(order_number=NUMBER, amount=AMOUNT, seed="other", steps=3)
        | stories(order_number=NUMBER, amount=AMOUNT, currency="eur", seed="other", steps=3),
        data=st.data(),
    )
    def test_no_check_disagrees_whatever_came_and_whatever_did_not(
        self, story: Story, other: Story, data: st.DataObject
    ) -> None:
        order = make_order(number=NUMBER, amount_total=AMOUNT)
        if data.draw(st.integers(0, 3)) == 0:
            lifecycle.cancel(order, actor=None, reason="test")
        told = data.draw(st.permutations([*story.told, *other.told]))
        apply(told[: data.draw(st.integers(0, len(told)))])
        build(now=LATER)

        runs = check(COMPARING)

        wrong = list(DataQualityIssue.objects.values("check_name", "message", "expected", "found"))
        self.assertEqual({run.status for run in runs}, {"passed"}, msg=wrong)

    @STEADY
    @given(story=paid_stories(order_number=NUMBER, amount=AMOUNT), data=st.data())
    def test_a_changed_entry_is_always_found(self, story: Story, data: st.DataObject) -> None:
        order = make_order(number=NUMBER, amount_total=AMOUNT)
        apply(story.told)
        order.refresh_from_db()
        assume(order.status == OrderStatus.PAID)
        entry = data.draw(st.sampled_from(list(LedgerEntry.objects.order_by("id"))))
        column, value = data.draw(
            st.sampled_from(
                [
                    ("amount", str(entry.amount + 1 or 1)),  # an entry of nothing is refused
                    ("currency", "'jpy'"),
                    ("kind", "'adjustment'"),
                    ("source_id", "'made_up'"),
                ]
            )
        )
        with append_only.lifted(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE payments_ledgerentry SET {column} = {value} WHERE id = {entry.pk}")

        self.assertIn("found", {run.status for run in check(LEDGER)})
