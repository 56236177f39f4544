"""A guest's basket comes along when the guest signs in."""

from datetime import timedelta

from django.test import Client, TestCase
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role
from catalog.models import Variant
from orders import lifecycle
from orders.models import Basket, BasketItem, OrderStatus
from orders.tests.making import Shopper, make_rate
from purelaka.testing import make_user, make_variant


class MergingTests(TestCase):
    def setUp(self) -> None:
        self.casey = make_user(Role.CUSTOMER)
        self.cream, self.mask = make_variant(), make_variant()
        self.guest = Shopper(self.client)

    def had_before(self, variant: Variant, quantity: int = 1) -> None:
        earlier = Client()
        earlier.force_login(self.casey)
        Shopper(earlier).puts(variant, quantity)

    def signs_in(self) -> None:
        self.client.post(reverse("account_login"), {"login": self.casey.email, "password": "secret"})

    def lines(self) -> dict[Variant, int]:
        basket = Basket.objects.get(user=self.casey, closed_at=None)
        return {item.variant: item.quantity for item in basket.items.filter(removed_at=None)}

    def test_a_first_basket_becomes_the_accounts(self) -> None:
        self.guest.puts(self.cream, 2)
        self.signs_in()

        self.assertEqual(self.lines(), {self.cream: 2})
        self.assertContains(self.guest.looks(), 'aria-label="Basket, 2 pieces"')

    def test_from_then_on_it_is_known_whose_the_lines_are(self) -> None:
        for own in (False, True):
            Basket.objects.all().delete()
            if own:
                self.had_before(self.mask)
            self.guest.puts(self.cream)
            yesterday = timezone.now() - timedelta(days=1)
            BasketItem.objects.filter(variant=self.cream).update(added_at=yesterday, known_at=yesterday)
            self.signs_in()

            line = BasketItem.objects.get(variant=self.cream)
            self.assertEqual((line.basket.user, line.added_at), (self.casey, yesterday))
            self.assertGreater(line.known_at or yesterday, yesterday)
            self.client.logout()

    def test_two_baskets_become_one_and_quantities_are_added(self) -> None:
        self.had_before(self.cream, 2)
        self.guest.puts(self.cream)
        self.guest.puts(self.mask, 3)
        self.signs_in()

        self.assertEqual(self.lines(), {self.cream: 3, self.mask: 3})
        self.assertEqual(Basket.objects.count(), 1)

    def test_what_the_guest_took_out_stays_out_and_stays_counted(self) -> None:
        self.had_before(self.cream)
        self.guest.puts(self.mask)
        self.guest.sets(BasketItem.objects.get(variant=self.mask), 0)
        self.signs_in()

        self.assertEqual(self.lines(), {self.cream: 1})
        self.assertEqual(BasketItem.objects.get(variant=self.mask).basket.user, self.casey)

    def test_of_two_currencies_the_newer_basket_wins_and_it_is_said(self) -> None:
        tea = make_variant(currency="jpy")
        self.had_before(tea)
        self.guest.puts(self.cream)
        self.signs_in()

        self.assertEqual(self.lines(), {self.cream: 1})
        self.assertContains(self.guest.looks(), f"went out of your basket from before: {tea.product.name}.")

    def test_a_guests_unpaid_order_stays_the_baskets(self) -> None:
        make_rate()
        self.had_before(self.mask)
        self.guest.puts(self.cream)
        order = self.guest.has_ordered()
        self.signs_in()

        self.assertEqual(Basket.objects.get(user=self.casey).order, order)
        self.assertEqual(self.lines(), {self.mask: 1, self.cream: 1})

    def test_what_the_guest_has_paid_for_is_not_brought_along(self) -> None:
        make_rate()
        self.had_before(self.mask)
        self.guest.puts(self.cream)
        order = self.guest.has_ordered()
        lifecycle.move([order], OrderStatus.PAID, actor=None)
        self.signs_in()

        self.assertEqual(self.lines(), {self.mask: 1})

    def test_the_unpaid_order_can_be_paid_on_every_device(self) -> None:
        make_rate()
        self.guest.puts(self.cream)
        order = self.guest.has_ordered()
        self.signs_in()
        phone = Client()
        phone.force_login(self.casey)
        phone.get("/basket/")

        self.assertEqual(phone.get(reverse("payments:pay", args=[order.number])).status_code, 200)

    def test_signing_in_without_a_basket_changes_nothing(self) -> None:
        self.had_before(self.cream)
        self.signs_in()

        self.assertEqual(self.lines(), {self.cream: 1})
