"""What allauth says in the store's name: its refusals and its mails."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.core.mail import EmailMessage


class AccountAdapter(DefaultAccountAdapter):
    # Each says what is wrong and what to do.
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": "Email and password do not match. Check both, or ask for a new password.",
        "too_many_login_attempts": "Too many failed tries. Wait five minutes, then try again.",
        "enter_current_password": "This is not your current password.",
        "incorrect_password": "This is not your password.",
        "email_taken": "There is an account with this address already. Sign in, or ask for a new password.",
    }

    def render_mail(
        self,
        template_prefix: str,
        email: str | list[str],
        context: dict[str, Any],
        headers: dict[str, str] | None = None,
    ) -> EmailMessage:
        """The subject is rendered without a request, so it is told the store's name here."""
        named = {**context, "store_name": settings.STORE_NAME}
        return super().render_mail(template_prefix, email, named, headers)
