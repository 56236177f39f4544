"""What allauth says in the store's name: its refusals, its mails, the names of passkeys."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.core.mail import EmailMessage

# How one can prove once more who one is, by allauth's names.
WAYS = {"mfa_reauthenticate": "Use a code", "mfa_reauthenticate:webauthn": "Use a passkey"}


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

    def get_reauthentication_methods(self, user: AbstractBaseUser | AnonymousUser) -> list[dict[str, Any]]:
        """In our words."""
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        return [
            {**method, "description": WAYS.get(method["id"], method["description"])} for method in methods
        ]


class SecondFactorAdapter(DefaultMFAAdapter):
    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": "Not accepted. Codes change every 30 seconds; a passkey must be your own.",
        "unverified_email": "Confirm your email address first: open the link that we sent to it.",
    }

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Whom a passkey is for: the browser shows the store's name."""
        return {**super().get_public_key_credential_rp_entity(), "name": settings.STORE_NAME}

    def generate_authenticator_name(self, user: AbstractBaseUser, type: Authenticator.Type) -> str:
        """A name to begin with: `Passkey`, `Passkey 2`."""
        number = Authenticator.objects.filter(user_id=user.pk, type=type).count() + 1
        return "Passkey" if number == 1 else f"Passkey {number}"
