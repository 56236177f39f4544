from datetime import timedelta
from unittest.mock import patch

from django.test import TestCase, override_settings
from django.urls import reverse
from django.utils import timezone

from accounts.models import Address, Role
from catalog import stock
from catalog.models import Variant
from orders import checkout, lifecycle
from orders.models import Basket, BasketItem, Order, OrderStatus, ShippingRate, TaxBehavior
from orders.tests.making import ADDRESS, BASKET, CHECKOUT, Shopper, make_rate, make_tax
from purelaka.testing import make_user, make_variant


class CheckoutTestCase(TestCase):
    def setUp(self) -> None:
        self.rate = make_rate(3_95)
        self.cream = make_variant(unit_amount=28_00, stock=10)
        self.shopper = Shopper(self.client)
        self.shopper.puts(self.cream, 2)


class PlacingFromBasketTests(CheckoutTestCase):
    def test_a_guest_orders_what_is_in_the_basket(self) -> None:
        make_tax(20_00)
        response = self.shopper.orders()
        order = Order.objects.get()

        self.assertRedirects(response, reverse("payments:pay", args=[order.number]))
        self.assertEqual((order.status, order.user, order.email), ("pending", None, "robin@example.com"))
        self.assertEqual(order.address, "14 Example Street\nBristol BS1 0AA\nUnited Kingdom")
        self.assertEqual((order.name, order.country), ("Robin", "United Kingdom"))
        self.assertEqual((order.amount_subtotal, order.amount_shipping), (56_00, 3_95))
        self.assertEqual((order.amount_tax, order.amount_total), (9_99, 59_95))
        self.assertEqual((order.shipping_method, order.tax_name, order.tax_rate), ("Standard", "VAT", 20_00))
        self.assertEqual(Variant.objects.get(pk=self.cream.pk).reserved, 2)
        self.assertEqual(Basket.objects.get().order, order)

    @override_settings(PRICES_INCLUDE_TAX=False)
    def test_tax_is_added_where_prices_are_without_it(self) -> None:
        make_tax(20_00)
        order = self.shopper.has_ordered()

        self.assertEqual((order.tax_behavior, order.amount_tax), (TaxBehavior.EXCLUSIVE, 11_99))
        self.assertEqual(order.amount_total, 71_94)

    def test_a_customer_orders_with_the_accounts_email(self) -> None:
        casey = make_user(Role.CUSTOMER)
        self.client.force_login(casey)
        order = self.shopper.has_ordered(email="somebody@example.com")

        self.assertEqual((order.user, order.email), (casey, casey.email))

    def test_nothing_in_the_basket_leads_back_to_it(self) -> None:
        for ask in (Shopper().client.get, Shopper().client.post):
            self.assertRedirects(ask(CHECKOUT), BASKET)

    def test_what_was_typed_is_there_again(self) -> None:
        self.client.post(CHECKOUT, {**ADDRESS, "postcode": "nowhere", "update": "1"})
        form = self.client.get(CHECKOUT).context["form"]

        self.assertEqual((form["postcode"].value(), form["email"].value()), ("nowhere", "robin@example.com"))

    def test_each_missing_field_says_what_to_enter(self) -> None:
        response = self.client.post(CHECKOUT, {"country": "GB"})

        self.assertEqual(response.status_code, 422)
        for said in ("your email address", "whoever gets the parcel", "street and number", "the postcode"):
            self.assertContains(response, said, status_code=422)
        self.assertFalse(Order.objects.exists())

    def test_asking_what_it_costs_complains_about_nothing(self) -> None:
        response = self.client.post(CHECKOUT, {"country": "GB", "update": "1"})

        self.assertNotContains(response, "form-error")

    def test_odd_input_is_no_error_of_ours(self) -> None:
        odd = {
            "email": "\x00",
            "name": "x" * 500,
            "method": "9" * 30,
            "country": "ZZ",
            "seen": "a-b",
            "saved": "7",
        }
        response = self.client.post(CHECKOUT, odd)

        self.assertContains(response, "We do not deliver there.", status_code=422)
        self.assertContains(self.client.post(CHECKOUT, {"code": "A\x00B"}), "There is no code AB.")

    def test_each_part_of_an_address_is_one_line(self) -> None:
        order = self.shopper.has_ordered(name=" Robin\r\nR. ", line1="14  Example\nStreet")

        self.assertEqual((order.name, order.address.split("\n")[0]), ("Robin R.", "14 Example Street"))

    def test_another_visitors_order_is_not_shown_to_anybody(self) -> None:
        order = self.shopper.has_ordered()

        stranger = Shopper()
        self.assertNotContains(stranger.looks(), order.number)
        self.assertNotEqual(stranger.looks(reverse("payments:pay", args=[order.number])).status_code, 200)


class CountryTests(CheckoutTestCase):
    def offers(self, **asked: str) -> dict[str, int]:
        response = self.client.post(CHECKOUT, {"update": "1", **asked})
        return {offer.method.name: offer.amount for offer in response.context["quote"].offers}

    def test_a_countrys_own_rate_comes_before_that_for_all_others(self) -> None:
        make_rate(6_95, country="DE")
        make_rate(9_95, method="Express")

        self.assertEqual(self.offers(country="DE"), {"Standard": 6_95, "Express": 9_95})
        self.assertEqual(self.offers(country="FR"), {"Standard": 3_95, "Express": 9_95})

    def test_a_method_that_was_taken_back_is_not_offered(self) -> None:
        express = make_rate(9_95, method="Express").method
        express.is_active = False
        express.save()

        self.assertEqual(self.offers(country="GB"), {"Standard": 3_95})

    def test_only_countries_with_a_rate_in_the_currency_can_be_chosen(self) -> None:
        ShippingRate.objects.update(country="GB")
        make_rate(6_95, country="DE")
        make_rate(6_95, country="FR", currency="eur")
        choices = self.client.get(CHECKOUT).context["form"].fields["country"].choices

        self.assertEqual(choices, [("DE", "Germany"), ("GB", "United Kingdom")])

    def test_the_first_country_shown_is_the_stores(self) -> None:
        self.assertEqual(self.client.get(CHECKOUT).context["form"]["country"].value(), "GB")
        with self.settings(STORE_COUNTRY="FR"):
            self.assertEqual(self.client.get(CHECKOUT).context["form"]["country"].value(), "FR")

    def test_a_shop_that_delivers_nowhere_says_so(self) -> None:
        ShippingRate.objects.all().delete()

        self.assertContains(self.client.get(CHECKOUT), "Orders in GBP are not sent to this country.")
        self.assertEqual(self.client.post(CHECKOUT, ADDRESS).status_code, 422)

    def test_an_order_costs_at_least_what_can_be_charged(self) -> None:
        ShippingRate.objects.update(amount=0)
        Variant.objects.update(unit_amount=10)

        response = self.client.post(CHECKOUT, self.shopper.sees())
        said = "A payment of at least £0.30 is needed, and this order would cost £0.20."
        self.assertContains(response, said, status_code=409)
        self.assertFalse(Order.objects.exists())

    def test_yen_and_dinars_keep_their_digits(self) -> None:
        for currency, amount, text in (
            ("jpy", 1_200, "¥1,200"),
            ("kwd", 1_234, "KWD\N{NO-BREAK SPACE}1.234"),
        ):
            make_rate(0, currency=currency)
            shopper = Shopper()
            shopper.puts(make_variant(currency=currency, unit_amount=amount))
            self.assertContains(shopper.looks(CHECKOUT), text)
            self.assertEqual(shopper.has_ordered().amount_total, amount)

    def test_the_country_is_taken_over_without_script_too(self) -> None:
        """The amounts shown were for another country: nothing is ordered, the new ones are shown."""
        make_rate(6_95, country="DE")
        form = {**self.shopper.sees(), "country": "DE", "postcode": "10115", "city": "Berlin"}
        response = self.client.post(CHECKOUT, form)

        self.assertContains(response, "Delivery costs £6.95 instead of £3.95.", status_code=409)
        form["seen"] = response.context["seen"]
        self.assertEqual(self.client.post(CHECKOUT, form).status_code, 302)

    def test_with_script_only_what_changed_is_sent(self) -> None:
        response = self.client.post(CHECKOUT, {**ADDRESS, "update": "1"}, headers={"HX-Request": "true"})

        self.assertTemplateUsed(response, "orders/_checkout_parts.html")
        self.assertTemplateNotUsed(response, "orders/checkout.html")
        self.assertNotContains(response, "14 Example Street")

    def test_with_script_a_basket_emptied_elsewhere_leads_back_to_it(self) -> None:
        self.shopper.sets(BasketItem.objects.get(), 0)
        response = self.client.post(CHECKOUT, {**ADDRESS, "update": "1"}, headers={"HX-Request": "true"})

        self.assertEqual(response.headers["HX-Redirect"], BASKET)


class AgreedAmountTests(CheckoutTestCase):
    """What the customer saw is what is ordered, or nothing is."""

    def assert_nothing_ordered(self, form: dict[str, str], said: str) -> None:
        response = self.client.post(CHECKOUT, form)
        self.assertContains(response, said, status_code=409)
        self.assertContains(response, "Nothing was ordered", status_code=409)
        self.assertFalse(Order.objects.exists())
        self.assertEqual(
            self.client.post(CHECKOUT, {**form, "seen": response.context["seen"]}).status_code, 302
        )

    def test_a_new_price(self) -> None:
        form = self.shopper.sees()
        Variant.objects.update(unit_amount=30_00)

        self.assert_nothing_ordered(form, "The goods cost £60.00 instead of £56.00.")

    def test_a_new_price_is_told_on_the_line_too(self) -> None:
        form = self.shopper.sees()
        Variant.objects.update(unit_amount=30_00)

        self.assertContains(self.client.post(CHECKOUT, form), "was £28.00, is now £30.00", status_code=409)

    def test_a_new_rate(self) -> None:
        form = self.shopper.sees()
        ShippingRate.objects.update(amount=4_95)

        self.assert_nothing_ordered(form, "Delivery costs £4.95 instead of £3.95.")

    def test_a_new_tax(self) -> None:
        form = self.shopper.sees()
        make_tax(20_00)

        self.assert_nothing_ordered(form, "Tax is £9.99 instead of £0.00.")

    def test_another_way_of_delivery_that_costs_the_same(self) -> None:
        make_rate(3_95, method="Pigeon")
        form = self.shopper.sees(method=str(self.rate.method_id))
        self.rate.method.is_active = False
        self.rate.method.save()

        self.assert_nothing_ordered(form, "It is delivered by Pigeon.")

    def test_more_in_the_basket_from_another_tab(self) -> None:
        form = self.shopper.sees()
        self.shopper.puts(self.cream)

        self.assert_nothing_ordered(form, "The goods cost £84.00 instead of £56.00.")

    def test_odd_amounts_are_no_error_of_ours(self) -> None:
        for odd in ("gbp-1-²-0-0-0-0", "gbp-" + "9" * 99 + "-0-0-0-0-0", "gbp", "-" * 50, "eur-1-1-1-1-1-1"):
            response = self.client.post(CHECKOUT, {**ADDRESS, "seen": odd})
            self.assertContains(response, "Check the amounts below.", status_code=409)

    def test_a_form_without_amounts(self) -> None:
        self.assert_nothing_ordered(ADDRESS, "Check the amounts below.")

    def test_sold_out_since_the_form_was_shown(self) -> None:
        form = self.shopper.sees()
        Variant.objects.update(stock=1)
        response = self.client.post(CHECKOUT, form, follow=True)

        self.assertRedirects(response, BASKET)
        self.assertContains(response, "Only 1 is left.")
        self.assertFalse(Order.objects.exists())

    def test_sold_out_in_the_last_moment(self) -> None:
        form = self.shopper.sees()
        with patch("orders.placing.stock.reserve", side_effect=stock.OutOfStock(self.cream)):
            response = self.client.post(CHECKOUT, form, follow=True)

        self.assertContains(response, "was sold a moment ago. Nothing was charged.")
        self.assertFalse(Order.objects.exists())
        self.assertIsNone(Basket.objects.get().order)


class AgainTests(CheckoutTestCase):
    """However often the form is sent, one order waits for payment."""

    def test_the_same_form_twice_is_one_order(self) -> None:
        form = self.shopper.sees()
        answers = {self.client.post(CHECKOUT, form)["Location"] for _ in range(2)}

        self.assertEqual((len(answers), Order.objects.count()), (1, 1))
        self.assertEqual(Variant.objects.get(pk=self.cream.pk).reserved, 2)

    def test_another_address_or_other_goods_make_a_new_order_and_cancel_the_old(self) -> None:
        first = self.shopper.has_ordered()
        second = self.shopper.has_ordered(line1="15 Example Street")
        self.shopper.puts(self.cream)
        third = self.shopper.has_ordered()

        statuses = {order: Order.objects.get(pk=order.pk).status for order in (first, second, third)}
        self.assertEqual(statuses, {first: "canceled", second: "canceled", third: "pending"})
        self.assertEqual(Variant.objects.get(pk=self.cream.pk).reserved, 3)

    def test_all_that_is_left_can_be_ordered_again_by_whoever_holds_it(self) -> None:
        Variant.objects.update(stock=2)
        self.shopper.has_ordered()

        self.assertEqual(self.shopper.has_ordered(name="Robin R.").status, OrderStatus.PENDING)

    def test_an_expired_order_makes_way(self) -> None:
        first = self.shopper.has_ordered()
        Order.objects.update(reserved_until=timezone.now() - timedelta(seconds=1))
        second = self.shopper.has_ordered()

        first.refresh_from_db()
        self.assertEqual((first.status, second.status), ("canceled", "pending"))

    def test_money_on_its_way_for_the_old_order_leads_to_its_payment(self) -> None:
        first = self.shopper.has_ordered()
        with patch.object(checkout, "before_replacing", [_is_being_paid]):
            response = self.shopper.orders(name="Robin R.")

        self.assertRedirects(response, reverse("payments:pay", args=[first.number]))
        self.assertEqual(Order.objects.get().status, OrderStatus.PENDING)

    def test_while_the_old_order_can_not_be_given_up_nothing_is_ordered(self) -> None:
        first = self.shopper.has_ordered()
        with patch.object(checkout, "before_replacing", [_can_not_say]):
            response = self.shopper.orders(name="Robin R.")

        self.assertContains(response, "Stripe does not answer", status_code=409)
        self.assertEqual(Order.objects.get(), first)

    def test_a_form_sent_again_after_the_payment_orders_nothing(self) -> None:
        form = self.shopper.sees()
        self.client.post(CHECKOUT, form)
        lifecycle.move(list(Order.objects.all()), OrderStatus.PAID, actor=None)

        self.assertRedirects(self.client.post(CHECKOUT, form), BASKET)
        self.assertEqual(Order.objects.count(), 1)

    def test_paid_while_the_form_is_sent(self) -> None:
        order = self.shopper.has_ordered()
        basket, seen = Basket.objects.get(), self.shopper.sees()["seen"]
        lifecycle.move([order], OrderStatus.PAID, actor=None)

        with self.assertRaises(checkout.BeingPaid):
            checkout.place(basket, checkout.Details(**ADDRESS), user=None, method_id=None, seen=seen)


def _is_being_paid(order: Order) -> None:
    raise checkout.BeingPaid(order)


def _can_not_say(order: Order) -> None:
    raise checkout.CannotReplace("Stripe does not answer. Try again in a minute.")


class SavedAddressTests(CheckoutTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.casey = make_user(Role.CUSTOMER)
        self.client.force_login(self.casey)

    def saves(self, **changes: object) -> Address:
        fields = {name: text for name, text in ADDRESS.items() if name != "email"}
        return Address.objects.create(user=self.casey, **{**fields, **changes})

    def test_the_default_is_chosen_at_first(self) -> None:
        self.saves(line1="1 Old Street")
        home = self.saves(is_default=True)

        self.assertEqual(self.client.get(CHECKOUT).context["form"]["saved"].value(), str(home.pk))

    def test_a_chosen_address_is_used_whatever_else_is_typed(self) -> None:
        home = self.saves(line1="1 Old Street")
        order = self.shopper.has_ordered(saved=str(home.pk), line1="", city="")

        self.assertIn("1 Old Street", order.address)
        self.assertEqual(self.client.get(CHECKOUT).context["form"]["saved"].value(), str(home.pk))

    def test_somebody_elses_address_can_not_be_chosen(self) -> None:
        self.saves()
        foreign = Address.objects.create(
            user=make_user(Role.CUSTOMER), name="Sam", line1="9 Far Away", city="X"
        )
        form = {**self.shopper.sees(), "saved": str(foreign.pk)}

        self.assertNotContains(self.client.get(CHECKOUT), "9 Far Away")
        self.assertEqual(self.client.post(CHECKOUT, form).status_code, 422)

    def test_one_in_a_country_that_is_not_delivered_to(self) -> None:
        ShippingRate.objects.update(country="GB")
        far = self.saves(country="JP")
        response = self.client.post(CHECKOUT, {"saved": str(far.pk)})

        self.assertContains(response, "We do not deliver to Japan. Choose another address.", status_code=422)

    def test_a_new_one_is_kept_when_asked_to_and_once_only(self) -> None:
        self.shopper.has_ordered()
        self.assertFalse(Address.objects.exists())

        for _ in range(2):
            self.shopper.has_ordered(keep="on", saved="new")
        self.assertEqual(Address.objects.get().line1, "14 Example Street")
