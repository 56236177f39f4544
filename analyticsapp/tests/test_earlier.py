"""What was known of figures and cells at an earlier moment, and that the rows which changed lead to now."""

import json
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from django.test import TestCase, override_settings
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role, User
from accounts.privacy import customer_key
from analyticsapp.figures.facts import window_facts
from analyticsapp.kpis import KPIS
from analyticsapp.proof import changed, evidence
from analyticsapp.proof.evidence import Scope
from analyticsapp.proof.learnt import OF_FACTS, OF_WISHES
from analyticsapp.proof.of_figures import EVIDENCE
from analyticsapp.report_tabs import CELLS
from analyticsapp.report_tabs.tables import Table
from analyticsapp.rollups.build import build
from analyticsapp.rollups.definitions import State, state
from analyticsapp.tests.ledgers import at, placed, post, refunded, variant
from analyticsapp.tests.ledgers import sold as sell
from analyticsapp.tests.test_dashboard import text
from analyticsapp.tests.test_further_kpis import charge, dispute
from analyticsapp.tests.test_margin import give_back, put_back
from analyticsapp.tests.test_margin import sell as sell_goods
from analyticsapp.tests.test_report_cells import ASKED, MAY_AND_JUNE, a_small_shop, ask, cells
from analyticsapp.views.reports import asking
from analyticsapp.windows import Window
from analyticsapp.wishes.funnel import ALL, funnel
from analyticsapp.wishes.funnel_figures import WISH_FIGURES
from audit.models import AuditLog
from catalog.models import Variant
from orders.models import Basket, BasketItem
from payments.models import EventStatus, Kind, StripeEvent
from purelaka.testing import make_user
from wishlist.models import WishlistItem

JUNE = Window(date(2026, 6, 1), date(2026, 6, 30))
KNOWN = {**ASKED, "known": "2026-06-12"}


def tables(known: State) -> dict[tuple[str, str], Table]:
    """Every table whose cells lead to rows, in one state of what is known."""
    page = ask("time", MAY_AND_JUNE).page
    return {
        (report, key): makes(asking(page, known, "gbp", report))
        for report, made in CELLS.items()
        for key, makes in made.items()
    }


def values(table: Table) -> list[Any]:
    return [*map(list, table.rows), list(table.sums)]


class Cells(TestCase):
    def setUp(self) -> None:
        a_small_shop()
        self.goods = sell_goods(("CREAM", 3, 10_00, 4_00), ("SOAP", 2, 6_00, None), tax=1_00)
        give_back(self.goods, 10_00, {"CREAM": 1})
        build(now=at(10))

    def more_is_learnt(self) -> None:
        sell(70_00, at(4), email="ann@example.com", country="FR")
        sell(15_00, at(2, month=5), email="cyd@example.com", country="GB", lines=[("SOAP", 1, 15_00)])
        refunded(self.goods, 4_00, at(20))
        give_back(self.goods, 6_00, {"SOAP": 1})
        put_back(self.goods, "CREAM", 1)
        post(Kind.REFUND_REVERSAL, 2_00, at(11), order=self.goods, source_id="src_back")

    def test_every_cell_is_what_it_was_then_and_its_changed_rows_lead_to_what_it_is_now(self) -> None:
        before = tables(state())
        moment = timezone.now() + timedelta(microseconds=1)
        self.more_is_learnt()

        now, then = state(), state().as_known_at(moment)
        seen = 0
        for (report, key), table in tables(now).items():
            was = tables(then)[report, key]
            self.assertEqual(values(was), values(before[report, key]), (report, key))
            for row, head in cells(table):
                old = was.find(row, head.name)
                assert table.drill is not None
                drill = table.drill(row, head.name)
                rows = drill.evidence
                moved = changed.since(rows, Scope(MAY_AND_JUNE, "gbp", now), Scope(MAY_AND_JUNE, "gbp", then))
                if drill.says is None:
                    found = table.find(row, head.name)
                    assert found is not None
                    expected = int(found[2] or 0) - int((old[2] if old else 0) or 0)
                    self.assertEqual(moved.change, expected, (report, key, row, head.name))
                if not rows.counted:
                    self.assertEqual(sum(one.change for one in moved.rows), moved.change)
                seen += bool(moved.number)
        self.assertGreater(seen, 30)

    def test_a_cell_s_page_answers_for_an_earlier_day(self) -> None:
        self.client.force_login(make_user(Role.OPS))
        url = reverse("analyticsapp:report-cell", args=["products", "products"])
        cell = {"row": "CREAM", "column": "margin"}

        page = text(self.client.get(url, {**KNOWN, **cell}))
        self.assertIn("As known on 12 Jun 2026", page)
        self.assertIn("Order line changed since 1, +£7.33", page)
        wrong = text(self.client.get(url, {**ASKED, **cell, "known": "yesterday"}))
        self.assertIn("known must be a day", wrong)

    def test_the_page_of_a_cell_of_each_column_shows_what_changed(self) -> None:
        self.client.force_login(make_user(Role.OPS))
        shown = 0
        for (report, key), table in tables(state()).items():
            url = reverse("analyticsapp:report-cell", args=[report, key])
            for row, column in {head.name: (row, head.name) for row, head in cells(table)}.values():
                with self.subTest(report, table=key, row=row, column=column):
                    page = text(self.client.get(url, {**KNOWN, "row": row, "column": column}))
                    self.assertIn("As known on 12 Jun 2026", page)
                    shown += "What Change" in page
        self.assertGreater(shown, 20)

    @override_settings(ANALYST_SEES_PERSONAL_DATA=False, PERSONAL_DATA_SALT="pepper")
    def test_customers_that_changed_stay_keys_where_addresses_are_hidden(self) -> None:
        self.client.force_login(make_user(Role.ANALYST))
        url = reverse("analyticsapp:report-cell", args=["customers", "new-and-returning"])

        page = text(self.client.get(url, {**KNOWN, "row": "sum", "column": "new_customers"}))
        self.assertIn("As known now 2 Customers changed since 2, +2", page)
        self.assertIn(f"{customer_key('bob@example.com')} +1 not in it → in it", page)
        self.assertNotIn("bob@example.com", page)

    def test_the_page_makes_one_table_and_not_the_report(self) -> None:
        self.client.force_login(make_user(Role.OPS))
        url = reverse("analyticsapp:report-cell", args=["time", "countries"])
        asked = {**ASKED, "row": "GB", "column": "orders"}
        self.client.get(url, asked)

        with self.assertNumQueries(7):  # three of every page; state, table, rows, their sum
            self.client.get(url, asked)


def told(fact: str, kind: str, day: int, **fields: Any) -> None:
    """An event that came on a day of June."""
    body = {"data": {"object": {"id": fact, "object": kind, **fields}}}
    number = StripeEvent.objects.count()
    StripeEvent.objects.create(
        event_id=f"evt_{number}", type=f"{kind}.updated", created=at(day), received_at=at(day),
        object_type=kind, object_id=fact, payload=json.dumps(body), status=EventStatus.PROCESSED,
    )  # fmt: skip


class ChargesAndDisputes(TestCase):
    """Two charges, of which one waited for its fee, and a dispute that was an inquiry first and then lost."""

    def setUp(self) -> None:
        order, other = sell(10_00, at(3)), sell(20_00, at(4))
        first = charge(order, at(3), settled="txn_1")
        told(first.charge_id, "charge", 3, status="succeeded", balance_transaction=None)
        told(first.charge_id, "charge", 9, status="succeeded", balance_transaction="txn_1")
        second = charge(other, at(4), settled="")
        told(second.charge_id, "charge", 4, status="pending")
        told(second.charge_id, "charge", 12, status="succeeded", balance_transaction=None)
        told(second.charge_id, "charge", 11, status="failed")
        charge(sell(30_00, at(20)), at(20), settled="txn_3")  # no event told of it
        case = dispute(order, at(5), "lost")
        told(case.dispute_id, "dispute", 5, status="warning_needs_response")
        told(case.dispute_id, "dispute", 10, status="needs_response")
        told(case.dispute_id, "dispute", 15, status="lost")

    def figures(self, known: State) -> dict[str, Any]:
        facts = window_facts(MAY_AND_JUNE, known)["gbp"]
        return {key: KPIS[key].compute(facts) for key in OF_FACTS if key != "dispute_rate_pct"}

    def test_they_are_as_stripe_had_told_by_then(self) -> None:
        names = ("charges", "disputes", "disputes_lost", "fees_pending")
        for day, *expected in ((4, 1, 0, 0, 1), (9, 1, 0, 0, 1), (10, 1, 0, 0, 0), (11, 1, 1, 0, 0),
                               (13, 2, 1, 0, 1), (16, 2, 1, 1, 1), (21, 3, 1, 1, 1)):  # fmt: skip
            with self.subTest(day=day):
                moment = at(day, 0)
                self.assertEqual(
                    self.figures(state().as_known_at(moment)), dict(zip(names, expected, strict=True))
                )
        self.assertEqual(self.figures(state()), dict(zip(names, (3, 1, 1, 1), strict=True)))

    def test_the_rows_that_changed_lead_from_then_to_now(self) -> None:
        now, then = state(), state().as_known_at(at(10, 0))
        was, is_now = self.figures(then), self.figures(now)
        for key in was:
            rows = EVIDENCE[key][1]
            moved = changed.since(rows, Scope(MAY_AND_JUNE, "gbp", now), Scope(MAY_AND_JUNE, "gbp", then))
            self.assertEqual(moved.change, is_now[key] - was[key], key)

    def test_the_page_of_each_says_so(self) -> None:
        self.client.force_login(make_user(Role.OPS))
        pages = {
            key: text(self.client.get(reverse("analyticsapp:kpi-detail", args=[key]), KNOWN))
            for key in OF_FACTS
        }

        self.assertIn(
            "As known on 12 Jun 2026 0 As known now 1 Dispute changed since 1, +1", pages["disputes_lost"]
        )
        self.assertIn("As known on 12 Jun 2026 2 As known now 3", pages["charges"])
        self.assertIn("As known on 12 Jun 2026 50.00%", pages["dispute_rate_pct"])


class Wishes(TestCase):
    """Ann's are known as they happen, but for her payment; Bob was a guest, and his order came late."""

    def setUp(self) -> None:
        self.ann, self.bob = (make_user(Role.CUSTOMER, f"{name}@example.com") for name in ("ann", "bob"))
        order = placed(10_00, user=self.ann, status="paid", paid_at=at(6))
        post(Kind.SALE, 10_00, at(6), order=order, posted_at=at(12))
        thing = variant("A")
        self.wish(self.ann, thing, at(3), at(3), removed_at=at(20))
        self.wish(self.bob, thing, at(4), at(10))
        self.put(self.ann, thing, at(5), at(5))
        self.put(self.bob, thing, at(5), at(10))
        late = placed(10_00, user=self.bob, status="paid", paid_at=at(7))
        AuditLog.objects.create(
            event_type="order.attached", target_type="order", target_id=str(late.pk), at=at(16)
        )
        build(now=at(30))

    def wish(self, user: User, thing: Variant, made: datetime, known: datetime | None, **more: Any) -> None:
        WishlistItem.objects.create(user=user, variant=thing, created_at=made, known_at=known, **more)

    def put(self, user: User, thing: Variant, added: datetime, known: datetime) -> None:
        basket = Basket.objects.create(user=user, closed_at=at(30))
        BasketItem.objects.create(
            basket=basket, variant=thing, quantity=1, unit_amount=1, added_at=added, known_at=known
        )

    def figures(self, known: State) -> list[int]:
        facts = window_facts(JUNE, known)["gbp"]
        return [int(KPIS[key].compute(facts) or 0) for key in OF_WISHES]

    def test_they_are_as_they_were_known_by_then(self) -> None:
        for day, *expected in ((2, 0, 0, 0), (4, 1, 0, 0), (6, 1, 1, 0), (11, 2, 2, 0), (13, 2, 2, 1),
                               (17, 2, 2, 2), (21, 1, 1, 1)):  # fmt: skip
            with self.subTest(day=day):
                past = state().as_known_at(at(day, 0))
                self.assertEqual(self.figures(past), expected)
                people = funnel(JUNE, past=past.past).people
                if day < 21:  # the funnel follows wishes taken back too
                    self.assertEqual([people.wishes, people.baskets, people.purchases], expected)
        self.assertEqual(self.figures(state()), [1, 1, 1])

    def test_the_rows_that_changed_lead_from_then_to_now(self) -> None:
        now = Scope(JUNE, "gbp", state())
        for day in range(2, 25):
            then = replace(now, state=now.state.as_known_at(at(day, 0)))
            was = funnel(JUNE, past=then.state.past)
            for key, one in WISH_FIGURES.items():
                moved = changed.since(one.rows(ALL), now, then)
                self.assertEqual(moved.change, one.number(funnel(JUNE)) - one.number(was), (day, key))
                self.assertEqual(evidence.totals(one.rows(ALL), then).number, one.number(was), (day, key))
            for key, before, after in zip(
                OF_WISHES, self.figures(then.state), self.figures(now.state), strict=True
            ):
                self.assertEqual(
                    changed.since(EVIDENCE[key][1], now, then).change, after - before, (day, key)
                )

    def page(self, name: str, key: str, **more: str) -> str:
        self.client.force_login(make_user(Role.OPS))
        asked = {"start": "2026-06-01", "end": "2026-06-30", "known": "2026-06-09", **more}
        return text(self.client.get(reverse(f"analyticsapp:{name}", args=[key]), asked))

    def test_the_pages_say_so(self) -> None:
        kpi = self.page("kpi-detail", "purchased_users")
        funnel_s = self.page("wish-figure", "wish_people_basket_pct")
        product_s = self.page("wish-figure", "wishes_bought", sku="A")

        self.assertIn("As known on 9 Jun 2026 0 As known now 1 Person changed since 1, +1", kpi)
        self.assertIn("As known on 9 Jun 2026 100.00% As known now 100.00%", funnel_s)
        self.assertIn("bob@example.com +1 not in it → in it", funnel_s)
        self.assertIn("As known on 9 Jun 2026 0 As known now 2 Wishes changed since 2, +2", product_s)
        self.assertNotIn("older than the record", kpi + funnel_s + product_s)
        self.assertIn("known must be a day", self.page("wish-figure", "wishes_made", known="yesterday"))

    def test_of_wishes_older_than_the_record_it_is_said(self) -> None:
        self.wish(self.bob, variant("OLD"), at(8), None)

        for name, key in (("kpi-detail", "basket_users"), ("wish-figure", "wishes_made")):
            self.assertIn("older than the record of when guests signed in", self.page(name, key))


class MarginFigures(TestCase):
    def test_they_are_as_known_then_with_the_lines_that_changed(self) -> None:
        self.client.force_login(make_user(Role.ANALYST))
        order = sell_goods(("A", 2, 12_00, 4_00), ("B", 1, 6_00, None))
        moment = timezone.now() + timedelta(microseconds=1)
        give_back(order, 12_00, {"A": 1})
        put_back(order, "A", 1)

        now, then = state(), state().as_known_at(moment)
        moved = {
            key: changed.since(
                EVIDENCE[key][1], Scope(MAY_AND_JUNE, "gbp", now), Scope(MAY_AND_JUNE, "gbp", then)
            )
            for key in ("goods_revenue", "goods_cost", "product_margin", "pieces_without_cost")
        }
        self.assertEqual(
            {key: (one.number, one.change) for key, one in moved.items()},
            {
                "goods_revenue": (1, -12_00),
                "goods_cost": (1, -4_00),
                "product_margin": (1, -8_00),
                "pieces_without_cost": (0, 0),
            },
        )
        tomorrow = (timezone.now() + timedelta(days=1)).date()
        url = reverse("analyticsapp:kpi-detail", args=["product_margin"])
        page = text(self.client.get(url, {**ASKED, "known": "2026-06-02"}))
        self.assertIn(
            "As known on 2 Jun 2026 £0.00 As known now £8.00 Order line changed since 1, +£8.00", page
        )
        page = text(self.client.get(url, {**ASKED, "known": str(tomorrow)}))
        self.assertIn("£8.00 As known now £8.00 Order lines changed since 0", page)
