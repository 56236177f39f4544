"""What staff fill in on an order's page."""

import uuid
from collections.abc import Sequence
from typing import Any, NamedTuple

from django import forms

from payments.ledger import Refundable
from payments.refund_lines import Choice, LineLeft, Parts, Pick, PiecesGone
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


class FormLine(NamedTuple):
    """A line of the order with its fields; `restock` where its pieces can come back to stock."""

    line: LineLeft
    pieces: forms.BoundField
    restock: forms.BoundField | None


class RefundForm(forms.Form):
    """What goes back of one of the order's payments: pieces of its lines, delivery, or an amount.

    An amount is in major units, as people write it. With goods chosen it follows from them; less may be
    written. `key` is made once for each page that is shown: sending the same page twice refunds once.
    """

    key = forms.UUIDField(widget=forms.HiddenInput)
    payment_id = forms.ChoiceField(label="Payment", required=False)
    delivery = forms.BooleanField(required=False)
    amount = forms.CharField(
        max_length=20,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    reason = forms.ChoiceField(
        choices=[
            ("requested_by_customer", "Requested by customer"),
            ("duplicate", "Duplicate"),
            ("fraudulent", "Fraudulent"),
        ]
    )
    note = forms.CharField(max_length=500, required=False, label="Note for the timeline")
    tells_customer = forms.BooleanField(
        required=False, initial=True, label="Mail the customer when it has gone through"
    )

    def __init__(
        self,
        data: Any = None,
        *,
        sources: Sequence[Refundable],
        parts: Parts | None = None,
        most: int | None = None,
    ) -> None:
        """`parts` are the order's lines, `most` what this person may refund alone (minor units)."""
        self.sources = {source.payment_id: source for source in sources}
        self.parts = parts or Parts([])
        self.most = most
        super().__init__(data, initial=self._start(sources), auto_id="refund-%s")
        payment, amount = self.fields["payment_id"], self.fields["amount"]
        assert isinstance(payment, forms.ChoiceField)
        payment.choices = [(source.payment_id, _said(source)) for source in sources]
        payment.required = len(sources) > 1
        if not payment.required:
            payment.widget = payment.hidden_widget()
        currencies = sorted({source.currency.upper() for source in sources})
        amount.label = f"Amount, {' or '.join(currencies)}" if currencies else "Amount"
        most_of_it = (
            money.display(self.only.amount, self.only.currency) if self.only else "what is left of it"
        )
        amount.help_text = f"At most {most_of_it}."
        for line in self._offered:
            self.fields[f"pieces-{line.item.pk}"] = _pieces(line)
            if line.returnable:
                self.fields[f"restock-{line.item.pk}"] = forms.BooleanField(required=False)

    @property
    def _offered(self) -> list[LineLeft]:
        """The lines, where a payment can be refunded that pays the order."""
        is_paying = any(source.is_applied for source in self.sources.values())
        return self.parts.lines if is_paying else []

    @property
    def lines(self) -> list[FormLine]:
        """For the template; empty when nothing of the goods is left."""
        if not any(line.quantity for line in self._offered):
            return []
        return [
            FormLine(
                line,
                self[f"pieces-{line.item.pk}"],
                self[f"restock-{line.item.pk}"] if line.returnable and line.quantity else None,
            )
            for line in self._offered
        ]

    @property
    def has_delivery(self) -> bool:
        """Whether delivery can be chosen."""
        return bool(self._offered) and self.parts.delivery_left > 0

    @property
    def plain_fields(self) -> list[forms.BoundField]:
        """What stands below the goods."""
        names = ["payment_id", "amount", "reason", "note", "tells_customer"]
        return [self[name] for name in names if not self[name].is_hidden]

    @property
    def currency(self) -> str:
        return next((source.currency for source in self.sources.values()), "")

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
        """The amount in minor units of the chosen payment's currency, and the `choice` of goods."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        chosen = cleaned.get("payment_id") or next(iter(self.sources), "")
        source, cleaned["payment_id"] = self.sources.get(chosen), chosen
        cleaned["choice"] = choice = self._choice(cleaned)
        if not source or self.errors:
            return cleaned
        if choice and not source.is_applied:
            self.add_error(
                "payment_id", "It does not pay the order: choose no goods, or the payment that does."
            )
            return cleaned
        try:
            cleaned["amount"] = self._amount(cleaned.get("amount", ""), source, choice)
        except money.BadAmount as problem:
            self.add_error("amount", str(problem))
        except forms.ValidationError as problem:
            self.add_error("amount", problem)
        except PiecesGone as problem:
            self.add_error(f"pieces-{problem.item_id}" if problem.item_id else None, str(problem))
        return cleaned

    def asked(self) -> dict[str, Any]:
        """What a valid form asks of `refunds.request_refund`."""
        names = ("key", "payment_id", "amount", "reason", "note", "choice", "tells_customer")
        return {name: self.cleaned_data[name] for name in names}

    def _choice(self, cleaned: dict[str, Any]) -> Choice:
        picks = []
        for line in self._offered:
            pieces = int(cleaned.get(f"pieces-{line.item.pk}") or 0)
            restock = bool(cleaned.get(f"restock-{line.item.pk}"))
            if pieces:
                picks.append(Pick(line.item.pk, pieces, restock))
            elif restock and f"pieces-{line.item.pk}" not in self.errors:
                self.add_error(f"pieces-{line.item.pk}", "Choose how many come back to stock.")
        return Choice(picks, delivery=bool(cleaned.get("delivery")))

    def _amount(self, typed: str, source: Refundable, choice: Choice) -> int:
        """Raises BadAmount, ValidationError, PiecesGone."""
        due = self.parts.due(choice) if choice else 0
        comes_to = f"What you chose comes to {money.display(due, source.currency)}"
        if typed:
            amount = refund_amount(typed, source.currency)
            if choice and amount > due:
                raise forms.ValidationError(f"{comes_to}: write that or less, or choose more.")
            return amount
        if not choice:
            raise forms.ValidationError("Write an amount, or choose above what is refunded.")
        if due > source.amount:
            left = money.display(source.amount, source.currency)
            raise forms.ValidationError(f"{comes_to} and {left} is left: write how much of it goes back.")
        if not due:
            raise forms.ValidationError("What you chose cost nothing: write an amount.")
        return due

    @staticmethod
    def _start(sources: Sequence[Refundable]) -> dict[str, object]:
        """Money that pays nothing is what somebody came to send back, all of it."""
        loose_first = sorted(sources, key=lambda source: source.is_applied)
        start: dict[str, object] = {"key": uuid.uuid4()}
        for source in loose_first[:1]:
            start["payment_id"] = source.payment_id
            if not source.is_applied:
                start["amount"] = money.to_major(source.amount, source.currency)
        return start


class SettleForm(forms.Form):
    """That a failed refund's money went another way."""

    reference = forms.CharField(
        max_length=100,
        label="Reference",
        help_text="Of the bank transfer or cheque: what proves that it went.",
    )
    note = forms.CharField(max_length=500, required=False, label="Note for the timeline")

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, auto_id="settle-%s")


MOST_LISTED = 30  # pieces in a list to choose from; more are typed


def _pieces(line: LineLeft) -> forms.Field:
    left = f"{line.quantity:,} of it can" if line.quantity else "Nothing of it can"
    wrong = f"{left} still be refunded."
    if line.quantity > MOST_LISTED:
        messages = {"min_value": wrong, "max_value": wrong, "invalid": "Write a whole number."}
        return forms.IntegerField(
            required=False, min_value=0, max_value=line.quantity, initial=0, error_messages=messages
        )
    numbers = [(number, f"{number} of {line.quantity}") for number in range(line.quantity + 1)]
    return forms.TypedChoiceField(
        choices=numbers,
        coerce=int,
        empty_value=None,
        required=False,
        error_messages={"invalid_choice": wrong},
    )


def _said(source: Refundable) -> str:
    what = "Pays the order" if source.is_applied else "Does not pay the order"
    return f"{what}: {money.display(source.amount, source.currency)} left of {shortened(source.payment_id)}"


def refund_amount(text: str, currency: str) -> int:
    """Minor units of an amount as people write it. Raises BadAmount or ValidationError."""
    amount = money.typed(text, currency)
    if amount <= 0:
        raise forms.ValidationError("Write an amount above zero.")
    return amount
