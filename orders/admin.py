"""Delivery, tax and discount codes, for administrators."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest

from audit.tables import AuditedAdmin
from orders.models import DiscountCode, OrderStatus, ShippingMethod, ShippingRate, TaxRate
from orders.rate_forms import DiscountCodeForm, ShippingRateForm, TaxRateForm
from purelaka.money import display


class ShippingRateInline(admin.TabularInline):  # type: ignore[type-arg]  # not subscriptable at run time
    model = ShippingRate
    form = ShippingRateForm
    extra = 1


@admin.register(ShippingMethod)
class ShippingMethodAdmin(AuditedAdmin):
    """A way to send an order, with what it costs where."""

    list_display = ("name", "description", "position", "costs", "is_active")
    list_filter = ("is_active",)
    search_fields = ("name",)
    ordering = ("position", "name")
    inlines = (ShippingRateInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ShippingMethod]:
        return super().get_queryset(request).prefetch_related("rates")

    @admin.display(description="Costs")
    def costs(self, method: ShippingMethod) -> str:
        """`GB £3.95, elsewhere £9.00`; without a rate it is not offered."""
        said = [
            f"{rate.country.code or 'elsewhere'} {display(rate.amount, rate.currency)}"
            for rate in method.rates.all()
        ]
        return ", ".join(said) or "no rate: not offered"


@admin.register(TaxRate)
class TaxRateAdmin(AuditedAdmin):
    """The tax of each country; the one without a country is for all others."""

    form = TaxRateForm
    list_display = ("__str__", "percent")
    ordering = ("country",)

    @admin.display(description="Rate", ordering="rate")
    def percent(self, tax: TaxRate) -> str:
        return f"{tax.rate / 100:g} %"


@admin.register(DiscountCode)
class DiscountCodeAdmin(AuditedAdmin):
    """Codes, and how often each was used: orders that carry it and were not cancelled."""

    form = DiscountCodeForm
    list_display = ("code", "takes_off", "used", "starts_at", "expires_at", "is_active")
    list_filter = ("is_active",)
    search_fields = ("code",)
    ordering = ("-starts_at", "code")
    readonly_fields = ("used",)
    fieldsets = (
        (None, {"fields": ("code", "is_active", "used")}),
        ("Takes off", {"fields": ("percent_off", "amount_off", "currency", "minimum_amount")}),
        ("Counts", {"fields": ("starts_at", "expires_at", "max_redemptions", "max_per_customer")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[DiscountCode]:
        counted = Count("orders", filter=~Q(orders__status=OrderStatus.CANCELED))
        codes: QuerySet[DiscountCode] = super().get_queryset(request)
        return codes.annotate(times_used=counted)

    @admin.display(description="Takes off")
    def takes_off(self, code: DiscountCode) -> str:
        return f"{code.percent_off} %" if code.percent_off else display(code.amount_off or 0, code.currency)

    @admin.display(description="Times redeemed", ordering="times_used")
    def used(self, code: Any) -> str:
        times = getattr(code, "times_used", 0)
        return f"{times:,} of {code.max_redemptions:,}" if code.max_redemptions else f"{times:,}"
