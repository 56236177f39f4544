"""What a dispute's reason means, and what Stripe asks for to answer it.

Told in plain words after docs.stripe.com/disputes/categories. Evidence goes by the names of Stripe's
API (docs.stripe.com/api/disputes/object): what stands first weighs most.
"""

from typing import NamedTuple

from payments import wording


class Reason(NamedTuple):
    """`claim` is what the bank says, `win` what has to be shown, `send` the same in a few words.

    `evidence` are names of Stripe's fields. A reason without any can't be contested with papers.
    """

    code: str
    title: str
    claim: str
    win: str
    send: str
    evidence: tuple[str, ...]


BUYER = ("customer_name", "customer_email_address", "customer_purchase_ip")
DELIVERY = (
    "shipping_documentation",
    "shipping_tracking_number",
    "shipping_date",
    "shipping_carrier",
    "shipping_address",
)
RULES = ("refund_policy", "refund_policy_disclosure", "refund_refusal_explanation")
BASICS = ("receipt", "product_description", "customer_communication")
# A bank's debit was returned: nothing that a shop could send changes that.
RETURNED = "Nothing can be sent against it. Ask the customer to pay in another way."

REASONS = [
    Reason(
        "fraudulent",
        "Not authorised",
        "The cardholder says that they did not make this payment and allowed nobody to.",
        "Show that the cardholder, or somebody they know, ordered and got the goods. It is the hardest "
        "reason to win: write to the customer first, they may only not know the name on their statement.",
        "Who ordered, card checks, delivery",
        ("payment_checks", "earlier_payments", *BUYER, *DELIVERY, *BASICS),
    ),
    Reason(
        "unrecognized",
        "Not recognised",
        "The cardholder does not know what this payment on their statement is for.",
        "Help the customer to recognise it; else show as for a payment that was not authorised.",
        "Who ordered, receipt, delivery",
        ("receipt", "product_description", *BUYER, "payment_checks", "earlier_payments", *DELIVERY),
    ),
    Reason(
        "product_not_received",
        "Not received",
        "The customer says that the goods have not arrived.",
        "Show that they arrived at the customer's address before the dispute was opened, or that the "
        "day agreed for them has not come yet, or that the money went back.",
        "Proof of delivery, tracking",
        (*DELIVERY, "refund_proof", *BASICS, "customer_name", "customer_email_address"),
    ),
    Reason(
        "product_unacceptable",
        "Not as described",
        "The customer has the goods and says that they are defective, damaged or not as described.",
        "Show that they were as the shop described them, or that you offered to replace or refund them; "
        "or that the customer has sent nothing back.",
        "Description, refund policy",
        ("product_description", "customer_communication", *RULES, "refund_proof", "receipt", *DELIVERY),
    ),
    Reason(
        "credit_not_processed",
        "Refund not made",
        "The customer sent the goods back or cancelled, and says that the refund has not come.",
        "Show that you have refunded, or why no refund is due under the policy that the customer saw.",
        "Proof of refund, refund policy",
        ("refund_proof", *RULES, "customer_communication", "receipt", "product_description"),
    ),
    Reason(
        "duplicate",
        "Charged twice",
        "The customer says that they paid more than once for the same thing.",
        "Show that the payments were for different orders, or that one of them went back.",
        "Both receipts, proof of refund",
        (
            "duplicate_charge_id",
            "duplicate_charge_explanation",
            "duplicate_charge_documentation",
            "refund_proof",
            "receipt",
            *DELIVERY,
        ),
    ),
    Reason(
        "subscription_canceled",
        "Subscription cancelled",
        "The customer says that they were charged after they had cancelled a subscription.",
        "Show that this was one purchase, or that nothing was cancelled before the payment.",
        "Receipt, cancellation terms",
        (
            "receipt",
            "cancellation_policy",
            "cancellation_policy_disclosure",
            "cancellation_rebuttal",
            "customer_communication",
            *DELIVERY,
        ),
    ),
    Reason(
        "general",
        "No category",
        "The bank gave no reason that fits one of Stripe's categories.",
        "Ask the customer what it is about, and answer that; send what shows order and delivery.",
        "Receipt, delivery, messages",
        (*BASICS, *DELIVERY, "refund_proof", *BUYER),
    ),
    Reason(
        "noncompliant",
        "Against network rules",
        "The bank says that the payment broke a rule of the card network. Countering it costs a fee.",
        "Read in Stripe's dashboard which rule is meant, and show that it was kept.",
        "See Stripe's dashboard",
        ("uncategorized_text", *BASICS, *DELIVERY),
    ),
    Reason(
        "customer_initiated",
        "Customer's claim",
        "The customer asked their bank for the money back.",
        "Ask the customer what it is about. Stripe's dashboard says whether you can answer.",
        "Receipt, delivery, messages",
        (*BASICS, *DELIVERY, "refund_proof"),
    ),
    Reason(
        "debit_not_authorized",
        "Debit not allowed",
        "The customer tells their bank that they allowed no debit of their account.",
        RETURNED,
        "Nothing can be sent",
        (),
    ),
    Reason(
        "insufficient_funds",
        "No money on the account",
        "The customer's account did not hold enough for the debit.",
        RETURNED,
        "Nothing can be sent",
        (),
    ),
    Reason(
        "incorrect_account_details",
        "Wrong account",
        "The account that was to be debited is not the customer's, or is closed.",
        RETURNED,
        "Nothing can be sent",
        (),
    ),
    Reason(
        "bank_cannot_process",
        "Bank can't process it",
        "The customer's bank could not carry out the debit.",
        RETURNED,
        "Nothing can be sent",
        (),
    ),
    Reason(
        "check_returned",
        "Cheque returned",
        "The customer's bank returned the cheque.",
        RETURNED,
        "Nothing can be sent",
        (),
    ),
]
BY_CODE = {reason.code: reason for reason in REASONS}


def reason_of(code: str) -> Reason:
    """What is known of this reason; one that is new to us is answered like one without a category."""
    known = BY_CODE.get(code)
    if known:
        return known
    general = BY_CODE["general"]
    title = wording.words(code).capitalize() if code else "No reason given"
    return general._replace(code=code, title=title)
