"""What allauth says when it refuses something: what is wrong, and what to do."""

from allauth.account.adapter import DefaultAccountAdapter


class AccountAdapter(DefaultAccountAdapter):
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": "Email and password do not match. Check both, or ask for a new password.",
        "too_many_login_attempts": "Too many failed tries. Wait five minutes, then try again.",
        "enter_current_password": "This is not your current password.",
        "incorrect_password": "This is not your password.",
        "email_taken": "There is an account with this address already. Sign in, or ask for a new password.",
    }
