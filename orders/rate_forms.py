"""Forms of delivery rates, tax rates and discount codes. Amounts are typed in major units, exactly."""

from decimal import Decimal
from typing import Any

from django import forms

from orders.models import DiscountCode, ShippingRate, TaxRate
from purelaka import money

HUNDREDTHS = 100


class AmountsForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """`amounts` are fields typed in major units of the `currency` beside them and kept in minor ones."""

    amounts: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in self.amounts:
            self.fields[name] = self._amount_field(name)
            minor = self.initial.get(name)
            if minor is not None and self.instance.currency:
                self.initial[name] = money.to_major(minor, self.instance.currency)

    def _amount_field(self, name: str) -> forms.CharField:
        model_field = self.fields[name]
        return forms.CharField(
            label=model_field.label,
            required=model_field.required,
            max_length=20,
            help_text="Such as 4.50.",
            widget=forms.TextInput(attrs={"inputmode": "decimal", "size": 10}),
        )

    def clean_currency(self) -> str:
        currency = str(self.cleaned_data["currency"]).strip().lower()
        if currency and currency not in money.CURRENCIES:
            raise forms.ValidationError("Write a currency that Stripe takes, such as GBP.")
        return currency

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for name in self.amounts:
            if name not in self.errors:
                cleaned[name] = self._minor(name, cleaned.get(name) or "", cleaned.get("currency") or "")
        return cleaned

    def _minor(self, name: str, text: str, currency: str) -> int | None:
        if not text:
            return None
        if not currency:
            if "currency" not in self.errors:
                self.add_error("currency", "Say the currency of the amounts, such as GBP.")
            return None
        try:
            amount = money.typed(text, currency)
        except money.BadAmount as why:
            self.add_error(name, str(why))
            return None
        if amount < 0:
            self.add_error(name, "Write an amount that is not below zero.")
        return amount


class ShippingRateForm(AmountsForm):
    amounts = ("amount", "free_from")

    class Meta:
        model = ShippingRate
        fields = ("country", "currency", "amount", "free_from")


class TaxRateForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """The rate is typed in per cent and kept in hundredths of one."""

    rate = forms.DecimalField(
        min_value=0,
        max_value=100,
        decimal_places=2,
        label="Rate, per cent",
        help_text="20 for 20 %, 5.5 for 5.5 %.",
    )

    class Meta:
        model = TaxRate
        fields = ("country", "name", "rate")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["rate"] = f"{Decimal(self.instance.rate) / HUNDREDTHS:f}"

    def clean_rate(self) -> int:
        return int(self.cleaned_data["rate"] * HUNDREDTHS)


class DiscountCodeForm(AmountsForm):
    """A share or an amount, when it counts, and how often."""

    amounts = ("amount_off", "minimum_amount")

    class Meta:
        model = DiscountCode
        fields = (
            "code",
            "percent_off",
            "amount_off",
            "currency",
            "minimum_amount",
            "starts_at",
            "expires_at",
            "max_redemptions",
            "max_per_customer",
            "is_active",
        )
        help_texts = {
            "percent_off": "A share of the goods: 10 for 10 %. Or an amount below.",
            "currency": "Of the two amounts, such as GBP. The code then counts for baskets in it.",
            "expires_at": "Empty: it never ends.",
            "max_redemptions": "Orders in all. Empty: no limit.",
            "max_per_customer": "Orders of one email address. Empty: no limit.",
        }

    def clean_code(self) -> str:
        code = str(self.cleaned_data["code"]).upper()
        if len(code.split()) != 1:
            raise forms.ValidationError("Write the code without spaces.")
        others = DiscountCode.objects.filter(code=code).exclude(pk=self.instance.pk)
        if others.exists():
            raise forms.ValidationError("There is this code already.")
        return code

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        share, amount = cleaned.get("percent_off"), cleaned.get("amount_off")
        if share and amount:
            self.add_error("amount_off", "A code takes off a share or an amount, not both.")
        if not share and not amount and not {"percent_off", "amount_off"} & set(self.errors):
            self.add_error("percent_off", "Say what it takes off: a share here, or an amount below.")
        if amount == 0:
            cleaned["amount_off"] = None
        start, end = cleaned.get("starts_at"), cleaned.get("expires_at")
        if start and end and end <= start:
            self.add_error("expires_at", "It must end after it starts.")
        return cleaned
