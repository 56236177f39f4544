"""Figures as they were known earlier, and months that are closed."""

import re
from datetime import UTC, date, datetime, timedelta
from io import StringIO

from django.core.management import call_command
from django.db import DatabaseError, transaction
from django.test import TestCase
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role
from analyticsapp.known import EVERYTHING, Known
from analyticsapp.kpis import KPIS
from analyticsapp.models import ClosedMonth
from analyticsapp.months import closing
from analyticsapp.months.closing import CannotClose, close
from analyticsapp.proof.learnt import MARGINS
from analyticsapp.rollups.build import build
from analyticsapp.tests.ledgers import at, placed, post, refunded, sold, variant
from analyticsapp.tests.test_dashboard import text
from analyticsapp.tests.test_further_kpis import dispute
from analyticsapp.tests.test_margin import give_back, put_back
from analyticsapp.tests.test_margin import sell as sell_goods
from audit import log
from audit.models import AuditLog
from orders.models import OrderStatus
from payments.models import Dispute, Kind, LedgerEntry
from purelaka import append_only
from purelaka.days import store_day
from purelaka.testing import make_user
from wishlist.models import WishlistItem

JUNE = date(2026, 6, 1)
JULY_3 = datetime(2026, 7, 3, 12, tzinfo=UTC)
AUGUST_1 = datetime(2026, 8, 1, 12, tzinfo=UTC)


class AsKnown(TestCase):
    def setUp(self) -> None:
        self.client.force_login(make_user(Role.ANALYST))
        self.order = placed(50_00, status=OrderStatus.PAID, paid_at=at(3))
        post(Kind.SALE, 50_00, at(3), order=self.order, posted_at=at(3))
        self.late = placed(7_00, status=OrderStatus.PAID, paid_at=at(20))
        post(Kind.SALE, 7_00, at(20), order=self.late, posted_at=JULY_3)

    def kpi(self, key: str, known: str) -> str:
        window = {"start": "2026-06-01", "end": "2026-06-30", "currency": "gbp", "known": known}
        return self.client.get(reverse("analyticsapp:kpi-detail", args=[key]), window).content.decode()

    def test_what_was_learnt_later_is_not_in_the_figure_and_is_listed(self) -> None:
        build(now=AUGUST_1)

        page = self.kpi("revenue", "2026-07-02")

        self.assertIn("<dt>As known on 2 Jul 2026</dt><dd>£50.00</dd>", page)
        self.assertIn("<dt>As known now</dt><dd>£57.00</dd>", page)
        self.assertIn("<dt>Entries learnt since</dt><dd>1, £7.00</dd>", page)
        self.assertIn(f"/orders/{self.late.number}/", page)

    def test_counts_are_as_they_were_known_too(self) -> None:
        build(now=AUGUST_1)

        self.assertIn("<dt>As known on 2 Jul 2026</dt><dd>1</dd>", self.kpi("orders", "2026-07-02"))
        self.assertIn("<dt>As known on 2 Jul 2026</dt><dd>1</dd>", self.kpi("unique_customers", "2026-07-02"))

    def test_on_the_day_itself_it_was_known(self) -> None:
        self.assertIn("<dt>Entries learnt since</dt><dd>0</dd>", self.kpi("revenue", "2026-07-03"))

    def test_what_is_no_day_is_said_beside_the_field(self) -> None:
        page = self.kpi("revenue", "yesterday")

        self.assertIn("known must be a day", page)
        self.assertIn('value="yesterday"', page)


class Closing(TestCase):
    def setUp(self) -> None:
        self.analyst = make_user(Role.ANALYST)
        self.client.force_login(self.analyst)
        self.order = sold(50_00, at(3))
        refunded(self.order, 8_00, at(9))

    def issues(self) -> list[str]:
        """What the check finds."""
        call_command("run_checks", "--only", "months_closed", stdout=(out := StringIO()))
        return re.findall(r"    (.+), GBP, is not as", out.getvalue())

    def close(self) -> ClosedMonth:
        return close(JUNE, actor=self.analyst, now=AUGUST_1)

    def month(self) -> str:
        return self.client.get(reverse("analyticsapp:month", args=["2026-06"])).content.decode()

    def test_the_figures_are_kept_as_they_were(self) -> None:
        figures = self.close().figures["gbp"]

        self.assertEqual(
            (figures["revenue"], figures["refunded_amount"], figures["net_revenue"]),
            ("50.00", "8.00", "42.00"),
        )
        self.assertEqual(AuditLog.objects.get(event_type="month.closed").actor, self.analyst)

    def test_what_divides_by_nothing_is_a_dash_as_on_other_pages(self) -> None:
        self.assertIn(
            "Dispute rate –", text(self.client.get(reverse("analyticsapp:month", args=["2026-06"])))
        )
        self.close()
        self.assertIn(
            "Dispute rate –", text(self.client.get(reverse("analyticsapp:month", args=["2026-06"])))
        )

    def test_what_comes_later_is_an_adjustment_with_its_cause_and_changes_nothing_reported(self) -> None:
        self.close()
        refunded(self.order, 5_00, at(28))
        build(now=AUGUST_1)

        page = self.month()

        self.assertIn("1 × refund", page)
        self.assertIn("−£5.00", page)
        self.assertIn(self.order.number, page)
        self.assertIn('<td class="num">£8.00</td><td class="num bad strong">£13.00</td>', page)
        self.assertIn("1 × refund", self.client.get(reverse("analyticsapp:months")).content.decode())

    def test_margins_are_kept_and_the_lines_that_changed_them_later_are_told(self) -> None:
        order = sell_goods(("JAR", 2, 12_00, 4_00))
        closed = self.close()
        self.assertEqual(closed.figures["gbp"]["product_margin"], "16.00")

        give_back(order, 12_00, {"JAR": 1})
        put_back(order, "JAR", 1)

        page = self.month()
        self.assertIn('<td class="num">£16.00</td><td class="num bad strong">£8.00</td>', page)
        self.assertIn("GBP, 1 order line, \N{MINUS SIGN}£8.00", page)
        self.assertEqual(closing.figures_of(JUNE, closing.known_of(closed)), closed.figures)

    def test_every_figure_of_the_registry_is_kept(self) -> None:
        figures = self.close().figures["gbp"]

        self.assertEqual(set(figures), set(KPIS))
        self.assertEqual(
            (figures["refunds_of_sales"], figures["refund_rate_sold_value_pct"]), ("8.00", "16.00")
        )

    def test_late_refunds_of_its_sales_stand_apart_by_why_they_came(self) -> None:
        earlier = sold(20_00, at(3, month=5))
        closed = self.close()
        refunded(earlier, 1_00, at(27))
        refunded(self.order, 5_00, at(28))
        refunded(self.order, 7_00, JULY_3)

        page = text(self.client.get(reverse("analyticsapp:month", args=["2026-06"])))
        self.assertIn("Refunds of the sales £8.00 £20.00", page)
        by_day, by_sale = page.split("Late adjustments")[1].split("Late refunds of its sales")
        self.assertIn("2 × refund −£6.00", by_day)
        self.assertIn(earlier.number, by_day)
        self.assertNotIn("Refund of 3 Jul", by_day)
        self.assertIn("1 × refund, made in the month and learnt of late −£5.00", by_sale)
        self.assertIn("1 × refund, made after the month −£7.00", by_sale)
        self.assertIn("Refunds of the sales change by +£12.00", by_sale)
        self.assertNotIn(earlier.number, by_sale)
        self.assertEqual(closing.figures_of(JUNE, closing.known_of(closed)), closed.figures)
        months = text(self.client.get(reverse("analyticsapp:months")))
        self.assertIn("2 × refund −£6.00 1 × refund −£7.00", months)

    def test_a_refund_that_was_known_counts_once_its_sale_is_learnt_of(self) -> None:
        order = placed(30_00, status=OrderStatus.PAID, paid_at=at(4))
        refunded(order, 9_00, at(10))
        self.close()
        post(Kind.SALE, 30_00, at(4), order=order)

        page = text(self.client.get(reverse("analyticsapp:month", args=["2026-06"])))
        self.assertIn("Refunds of the sales £8.00 £17.00", page)
        self.assertIn("1 × refund, known then, its sale learnt of late −£9.00", page)

    def test_a_dispute_that_was_opened_and_told_of_later_is_listed(self) -> None:
        self.close()
        case = dispute(self.order, at(20), "lost")
        Dispute.objects.filter(pk=case.pk).update(status_known_at=AUGUST_1 + timedelta(days=1))

        page = text(self.client.get(reverse("analyticsapp:month", args=["2026-06"])))
        self.assertIn("Disputes lost 0 1", page)
        self.assertIn("What changed disputes opened since GBP, 1 dispute, +1", page)

    def test_who_bought_what_they_wished_for_and_was_told_of_later_is_listed(self) -> None:
        ann = make_user(Role.CUSTOMER)
        WishlistItem.objects.create(user=ann, variant=variant("A"), created_at=at(2), known_at=at(2))
        self.assertEqual(self.close().figures["gbp"]["purchased_users"], "0")
        sold(20_00, at(25), user=ann, email=ann.email)

        page = text(self.client.get(reverse("analyticsapp:month", args=["2026-06"])))
        self.assertIn("Wished, then bought 0 1", page)
        self.assertIn(
            f"What changed wished, then bought since GBP, 1 person, +1 What Change {ann.email} +1", page
        )

    def test_a_month_that_was_closed_when_fewer_figures_were_kept_stays_valid(self) -> None:
        sell_goods(("JAR", 2, 12_00, 4_00))
        fewer = [key for key in closing.REBUILT if key not in MARGINS and "sales" not in KPIS[key].needs]
        newest = LedgerEntry.objects.latest("pk").pk
        figures = closing.figures_of(JUNE, Known(ledger_id=newest), fewer)
        closed = ClosedMonth.objects.create(
            month=JUNE,
            ledger_id=newest,
            figures=figures,
            closed_at=AUGUST_1,
            closed_by=self.analyst,
        )
        log.record("month.closed", target=closed, month="2026-06", figures=figures)
        refunded(self.order, 5_00, at(28))

        page = text(self.client.get(reverse("analyticsapp:month", args=["2026-06"])))
        self.assertIn("Refunds of the sales not kept £13.00", page)
        self.assertIn("Product margin not kept £16.00", page)
        self.assertIn("Disputes opened not kept 0", page)
        self.assertIn("Refunds of the sales change by +£5.00", page)
        self.assertNotIn("What changed the margin since", page)
        self.assertEqual(self.issues(), [])

    def test_the_check_guards_what_can_be_made_again_and_what_was_only_told(self) -> None:
        closed = self.close()
        figures = closed.figures["gbp"]
        self.assertEqual(self.issues(), [])
        changed = {"refunds_of_sales": "9.00", "charges": "7", "wishlisted_users": "3"}
        with append_only.lifted():
            ClosedMonth.objects.update(figures={"gbp": {**figures, **changed}})

        self.assertCountEqual(self.issues(), [f"{KPIS[key].label} of June 2026" for key in changed])

    def test_a_payout_that_was_told_of_late_is_an_adjustment_of_what_was_paid_out(self) -> None:
        self.close()
        post(Kind.PAYOUT, -30_00, at(30))

        page = text(self.client.get(reverse("analyticsapp:month", args=["2026-06"])))
        self.assertIn("Paid out £0.00 £30.00", page)
        self.assertIn("1 × payout −£30.00", page)

    def test_a_later_month_is_no_adjustment(self) -> None:
        self.close()
        refunded(self.order, 5_00, JULY_3)

        self.assertIn("Nothing came for this month", self.month())

    def test_a_month_that_is_not_over_stays_open(self) -> None:
        with self.assertRaisesMessage(CannotClose, "June 2026 is not over."):
            close(JUNE, actor=self.analyst, now=at(30))

    def test_it_is_closed_once(self) -> None:
        self.close()

        with self.assertRaisesMessage(CannotClose, "closed already"), transaction.atomic():
            self.close()

    def test_an_empty_month_has_nothing_to_keep(self) -> None:
        with self.assertRaisesMessage(CannotClose, "No money moved in May 2026."):
            close(date(2026, 5, 1), actor=self.analyst, now=AUGUST_1)

    def test_it_can_not_be_changed_afterwards(self) -> None:
        self.close()

        with self.assertRaises(DatabaseError), transaction.atomic():
            ClosedMonth.objects.update(figures={})

    def test_closing_from_the_page(self) -> None:
        response = self.client.post(reverse("analyticsapp:close-month", args=["2026-06"]), follow=True)

        self.assertContains(response, "June 2026 is closed")
        again = self.client.post(reverse("analyticsapp:close-month", args=["2026-06"]), follow=True)
        self.assertContains(again, "closed already")
        self.assertEqual(ClosedMonth.objects.count(), 1)

    def test_ops_may_look_and_not_close(self) -> None:
        self.client.force_login(make_user(Role.OPS))

        self.assertNotIn("Close this month", self.month())

    def test_months_that_are_none_are_not_found(self) -> None:
        for month in ("2026-13", "june", "2026-6"):
            self.assertEqual(self.client.get(reverse("analyticsapp:month", args=[month])).status_code, 404)


class DemoMonths(TestCase):
    def test_they_close_and_agree(self) -> None:
        call_command("seed_demo", orders=80, stdout=StringIO())
        months = [one.first for one in closing.months(today=store_day(timezone.now()))]
        moved = [first for first in months if closing.figures_of(first, EVERYTHING)]
        self.assertGreater(len(moved), 3)
        for first in moved[:3]:
            closed = close(first, actor=make_user(Role.ADMIN), now=timezone.now())
            self.assertEqual(closing.figures_of(first, closing.known_of(closed)), closed.figures)
