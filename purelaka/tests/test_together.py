"""Rows of several tables in one statement are what each table would have given."""

from django.test import TestCase
from django.utils import timezone

from accounts.models import Role
from audit.log import record
from audit.models import AuditLog
from catalog.models import Variant
from orders.models import Order, OrderNote
from payments.models import RefundRequest
from payments.tests.making import make_request
from purelaka.testing import make_order, make_user, make_variant
from purelaka.together import give, together


class TogetherTests(TestCase):
    def setUp(self) -> None:
        self.ops = make_user(Role.OPS)
        self.order, self.other = make_order(at=timezone.now()), make_order()
        self.variants = [make_variant(preorder=True), make_variant(stock=5)]
        make_request()
        record("order.note", actor=self.ops, target=self.order, text="“x”", more=[1, None, {"a": True}])
        AuditLog.objects.create(event_type="test", target_type="order", target_id="1", address="192.0.2.1")
        for text in ("First “quoted”, and a \\ and a\nline", "Second"):
            OrderNote.objects.create(order=self.order, author=self.ops, text=text)

    def test_each_row_has_every_value_it_would_have_alone(self) -> None:
        sets = {
            "orders": Order.objects.order_by("-created_at"),
            "notes": OrderNote.objects.all(),
            "variants": Variant.objects.all(),
            "requests": RefundRequest.objects.all(),
            "audit": AuditLog.objects.all(),
        }
        with self.assertNumQueries(1):
            found = together(**sets)

        for name, rows in sets.items():
            alone = list(rows.order_by("pk"))
            self.assertEqual(found[name], alone)
            for one, other in zip(found[name], alone, strict=True):
                for field in one._meta.concrete_fields:
                    values = getattr(one, field.attname), getattr(other, field.attname)
                    self.assertEqual(values[0], values[1], field)
                    self.assertIs(type(values[0]), type(values[1]), field)

    def test_a_part_without_rows_is_empty(self) -> None:
        found = together(
            notes=OrderNote.objects.filter(order=self.other), orders=Order.objects.filter(pk=self.order.pk)
        )

        self.assertEqual(found, {"notes": [], "orders": [self.order]})

    def test_what_rows_name_is_given_to_them(self) -> None:
        found = together(notes=OrderNote.objects.all(), orders=Order.objects.all())
        give(found["notes"], "order", found["orders"])

        with self.assertNumQueries(0):
            self.assertEqual([note.order.number for note in found["notes"]], [self.order.number] * 2)
