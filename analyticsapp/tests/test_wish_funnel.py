"""For any history: the funnel's numbers and times are what plain Python counts."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from statistics import median

from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from accounts.models import Role, User
from analyticsapp.proof import evidence
from analyticsapp.proof.evidence import Scope
from analyticsapp.rollups.definitions import state
from analyticsapp.windows import Window
from analyticsapp.wishes.funnel import PEOPLE, WISHES, Funnel, OfVariant, Only, Reached, Timed, funnel
from analyticsapp.wishes.funnel_figures import WISH_FIGURES
from catalog.models import Variant
from orders.models import Basket, BasketItem, Order, OrderStatus
from purelaka.testing import make_order, make_user, make_variant
from wishlist.models import WishlistItem

# A fortnight with the night on which British clocks go forward.
FIRST = datetime(2026, 3, 20, tzinfo=UTC)
PEOPLE_AND_THINGS = st.tuples(st.integers(0, 1), st.integers(0, 1))
minutes = st.integers(0, 14 * 24 * 60 - 1)
windows = st.tuples(st.integers(0, 13), st.integers(0, 13)).map(
    lambda ends: Window(*(date(2026, 3, 20) + timedelta(days=number) for number in sorted(ends)))
)


@dataclass(frozen=True)
class History:
    """Who wished for what, put it into the basket and paid for it, minutes after the first moment."""

    wishes: list[tuple[tuple[int, int], int, int | None]]  # the last one: taken back so much later
    baskets: list[tuple[tuple[int, int], int]]
    orders: list[tuple[tuple[int, int], int, bool]]  # the last one: paid


histories = st.builds(
    History,
    wishes=st.lists(st.tuples(PEOPLE_AND_THINGS, minutes, st.none() | st.integers(1, 9_000)), max_size=5),
    baskets=st.lists(st.tuples(PEOPLE_AND_THINGS, minutes), max_size=4),
    orders=st.lists(st.tuples(PEOPLE_AND_THINGS, minutes, st.booleans()), max_size=3),
)


def moment(minute: int) -> datetime:
    return FIRST + timedelta(minutes=minute)


def write(history: History, people: list[User], things: list[Variant]) -> None:
    taken = set()
    for (who, what), at, later in history.wishes:
        if later is None and (who, what) in taken:
            later = 1  # one active wish for each
        elif later is None:
            taken.add((who, what))
        WishlistItem.objects.create(
            user=people[who],
            variant=things[what],
            created_at=moment(at),
            removed_at=moment(at + later) if later else None,
        )
    for (who, what), at in history.baskets:
        basket = Basket.objects.create(user=people[who], closed_at=timezone.now())
        BasketItem.objects.create(
            basket=basket, variant=things[what], quantity=1, unit_amount=1, added_at=moment(at)
        )
    for (who, what), at, is_paid in history.orders:
        order = make_order(variant=things[what], user=people[who], at=moment(0))
        paid = {"status": OrderStatus.PAID, "paid_at": moment(at)}
        canceled = {"status": OrderStatus.CANCELED, "canceled_at": moment(at), "paid_at": moment(at)}
        Order.objects.filter(pk=order.pk).update(**(paid if is_paid else canceled))


def recount(window: Window, **only: object) -> Funnel:
    """The funnel, row by row."""
    start, end = window.bounds
    made = WishlistItem.objects.filter(created_at__gte=start, created_at__lt=end, **only)
    steps = [(wish, _added(wish, end), _bought(wish, end)) for wish in made]
    reached = [(wish, added or bought, bought) for wish, added, bought in steps]
    known = [
        (wish, added if added and (not bought or added <= bought) else None, bought)
        for wish, added, bought in steps
    ]
    return Funnel(
        people=Reached(
            len({wish.user_id for wish, _, _ in reached}),
            len({wish.user_id for wish, added, _ in reached if added}),
            len({wish.user_id for wish, _, bought in reached if bought}),
        ),
        wishes=Reached(
            len(reached),
            sum(bool(added) for _, added, _ in reached),
            sum(bool(bought) for _, _, bought in reached),
        ),
        given_up=sum(
            not added and bool(wish.removed_at and wish.removed_at < end) for wish, added, _ in reached
        ),
        to_basket=_median(added - wish.created_at for wish, added, _ in known if added),
        to_purchase=_median(bought - added for _, added, bought in known if added and bought),
        in_all=_median(bought - wish.created_at for wish, _, bought in known if bought),
    )


def _added(wish: WishlistItem, end: datetime) -> datetime | None:
    items = BasketItem.objects.filter(basket__user=wish.user_id, variant=wish.variant_id)
    return min((item.added_at for item in items if wish.created_at < item.added_at < end), default=None)


def _bought(wish: WishlistItem, end: datetime) -> datetime | None:
    paid = Order.objects.filter(user=wish.user_id, status=OrderStatus.PAID, items__variant=wish.variant_id)
    moments = [order.paid_at for order in paid if order.paid_at]
    return min((at for at in moments if wish.created_at < at < end), default=None)


def _median(spans: Iterable[timedelta]) -> Timed:
    seconds = [span.total_seconds() for span in spans]
    return Timed(timedelta(seconds=median(seconds)), len(seconds)) if seconds else Timed()


class FunnelTests(TestCase):
    @given(history=histories, window=windows)
    @settings(max_examples=40, deadline=None)
    def test_it_is_what_plain_python_counts_and_its_rows_are_as_many(
        self, history: History, window: Window
    ) -> None:
        people = [make_user(Role.CUSTOMER), make_user(Role.CUSTOMER)]
        things = [make_variant(stock=100), make_variant(stock=100)]
        write(history, people, things)

        found = funnel(window)
        self.assertEqual(found, recount(window))
        scope = Scope(window, "", state())
        self.assertEqual(evidence.totals(PEOPLE, scope).number, found.people.wishes)
        self.assertEqual(evidence.totals(WISHES, scope).number, found.wishes.wishes)
        rows = evidence.page(PEOPLE, scope).rows
        self.assertEqual(sum(row["baskets"] for row in rows), found.wishes.baskets)
        self.assertEqual(sum(row["purchases"] > 0 for row in rows), found.people.purchases)
        self.assert_rows_make_it(found, Only(), scope)
        of_things = [(thing, recount(window, variant=thing)) for thing in things]
        for thing, one in of_things:
            self.assertEqual(funnel(window, Only(variant=thing.pk)), one)
            self.assert_rows_make_it(one, Only(variant=thing.pk), scope)
        self.assertEqual(funnel(window, Only(person=people[0].pk)), recount(window, user=people[0]))
        listed = funnel(window, with_products=True)
        self.assertCountEqual(
            listed.products,
            [OfVariant(t.sku, t.product.name, one.wishes) for t, one in of_things if one.wishes.wishes],
        )
        self.assertEqual(listed.product_count, len(listed.products))

    def assert_rows_make_it(self, found: Funnel, only: Only, scope: Scope) -> None:
        """Each figure has as many rows as it says, and a time is the median of its rows."""
        for key, one in WISH_FIGURES.items():
            rows = evidence.page(one.rows(only), scope).rows
            self.assertEqual(evidence.totals(one.rows(only), scope).number, one.number(found), key)
            self.assertEqual(len(rows), one.number(found), key)
            value = one.value(found)
            if isinstance(value, timedelta):
                self.assertEqual(median(row["seconds"] for row in rows), value.total_seconds(), key)
