"""Two clicks at the same moment on the staff's pages of the catalogue, on Postgres."""

import uuid
from collections.abc import Callable

from django.test import Client
from django.urls import reverse

from accounts.models import Role
from catalog.changes import stamp
from catalog.models import Product, StockMovement, Variant
from catalog.tests.desk import deeds, new_product, variant_form
from payments.tests.test_races import RaceCase, at_once
from purelaka.testing import make_user, make_variant


class CatalogueRaceTests(RaceCase):
    def setUp(self) -> None:
        self.admin = make_user(Role.ADMIN)

    def click(self, page: str, *arguments: object, **fields: object) -> Callable[[], int]:
        def send() -> int:
            client = Client()
            client.force_login(self.admin)
            return client.post(reverse(f"catalog:{page}", args=arguments), fields).status_code

        return send

    def test_stock_is_received_once(self) -> None:
        variant = make_variant(stock=10)
        sent = {"key": str(uuid.uuid4()), "quantity": "5"}
        answers = at_once(*[self.click("stock-receive", variant.pk, **sent)] * 2)

        variant.refresh_from_db()
        self.assertEqual((answers, variant.stock), ([302, 302], 15))
        self.assertEqual(StockMovement.objects.filter(variant=variant).count(), 2)

    def test_a_count_is_taken_over_once(self) -> None:
        variant = make_variant(stock=10)
        sent = {"key": str(uuid.uuid4()), "how": "to", "quantity": "7", "why": "Stocktake"}
        at_once(*[self.click("stock-adjust", variant.pk, **sent)] * 2)

        variant.refresh_from_db()
        self.assertEqual(variant.stock, 7)
        self.assertEqual(len(deeds("stock.adjustment")), 1)

    def test_a_product_is_made_once(self) -> None:
        answers = at_once(*[self.click("product-add", **new_product())] * 2)

        self.assertEqual(answers, [302, 302])
        self.assertEqual((Product.objects.count(), Variant.objects.count()), (1, 1))

    def test_of_two_different_changes_one_is_told_of_the_other(self) -> None:
        variant = make_variant()
        seen = stamp(variant)
        sent = [variant_form(variant, price=price, seen=seen) for price in ("11.00", "12.00")]
        answers = at_once(*[self.click("variant-edit", variant.pk, **each) for each in sent])

        self.assertEqual(sorted(answers), [302, 422])
        self.assertEqual(len(deeds("variant.changed")), 1)
