"""A customer's own orders: the list, the way in by a signed link, buying again. Nobody else's are there."""

import logging
from datetime import timedelta

from django.db import connection
from django.test import Client, TestCase
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Role
from accounts.tests.url_walk import addresses
from catalog.models import Variant
from orders.access import signed_link
from orders.models import Order, RefundState
from orders.placing import Line, place_order
from orders.standing import standing
from purelaka.testing import NOON, make_order, make_user, make_variant

LIST = reverse("orders:my-orders")


def quiet(case: TestCase) -> None:
    logging.disable(logging.WARNING)  # each 404 is a line otherwise
    case.addCleanup(logging.disable, logging.NOTSET)


class MyOrdersTests(TestCase):
    def setUp(self) -> None:
        self.robin, self.sam = make_user(Role.CUSTOMER), make_user(Role.CUSTOMER)
        self.client.force_login(self.robin)

    def numbers(self, query: str = "") -> list[str]:
        return [row.order.number for row in self.client.get(LIST + query).context["rows"]]

    def test_they_stand_newest_first_and_others_are_not_among_them(self) -> None:
        make_order(number="PL-OLD", user=self.robin, at=NOON)
        make_order(number="PL-NEW", user=self.robin, at=NOON + timedelta(days=1))
        make_order(number="PL-SAM", user=self.sam)
        make_order(number="PL-GUEST", email=self.robin.email)

        self.assertEqual(self.numbers(), ["PL-NEW", "PL-OLD"])

    def test_a_page_has_twenty_and_leads_to_the_next(self) -> None:
        variant = make_variant(stock=100)
        for minute in range(21):
            make_order(
                number=f"PL-{minute}", user=self.robin, variant=variant, at=NOON + timedelta(minutes=minute)
            )

        first = self.client.get(LIST)

        self.assertEqual(len(first.context["rows"]), 20)
        self.assertEqual(self.numbers(first.context["older"]), ["PL-0"])
        self.assertContains(first, first.context["older"].replace("&", "&amp;"))

    def test_its_cost_does_not_grow_with_the_orders(self) -> None:
        def queries() -> int:
            with CaptureQueriesContext(
                connection,
            ) as asked:
                self.client.get(LIST)
            return len(asked)

        make_order(user=self.robin)
        one = queries()
        for _ in range(4):
            make_order(user=self.robin)

        self.assertEqual(queries(), one)

    def test_who_has_none_is_led_to_the_shop(self) -> None:
        response = self.client.get(LIST)

        self.assertContains(response, "No orders yet")
        self.assertContains(response, f'href="{reverse("catalog:shop")}"')

    def test_staff_who_buy_see_theirs_in_their_own_frame(self) -> None:
        maya = make_user(Role.OPS)
        make_order(number="PL-MAYA", user=maya)
        self.client.force_login(maya)

        self.assertTemplateUsed(self.client.get(LIST), "desk.html")
        self.assertEqual(self.numbers(), ["PL-MAYA"])

    def test_where_an_order_stands_is_said_in_the_customer_s_words(self) -> None:
        order = make_order()
        said = []
        for status, refund in [
            ("pending", "none"),
            ("paid", "none"),
            ("fulfilled", "none"),
            ("canceled", "none"),
            ("paid", "full"),
            ("fulfilled", "partial"),
        ]:
            order.status, order.refund_status = status, RefundState(refund)
            said.append(standing(order).label)

        self.assertEqual(
            said,
            ["Waiting for payment", "Paid, being packed", "Sent", "Cancelled", "Refunded", "Part refunded"],
        )


class OthersTests(TestCase):
    def setUp(self) -> None:
        quiet(self)
        self.robin, self.sam = make_user(Role.CUSTOMER), make_user(Role.CUSTOMER)
        self.order = make_order(user=self.robin)

    def test_another_customer_s_order_is_not_there_on_any_address(self) -> None:
        self.client.force_login(self.sam)
        about_orders = [address for address in addresses() if address.arguments == ("number",)]
        self.assertGreater(len(about_orders), 10)

        for address in about_orders:
            url = reverse(address.name, args=[self.order.number])
            answers = {self.client.get(url).status_code, self.client.post(url).status_code}
            with self.subTest(url=address.name):
                self.assertLessEqual(answers, {404, 405})
                self.assertIn(404, answers)
        self.order.refresh_from_db()
        self.assertEqual(self.order.status, "pending")

    def test_it_looks_like_one_that_does_not_exist(self) -> None:
        self.client.force_login(self.sam)

        there = self.client.get(reverse("orders:my-order", args=[self.order.number]))
        missing = self.client.get(reverse("orders:my-order", args=["PL-NOPE"]))

        self.assertEqual((there.status_code, missing.status_code), (404, 404))
        self.assertEqual(
            there.content.replace(self.order.number.encode(), b""), missing.content.replace(b"PL-NOPE", b"")
        )

    def test_who_is_not_signed_in_is_asked_to_whatever_the_number(self) -> None:
        for number in (self.order.number, "PL-NOPE"):
            url = reverse("orders:my-order", args=[number])
            self.assertRedirects(self.client.get(url), f"{reverse('account_login')}?next={url}")


class SignedLinkTests(TestCase):
    def setUp(self) -> None:
        quiet(self)
        self.order = make_order(email="guest@example.com")
        self.page = reverse("orders:my-order", args=[self.order.number])

    def test_it_lets_a_guest_in_and_leads_to_the_order(self) -> None:
        response = self.client.get(signed_link(self.order))

        self.assertRedirects(response, self.page)
        self.assertContains(self.client.get(self.page), self.order.number)

    def test_it_opens_one_order_and_no_other(self) -> None:
        other = make_order(email="guest@example.com")
        self.client.get(signed_link(self.order))

        self.assertRedirects(
            self.client.get(reverse("orders:my-order", args=[other.number])),
            f"{reverse('account_login')}?next={reverse('orders:my-order', args=[other.number])}",
        )

    def test_another_browser_is_not_let_in(self) -> None:
        self.client.get(signed_link(self.order))

        self.assertEqual(Client().get(self.page).status_code, 302)

    def test_signing_out_takes_it_away(self) -> None:
        self.client.force_login(make_user(Role.CUSTOMER))
        self.client.get(signed_link(self.order))
        self.assertEqual(self.client.get(self.page).status_code, 200)

        self.client.post(reverse("account_logout"))

        self.assertEqual(self.client.get(self.page).status_code, 302)

    def test_a_link_that_was_changed_leads_nowhere(self) -> None:
        link = signed_link(self.order)
        start, colon, signature = link.rpartition(":")

        for wrong in (
            start + colon + signature[::-1].strip("/") + "/",
            link.replace("/o/", "/o/x"),
            "/o/PL-1/",
            f"/o/{self.order.number}:abc/",
        ):
            with self.subTest(link=wrong):
                self.assertEqual(self.client.get(wrong).status_code, 404)

    def test_the_browser_tells_no_other_site_of_it(self) -> None:
        self.assertEqual(self.client.get(signed_link(self.order))["Referrer-Policy"], "same-origin")


class BuyingAgainTests(TestCase):
    def setUp(self) -> None:
        self.robin = make_user(Role.CUSTOMER)
        self.client.force_login(self.robin)
        self.cream = make_variant(unit_amount=28_00)
        self.oil = make_variant(unit_amount=32_00)

    def order(self, *lines: tuple[Variant, int]) -> Order:
        return place_order([Line(*line) for line in lines], email=self.robin.email, user=self.robin)

    def again(self, order: Order) -> str:
        url = reverse("orders:reorder", args=[order.number])
        response = self.client.post(url, follow=True)
        self.assertRedirects(response, reverse("orders:basket"))
        return "\n".join(str(message) for message in response.context["messages"])

    def basket(self) -> dict[str, int]:
        items = self.robin.basket_set.get(closed_at=None).items.filter(removed_at=None)
        return {item.variant.sku: item.quantity for item in items}

    def test_the_same_goods_are_in_the_basket_at_today_s_price(self) -> None:
        order = self.order((self.cream, 2), (self.oil, 1))
        Variant.objects.filter(pk=self.cream.pk).update(unit_amount=30_00)

        said = self.again(order)

        self.assertEqual(self.basket(), {self.cream.sku: 2, self.oil.sku: 1})
        self.assertIn("2 products are in your basket, at today's prices.", said)
        self.assertIn(f"{self.cream.product.name} costs £30.00 now.", said)
        self.assertNotIn(f"{self.oil.product.name} costs", said)

    def test_a_second_click_puts_no_more_in(self) -> None:
        order = self.order((self.cream, 2))
        self.again(order)
        self.again(order)

        self.assertEqual(self.basket(), {self.cream.sku: 2})

    def test_what_is_sold_out_or_gone_or_short_is_said(self) -> None:
        few, gone, sold_out = make_variant(), make_variant(), make_variant()
        order = self.order((self.cream, 1), (few, 3), (gone, 1), (sold_out, 1))
        Variant.objects.filter(pk=few.pk).update(stock=2, reserved=0)
        Variant.objects.filter(pk=gone.pk).update(is_active=False)
        Variant.objects.filter(pk=sold_out.pk).update(stock=0, reserved=0)

        said = self.again(order)

        self.assertEqual(self.basket(), {self.cream.sku: 1, few.sku: 2})
        self.assertIn(f"Only 2 of {few.product.name} are left.", said)
        self.assertIn(f"{gone.product.name} is not for sale any more.", said)
        self.assertIn(f"{sold_out.product.name} is sold out.", said)

    def test_what_is_in_another_currency_than_the_basket_stays_out(self) -> None:
        yen = make_variant(currency="jpy", unit_amount=1_200)
        self.again(self.order((self.cream, 1)))

        said = self.again(self.order((yen, 1)))

        self.assertEqual(self.basket(), {self.cream.sku: 1})
        self.assertIn("One order has one currency", said)

    def test_a_guest_who_was_let_in_may_too(self) -> None:
        order = make_order(email="guest@example.com", variant=self.cream, amount_total=28_00)
        guest = Client()
        guest.get(signed_link(order))

        response = guest.post(reverse("orders:reorder", args=[order.number]), follow=True)

        self.assertContains(response, self.cream.product.name)
