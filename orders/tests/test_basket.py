from datetime import timedelta

from django.contrib.auth.models import AnonymousUser
from django.test import Client, RequestFactory, TestCase
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role
from catalog.models import Variant
from orders import basket as baskets
from orders import lifecycle
from orders.models import Basket, BasketItem, OrderStatus
from orders.tests.making import BASKET, Shopper, make_rate, make_tax
from purelaka.testing import make_user, make_variant


class BasketTests(TestCase):
    def setUp(self) -> None:
        self.cream = make_variant(unit_amount=28_00, stock=5)
        self.shopper = Shopper(self.client)

    def item(self) -> BasketItem:
        return BasketItem.objects.get(removed_at=None)

    def test_nobody_has_a_basket_before_something_is_in_it(self) -> None:
        self.assertContains(self.shopper.looks(), "Your basket is empty")
        self.assertFalse(Basket.objects.exists())

    def test_the_same_goods_twice_are_one_line(self) -> None:
        self.shopper.puts(self.cream, 2)
        self.shopper.puts(self.cream)

        self.assertEqual((self.item().quantity, self.item().unit_amount), (3, 28_00))

    def test_the_bar_counts_pieces(self) -> None:
        self.assertContains(self.shopper.puts(self.cream, 3), 'aria-label="Basket, 3 pieces"')

    def test_counting_costs_a_visitor_without_a_basket_nothing(self) -> None:
        request = RequestFactory().get("/")
        request.session, request.user = self.client.session, AnonymousUser()

        with self.assertNumQueries(0):
            self.assertEqual(baskets.count(request), 0)

    def test_after_adding_one_is_where_one_was(self) -> None:
        url = reverse("orders:basket-add")
        here = self.client.post(url, {"variant": self.cream.pk, "next": "/shop/"})
        elsewhere = self.client.post(url, {"variant": self.cream.pk, "next": "https://example.org/"})

        self.assertRedirects(here, "/shop/", fetch_redirect_response=False)
        self.assertRedirects(elsewhere, BASKET, fetch_redirect_response=False)

    def test_a_quantity_can_be_set_typed_or_by_button(self) -> None:
        self.shopper.puts(self.cream)
        self.shopper.sets(self.item(), 4)
        self.assertEqual(self.item().quantity, 4)

        self.client.post(reverse("orders:basket-change"), {"item": self.item().pk, "to": 3, "quantity": 4})
        self.assertEqual(self.item().quantity, 3)

    def test_what_is_no_number_changes_nothing(self) -> None:
        self.shopper.puts(self.cream, 2)
        for typed in ("two", "-1", "1.5", "9" * 30, ""):
            self.client.post(reverse("orders:basket-change"), {"item": self.item().pk, "quantity": typed})

        self.assertEqual(self.item().quantity, 2)

    def test_a_line_taken_out_keeps_its_row(self) -> None:
        self.shopper.puts(self.cream)
        response = self.shopper.sets(self.item(), 0)

        self.assertContains(response, "Your basket is empty")
        self.assertIsNotNone(BasketItem.objects.get().removed_at)

    def test_more_than_there_is_is_refused_and_nothing_changes(self) -> None:
        self.assertContains(self.shopper.puts(self.cream, 6), "Only 5 of")
        self.assertFalse(Basket.objects.exists())

        self.shopper.puts(self.cream, 4)
        self.assertContains(self.shopper.sets(self.item(), 6), "Only 5 of")
        self.assertEqual(self.item().quantity, 4)

    def test_one_order_holds_at_most_99_pieces_of_a_kind(self) -> None:
        plenty = make_variant(stock=500)

        self.assertContains(self.shopper.puts(plenty, 100), "at most 99 pieces")
        self.assertNotContains(self.shopper.puts(plenty, 99), "at most 99")

    def test_a_preorder_and_what_is_not_counted_may_exceed_the_stock(self) -> None:
        for variant in (make_variant(stock=0, preorder=True), make_variant(stock=0, stock_tracked=False)):
            self.shopper.puts(variant, 20)
            self.assertEqual(BasketItem.objects.latest("pk").quantity, 20)
        self.assertContains(self.shopper.looks(), "Preorder: sent as soon as it is there.", count=1)

    def test_odd_input_puts_nothing_in(self) -> None:
        url = reverse("orders:basket-add")
        for data in (
            {},
            {"variant": "x"},
            {"variant": "9" * 40},
            {"variant": self.cream.pk, "quantity": "-1"},
        ):
            with self.subTest(data):
                self.assertEqual(self.client.post(url, data).status_code, 302)
        self.assertFalse(Basket.objects.exists())

    def test_what_is_not_for_sale_is_refused(self) -> None:
        self.cream.product.is_active = False
        self.cream.product.save()

        self.assertContains(self.shopper.puts(self.cream), "is not for sale any more")

    def test_another_currency_is_refused_with_both_named(self) -> None:
        self.shopper.puts(self.cream)
        response = self.shopper.puts(make_variant(currency="jpy"))

        self.assertContains(response, "Your basket is in GBP, and")
        self.assertContains(response, "is sold in JPY")
        self.assertEqual(BasketItem.objects.count(), 1)

    def test_an_emptied_basket_takes_another_currency(self) -> None:
        self.shopper.puts(self.cream)
        self.shopper.sets(self.item(), 0)
        self.shopper.puts(make_variant(currency="jpy"))

        self.assertEqual(self.item().variant.currency, "jpy")

    def test_a_price_that_changed_is_told_once(self) -> None:
        self.shopper.puts(self.cream)
        Variant.objects.update(unit_amount=30_00)

        self.assertContains(self.shopper.looks(), "was £28.00, is now £30.00")
        self.assertNotContains(self.shopper.looks(), "was £28.00")

    def test_the_total_is_estimated_with_delivery_and_tax(self) -> None:
        make_rate(3_95)
        make_tax(20_00)
        self.shopper.puts(self.cream)
        response = self.shopper.looks()

        self.assertContains(response, "£31.95")
        self.assertContains(response, "£5.33")  # of which VAT

    def test_baskets_of_guests_are_forgotten_after_60_days(self) -> None:
        self.shopper.puts(self.cream)
        now = timezone.now()

        self.assertEqual(baskets.forget_baskets(now + timedelta(days=59)), 0)
        self.assertEqual(baskets.forget_baskets(now + timedelta(days=61)), 1)
        self.assertContains(self.shopper.looks(), "Your basket is empty")

    def test_baskets_of_customers_and_of_orders_are_kept(self) -> None:
        make_rate()
        self.shopper.puts(self.cream)
        self.shopper.has_ordered()
        customer = Client()
        customer.force_login(make_user(Role.CUSTOMER))
        Shopper(customer).puts(self.cream)

        self.assertEqual(baskets.forget_baskets(timezone.now() + timedelta(days=400)), 0)


class TroubleTests(TestCase):
    """Lines that can't be ordered as they are."""

    def setUp(self) -> None:
        make_rate()
        self.cream, self.other = make_variant(unit_amount=28_00, stock=5), make_variant()
        self.shopper = Shopper(self.client)
        self.shopper.puts(self.cream, 4)
        self.shopper.puts(self.other)

    def assert_blocked(self, said: str) -> None:
        self.assertContains(self.shopper.looks(), said)
        self.assertContains(self.shopper.looks(), "needs a change before you can check out")
        self.assertRedirects(self.shopper.looks("/checkout/"), BASKET)

    def test_what_is_short_can_be_reduced(self) -> None:
        Variant.objects.filter(pk=self.cream.pk).update(stock=2)
        self.assert_blocked("Only 2 are left.")
        self.assertContains(self.shopper.looks(), "Reduce to 2")

        self.shopper.sets(BasketItem.objects.get(variant=self.cream), 2)
        self.assertNotContains(self.shopper.looks(), "needs a change")

    def test_less_is_always_accepted_even_while_it_is_still_too_much(self) -> None:
        Variant.objects.filter(pk=self.cream.pk).update(stock=2)
        self.shopper.sets(BasketItem.objects.get(variant=self.cream), 3)

        self.assertEqual(BasketItem.objects.get(variant=self.cream).quantity, 3)

    def test_what_is_sold_out_does_not_count(self) -> None:
        Variant.objects.filter(pk=self.cream.pk).update(stock=0)
        self.assert_blocked("Sold out.")

        self.assertEqual(self.shopper.looks().context["quote"].amount_subtotal, 10_00)

    def test_what_was_archived_has_to_go(self) -> None:
        Variant.objects.filter(pk=self.cream.pk).update(is_active=False)
        self.assert_blocked("No longer for sale.")

    def test_what_is_sold_in_another_currency_now_has_to_go(self) -> None:
        Variant.objects.filter(pk=self.other.pk).update(currency="eur")
        self.assert_blocked("Now sold in EUR, and this basket is in GBP.")

    def test_what_the_own_order_holds_is_there(self) -> None:
        self.shopper.has_ordered()
        Variant.objects.filter(pk=self.cream.pk).update(stock=4)  # all of it is held for this order

        self.assertNotContains(self.shopper.looks(), "needs a change")
        self.assertContains(Shopper().puts(self.cream), "is sold out")


class AfterOrderingTests(TestCase):
    def setUp(self) -> None:
        make_rate()
        self.cream, self.other = make_variant(), make_variant()
        self.shopper = Shopper(self.client)
        self.shopper.puts(self.cream, 2)
        self.order = self.shopper.has_ordered()

    def test_goods_are_said_to_be_held(self) -> None:
        response = self.shopper.looks()

        self.assertContains(response, "Your goods are held for you until")
        self.assertContains(response, reverse("payments:pay", args=[self.order.number]))

    def test_a_paid_order_empties_the_basket(self) -> None:
        lifecycle.move([self.order], OrderStatus.PAID, actor=None)

        self.assertContains(self.shopper.looks(), "Your basket is empty")
        self.assertContains(self.shopper.looks(), 'aria-label="Basket, 0 pieces"')
        self.assertIsNotNone(Basket.objects.get().closed_at)

    def test_what_was_put_in_after_the_order_stays(self) -> None:
        self.shopper.puts(self.cream)
        self.shopper.puts(self.other)
        lifecycle.move([self.order], OrderStatus.PAID, actor=None)
        lines = self.shopper.looks().context["review"].lines

        self.assertEqual(
            [(line.variant, line.item.quantity) for line in lines], [(self.cream, 1), (self.other, 1)]
        )
        self.assertContains(self.shopper.looks(), 'aria-label="Basket, 2 pieces"')

    def test_a_basket_outlives_its_cancelled_order(self) -> None:
        lifecycle.cancel(self.order, actor=None, reason="reservation expired")

        self.assertContains(self.shopper.looks(), "Your goods are no longer held; nothing was paid.")
        again = self.shopper.has_ordered()
        self.assertNotEqual(again, self.order)
        self.assertNotContains(self.shopper.looks(), "no longer held")

    def test_an_expired_reservation_is_said_before_the_order_is_cancelled(self) -> None:
        self.order.reserved_until = timezone.now() - timedelta(seconds=1)
        self.order.save(update_fields=["reserved_until"])

        self.assertContains(self.shopper.looks(), "no longer held")


class OwnershipTests(TestCase):
    def test_another_visitors_line_can_not_be_changed(self) -> None:
        variant = make_variant()
        mine, theirs = Shopper(), Shopper()
        mine.puts(variant)
        theirs.puts(variant, 3)
        item = BasketItem.objects.latest("pk")
        response = mine.sets(item, 1)

        self.assertContains(response, "not in your basket any more")
        self.assertEqual(BasketItem.objects.get(pk=item.pk).quantity, 3)

    def test_a_customer_finds_the_basket_on_every_device_and_nobody_else_does(self) -> None:
        casey, robin = make_user(Role.CUSTOMER), make_user(Role.CUSTOMER)
        for client in (clients := [Client(), Client(), Client()]):
            client.force_login(robin if client is clients[2] else casey)
        Shopper(clients[0]).puts(make_variant(), 2)

        self.assertContains(Shopper(clients[1]).looks(), 'aria-label="Basket, 2 pieces"')
        self.assertContains(Shopper(clients[2]).looks(), "Your basket is empty")

    def test_after_signing_out_the_basket_is_not_shown(self) -> None:
        self.client.force_login(make_user(Role.CUSTOMER))
        Shopper(self.client).puts(make_variant())
        self.client.logout()

        self.assertContains(Shopper(self.client).looks(), "Your basket is empty")
