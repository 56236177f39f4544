"""The evidence pack: what the shop knows of a disputed order, to be sent to the bank.

A ZIP of two pages made to be printed, a JSON file under the names of Stripe's API, and a manifest. It
holds what belongs to the order, and nothing of the staff's own: no notes, no names, no audit log.
"""

import hashlib
import json
import tempfile
import zipfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.template.loader import render_to_string

from accounts.models import User
from audit import log
from orders.models import SOLD, OrderItem
from payments.customer_order import customer_order
from payments.disputes.case import Case
from payments.disputes.checklist import checklist, evidence
from payments.disputes.reasons import reason_of
from payments.models import Dispute
from payments.timeline import Entry

IN_MEMORY = 1_000_000  # bytes; more go to a file
STYLES = Path(settings.BASE_DIR) / "static" / "css" / "evidence.css"
MANIFEST = "manifest.json"
THE_SHOP = "The shop"


@dataclass(frozen=True)
class Pack:
    """A finished file, at its beginning."""

    name: str
    file: IO[bytes]


def pack(case: Case, *, actor: User, now: datetime) -> Pack:
    """Make the ZIP and write down who took it, with its SHA-256."""
    files = _files(case, now)
    name = _name(case.dispute)
    made = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - the response closes it
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files.items():
            archive.writestr(path, content)
    made.seek(0)
    digest = hashlib.file_digest(made, "sha256").hexdigest()
    size = made.tell()
    made.seek(0)
    with transaction.atomic():
        said = {"file": f"{name}.zip", "files": [*files], "bytes": size, "sha256": digest}
        log.record("dispute.evidence_exported", actor=actor, target=case.dispute, **said)
    return Pack(f"{name}.zip", made)


def _files(case: Case, now: datetime) -> dict[str, bytes]:
    page: dict[str, Any] = {
        "case": case,
        "order": case.order,
        "reason": reason_of(case.dispute.reason),
        "checklist": checklist(case),
        "events": told(case.timeline())[::-1],
        "made_at": now,
        "store": settings.STORE_NAME,
        "store_address": settings.STORE_ADDRESS,
        "store_vat_number": settings.STORE_VAT_NUMBER,
        "store_time_zone": settings.TIME_ZONE,
    }
    files = {
        "evidence.html": render_to_string("payments/evidence/summary.html", page).encode(),
        "evidence.json": _json(facts(case, now)),
        "evidence.css": STYLES.read_bytes(),
    }
    if case.order and case.order.status in SOLD:
        page["page"] = customer_order(case.order, now)
        files["receipt.html"] = render_to_string("payments/evidence/receipt.html", page).encode()
    return {**files, MANIFEST: _manifest(case, files, now)}


def facts(case: Case, now: datetime) -> dict[str, Any]:
    """The same for programs. Amounts are minor units of the currency beside them, moments are UTC.

    `evidence` has the names of Stripe's API: what we have of it, ready to be sent.
    """
    return {
        "made_at": now,
        "dispute": _dispute(case),
        "evidence": evidence(case),
        "order": _order(case),
        "payment": _payment(case),
        "refunds": [
            {
                "id": refund.refund_id,
                "amount": refund.amount,
                "currency": refund.currency,
                "status": refund.status,
                "created": refund.created,
            }
            for refund in case.refunds
        ],
        "mails": [
            {"kind": mail.kind, "to": mail.email, "written_at": mail.created_at, "sent_at": mail.sent_at}
            for mail in case.mails
        ],
        "timeline": told(case.timeline())[::-1],
    }


def told(entries: list[Entry]) -> list[dict[str, Any]]:
    """What happened, for people outside: the shop is not named by its people."""
    return [
        {
            "at": entry.at,
            "text": f"{THE_SHOP} {entry.text}" if entry.who else entry.text,
            "details": [detail.text for detail in entry.details],
        }
        for entry in entries
    ]


def _dispute(case: Case) -> dict[str, Any]:
    dispute = case.dispute
    return {
        "id": dispute.dispute_id,
        "charge": dispute.charge_id,
        "payment_intent": dispute.payment_intent_id,
        "amount": dispute.amount,
        "currency": dispute.currency,
        "status": dispute.status,
        "reason": dispute.reason,
        "network_reason_code": dispute.network_reason_code,
        "opened": dispute.created,
        "due_by": dispute.due_by,
    }


def _order(case: Case) -> dict[str, Any] | None:
    order = case.order
    if order is None:
        return None
    names = ("number", "status", "name", "email", "address", "country", "currency")
    amounts = ("amount_subtotal", "amount_discount", "amount_shipping", "amount_tax", "amount_total")
    moments = ("created_at", "paid_at", "fulfilled_at", "canceled_at")
    delivery = ("shipping_method", "tracking_number")
    told = {name: getattr(order, name) for name in (*names, *amounts, *moments, *delivery)}
    return told | {"items": [_item(item) for item in case.items]}


def _item(item: OrderItem) -> dict[str, Any]:
    names = (
        "sku",
        "product_name",
        "variant_name",
        "unit_amount",
        "quantity",
        "amount_total",
        "amount_discount",
    )
    return {name: getattr(item, name) for name in names}


def _payment(case: Case) -> dict[str, Any] | None:
    charge = case.charge
    if charge is None:
        return None
    return {
        "charge": charge.charge_id,
        "payment_intent": charge.payment_intent_id,
        "amount": charge.amount_captured,
        "currency": charge.currency,
        "method": charge.method,
        "card_brand": charge.card_brand,
        "card_last4": charge.card_last4,
        "checks": case.card_checks,
        "created": charge.created,
    }


def _manifest(case: Case, files: dict[str, bytes], now: datetime) -> bytes:
    described = [
        {"file": path, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for path, content in files.items()
    ]
    return _json({"dispute": case.dispute.dispute_id, "made_at": now, "files": described})


def _json(data: dict[str, Any]) -> bytes:
    return json.dumps(data, indent=2, ensure_ascii=False, cls=DjangoJSONEncoder).encode()


def _name(dispute: Dispute) -> str:
    """Safe in any file system: Stripe's ids are letters, digits and underscores."""
    known = "".join(
        letter for letter in dispute.dispute_id if letter.isascii() and (letter.isalnum() or letter == "_")
    )
    return f"dispute-{known}"
