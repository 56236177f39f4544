"""What a mail to a customer says: its subject, its plain text and its HTML."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from orders.access import signed_link
from orders.models import Mail, MailKind

SUBJECTS = {
    MailKind.CONFIRMATION: "Thank you: order {} is confirmed",
    MailKind.SHIPPED: "Order {} is on its way",
    MailKind.REFUND: "Refund for order {}",
    MailKind.PAYMENT_PROBLEM: "Order {} is not paid yet",
    MailKind.ORDER_LINK: "Your order {}",
    MailKind.BACK_ORDER: "Order {} waits for goods",
    MailKind.SUBSTITUTE: "A change to your order {}",
}
# What only others know of what a mail is about, by kind: payments puts in how and how much was paid.
details: dict[MailKind, Callable[[Mail], dict[str, Any]]] = {}


def letter(mail: Mail) -> EmailMultiAlternatives:
    """The mail, ready to be sent."""
    kind = MailKind(mail.kind)
    context = context_of(mail)
    message = EmailMultiAlternatives(
        subject=SUBJECTS[kind].format(mail.order.number),
        body=_plain(render_to_string(f"mail/{kind}.txt", context)),
        to=[mail.email],
        headers={"Message-ID": _message_id(mail), "Auto-Submitted": "auto-generated"},
    )
    message.attach_alternative(render_to_string(f"mail/{kind}.html", context), "text/html")
    return message


def context_of(mail: Mail) -> dict[str, Any]:
    """What the templates of any kind are given, and what those of this kind are."""
    order = mail.order
    more = details.get(MailKind(mail.kind))
    return {
        "mail": mail,
        "order": order,
        "items": list(order.items.order_by("pk")),
        "order_url": f"{settings.SITE_URL}{signed_link(order)}",
        "site_url": settings.SITE_URL,
        "store": settings.STORE_NAME,
        "store_address": settings.STORE_ADDRESS,
        "subject": SUBJECTS[MailKind(mail.kind)].format(order.number),
        **(more(mail) if more else {}),
    }


def _plain(text: str) -> str:
    """Parts that are left out of a text leave empty lines."""
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def _message_id(mail: Mail) -> str:
    """The same at every try; another one when it is sent once more, or mail programs would hide it."""
    again = f".{mail.asked_again_at:%Y%m%d%H%M%S}" if mail.asked_again_at else ""
    return f"<{mail.kind}.{mail.pk}{again}.{mail.order.number}@{urlsplit(settings.SITE_URL).hostname}>"
