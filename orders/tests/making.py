"""Rates and codes, and someone who shops: puts goods into the basket and fills in the checkout."""

from typing import Any

from django.test import Client
from django.urls import reverse

from accounts.models import User
from catalog.models import Variant
from orders.models import (
    Basket,
    BasketItem,
    DiscountCode,
    Order,
    SavedView,
    ShippingMethod,
    ShippingRate,
    TaxRate,
)
from purelaka.testing import make_user

ADDRESS = {
    "email": "robin@example.com",
    "name": "Robin",
    "line1": "14 Example Street",
    "line2": "",
    "city": "Bristol",
    "postcode": "BS1 0AA",
    "country": "GB",
}
BASKET, CHECKOUT = "/basket/", "/checkout/"


def make_rate(
    amount: int = 3_95, *, method: str = "Standard", country: str = "", currency: str = "gbp", **fields: Any
) -> ShippingRate:
    """What a method costs to a country, or without one to all others."""
    way, _ = ShippingMethod.objects.get_or_create(name=method)
    return ShippingRate.objects.create(
        method=way, country=country, currency=currency, amount=amount, **fields
    )


def make_tax(rate: int = 20_00, *, country: str = "") -> TaxRate:
    """VAT, in hundredths of a per cent."""
    return TaxRate.objects.create(country=country, rate=rate)


def make_code(code: str = "SPRING", **fields: Any) -> DiscountCode:
    """Ten per cent off, unless something else is said."""
    fields = fields if "amount_off" in fields else {"percent_off": 10, **fields}
    return DiscountCode.objects.create(code=code, **fields)


class Shopper:
    """A browser window in the shop: a guest's, or that of who is signed in in `client`."""

    def __init__(self, client: Client | None = None) -> None:
        self.client = client or Client()

    def puts(self, variant: Variant, quantity: int = 1) -> Any:
        data = {"variant": variant.pk, "quantity": quantity, "next": BASKET}
        return self.client.post(reverse("orders:basket-add"), data, follow=True)

    def sets(self, item: BasketItem, quantity: int) -> Any:
        data = {"item": item.pk, "quantity": quantity}
        return self.client.post(reverse("orders:basket-change"), data, follow=True)

    def enters(self, code: str) -> Any:
        return self.client.post(reverse("orders:basket-discount"), {"code": code}, follow=True)

    def looks(self, url: str = BASKET) -> Any:
        return self.client.get(url)

    def sees(self, **changes: str) -> dict[str, str]:
        """The checkout's form, filled in, with the amounts that are shown for it."""
        asked = self.client.post(CHECKOUT, {**ADDRESS, "update": "1", **changes})
        method = asked.context["quote"].offer.method.pk
        return {**ADDRESS, "method": str(method), "seen": asked.context["seen"], **changes}

    def orders(self, **changes: str) -> Any:
        """Go on to payment with what the checkout shows."""
        return self.client.post(CHECKOUT, self.sees(**changes))

    def has_ordered(self, **changes: str) -> Order:
        """The same, where it must work: the order that waits for its payment."""
        response = self.orders(**changes)
        assert response.status_code == 302, response.context["form"].errors or response.context["changes"]
        return Order.objects.get(number=response["Location"].rstrip("/").rsplit("/", 1)[-1])

    @property
    def basket(self) -> Basket:
        """A guest's."""
        return Basket.objects.get(token=self.client.session["basket"])


def make_saved_view(user: User | None = None, **fields: Any) -> SavedView:
    """A view of the list of orders, of somebody new unless said otherwise."""
    return SavedView.objects.create(user=user or make_user(), **{"name": "Late", **fields})
