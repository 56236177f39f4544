from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from io import StringIO
from itertools import product
from threading import Barrier, Thread
from typing import Any
from unittest import skipUnless
from unittest.mock import patch

from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection, transaction

from audit.models import AuditLog
from catalog.models import Product, Variant
from orders import lifecycle
from orders.models import Order, OrderItem
from payments import facts
from payments.importing import goods, refunding, writing
from payments.models import LedgerEntry, Payment, Refund
from payments.tests.importing import Files, ImportTestCase, line, refund_line
from payments.tests.state import ledger_per_day
from purelaka.testing import GuardedTransactionTestCase

ORDERS = [line(str(number), sku=f"SKU{number % 4}") for number in range(1, 8) for _ in range(2)]
REFUNDS = [refund_line(f"C{number}", str(number)) for number in range(1, 8)]


class Killed(BaseException):
    """As if the machine had gone: nothing catches it."""


def everything() -> dict[str, Any]:
    """What an import leads to, without ids and moments of writing."""
    return {
        "orders": list(Order.objects.order_by("number").values_list("number", "status", "amount_refunded")),
        "items": sorted(OrderItem.objects.values_list("order__number", "variant__sku", "amount_total")),
        "products": sorted(Product.objects.values_list("name", "slug")),
        "facts": [Payment.objects.count(), Refund.objects.count(), Variant.objects.count()],
        "ledger": ledger_per_day(),
        "steps": sorted(AuditLog.objects.filter(target_type="order").values_list("event_type", flat=True)),
    }


@contextmanager
def killed_at(place: Any, name: str, *, call: int, before: bool = False) -> Iterator[None]:
    """The process ends when that call of the function has returned, or before it."""
    real: Callable[..., Any] = getattr(place, name)
    calls = 0

    def counting(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == call and before:
            raise Killed
        answer = real(*args, **kwargs)
        if calls == call:
            raise Killed
        return answer

    with patch.object(place, name, counting):
        yield


class KilledTests(ImportTestCase):
    def test_a_run_killed_anywhere_is_finished_by_the_next(self) -> None:
        undisturbed = self.undone(self.in_batches)
        places = [
            (goods, "_free_slugs"),
            (writing, "_insert_items"),
            (facts, "upsert"),
            (writing, "project"),
            (lifecycle, "move"),
            (refunding, "project"),
        ]
        for (place, name), call, before in product(places, (1, 2), (True, False)):
            with self.subTest(place.__name__, function=name, call=call, before=before):
                killed = killed_at(place, name, call=call, before=before)
                resumed = self.undone(partial(self.killed_then_again, killed))
                self.assertEqual(resumed, undisturbed)

    def test_what_a_killed_batch_had_begun_is_gone(self) -> None:
        with killed_at(lifecycle, "move", call=3), self.assertRaises(Killed):  # batch 2, paid
            self.in_batches()

        self.assert_orders("1", "2", "3")
        self.assertEqual(OrderItem.objects.count(), 6)
        self.assertEqual((Payment.objects.count(), LedgerEntry.objects.count()), (3, 3))
        self.assertEqual(set(Order.objects.values_list("status", flat=True)), {"fulfilled"})

    def test_the_next_run_says_what_was_there(self) -> None:
        with killed_at(writing, "project", call=2), self.assertRaises(Killed):
            self.in_batches()

        self.assertIn("4 new orders of 8 lines, 3 already there; 7 new refunds", self.in_batches())

    def test_control_c_says_how_to_go_on(self) -> None:
        with (
            patch.object(writing, "project", side_effect=KeyboardInterrupt),
            self.assertRaisesMessage(CommandError, "run it again to go on") as caught,
        ):
            self.in_batches()
        self.assertEqual(caught.exception.returncode, 130)

    def in_batches(self) -> str:
        return self.run_import(self.orders_file(*ORDERS), self.refunds_file(*REFUNDS), batch=3)

    def killed_then_again(self, killed: AbstractContextManager[None]) -> None:
        with killed, self.assertRaises(Killed):
            self.in_batches()
        self.in_batches()

    def undone(self, deed: Callable[[], object]) -> dict[str, Any]:
        """What the deed leads to; afterwards all is as before."""
        with transaction.atomic():
            deed()
            state = everything()
            transaction.set_rollback(True)
        return state


@skipUnless(connection.vendor == "postgresql", "SQLite has one writer at a time anyway")
class TwoAtOnceTests(Files, GuardedTransactionTestCase):
    def test_two_runs_of_one_file_bring_each_order_once(self) -> None:
        self.make_folder(self)
        orders, refunds = self.orders_file(*ORDERS), self.refunds_file(*REFUNDS)
        barrier, said = Barrier(2), []

        def run(number: int) -> None:
            barrier.wait()
            out = StringIO()
            rejects = self.folder / f"rejects{number}.csv"
            options: dict[str, Any] = {"refunds": refunds, "rejects": rejects, "batch": 1}
            call_command("import_orders", str(orders), stdout=out, stderr=StringIO(), **options)
            said.append(out.getvalue())
            connection.close()

        threads = [Thread(target=run, args=(number,)) for number in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        self.assertEqual([text.split("; ")[-1][:15] for text in said], ["0 rows rejected"] * 2)
        self.assertEqual((Order.objects.count(), OrderItem.objects.count()), (7, 14))
        self.assertEqual((Payment.objects.count(), Refund.objects.count()), (7, 7))
        self.assertEqual(LedgerEntry.objects.count(), 14)
