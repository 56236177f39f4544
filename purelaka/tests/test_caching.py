"""Pages that were made for one person are stored nowhere."""

from django.test import TestCase

from accounts.models import Role
from purelaka.testing import make_order, make_user, make_variant


class CachingTests(TestCase):
    def assert_kept_nowhere(self, address: str) -> None:
        response = self.client.get(address)

        self.assertEqual(response.status_code, 200)
        self.assertIn("no-store", response["Cache-Control"])
        self.assertIn("private", response["Cache-Control"])

    def test_pages_of_a_guest_with_a_basket(self) -> None:
        self.client.post("/basket/add/", {"variant": make_variant().pk, "quantity": 1})

        for address in ("/shop/", "/basket/", "/checkout/"):
            with self.subTest(address):
                self.assert_kept_nowhere(address)

    def test_pages_of_a_customer(self) -> None:
        user = make_user(Role.CUSTOMER)
        order = make_order(user=user)
        self.client.force_login(user)

        for address in ("/my/orders/", f"/my/orders/{order.number}/", "/wishlist/", "/my/addresses/"):
            with self.subTest(address):
                self.assert_kept_nowhere(address)

    def test_pages_of_staff(self) -> None:
        self.client.force_login(make_user(Role.OPS))

        self.assert_kept_nowhere("/orders/")

    def test_what_is_the_same_for_all_may_be_kept(self) -> None:
        self.assertIn("public", self.client.get("/robots.txt")["Cache-Control"])
        self.assertIn("public", self.client.get("/favicon.ico")["Cache-Control"])

    def test_the_icon_is_where_it_is_looked_for_by_custom(self) -> None:
        self.assertTrue(self.client.get("/favicon.ico")["Location"].endswith(".svg"))
