"""Why a payment did not go through, in words for the customer: what happened, and what to do now.

Codes: docs.stripe.com/declines/codes and docs.stripe.com/error-codes. Of a lost or stolen card, or
one that is suspected of fraud, nothing more is told than that the bank declined it.
"""

from typing import Any

DECLINED = "The bank declined the card. Nothing was taken. Try another card, or ask your bank."
TRY_AGAIN = "The card could not be processed just now. Nothing was taken. Try again in a minute."
UNKNOWN = "The payment did not go through. Nothing was taken. Try again, or use another card."

# By Stripe's `decline_code`, which says more, or by its `code`.
WORDS = {
    "authentication_required": "Your bank wants you to confirm this payment. Nothing was taken. Try again.",
    "card_declined": DECLINED,
    "card_not_supported": "The card can't be used for this purchase. Nothing was taken. Try another card.",
    "card_velocity_exceeded": "The card is over its limit. Nothing was taken. Try another card.",
    "currency_not_supported": "The card can't pay in this currency. Nothing was taken. Try another card.",
    "do_not_honor": DECLINED,
    "expired_card": "The card has expired. Nothing was taken. Try another card.",
    "fraudulent": DECLINED,
    "generic_decline": DECLINED,
    "incorrect_cvc": "The security code is not right. Nothing was taken. Check it and try again.",
    "incorrect_number": "The card number is not right. Nothing was taken. Check it and try again.",
    "incorrect_zip": "The postcode does not match the card. Nothing was taken. Check it and try again.",
    "insufficient_funds": "The card has insufficient funds. Nothing was taken. Try another card.",
    "invalid_account": "The card does not work. Nothing was taken. Try another card, or ask your bank.",
    "invalid_cvc": "The security code is not right. Nothing was taken. Check it and try again.",
    "invalid_expiry_month": "The expiry date is not right. Nothing was taken. Check it and try again.",
    "invalid_expiry_year": "The expiry date is not right. Nothing was taken. Check it and try again.",
    "issuer_not_available": TRY_AGAIN,
    "lost_card": DECLINED,
    "payment_intent_authentication_failure": (
        "Your bank could not confirm that it was you. Nothing was taken. Try again, or use another card."
    ),
    "pickup_card": DECLINED,
    "processing_error": TRY_AGAIN,
    "reenter_transaction": TRY_AGAIN,
    "stolen_card": DECLINED,
    "test_mode_live_card": (
        "This shop is being tested and takes no real cards. Nothing was taken. Use one of the test cards."
    ),
    "try_again_later": TRY_AGAIN,
    "withdrawal_count_limit_exceeded": "The card is over its limit. Nothing was taken. Try another card.",
}
FIELDS = {
    "incorrect_cvc": "cvc",
    "invalid_cvc": "cvc",
    "expired_card": "exp",
    "invalid_expiry_month": "exp",
    "invalid_expiry_year": "exp",
}


def explain(error: dict[str, Any] | None) -> str:
    """What to say about the `last_payment_error` of a payment intent; nothing when there is none."""
    if not error:
        return ""
    codes = [str(error.get("decline_code")), str(error.get("code"))]
    return next((WORDS[code] for code in codes if code in WORDS), UNKNOWN)


def reason(code: str) -> str:
    """Only what happened, as a sentence; nothing for a code without words of its own."""
    return WORDS[code].partition(" Nothing was taken.")[0] if code in WORDS else ""


def field_of(error: dict[str, Any] | None) -> str:
    """The field of the card form to say it beside: `number`, `exp` or `cvc`."""
    return FIELDS.get(str((error or {}).get("code")), "number")
