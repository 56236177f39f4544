"""The evidence that Stripe asks for, and what of it the shop's own records hold."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from accounts.privacy import PERSONAL_FIELDS, is_hidden, private
from orders.models import SOLD
from payments import wording
from payments.disputes.case import Case
from payments.disputes.reasons import reason_of
from purelaka import moments
from purelaka.days import store_day
from purelaka.money import display

HAVE, MISSING, YOURS = "have", "missing", "yours"
LABELS = {HAVE: "In the pack", MISSING: "Missing", YOURS: "Yours to add"}
STATES = {HAVE: "ok", MISSING: "failed", YOURS: "due"}
PASSED = {"pass": "passed", "fail": "failed", "unavailable": "not checked", "unchecked": "not checked"}
OF_NO_FIELD = ("payment_checks", "earlier_payments", "refund_proof")  # Stripe has no field for these
CHECKS = {
    "cvc_check": "security code",
    "address_line1_check": "street",
    "address_postal_code_check": "postcode",
    "three_d_secure": "3-D Secure",
}


class Found(NamedTuple):
    """`text` is what we have, or what to do. `value` goes into the pack under Stripe's name."""

    state: str
    text: str
    value: str = ""


@dataclass(frozen=True)
class Item:
    """One line of the checklist. `field` is Stripe's name of it."""

    field: str
    title: str
    found: Found

    @property
    def badge(self) -> str:
        """The badge's colour."""
        return STATES[self.found.state]

    @property
    def label(self) -> str:
        return LABELS[self.found.state]


def checklist(case: Case) -> list[Item]:
    """What Stripe asks for, for this dispute's reason, the weightiest first."""
    wanted = reason_of(case.dispute.reason).evidence
    return [Item(field, TITLES[field], _shown(field, FINDERS[field](case))) for field in wanted]


def _shown(field: str, found: Found) -> Found:
    """What of it whoever looks may see."""
    of_people = field in PERSONAL_FIELDS and found.state == HAVE
    return found._replace(text=private(found.text), value="") if of_people and is_hidden() else found


def evidence(case: Case) -> dict[str, str]:
    """What we have of all that Stripe takes, by its names, whatever the reason."""
    found = {field: find(case) for field, find in FINDERS.items()}
    had = {field: each.value for field, each in found.items() if each.state == HAVE and each.value}
    ours = [f"{TITLES[field]}: {had.pop(field)}." for field in OF_NO_FIELD if field in had]
    return had | ({"uncategorized_text": "\n".join(ours)} if ours else {})


TITLES = {
    "receipt": "Receipt",
    "product_description": "What was bought",
    "customer_name": "The customer's name",
    "customer_email_address": "The customer's email",
    "customer_purchase_ip": "The address the order came from",
    "customer_communication": "Messages to and from the customer",
    "payment_checks": "The card's checks",
    "earlier_payments": "Earlier payments of this customer",
    "shipping_documentation": "Proof of delivery",
    "shipping_tracking_number": "Tracking number",
    "shipping_date": "Day it was sent",
    "shipping_carrier": "Carrier",
    "shipping_address": "Where it was sent",
    "refund_proof": "Refunds of this payment",
    "refund_policy": "Refund policy",
    "refund_policy_disclosure": "Where the customer saw the policy",
    "refund_refusal_explanation": "Why no refund is due",
    "cancellation_policy": "Cancellation terms",
    "cancellation_policy_disclosure": "Where the customer saw the terms",
    "cancellation_rebuttal": "Why it was not cancelled",
    "duplicate_charge_id": "The other payment",
    "duplicate_charge_explanation": "How the two differ",
    "duplicate_charge_documentation": "Papers of the other payment",
    "uncategorized_text": "Your account of it",
}


def _kept(value: str, absent: str) -> Found:
    return Found(HAVE, value, value) if value else Found(MISSING, absent)


def _receipt(case: Case) -> Found:
    if case.order and case.order.status in SOLD:
        return Found(HAVE, f"Receipt {case.order}")
    return Found(MISSING, "There is no paid order for this payment.")


def _product(case: Case) -> Found:
    goods = ", ".join(
        f"{item.quantity:,} × {item.product_name}{f', {item.variant_name}' if item.variant_name else ''}"
        for item in case.items
    )
    return _kept(goods, "What was bought is not known here.")


def _name(case: Case) -> Found:
    return _kept(case.order.name if case.order else "", "The order has no name.")


def _email(case: Case) -> Found:
    return _kept(case.order.email if case.order else "", "The order has no email.")


def _purchase_ip(case: Case) -> Found:
    return _kept(case.address_of_buyer, "Not kept for this order.")


def _messages(case: Case) -> Found:
    sent = [mail for mail in case.mails if mail.sent_at]
    if not sent:
        return Found(YOURS, "We sent no mail. Add what the customer wrote to you, and your answers.")
    told = ", ".join(mail.get_kind_display().lower() for mail in sent)
    return Found(HAVE, f"{len(sent)} sent: {told}. Add what the customer wrote to you.")


def _card_checks(case: Case) -> Found:
    said = [
        f"{name} {PASSED.get(case.card_checks[key], wording.words(case.card_checks[key]))}"
        for key, name in CHECKS.items()
        if key in case.card_checks
    ]
    text = ", ".join(said)
    return _kept(f"{text[:1].upper()}{text[1:]}", "Stripe told of none for this payment.")


def _earlier(case: Case) -> Found:
    if not case.earlier:
        return Found(MISSING, "None: it is their first undisputed order here.")
    oldest = min(order.paid_at or order.created_at for order in case.earlier)
    number = len(case.earlier)
    what = f"{number:,} undisputed order{'' if number == 1 else 's'}"
    text = f"{what}, the first on {moments.day(store_day(oldest))}"
    return Found(HAVE, text, text)


def _proof_of_delivery(case: Case) -> Found:
    if case.order and case.order.tracking_number:
        return Found(YOURS, "Save the carrier's page of the tracking number as a PDF: banks follow no links.")
    return Found(MISSING, "Ask the carrier, or say how it was handed over.")


def _tracking(case: Case) -> Found:
    number = case.order.tracking_number if case.order else ""
    return _kept(number, "None was entered when the order was sent.")


def _sent_on(case: Case) -> Found:
    at = case.order.fulfilled_at if case.order else None
    if at is None:
        return Found(MISSING, "The order is not marked as sent.")
    day = store_day(at)
    return Found(HAVE, moments.day(day), day.isoformat())


def _carrier(case: Case) -> Found:
    how = case.order.shipping_method if case.order else ""
    return Found(YOURS, f"It went as “{how}”: name the carrier." if how else "Name the carrier.")


def _ship_to(case: Case) -> Found:
    order = case.order
    address = (
        ", ".join(line for line in (order.address or order.country).splitlines() if line) if order else ""
    )
    return _kept(address, "The order has no address.")


def _refunded(case: Case) -> Found:
    if not case.refunded:
        return Found(MISSING, "Nothing of this payment has gone back.")
    text = ", ".join(
        f"{display(r.amount, r.currency)} on {moments.day(store_day(r.created))} ({r.refund_id})"
        for r in case.refunded
    )
    return Found(HAVE, text, text)


def _other_payment(case: Case) -> Found:
    if not case.alike:
        return Found(MISSING, "This customer has no other order of this amount: say so.")
    other = case.alike[0]
    return Found(HAVE, f"Order {other}, {other.payment_intent_id}", other.payment_intent_id or "")


def _yours(text: str) -> Callable[[Case], Found]:
    return lambda case: Found(YOURS, text)


FINDERS: dict[str, Callable[[Case], Found]] = {
    "receipt": _receipt,
    "product_description": _product,
    "customer_name": _name,
    "customer_email_address": _email,
    "customer_purchase_ip": _purchase_ip,
    "customer_communication": _messages,
    "payment_checks": _card_checks,
    "earlier_payments": _earlier,
    "shipping_documentation": _proof_of_delivery,
    "shipping_tracking_number": _tracking,
    "shipping_date": _sent_on,
    "shipping_carrier": _carrier,
    "shipping_address": _ship_to,
    "refund_proof": _refunded,
    "refund_policy": _yours("Attach the policy as it was when the order was placed."),
    "refund_policy_disclosure": _yours("Say where it stood before they paid; a picture of the page helps."),
    "refund_refusal_explanation": _yours("In two or three plain sentences."),
    "cancellation_policy": _yours("Attach the terms as they were when the order was placed."),
    "cancellation_policy_disclosure": _yours("Say where they stood before they paid."),
    "cancellation_rebuttal": _yours("Say that this was one purchase, and when it was sent."),
    "duplicate_charge_id": _other_payment,
    "duplicate_charge_explanation": _yours("Say what each of the two payments was for."),
    "duplicate_charge_documentation": _yours("Attach the receipt of the other order."),
    "uncategorized_text": _yours("In a few plain sentences."),
}
