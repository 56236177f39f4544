from django.test import TestCase

from orders.models import Order
from orders.placing import CannotPlace, Line, place_order
from purelaka.testing import make_variant


class PlacingTests(TestCase):
    def refused(self, reason: str, *lines: Line) -> None:
        with self.assertRaisesMessage(CannotPlace, reason):
            place_order(lines, email="buyer@example.com")
        self.assertFalse(Order.objects.exists())

    def test_what_was_taken_out_of_the_shop_is_not_sold(self) -> None:
        gone, archived = make_variant(is_active=False), make_variant()
        archived.product.is_active = False

        self.refused("is not for sale any more", Line(gone, 1))
        self.refused("is not for sale any more", Line(archived, 1))

    def test_an_order_has_one_currency(self) -> None:
        self.refused("one currency", Line(make_variant(), 1), Line(make_variant(currency="eur"), 1))

    def test_there_is_something_in_it(self) -> None:
        self.refused("basket is empty")
        self.refused("at least 1", Line(make_variant(), 0))

    def test_an_email_is_kept_in_its_one_spelling(self) -> None:
        order = place_order([Line(make_variant(), 1)], email=" Buyer@Example.com ")

        self.assertEqual(order.email, "buyer@example.com")
