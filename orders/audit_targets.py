"""How the audit log names an order."""

from collections.abc import Sequence

from django.db.models import Model
from django.urls import reverse

from audit import targets
from audit.targets import Target
from orders import saved_views
from orders.models import DiscountCode, Order, SavedView, ShippingMethod, ShippingRate, TaxRate


@targets.describer("order")
def orders(keys: Sequence[str]) -> dict[str, Target]:
    """By primary key, as the log keeps it."""
    return {
        str(pk): Target(number, reverse("orders:order-detail", args=[number]))
        for pk, number in Order.objects.filter(pk__in=_pks(keys)).values_list("pk", "number")
    }


@targets.finder
def orders_of(text: str) -> list[tuple[str, str]]:
    """An order by its whole number, and a discount code."""
    return targets.among(
        [
            ("order", "pk", Order.objects.filter(number__in=[text, text.upper()])),
            ("discountcode", "pk", DiscountCode.objects.filter(code__iexact=text)),
        ]
    )


def _rate_describer(kind: str, model: type[Model]) -> None:
    """Delivery, tax and codes are kept in the administration."""

    @targets.describer(kind)
    def rates(keys: Sequence[str]) -> dict[str, Target]:
        found = model._default_manager.filter(pk__in=_pks(keys))
        return {
            str(row.pk): Target(str(row), reverse(f"admin:orders_{kind}_change", args=[row.pk]))
            for row in found
        }


_rate_describer("shippingmethod", ShippingMethod)
_rate_describer("taxrate", TaxRate)
_rate_describer("discountcode", DiscountCode)


@targets.describer("shippingrate")
def shipping_rates(keys: Sequence[str]) -> dict[str, Target]:
    """A rate is shown on its method's page."""
    found = ShippingRate.objects.filter(pk__in=_pks(keys)).select_related("method")
    return {
        str(rate.pk): Target(str(rate), reverse("admin:orders_shippingmethod_change", args=[rate.method_id]))
        for rate in found
    }


@targets.describer("savedview")
def views(keys: Sequence[str]) -> dict[str, Target]:
    """Those that are shared; what people keep for themselves has no page for others."""
    shared = SavedView.objects.filter(pk__in=_pks(keys), is_shared=True)
    return {str(view.pk): Target(f"view “{view.name}”", saved_views.address(view)) for view in shared}


def _pks(keys: Sequence[str]) -> list[int]:
    return [int(key) for key in keys if key.isascii() and key.isdigit() and len(key) < 19]
