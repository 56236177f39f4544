"""What staff fill in on an order's page."""

import uuid
from collections.abc import Sequence
from typing import Any

from django import forms

from payments.ledger import Refundable
from purelaka import money
from purelaka.templatetags.purelaka import shortened


class FulfilForm(forms.Form):
    tracking_number = forms.CharField(max_length=64, required=False, label="Tracking number")

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, auto_id="fulfil-%s")


class CancelForm(forms.Form):
    reason = forms.CharField(max_length=200, label="Why", help_text="For the timeline and the audit log.")

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, auto_id="cancel-%s")


class NoteForm(forms.Form):
    text = forms.CharField(max_length=2000, label="Note", widget=forms.Textarea(attrs={"rows": 4}))

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, auto_id="note-%s")


class RefundForm(forms.Form):
    """An amount in major units, as people write it, of one of the order's payments.

    `key` is made once for each page that is shown: sending the same page twice refunds once.
    """

    key = forms.UUIDField(widget=forms.HiddenInput)
    payment_id = forms.ChoiceField(label="Payment", required=False)
    amount = forms.CharField(max_length=20, widget=forms.TextInput(attrs={"inputmode": "decimal"}))
    reason = forms.ChoiceField(
        choices=[
            ("requested_by_customer", "Requested by customer"),
            ("duplicate", "Duplicate"),
            ("fraudulent", "Fraudulent"),
        ]
    )
    note = forms.CharField(max_length=500, required=False, label="Note for the timeline")

    field_order = ("key", "payment_id", "amount", "reason", "note")

    def __init__(self, data: Any = None, *, sources: Sequence[Refundable]) -> None:
        self.sources = {source.payment_id: source for source in sources}
        super().__init__(data, initial=self._start(sources), auto_id="refund-%s")
        payment, amount = self.fields["payment_id"], self.fields["amount"]
        assert isinstance(payment, forms.ChoiceField)
        payment.choices = [(source.payment_id, _said(source)) for source in sources]
        payment.required = len(sources) > 1
        if not payment.required:
            payment.widget = payment.hidden_widget()
        currencies = sorted({source.currency.upper() for source in sources})
        amount.label = f"Amount, {' or '.join(currencies)}" if currencies else "Amount"
        most = money.display(self.only.amount, self.only.currency) if self.only else "what is left of it"
        amount.help_text = f"At most {most}."

    @property
    def only(self) -> Refundable | None:
        """The payment, when there is only one to choose."""
        sources = list(self.sources.values())
        return sources[0] if len(sources) == 1 else None

    @property
    def digits(self) -> int:
        """Digits after the point in its currency."""
        return money.exponent(self.only.currency) if self.only else 0

    def clean(self) -> dict[str, Any]:
        """The amount in minor units of the chosen payment's currency."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        chosen = cleaned.get("payment_id") or next(iter(self.sources), "")
        source, cleaned["payment_id"] = self.sources.get(chosen), chosen
        if source and "amount" in cleaned:
            try:
                cleaned["amount"] = refund_amount(cleaned["amount"], source.currency)
            except money.BadAmount as problem:
                self.add_error("amount", str(problem))
            except forms.ValidationError as problem:
                self.add_error("amount", problem)
        return cleaned

    @staticmethod
    def _start(sources: Sequence[Refundable]) -> dict[str, object]:
        """Money that pays nothing is what somebody came to send back."""
        loose_first = sorted(sources, key=lambda source: source.is_applied)
        start: dict[str, object] = {"key": uuid.uuid4()}
        for source in loose_first[:1]:
            start |= {
                "payment_id": source.payment_id,
                "amount": money.to_major(source.amount, source.currency),
            }
        return start


def _said(source: Refundable) -> str:
    what = "Pays the order" if source.is_applied else "Does not pay the order"
    return f"{what}: {money.display(source.amount, source.currency)} left of {shortened(source.payment_id)}"


def refund_amount(text: str, currency: str) -> int:
    """Minor units of an amount as people write it. Raises BadAmount or ValidationError."""
    amount = money.typed(text, currency)
    if amount <= 0:
        raise forms.ValidationError("Write an amount above zero.")
    return amount
