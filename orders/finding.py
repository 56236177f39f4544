"""The signed link to an order, mailed to whoever knows its number and its email address.

It is never shown: only who reads the mails of that address gets it.
"""

from datetime import datetime

from django import forms
from django.db import transaction

from accounts.models import normalised
from orders import mailing
from orders.models import MailKind, Order


class FindOrderForm(forms.Form):
    number = forms.CharField(
        label="Order number", max_length=32, help_text="It is in the mail about your order: PL-7KQ2M9XD."
    )
    email = forms.EmailField(
        label="Email",
        help_text="The one that you ordered with.",
        widget=forms.EmailInput({"autocomplete": "email"}),
    )


@transaction.atomic
def mail_link(*, number: str, email: str, now: datetime) -> None:
    """Mail the link, if there is such an order: once in an hour, however often it is asked for."""
    spellings = {number.strip(), number.strip().upper()}
    for order in Order.objects.filter(number__in=spellings, email=normalised(email)):
        mailing.write(order, MailKind.ORDER_LINK, about=f"{now:%Y-%m-%dT%H}")
