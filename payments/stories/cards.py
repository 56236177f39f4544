"""Test cards, and what each of them does (docs.stripe.com/testing).

The country decides the fee. Most of Stripe's numbers are of American cards; the customers here are
mostly British, so a number that stands for no country of its own is a British card.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Card:
    number: str
    brand: str
    country: str = "GB"
    funding: str = "credit"

    @property
    def last4(self) -> str:
        return self.number[-4:]


CARDS = {
    "visa": Card("4242424242424242", "visa"),
    "visa_debit": Card("4000056655665556", "visa", funding="debit"),
    "mastercard": Card("5555555555554444", "mastercard"),
    "mastercard_debit": Card("5200828282828210", "mastercard", funding="debit"),
    "amex": Card("378282246310005", "amex"),
    "visa_de": Card("4000002760000016", "visa", "DE"),
    "visa_fr": Card("4000002500000003", "visa", "FR"),
    "visa_jp": Card("4000003920000003", "visa", "JP"),
    "three_d_secure": Card("4000002760003184", "visa", "DE"),
    "three_d_secure_setup": Card("4000002500003155", "visa", "FR"),
    "generic_decline": Card("4000000000000002", "visa"),
    "insufficient_funds": Card("4000000000009995", "visa"),
    "lost_card": Card("4000000000009987", "visa"),
    "expired_card": Card("4000000000000069", "visa"),
    "incorrect_cvc": Card("4000000000000127", "visa"),
    "processing_error": Card("4000000000000119", "visa"),
    "refund_pending": Card("4000000000007726", "visa"),
    "refund_fails": Card("4000000000005126", "visa"),
    "disputed_fraudulent": Card("4000000000000259", "visa"),
    "disputed_not_received": Card("4000000000002685", "visa"),
    "disputed_inquiry": Card("4000000000001976", "visa"),
}


@dataclass(frozen=True)
class Decline:
    """Why a bank refused, in Stripe's words. `code` is the error's, `decline_code` the bank's."""

    code: str
    decline_code: str | None
    message: str


DECLINES = {
    "generic_decline": Decline("card_declined", "generic_decline", "Your card was declined."),
    "insufficient_funds": Decline("card_declined", "insufficient_funds", "Your card has insufficient funds."),
    "lost_card": Decline("card_declined", "lost_card", "Your card was declined."),
    "expired_card": Decline("expired_card", None, "Your card has expired."),
    "incorrect_cvc": Decline("incorrect_cvc", None, "Your card's security code is incorrect."),
    "processing_error": Decline(
        "processing_error", None, "An error occurred while processing your card. Try again in a little bit."
    ),
}
# A card that is none of these: test mode takes no real ones.
REAL_CARD = Decline(
    "card_declined",
    "test_mode_live_card",
    "Your card was declined. Your request was in test mode, but used a non test card. "
    "For a list of valid test cards, visit: https://stripe.com/docs/testing.",
)
NOT_AUTHENTICATED = Decline(
    "payment_intent_authentication_failure",
    None,
    "We are unable to authenticate your payment method. "
    "Please choose a different payment method and try again.",
)


def brand_of(number: str) -> str:
    """The card network that has this number, by its first digit."""
    return {"3": "amex", "4": "visa", "5": "mastercard", "6": "discover"}.get(number[:1], "unknown")
