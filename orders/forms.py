"""What a customer fills in at the checkout."""

from typing import Any

from django import forms

from accounts.models import Address, User, normalised
from orders.checkout import Details
from purelaka import postcodes

OF_ADDRESS = ("name", "line1", "line2", "city", "postcode", "country")
ANOTHER = "new"
REQUIRED = {
    "email": "Enter your email address.",
    "saved": "Choose where it shall go.",
    "name": "Enter the name of whoever gets the parcel.",
    "line1": "Enter the street and number.",
    "city": "Enter the town or city.",
    "postcode": "Enter the postcode.",
    "country": "Choose a country.",
}


class LineField(forms.CharField):
    """A text of one line, as on a parcel."""

    def to_python(self, value: object) -> str:
        return " ".join((super().to_python(value) or "").split())


class DeliveryForm(forms.Form):
    """Who gets the goods, and where. A customer may choose one of their addresses instead.

    `countries` are those that are delivered to, as code and name.
    """

    use_required_attribute = False  # fields of an address that is not used stay empty

    email = forms.EmailField(
        label="Email",
        max_length=254,
        error_messages={"invalid": "Enter an email address such as robin@example.com."},
        help_text="For the order confirmation.",
        widget=forms.EmailInput({"autocomplete": "email"}),
    )
    saved = forms.ChoiceField(label="Deliver to", widget=forms.RadioSelect)
    name = LineField(
        label="Full name", max_length=150, widget=forms.TextInput({"autocomplete": "shipping name"})
    )
    line1 = LineField(
        label="Address", max_length=200, widget=forms.TextInput({"autocomplete": "shipping address-line1"})
    )
    line2 = LineField(
        label="Flat, floor, company",
        max_length=200,
        required=False,
        widget=forms.TextInput({"autocomplete": "shipping address-line2"}),
    )
    city = LineField(
        label="Town or city",
        max_length=100,
        widget=forms.TextInput({"autocomplete": "shipping address-level2"}),
    )
    postcode = forms.CharField(
        label="Postcode",
        max_length=postcodes.LONGEST,
        widget=forms.TextInput({"autocomplete": "shipping postal-code"}),
    )
    country = forms.ChoiceField(label="Country", widget=forms.Select({"autocomplete": "shipping country"}))
    keep = forms.BooleanField(label="Keep this address for next time", required=False)

    def __init__(
        self,
        *args: Any,
        user: User | None,
        addresses: list[Address],
        countries: list[tuple[str, str]],
        **kw: Any,
    ) -> None:
        super().__init__(*args, **kw)
        self.user = user
        self.addresses = {str(address.pk): address for address in addresses}
        self.deliverable = dict(countries)
        self._choices("country").choices = countries
        self.fields["country"].error_messages["invalid_choice"] = (
            "We do not deliver there. Choose another country."
        )
        if user:
            del self.fields["email"]
        else:
            del self.fields["keep"]
        if self.addresses:
            self._choices("saved").choices = [*((pk, pk) for pk in self.addresses), (ANOTHER, ANOTHER)]
        else:
            del self.fields["saved"]
        self._require()

    def _require(self) -> None:
        for name, error in REQUIRED.items():
            if name in self.fields:
                self.fields[name].required = not (self.chosen and name in OF_ADDRESS)
                self.fields[name].error_messages["required"] = error
        if self.country_code in postcodes.WITHOUT:
            self.fields["postcode"].required = False

    def _choices(self, name: str) -> forms.ChoiceField:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        return field

    @property
    def chosen(self) -> Address | None:
        """The saved address that is chosen, if any."""
        source = self.data if self.is_bound else self.initial
        return self.addresses.get(str(source.get("saved", "")))

    @property
    def country_code(self) -> str:
        """Where to, as far as it is known: an ISO 3166 code, or empty."""
        if self.chosen:
            return str(self.chosen.country)
        source = self.data if self.is_bound else self.initial
        return str(source.get("country", ""))

    def clean_email(self) -> str:
        return normalised(self.cleaned_data["email"])

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if self.chosen:
            self._clean_chosen(self.chosen)
        elif "country" in cleaned and "postcode" in cleaned:
            try:
                cleaned["postcode"] = postcodes.checked(cleaned["postcode"], cleaned["country"])
            except postcodes.BadPostcode as problem:
                self.add_error("postcode", str(problem))
        return cleaned

    def _clean_chosen(self, address: Address) -> None:
        if str(address.country) not in self.deliverable:
            self.add_error("saved", f"We do not deliver to {address.country.name}. Choose another address.")

    def details(self) -> Details:
        """What was filled in, once it is valid."""
        email = self.user.email if self.user else self.cleaned_data["email"]
        if self.chosen:
            return Details(email=email, **{name: str(getattr(self.chosen, name)) for name in OF_ADDRESS})
        return Details(email=email, **{name: self.cleaned_data[name] for name in OF_ADDRESS})

    def typed(self) -> dict[str, str]:
        """What is there so far, right or wrong, cut to what can be kept."""
        source: dict[str, Any] = dict(self.initial)
        if self.chosen:
            source.update({name: getattr(self.chosen, name) for name in OF_ADDRESS})
        kept = {
            name: _one_line(str(source.get(name, "")))[: getattr(field, "max_length", None)]
            for name, field in self.fields.items()
            if name in (*OF_ADDRESS, "email")
        }
        if kept["country"] not in self.deliverable:
            del kept["country"]
        return kept


def _one_line(text: str) -> str:
    return " ".join(text.replace("\x00", "").split())
