"""What staff fill in on an order's page."""

import uuid
from typing import Any

from django import forms

from purelaka import money


class FulfilForm(forms.Form):
    tracking_number = forms.CharField(max_length=64, required=False, label="Tracking number")


class NoteForm(forms.Form):
    text = forms.CharField(max_length=2000, label="Note", widget=forms.Textarea(attrs={"rows": 4}))


class RefundForm(forms.Form):
    """An amount in major units of the order's currency, as people write it.

    `key` is made once for each page that is shown: sending the same page twice refunds once.
    """

    key = forms.UUIDField(widget=forms.HiddenInput)
    amount = forms.CharField(max_length=20, widget=forms.TextInput(attrs={"inputmode": "decimal"}))
    reason = forms.ChoiceField(
        choices=[
            ("requested_by_customer", "Requested by customer"),
            ("duplicate", "Duplicate"),
            ("fraudulent", "Fraudulent"),
        ]
    )
    note = forms.CharField(max_length=500, required=False, label="Note for the timeline")

    def __init__(self, data: Any = None, *, currency: str, left: int) -> None:
        start = {"key": uuid.uuid4(), "amount": money.to_major(left, currency)}
        super().__init__(data, initial=start, auto_id="refund-%s")
        self.currency, self.left = currency, left
        self.fields["amount"].label = f"Amount, {currency.upper()}"
        self.fields["amount"].help_text = f"At most {money.display(left, currency)}."

    def clean_amount(self) -> int:
        """Minor units."""
        try:
            amount = money.to_minor(self.cleaned_data["amount"].replace(",", ""), self.currency)
        except money.BadAmount as problem:
            raise forms.ValidationError(f"{problem}.") from None
        if amount <= 0:
            raise forms.ValidationError("Write an amount above zero.")
        return amount
