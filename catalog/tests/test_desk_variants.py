"""Variants and their stock in the staff's pages."""

import uuid
from typing import Any

from django.urls import reverse

from accounts.models import Role
from catalog import changes
from catalog.models import StockMovement, Variant
from catalog.tests.desk import DeskTestCase, deeds, variant_form
from orders import lifecycle
from orders.models import OrderStatus
from purelaka.testing import make_order, make_user, make_variant


class VariantTests(DeskTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.variant = make_variant(unit_amount=14_00)

    def save(self, **fields: Any) -> Any:
        response = self.client.post(self.variant_url(self.variant), variant_form(self.variant, **fields))
        self.variant.refresh_from_db()
        return response

    def test_a_new_price_is_written_down_with_the_old_one(self) -> None:
        self.save(price="15.50")

        self.assertEqual(self.variant.unit_amount, 15_50)
        [deed] = deeds("variant.changed")
        self.assertEqual((deed["price_was"], deed["price"]), ("£14.00", "£15.50"))
        self.assertEqual(
            (deed["unit_amount_was"], deed["unit_amount"], deed["currency"]), (1400, 1550, "gbp")
        )
        history = self.client.get(self.product_url(self.variant.product))
        self.assertContains(history, "price: <del>£14.00</del> → <ins>£15.50</ins>")

    def test_a_new_price_changes_no_order(self) -> None:
        order = make_order(variant=self.variant, amount_total=14_00)
        self.save(price="99.00", name="Other", currency="eur")

        order.refresh_from_db()
        item = order.items.get()
        self.assertEqual((order.amount_total, order.currency), (14_00, "gbp"))
        self.assertEqual((item.unit_amount, item.amount_total, item.variant_name), (14_00, 14_00, ""))

    def test_a_cost_is_written_down_and_may_be_unknown(self) -> None:
        self.save(cost="4.20")
        self.assertEqual(self.variant.unit_cost, 4_20)
        self.save(cost="")
        self.assertIsNone(self.variant.unit_cost)

        first, second = deeds("variant.changed")
        self.assertEqual((first["cost_was"], first["cost"], first["unit_cost"]), ("not known", "£4.20", 420))
        self.assertEqual((second["cost_was"], second["cost"]), ("£4.20", "not known"))

    def test_a_cost_that_is_none_is_told(self) -> None:
        wrong = self.errors(self.save(cost="-1"))

        self.assertEqual(
            wrong["cost"], ["Write a cost of 0 or more, or leave it empty when it is not known."]
        )

    def test_a_line_keeps_the_cost_of_the_day_it_was_ordered(self) -> None:
        self.save(cost="4.20")
        order = make_order(variant=self.variant, amount_total=14_00)
        self.save(cost="9.00")

        self.assertEqual(order.items.get().unit_cost, 4_20)

    def test_customers_do_not_see_costs(self) -> None:
        self.save(cost="4.27")
        self.client.logout()

        page = self.client.get(reverse("catalog:product", args=[self.variant.product.slug]))
        self.assertNotContains(page, "4.27")

    def test_a_change_on_top_of_somebody_elses_is_refused(self) -> None:
        mine = variant_form(self.variant, price="15.00")
        changes.change(self.variant, {"unit_amount": 16_00}, actor=make_user(Role.ADMIN, "sam@example.com"))
        response = self.client.post(self.variant_url(self.variant), mine)

        wrong = self.errors(response)
        self.assertIn("sam changed this after you opened it", wrong["__all__"][0])
        self.assertEqual(wrong["price"], ["Now saved: 16.00"])
        self.variant.refresh_from_db()
        self.assertEqual(self.variant.unit_amount, 16_00)

    def test_stock_that_moved_meanwhile_is_no_conflict(self) -> None:
        mine = variant_form(self.variant, price="15.00")
        make_order(variant=self.variant, amount_total=14_00)
        self.client.post(self.variant_url(self.variant), mine)

        self.variant.refresh_from_db()
        self.assertEqual((self.variant.unit_amount, self.variant.reserved), (15_00, 1))

    def test_a_sku_that_another_has_is_refused(self) -> None:
        other = make_variant()

        self.assertIn("sku", self.errors(self.save(sku=other.sku)))

    def test_counted_stock_can_not_go_untold(self) -> None:
        response = self.save(stock_tracked=None)

        self.assertIn("10 are on the shelf", self.errors(response)["stock_tracked"][0])
        self.assertTrue(self.variant.stock_tracked)

    def test_counting_begins_only_before_the_first_sale(self) -> None:
        self.variant = make_variant(stock=0, stock_tracked=False)
        self.save(stock_tracked="on")
        self.assertTrue(self.variant.stock_tracked)

        self.variant = make_variant(stock=0, stock_tracked=False)
        order = make_order(variant=self.variant)
        lifecycle.move([order], OrderStatus.PAID, actor=None)
        response = self.save(stock_tracked="on")
        self.assertIn("counting can't begin now", self.errors(response)["stock_tracked"][0])
        self.assertFalse(self.variant.stock_tracked)

    def test_a_further_variant_is_added(self) -> None:
        url = reverse("catalog:variant-add", args=[self.variant.product.pk])
        sent = {"sku": "NEW-1", "name": "Large", "price": "2980", "currency": "jpy", "preorder": "on"}
        response = self.client.post(url, sent)

        self.assertRedirects(response, self.product_url(self.variant.product))
        made = Variant.objects.get(sku="NEW-1")
        self.assertEqual((made.unit_amount, made.preorder, made.stock_tracked), (2980, True, False))
        self.assertIn("sku", self.errors(self.client.post(url, sent)))  # sent twice, made once

    def test_archived_it_is_not_sold_and_its_siblings_are(self) -> None:
        sibling = Variant.objects.create(
            product=self.variant.product, sku="SIB", unit_amount=1, currency="gbp", stock_tracked=False
        )
        self.client.post(reverse("catalog:variant-archive", args=[self.variant.pk]))

        active = Variant.objects.filter(is_active=True)
        self.assertEqual(list(active), [sibling])
        self.client.post(reverse("catalog:variant-restore", args=[self.variant.pk]))
        self.assertEqual(active.all().count(), 2)
        self.assertEqual(deeds("variant.archived"), [{"name": self.variant.sku}])


class StockTests(DeskTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.variant = make_variant(stock=10)

    def receive(self, **fields: Any) -> Any:
        sent = {"key": str(uuid.uuid4()), "quantity": "5", "note": "", **fields}
        return self._post("stock-receive", sent)

    def adjust(self, **fields: Any) -> Any:
        sent = {
            "key": str(uuid.uuid4()),
            "how": "by",
            "quantity": "-2",
            "why": "Damaged",
            "note": "",
            **fields,
        }
        return self._post("stock-adjust", sent)

    def _post(self, name: str, sent: dict[str, str]) -> Any:
        response = self.client.post(reverse(f"catalog:{name}", args=[self.variant.pk]), sent)
        self.variant.refresh_from_db()
        return response

    def newest(self) -> StockMovement:
        return StockMovement.objects.latest("pk")

    def test_what_is_received_is_added_with_who_and_why(self) -> None:
        self.receive(quantity="24", note="Delivery 17")

        self.assertEqual(self.variant.stock, 34)
        movement = self.newest()
        self.assertEqual(
            (movement.quantity, movement.reason, movement.note, movement.actor),
            (24, "receipt", "Delivery 17", self.admin),
        )
        self.assertEqual(deeds("stock.receipt"), [{"quantity": 24, "note": "Delivery 17"}])

    def test_the_same_page_sent_twice_moves_stock_once(self) -> None:
        key = str(uuid.uuid4())
        for _ in range(2):
            self.assertEqual(self.receive(key=key).status_code, 302)
        self.assertEqual(self.variant.stock, 15)

        key = str(uuid.uuid4())
        for _ in range(2):  # the second alone would be too much
            self.assertEqual(self.adjust(key=key, quantity="-9").status_code, 302)
        self.assertEqual(self.variant.stock, 6)

        key = str(uuid.uuid4())
        self.adjust(key=key, how="to", quantity="20")
        self.receive()
        self.adjust(key=key, how="to", quantity="20")
        self.assertEqual(self.variant.stock, 25)

    def test_an_adjustment_has_a_reason(self) -> None:
        self.adjust(quantity="-3", note="fell off the shelf")

        self.assertEqual(self.variant.stock, 7)
        self.assertEqual(self.newest().note, "Damaged: fell off the shelf")
        self.assertIn("note", self.errors(self.adjust(why="Other"), "adjust"))
        self.assertIn("why", self.errors(self.adjust(why=""), "adjust"))

    def test_what_was_counted_becomes_the_level(self) -> None:
        self.adjust(how="to", quantity="13", why="Stocktake")

        self.assertEqual((self.variant.stock, self.newest().quantity), (13, 3))

    def test_a_count_that_agrees_moves_nothing(self) -> None:
        self.adjust(how="to", quantity="10", why="Stocktake")

        self.assertEqual(StockMovement.objects.count(), 1)

    def test_what_is_promised_to_orders_stays(self) -> None:
        make_order(variant=self.variant, quantity=4, amount_total=40_00)
        response = self.adjust(quantity="-7")

        said = "Only 10 are there, and 4 of them are promised to unpaid orders. At most 6 can be taken off."
        self.assertEqual(self.errors(response, "adjust")["quantity"], [said])
        self.assertEqual(self.variant.stock, 10)

    def test_numbers_that_can_not_be_are_refused(self) -> None:
        for quantity in ("", "0", "-1", "1.5", "1000001", "many"):
            self.assertIn("quantity", self.errors(self.receive(quantity=quantity), "receive"))
        self.assertIn("quantity", self.errors(self.adjust(quantity="0"), "adjust"))
        self.assertIn("quantity", self.errors(self.adjust(how="to", quantity="-1"), "adjust"))
        self.assertEqual(self.variant.stock, 10)

    def test_where_stock_is_not_counted_none_moves(self) -> None:
        self.variant = make_variant(stock=0, stock_tracked=False)

        self.assertIn("Its stock is not counted.", self.errors(self.receive(), "receive")["__all__"][0])
        self.assertFalse(StockMovement.objects.filter(variant=self.variant).exists())

    def test_only_admins_move_stock(self) -> None:
        for role in (Role.CUSTOMER, Role.ANALYST, Role.OPS):
            self.client.force_login(make_user(role))
            self.assertEqual(self.receive().status_code, 404)
            self.assertEqual(self.adjust().status_code, 404)
        self.assertEqual(self.variant.stock, 10)

    def test_the_page_tells_what_moved_and_which_order_took_it(self) -> None:
        order = make_order(variant=self.variant, quantity=1, amount_total=10_00)
        item = order.items.get()
        StockMovement.objects.create(variant=self.variant, quantity=-1, reason="sale", order_item=item)
        self.receive(note="Delivery 17")
        page = self.client.get(self.variant_url(self.variant))

        self.assertContains(page, "Delivery 17")
        self.assertContains(page, reverse("orders:order-detail", args=[order.number]))
        self.assertContains(page, "−1")
        self.assertEqual(page.context["number"], 3)
