"""The card form of mock mode. Nothing of what is typed is kept but the brand and the last four digits."""

import re
from calendar import monthrange
from datetime import date
from typing import NamedTuple

from django import forms
from django.utils import timezone

from payments.stories.cards import CARDS, brand_of
from purelaka.days import store_day

EXPIRY = re.compile(r"(\d{1,2})\s*[/.-]?\s*(\d{2}|\d{4})", re.ASCII)


class TestCard(NamedTuple):
    """A row of the table beside the form: a number as people write it, and what it does."""

    number: str
    happens: str


SHOWN = {
    "visa": "Succeeds",
    "three_d_secure_setup": "Asks the bank (3-D Secure), then succeeds",
    "three_d_secure": "Always asks the bank (3-D Secure)",
    "generic_decline": "Is declined",
    "insufficient_funds": "Has insufficient funds",
    "expired_card": "Has expired",
    "incorrect_cvc": "Is refused for its security code",
    "processing_error": "Can't be processed",
    "refund_pending": "Succeeds; a refund waits, then succeeds",
    "refund_fails": "Succeeds; a refund fails later",
    "disputed_fraudulent": "Succeeds, then is disputed as fraudulent",
    "disputed_not_received": "Succeeds, then is disputed as not received",
    "disputed_inquiry": "Succeeds, then the bank asks about it",
}


def test_cards() -> list[TestCard]:
    """The test cards that are offered, best first."""
    return [TestCard(spaced(CARDS[key].number), happens) for key, happens in SHOWN.items()]


def spaced(number: str) -> str:
    """`4242 4242 4242 4242`."""
    return " ".join(number[start : start + 4] for start in range(0, len(number), 4))


class CardForm(forms.Form):
    """A card as people type it. `number` is cleaned to its digits."""

    number = forms.CharField(
        label="Card number",
        max_length=40,
        error_messages={"required": "Write the number on the front of the card."},
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "cc-number"}),
    )
    exp = forms.CharField(
        label="Expiry date",
        max_length=12,
        error_messages={"required": "Write the month and year the card expires, as MM / YY."},
        widget=forms.TextInput(
            attrs={"inputmode": "numeric", "autocomplete": "cc-exp", "placeholder": "MM / YY"}
        ),
    )
    cvc = forms.CharField(
        label="Security code",
        max_length=8,
        error_messages={"required": "Write the 3 digits on the back of the card."},
        widget=forms.TextInput(
            attrs={"inputmode": "numeric", "autocomplete": "cc-csc", "placeholder": "3 digits"}
        ),
    )
    name = forms.CharField(
        label="Name on card",
        max_length=150,
        error_messages={"required": "Write the name as it is on the card."},
        widget=forms.TextInput(attrs={"autocomplete": "cc-name"}),
    )

    def clean_number(self) -> str:
        digits = re.sub(r"[\s-]", "", self.cleaned_data["number"])
        if not re.fullmatch(r"[0-9]{12,19}", digits):
            raise forms.ValidationError("A card number has 12 to 19 digits. Write all of them.")
        if not passes_luhn(digits):
            raise forms.ValidationError("This is not a card number: a digit must be wrong. Check it.")
        return digits

    def clean_exp(self) -> date:
        found = EXPIRY.fullmatch(self.cleaned_data["exp"].strip())
        month, year = (int(found[1]), int(found[2]) % 100 + 2000) if found else (0, 0)
        if not 1 <= month <= 12:
            raise forms.ValidationError("Write the month and year the card expires, as MM / YY.")
        last_day = date(year, month, monthrange(year, month)[1])
        if last_day < store_day(timezone.now()):
            raise forms.ValidationError("The card has expired. Check the date, or use another card.")
        return last_day

    def clean_cvc(self) -> str:
        code: str = self.cleaned_data["cvc"].strip()
        length = 4 if brand_of(self.cleaned_data.get("number", "")) == "amex" else 3
        if not re.fullmatch(rf"[0-9]{{{length}}}", code):
            where = "front" if length == 4 else "back"
            raise forms.ValidationError(
                f"The security code is the {length} digits on the {where} of the card."
            )
        return code


def passes_luhn(digits: str) -> bool:
    """The check digit of card numbers (ISO/IEC 7812-1, annex B)."""
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits))]
    return sum(sum(divmod(number, 10)) for number in doubled) % 10 == 0
