from datetime import timedelta

from django.test import TestCase
from django.utils import timezone

from orders import lifecycle
from orders.tests.making import Shopper, make_code, make_rate
from purelaka.testing import make_variant


class DiscountTests(TestCase):
    def setUp(self) -> None:
        make_rate(3_95)
        self.shopper = Shopper(self.client)
        self.shopper.puts(make_variant(unit_amount=20_00, stock=100))

    def assert_refused(self, reason: str, code: str = "SPRING") -> None:
        """In the basket as at the checkout, and the amounts stay as they were."""
        self.assert_said_beside_the_field(reason, code)
        response = self.client.post("/checkout/", {"code": code, "apply": "1", "email": "robin@example.com"})
        self.assertContains(response, reason)
        self.assertEqual(response.context["quote"].amount_discount, 0)
        self.assertIsNone(self.shopper.basket.discount_code)

    def assert_said_beside_the_field(self, reason: str, code: str) -> None:
        """The field is open, what was typed is in it, and the reason below."""
        response = self.shopper.enters(code)
        self.assertContains(response, reason, status_code=422)
        self.assertContains(response, '<details class="spec" open>', status_code=422)
        self.assertContains(response, f'name="code" value="{code.strip()}"', status_code=422)

    def test_a_code_in_any_case_takes_its_share_off_the_goods(self) -> None:
        make_code()

        self.assertContains(self.shopper.enters(" spring "), "SPRING takes off £2.00.")
        order = self.shopper.has_ordered()
        self.assertEqual(
            (order.amount_discount, order.amount_shipping, order.amount_total), (2_00, 3_95, 21_95)
        )
        self.assertEqual(order.discount_code, self.shopper.basket.discount_code)

    def test_an_amount_never_takes_off_more_than_the_goods_cost(self) -> None:
        make_code(amount_off=50_00, currency="gbp")
        self.shopper.enters("SPRING")

        self.assertEqual(self.shopper.has_ordered().amount_total, 3_95)

    def test_delivery_is_free_from_a_worth_after_discount(self) -> None:
        make_rate(5_00, method="Parcel shop", free_from=20_00)
        make_code()
        parcel = self.client.post("/checkout/", {"update": "1", "country": "GB"}).context["quote"].offers[0]
        self.assertEqual((parcel.method.name, parcel.amount), ("Parcel shop", 0))

        self.shopper.enters("SPRING")
        parcel = self.client.post("/checkout/", {"update": "1", "country": "GB"}).context["quote"].offers[0]
        self.assertEqual(parcel.amount, 5_00)

    def test_unknown(self) -> None:
        self.assert_refused("There is no code WINTER. Check the spelling.", code="winter")

    def test_nothing_entered(self) -> None:
        self.assert_said_beside_the_field("Enter a code.", "  ")

    def test_taken_back(self) -> None:
        make_code(is_active=False)
        self.assert_refused("SPRING is not valid any more.")

    def test_not_yet(self) -> None:
        make_code(starts_at=timezone.now() + timedelta(days=30))
        self.assert_refused("SPRING starts on ")

    def test_not_any_more(self) -> None:
        now = timezone.now()
        make_code(starts_at=now - timedelta(days=30), expires_at=now - timedelta(seconds=1))
        self.assert_refused("SPRING ended on ")

    def test_another_currency(self) -> None:
        make_code(amount_off=5_00, currency="eur")
        self.assert_refused("SPRING is for orders in EUR; yours is in GBP.")

    def test_too_few_goods(self) -> None:
        make_code(minimum_amount=30_00, currency="gbp")
        self.assert_refused("SPRING needs goods of at least £30.00; yours cost £20.00.")

    def test_used_up_until_an_order_is_cancelled(self) -> None:
        make_code(max_redemptions=1)
        other = Shopper()
        other.puts(make_variant())
        other.enters("SPRING")
        order = other.has_ordered()

        self.assert_refused("SPRING was used up.")
        lifecycle.cancel(order, actor=None, reason="reservation expired")
        self.assertContains(self.shopper.enters("SPRING"), "SPRING takes off £2.00.")

    def test_once_for_each_customer_however_the_email_is_written(self) -> None:
        make_code(max_per_customer=1)
        other = Shopper()
        other.puts(make_variant())
        other.enters("SPRING")
        other.has_ordered(email="ROBIN@example.com")

        response = self.client.post(
            "/checkout/", {"code": "SPRING", "apply": "1", "email": " Robin@Example.com"}
        )
        self.assertContains(response, "You have used SPRING once already")
        response = self.client.post(
            "/checkout/", {"code": "SPRING", "apply": "1", "email": "sam@example.com"}
        )
        self.assertEqual(response.context["quote"].amount_discount, 2_00)

    def test_an_order_costs_at_least_what_can_be_charged(self) -> None:
        make_code(percent_off=100)
        make_rate(0, method="A collection")

        self.assert_refused("A payment of at least £0.30 is needed, and SPRING would bring it down to £0.00.")

    def test_a_code_that_stops_counting_is_left_out_and_it_is_said(self) -> None:
        code = make_code()
        self.shopper.enters("SPRING")
        seen = self.shopper.sees()
        code.is_active = False
        code.save()

        self.assertContains(self.shopper.looks(), "SPRING is not valid any more.")
        response = self.client.post("/checkout/", seen)
        self.assertContains(response, "The discount is £0.00 instead of £2.00.", status_code=409)
        self.assertEqual(response.context["changes"][0], "SPRING is not valid any more.")
        self.assertEqual(self.shopper.has_ordered().amount_total, 23_95)

    def test_the_own_unpaid_order_does_not_use_the_code_up(self) -> None:
        make_code(max_redemptions=1, max_per_customer=1)
        self.shopper.enters("SPRING")
        first = self.shopper.has_ordered()

        self.assertEqual(self.shopper.has_ordered(), first)
        changed = self.shopper.has_ordered(name="Robin R.")
        self.assertNotEqual(changed, first)
        self.assertEqual(changed.amount_discount, 2_00)

    def test_a_code_typed_but_not_applied_is_tried_before_anything_is_ordered(self) -> None:
        make_code()
        response = self.client.post("/checkout/", {**self.shopper.sees(), "code": "spring"})

        self.assertEqual((response.status_code, response.context["quote"].amount_total), (200, 21_95))

    def test_a_code_can_be_taken_away_again(self) -> None:
        make_code()
        self.shopper.enters("SPRING")
        response = self.client.post("/checkout/", {"remove_code": "1", "country": "GB"})

        self.assertEqual(response.context["quote"].amount_total, 23_95)
