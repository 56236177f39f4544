"""For any ledger: what we publish is what plain Python counts, whatever has been built when."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from analyticsapp.figures.daily import daily_figures
from analyticsapp.figures.facts import compare, window_facts
from analyticsapp.models import (
    AnalyticsSnapshotDaily,
    CustomerDay,
    CustomerReturn,
    ProductDay,
    RefundDay,
    RefundPair,
)
from analyticsapp.rollups.build import build
from analyticsapp.rollups.definitions import state
from analyticsapp.tests.ledgers import post, sold
from analyticsapp.tests.recount import books, recount
from analyticsapp.tests.test_recount import published
from analyticsapp.windows import Window
from payments.models import Kind, LedgerEntry

# A fortnight with the night on which British clocks go forward.
FIRST = datetime(2026, 3, 20, tzinfo=UTC)
hours = st.integers(0, 14 * 24 - 1)
amounts = st.integers(1, 100_000)


@dataclass(frozen=True)
class Sale:
    """An order, when it was paid, and what happened to its money, hours after the first moment."""

    amount: int
    currency: str
    email: str
    hour: int
    hour_believed_first: int | None
    refunds: list[tuple[int, int, bool]]  # hour, per cent, came back
    disputed: tuple[int, bool] | None  # hour, won
    fee: int
    pieces: int = 1
    unit_cost: int | None = None


sales = st.builds(
    Sale,
    amount=amounts,
    currency=st.sampled_from(["gbp", "eur", "jpy", "kwd"]),
    email=st.sampled_from(["ann@example.com", "bob@example.com", "cyd@example.com"]),
    hour=hours,
    hour_believed_first=st.none() | hours,
    refunds=st.lists(st.tuples(hours, st.integers(1, 60), st.booleans()), max_size=2),
    disputed=st.none() | st.tuples(hours, st.booleans()),
    fee=st.integers(0, 500),
    pieces=st.integers(1, 3),
    unit_cost=st.none() | st.integers(0, 500),
)
windows = st.tuples(st.integers(0, 13), st.integers(0, 13)).map(
    lambda ends: Window(*(date(2026, 3, 20) + timedelta(days=number) for number in sorted(ends)))
)


def moment(hour: int) -> datetime:
    return FIRST + timedelta(hours=hour)


def write(sale: Sale) -> None:
    """Post it the way the projection does: a correction is a further entry of the same day."""
    lines = [("A", sale.pieces, sale.amount)]
    amount = sale.pieces * sale.amount
    order = sold(amount, moment(sale.hour), currency=sale.currency, email=sale.email, lines=lines)
    order.items.update(unit_cost=sale.unit_cost)
    if sale.hour_believed_first is not None:
        wrong = moment(sale.hour_believed_first)
        post(Kind.SALE, amount, wrong, order=order)
        post(Kind.SALE, -amount, wrong, order=order)
    for hour, share, came_back in sale.refunds:
        part = max(1, amount * share // 100)
        post(Kind.REFUND, -part, moment(hour), order=order)
        if came_back:
            post(Kind.REFUND_REVERSAL, part, moment(hour + 20), order=order)
        else:
            order.amount_refunded = min(order.amount_refunded + part, amount)
    if sale.disputed:
        hour, won = sale.disputed
        post(Kind.DISPUTE_WITHDRAWAL, -amount, moment(hour), order=order)
        if won:
            post(Kind.DISPUTE_REINSTATEMENT, amount, moment(hour + 30), order=order)
    if sale.fee:
        post(Kind.FEE, -sale.fee, moment(sale.hour), order=order)
    post(Kind.PAYOUT, -amount, moment(sale.hour + 40), currency=sale.currency)
    order.save(update_fields=["amount_refunded"])


class RandomLedgers(TestCase):
    @settings(max_examples=40, deadline=None)
    @given(before=st.lists(sales, max_size=6), after=st.lists(sales, max_size=4), window=windows)
    def test_every_kpi_is_what_plain_python_counts(
        self, before: list[Sale], after: list[Sale], window: Window
    ) -> None:
        for sale in before:
            write(sale)
        build(now=moment(0))
        for sale in after:
            write(sale)

        shop = books()
        for currency in state().currencies:
            self.assertEqual(
                published(window, currency), recount(shop, window.start, window.end, currency), currency
            )

    @settings(max_examples=25, deadline=None)
    @given(batches=st.lists(st.lists(sales, max_size=4), min_size=1, max_size=4), window=windows)
    def test_rollups_with_late_postings_equal_everything_live(
        self, batches: list[list[Sale]], window: Window
    ) -> None:
        for batch in batches:
            for sale in batch:
                write(sale)
            build(now=moment(0))
        for sale in batches[0]:
            write(sale)
        stored = state()
        all_days = LedgerEntry.objects.values_list("occurred_on", flat=True).distinct()
        all_live = replace(stored, live=tuple(sorted(all_days)))

        self.assertEqual(daily_figures(window, stored), daily_figures(window, all_live))
        self.assertEqual(compare(window, stored), compare(window, all_live))

    @settings(max_examples=15, deadline=None)
    @given(batches=st.lists(st.lists(sales, max_size=4), min_size=1, max_size=3))
    def test_building_bit_by_bit_equals_building_at_once(self, batches: list[list[Sale]]) -> None:
        for batch in batches:
            for sale in batch:
                write(sale)
            build(now=moment(0))
        bit_by_bit = rollups()

        build(now=moment(0), everything=True)

        self.assertEqual(rollups(), bit_by_bit)
        self.assertEqual(state().live, ())

    @settings(max_examples=15, deadline=None)
    @given(batch=st.lists(sales, max_size=6), window=windows)
    def test_the_days_of_a_window_sum_to_the_window(self, batch: list[Sale], window: Window) -> None:
        for sale in batch:
            write(sale)
        build(now=moment(0))
        whole = window_facts(window, state())

        days = [window_facts(Window(day, day), state()) for day in window.all_days]

        for currency, facts in whole.items():
            for name in ("revenue", "orders", "refunded", "disputed", "fees"):
                self.assertEqual(getattr(facts, name), sum(getattr(day[currency], name) for day in days))


def rollups() -> list[set[tuple[object, ...]]]:
    """All rows of all rollups, without their keys."""
    models = (AnalyticsSnapshotDaily, CustomerDay, CustomerReturn, ProductDay, RefundDay, RefundPair)
    fields = [[f.attname for f in model._meta.concrete_fields if not f.primary_key] for model in models]
    return [
        set(model._default_manager.values_list(*names)) for model, names in zip(models, fields, strict=True)
    ]
