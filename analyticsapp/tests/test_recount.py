"""Every figure of the registry is what plain Python counts from the rows of a whole shop."""

from datetime import date, timedelta
from io import StringIO

from django.core.management import call_command
from django.test import SimpleTestCase, TestCase
from django.utils import timezone

from analyticsapp.figures.facts import compare, with_margin
from analyticsapp.kpis import KPIS
from analyticsapp.rollups.definitions import state
from analyticsapp.tests.ledgers import placed, post
from analyticsapp.tests.recount import RECOUNTS, Figure, books, recount
from analyticsapp.tests.test_further_kpis import charge, dispute
from analyticsapp.tests.test_margin import give_back, put_back
from analyticsapp.windows import Window, last_days
from orders.models import Order
from payments.models import Kind
from purelaka.days import store_day

NEEDS = {name for kpi in KPIS.values() for name in kpi.needs}


def published(window: Window, currency: str) -> dict[str, Figure]:
    """Every figure of a window as pages and files get it, before it is rounded."""
    found = with_margin(compare(window, state(), needs=NEEDS), window, currency, state())
    return {key: kpi.compute(found.now[currency]) for key, kpi in KPIS.items()}


class Completeness(SimpleTestCase):
    def test_every_figure_has_a_recount(self) -> None:
        self.assertEqual(set(RECOUNTS), set(KPIS), "write it in analyticsapp/tests/recount.py")


class DemoShop(TestCase):
    """The demo's year, and what it leaves out: money without an order, what returns, a fee that waits."""

    today: date

    @classmethod
    def setUpTestData(cls) -> None:
        call_command("seed_demo", orders=80, stdout=StringIO())
        cls.today = store_day(timezone.now())
        moment = timezone.now() - timedelta(days=20)
        order = placed(90_00, status="paid", paid_at=moment, lines=[("NEW", 2, 30_00), ("OLD", 1, 30_00)])
        post(Kind.SALE, 90_00, moment, order=order)
        order.items.filter(sku="NEW").update(unit_cost=11_00)
        give_back(order, 25_00, {"NEW": 1})
        give_back(order, 7_00)
        put_back(order, "NEW", 1)
        post(Kind.UNAPPLIED, 7_00, moment, order=order)
        post(Kind.ADJUSTMENT, -1_00, moment)
        charge(order, moment, settled="")
        dispute(order, moment, "lost")
        dispute(order, moment, "warning_needs_response")

    def windows(self) -> list[Window]:
        a_month_ago = self.today - timedelta(days=30)
        return [
            *(last_days(days, today=self.today) for days in (7, 30, 90, 365, 1000)),
            *(last_days(days, today=a_month_ago) for days in (1, 30, 90)),
        ]

    def test_every_figure_of_every_currency_is_what_plain_python_counts(self) -> None:
        call_command("build_snapshots", stdout=StringIO())
        order = Order.objects.filter(currency="gbp", status="fulfilled").latest("paid_at")
        post(Kind.REFUND, -1_00, timezone.now(), order=order)  # a day that is live again
        Order.objects.filter(pk=order.pk).update(amount_refunded=order.amount_refunded + 1_00)
        shop, said = books(), set()

        for window in self.windows():
            for currency in state().currencies:
                with self.subTest(window=str(window), currency=currency):
                    found = published(window, currency)
                    self.assertEqual(found, recount(shop, window.start, window.end, currency))
                    said |= {key for key, figure in found.items() if figure}

        self.assertEqual(set(KPIS) - said, set(), "a figure that is nothing everywhere proves nothing")
