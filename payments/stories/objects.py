"""Stripe's objects, in the newest shape, as they are when they begin to exist.

Fields are those of docs.stripe.com/api. Moments are Unix seconds, amounts minor units.
"""

from datetime import UTC, datetime, time

from payments.stories.cards import Card, Decline
from payments.stories.fees import DAYS_TO_SETTLE, working_days_after
from payments.stories.ids import letters
from payments.stories.versions import Json

EVIDENCE = (
    "access_activity_log billing_address cancellation_policy cancellation_policy_disclosure"
    " cancellation_rebuttal customer_communication customer_email_address customer_name"
    " customer_purchase_ip customer_signature duplicate_charge_documentation"
    " duplicate_charge_explanation duplicate_charge_id product_description receipt refund_policy"
    " refund_policy_disclosure refund_refusal_explanation service_date service_documentation"
    " shipping_address shipping_carrier shipping_date shipping_documentation"
    " shipping_tracking_number uncategorized_file uncategorized_text"
).split()
NETWORK_REASON_CODE = {"fraudulent": "10.4", "product_not_received": "13.1", "duplicate": "12.6.1"}


def payment_intent(*, id: str, secret: str, amount: int, currency: str, at: int, metadata: Json) -> Json:
    """A payment that has been asked for and not been tried."""
    return {
        "id": id,
        "object": "payment_intent",
        "amount": amount,
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": {"allow_redirects": "always", "enabled": True},
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": "automatic_async",
        "client_secret": secret,
        "confirmation_method": "automatic",
        "created": at,
        "currency": currency,
        "customer": None,
        "description": None,
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "metadata": metadata,
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
        "payment_method_types": ["card"],
        "processing": None,
        "receipt_email": None,
        "review": None,
        "setup_future_usage": None,
        "shipping": None,
        "source": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "requires_payment_method",
        "transfer_data": None,
        "transfer_group": None,
    }


def charge(
    *, id: str, intent: Json, payment_method: str, card: Card, at: int, email: str = "", captured: bool
) -> Json:
    """One attempt to take the money of `intent`: it went through when `captured`."""
    amount = intent["amount"]
    return {
        "id": id,
        "object": "charge",
        "amount": amount,
        "amount_captured": amount if captured else 0,
        "amount_refunded": 0,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": None,
        "billing_details": billing_details(email),
        "calculated_statement_descriptor": "PURELAKA" if captured else None,
        "captured": captured,
        "created": at,
        "currency": intent["currency"],
        "customer": None,
        "description": None,
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "fraud_details": {},
        "livemode": intent["livemode"],
        "metadata": dict(intent["metadata"]),
        "on_behalf_of": None,
        "outcome": outcome(authorised=captured),
        "paid": captured,
        "payment_intent": intent["id"],
        "payment_method": payment_method,
        "payment_method_details": {"card": card_details(card, intent["amount"]), "type": "card"},
        "radar_options": {},
        "receipt_email": None,
        "receipt_number": None,
        "receipt_url": f"https://pay.stripe.com/receipts/payment/{id}" if captured else None,
        "refunded": False,
        "review": None,
        "shipping": None,
        "source": None,
        "source_transfer": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "succeeded" if captured else "failed",
        "transfer_data": None,
        "transfer_group": None,
    }


def billing_details(email: str) -> Json:
    address = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))
    return {"address": address, "email": email or None, "name": None, "phone": None, "tax_id": None}


def outcome(*, authorised: bool) -> Json:
    """What the card network and Stripe's own check said."""
    return {
        "advice_code": None if authorised else "try_again_later",
        "network_advice_code": None,
        "network_decline_code": None if authorised else "01",
        "network_status": "approved_by_network" if authorised else "declined_by_network",
        "reason": None if authorised else "generic_decline",
        "risk_level": "normal",
        "risk_score": 22,
        "seller_message": "Payment complete."
        if authorised
        else "The bank did not return any further details with this decline.",
        "type": "authorized" if authorised else "issuer_declined",
    }


def card_details(card: Card, amount: int) -> Json:
    return {
        "amount_authorized": amount,
        "authorization_code": letters(6, card.number, amount).upper(),
        "brand": card.brand,
        "checks": {
            "address_line1_check": None,
            "address_postal_code_check": "pass",
            "cvc_check": "pass",
        },
        "country": card.country,
        "exp_month": 8,
        "exp_year": 2030,
        "extended_authorization": {"status": "disabled"},
        "fingerprint": letters(16, card.number),
        "funding": card.funding,
        "incremental_authorization": {"status": "unavailable"},
        "installments": None,
        "last4": card.last4,
        "mandate": None,
        "multicapture": {"status": "unavailable"},
        "network": card.brand,
        "network_token": {"used": False},
        "network_transaction_id": letters(15, card.number, amount, "network"),
        "overcapture": {"maximum_amount_capturable": amount, "status": "unavailable"},
        "regulated_status": "unregulated",
        "three_d_secure": None,
        "wallet": None,
    }


def payment_error(decline: Decline, *, charge_id: str, payment_method: str, card: Card, at: int) -> Json:
    """`last_payment_error` of a payment intent; without a `charge_id` no charge was made."""
    error = {
        **({"charge": charge_id} if charge_id else {}),
        "code": decline.code,
        "doc_url": f"https://stripe.com/docs/error-codes/{decline.code.replace('_', '-')}",
        "message": decline.message,
        "payment_method": {
            "id": payment_method,
            "object": "payment_method",
            "billing_details": billing_details(""),
            "card": {"brand": card.brand, "country": card.country, "last4": card.last4},
            "created": at,
            "customer": None,
            "livemode": False,
            "metadata": {},
            "type": "card",
        },
        "type": "card_error",
    }
    return error | ({"decline_code": decline.decline_code} if decline.decline_code else {})


def refund(*, id: str, charge: Json, amount: int, status: str, reason: str, at: int, metadata: Json) -> Json:
    return {
        "id": id,
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": charge["id"],
        "created": at,
        "currency": charge["currency"],
        "destination_details": {
            "card": {
                "reference_status": "pending",
                "reference_type": "acquirer_reference_number",
                "type": "refund",
            },
            "type": "card",
        },
        "failure_balance_transaction": None,
        "metadata": metadata,
        "next_action": None,
        "payment_intent": charge["payment_intent"],
        "reason": reason or None,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": status,
        "transfer_reversal": None,
    }


def dispute(
    *, id: str, charge: Json, amount: int, status: str, reason: str, at: int, due_by: int, inquiry: bool
) -> Json:
    """A chargeback, or an inquiry that may become one. No money has moved."""
    brand = charge["payment_method_details"]["card"]["brand"]
    network_code = NETWORK_REASON_CODE.get(reason, "13.3")
    return {
        "id": id,
        "object": "dispute",
        "amount": amount,
        "balance_transactions": [],
        "charge": charge["id"],
        "created": at,
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": dict.fromkeys(EVIDENCE) | {"customer_email_address": charge["billing_details"]["email"]},
        "evidence_details": {
            "due_by": due_by,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        "is_charge_refundable": inquiry,
        "livemode": charge["livemode"],
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "payment_method_details": {
            "card": {
                "brand": brand,
                "case_type": "inquiry" if inquiry else "chargeback",
                "network_reason_code": network_code,
            },
            "type": "card",
        },
        "reason": reason,
        "status": status,
    }


def payout(*, id: str, amount: int, currency: str, at: int, arrives: int) -> Json:
    return {
        "id": id,
        "object": "payout",
        "amount": amount,
        "application_fee": None,
        "application_fee_amount": None,
        "arrival_date": arrives,
        "automatic": True,
        "balance_transaction": None,
        "created": at,
        "currency": currency,
        "description": "STRIPE PAYOUT",
        "destination": f"ba_1{letters(23, 'bank account', currency)}",
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "livemode": False,
        "metadata": {},
        "method": "standard",
        "original_payout": None,
        "reconciliation_status": "in_progress",
        "reversed_by": None,
        "source_type": "card",
        "statement_descriptor": None,
        "status": "pending",
        "trace_id": {"status": "pending", "value": None},
        "type": "bank_account",
    }


def balance_transaction(
    *,
    id: str,
    type: str,
    category: str,
    source: Json,
    amount: int,
    fee: int = 0,
    fee_description: str = "Stripe processing fees",
    description: str | None = None,
    at: int,
) -> Json:
    """One line of Stripe's books about `source`, settled in its own currency."""
    currency = source["currency"]
    settles = working_days_after(datetime.fromtimestamp(at, UTC).date(), DAYS_TO_SETTLE)
    available_on = int(datetime.combine(settles, time(), UTC).timestamp())
    fee_line = {
        "amount": fee,
        "application": None,
        "currency": currency,
        "description": fee_description,
        "type": "stripe_fee",
    }
    return {
        "id": id,
        "object": "balance_transaction",
        "amount": amount,
        "available_on": at if amount < 0 or fee < 0 else available_on,
        "balance_type": "payments",
        "created": at,
        "currency": currency,
        "description": description,
        "exchange_rate": None,
        "fee": fee,
        "fee_details": [fee_line] if fee else [],
        "net": amount - fee,
        "reporting_category": category,
        "source": source["id"],
        "status": "available" if amount < 0 or fee < 0 else "pending",
        "type": type,
    }
