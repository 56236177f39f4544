"""Forms of one's own account."""

from typing import Any, ClassVar

from django import forms
from django.conf import settings

from accounts import addresses
from accounts.models import Address, User
from purelaka import postcodes


class AddressForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """An address, new or to be changed. `save()` raises TooMany."""

    as_default = forms.BooleanField(label="Use this one first at the checkout", required=False)

    class Meta:
        model = Address
        fields: ClassVar[list[str]] = ["name", "line1", "line2", "city", "postcode", "country"]
        labels: ClassVar[dict[str, str]] = {"name": "Full name", "line2": "Flat, floor, company"}
        widgets: ClassVar[dict[str, Any]] = {
            "name": forms.TextInput({"autocomplete": "name"}),
            "line1": forms.TextInput({"autocomplete": "address-line1"}),
            "line2": forms.TextInput({"autocomplete": "address-line2"}),
            "city": forms.TextInput({"autocomplete": "address-level2"}),
            "postcode": forms.TextInput({"autocomplete": "postal-code"}),
        }

    use_required_attribute = False  # whether a postcode is needed depends on the country

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.user = user
        self.initial["country"] = self.initial.get("country") or settings.STORE_COUNTRY
        self.fields["postcode"].required = self["country"].value() not in postcodes.WITHOUT
        self.fields["country"].widget.attrs["autocomplete"] = "country"
        if self.instance.is_default:
            del self.fields["as_default"]  # it is already: another one is chosen instead

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if "country" in cleaned and "postcode" in cleaned:
            try:
                cleaned["postcode"] = postcodes.checked(cleaned["postcode"], cleaned["country"])
            except postcodes.BadPostcode as problem:
                self.add_error("postcode", str(problem))
        return cleaned

    def save(self, commit: bool = True) -> Address:
        address: Address = self.instance
        addresses.save(address, as_default=self.cleaned_data.get("as_default", False))
        return address
