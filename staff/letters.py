"""The mail with an invitation's link."""

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse

from staff.models import Invitation


def invitation(to: Invitation, token: str) -> EmailMultiAlternatives:
    """Ready to be sent, as text and HTML."""
    subject = f"Work with us at {settings.STORE_NAME}"
    context = {
        "invitation": to,
        "join_url": f"{settings.SITE_URL}{reverse('staff:join', args=[token])}",
        "site_url": settings.SITE_URL,
        "store": settings.STORE_NAME,
        "store_address": settings.STORE_ADDRESS,
        "subject": subject,
    }
    message = EmailMultiAlternatives(
        subject=subject,
        body=render_to_string("mail/staff_invitation.txt", context).strip() + "\n",
        to=[to.email],
        headers={"Auto-Submitted": "auto-generated"},
    )
    message.attach_alternative(render_to_string("mail/staff_invitation.html", context), "text/html")
    return message
