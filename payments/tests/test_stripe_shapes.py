"""Stripe's objects in the shapes of each API version: the facts that are read from them."""

import json
import os
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from unittest import skipUnless

from django.test import SimpleTestCase, TestCase

from orders.models import Order
from payments import shapes
from payments.models import (
    BalanceTransaction,
    Charge,
    Dispute,
    EventStatus,
    Fact,
    LedgerEntry,
    Payment,
    Payout,
    Refund,
    StripeEvent,
)
from payments.stories.versions import VERSIONS, Json
from payments.tests.posting import deliver, with_webhook_secret
from purelaka.testing import make_order

FIXTURES = Path(__file__).parent / "fixtures"
REAL = os.environ.get("PURELAKA_STRIPE_EVENTS", "")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def said(version: str) -> list[Json]:
    """The events of one version's fixture, in the order they came."""
    found: list[Json] = json.loads((FIXTURES / f"{version}.json").read_text())
    return found


@with_webhook_secret()
class VersionTests(TestCase):
    """One order of 64.95 GBP, and what became of it, told in five versions of the API."""

    def tell(self, version: str) -> Order:
        self.order = make_order(number="PL-77", amount_total=64_95)
        for event in said(version):
            self.assertEqual(event["api_version"], version)
            response = deliver(self.client, event)
            self.assertEqual(response.text, "processed\n", event["type"])
        self.order.refresh_from_db()
        return self.order

    def assert_fact(self, model: type[Fact], **values: object) -> None:
        stored = model._default_manager.values(*values).get()
        self.assertEqual(stored, values)

    def assert_ledger(self, *wanted: tuple[str, int, str]) -> None:
        """Kind, amount and day of each entry, in the order they were posted."""
        entries = LedgerEntry.objects.order_by("pk").values_list("kind", "amount", "occurred_on")
        self.assertEqual([(kind, amount, str(day)) for kind, amount, day in entries], list(wanted))

    def test_each_version_has_its_fixture(self) -> None:
        self.assertEqual({path.stem for path in FIXTURES.glob("*.json")}, set(VERSIONS))

    def test_2022_11_15(self) -> None:
        """The fee is known at once. A refund's object comes with `charge.refund.updated`."""
        order = self.tell("2022-11-15")

        self.assertEqual((order.status, order.paid_at), ("paid", utc("2022-12-14 09:47:05")))
        self.assertEqual((order.refund_status, order.amount_refunded), ("partial", 15_00))
        self.assertEqual(order.dispute_status, "lost")
        self.assert_fact(
            Payment,
            payment_intent_id="pi_3MErnXLkdIwHu7ix0p4Kf2Tz",
            amount=64_95,
            amount_received=64_95,
            currency="gbp",
            status="succeeded",
            claimed_order="PL-77",
            created=utc("2022-12-14 09:47:04"),
        )
        self.assert_fact(
            Charge,
            charge_id="ch_3MErnXLkdIwHu7ix0dWc9RbU",
            payment_intent_id="pi_3MErnXLkdIwHu7ix0p4Kf2Tz",
            amount_captured=64_95,
            amount_refunded=15_00,
            balance_transaction_id="txn_3MErnXLkdIwHu7ix0Lw5Bv1J",
            method="card",
            card_brand="visa",
            card_last4="4242",
        )
        self.assert_fact(
            Refund,
            refund_id="re_3MErnXLkdIwHu7ix0aQ1mZ8k",
            charge_id="ch_3MErnXLkdIwHu7ix0dWc9RbU",
            amount=15_00,
            status="succeeded",
            reason="requested_by_customer",
            balance_transaction_id="txn_3MErnXLkdIwHu7ix0hT6yNq2",
        )
        self.assert_fact(
            Dispute,
            dispute_id="dp_1MFZ0aLkdIwHu7ixYc3Qm8Wd",
            amount=49_95,
            status="lost",
            reason="fraudulent",
            due_by=utc("2023-01-01 09:47:03"),
        )
        self.assert_fact(
            BalanceTransaction,
            balance_transaction_id="txn_1MFZ0aLkdIwHu7ixq9RfK2sN",
            reporting_category="dispute",
            amount=-49_95,
            fee=20_00,
            net=-69_95,
            source_id="dp_1MFZ0aLkdIwHu7ixYc3Qm8Wd",
        )
        self.assert_fact(
            Payout,
            amount=48_78,
            status="paid",
            arrival_date=date(2022, 12, 20),
            reconciliation_status="completed",
        )
        self.assert_ledger(
            ("sale", 64_95, "2022-12-14"),
            ("refund", -15_00, "2022-12-15"),  # what the charge's total said …
            ("refund", 15_00, "2022-12-15"),  # … gives way to the refund's own object
            ("refund", -15_00, "2022-12-15"),
            ("dispute_withdrawal", -49_95, "2022-12-23"),
            ("fee", -20_00, "2022-12-23"),
            ("payout", -48_78, "2022-12-18"),
        )

    def test_2024_04_10(self) -> None:
        """The fee comes later, with `charge.updated`. An inquiry moves no money."""
        order = self.tell("2024-04-10")

        self.assertEqual((order.status, order.paid_at), ("paid", utc("2024-05-16 10:41:01")))
        self.assertEqual((order.refund_status, order.dispute_status), ("none", "none"))
        self.assert_fact(Payment, status="succeeded", succeeded_at=utc("2024-05-16 10:41:02"))
        self.assert_fact(
            Charge,
            balance_transaction_id="txn_3PH5jNLkdIwHu7ix1oRn8DyX",
            card_brand="mastercard",
            card_last4="4444",
        )
        self.assert_fact(Dispute, status="warning_closed", reason="general", amount=64_95)
        self.assert_fact(Payout, status="paid", reconciliation_status="completed", automatic=True)
        self.assertFalse(BalanceTransaction.objects.exists())
        self.assert_ledger(("sale", 64_95, "2024-05-16"), ("payout", -63_78, "2024-05-20"))

    def test_2024_10_28_acacia(self) -> None:
        """`refund.*` tell of all refunds. One succeeds and fails six days later, as does a payout."""
        order = self.tell("2024-10-28.acacia")

        self.assertEqual((order.refund_status, order.amount_refunded, order.refunded_at), ("none", 0, None))
        self.assert_fact(
            Refund,
            status="failed",
            failure_reason="expired_or_canceled_card",
            request_key="5c1b6a52-6f0e-4a8c-9a55-0f8f4f0d2b11",
            failure_balance_transaction_id="txn_1QQVz9LkdIwHu7ixM3bWe7Jk",
            failed_at=utc("2024-11-29 14:45:05"),
        )
        self.assert_fact(
            Payout, status="failed", failure_code="account_closed", failed_at=utc("2024-11-30 14:45:05")
        )
        self.assert_ledger(
            ("sale", 64_95, "2024-11-21"),
            ("refund", -64_95, "2024-11-23"),
            ("refund_reversal", 64_95, "2024-11-29"),
            ("payout", -63_78, "2024-11-26"),
            ("payout_reversal", 63_78, "2024-11-30"),
        )

    def test_2025_03_31_basil(self) -> None:
        """A dispute is won, with its fee. A refund that waited for an account number is canceled."""
        order = self.tell("2025-03-31.basil")

        self.assertEqual((order.refund_status, order.dispute_status), ("none", "won"))
        self.assert_fact(Refund, status="canceled", counted_at=None, amount=20_00)
        self.assert_fact(Dispute, status="won", reason="product_not_received")
        self.assert_fact(Payout, status="canceled", automatic=False, reconciliation_status="not_applicable")
        self.assert_ledger(
            ("sale", 64_95, "2025-06-01"),
            ("dispute_withdrawal", -64_95, "2025-06-11"),
            ("fee", -20_00, "2025-06-11"),
            ("dispute_reinstatement", 64_95, "2025-06-25"),
            ("fee_credit", 20_00, "2025-06-25"),
            ("payout", -30_00, "2025-06-07"),
            ("payout_reversal", 30_00, "2025-06-07"),
        )

    def test_2026_10_28_endive(self) -> None:
        """What the customer saw in euros is not what was charged. A refund waits for the balance."""
        order = self.tell("2026-10-28.endive")

        self.assertEqual((order.currency, order.amount_refunded), ("gbp", 10_00))
        self.assertEqual((order.refund_status, order.dispute_status), ("partial", "none"))
        self.assert_fact(Payment, currency="gbp", amount_received=64_95, status="succeeded")
        self.assert_fact(Charge, card_last4="3220", currency="gbp", amount_refunded=10_00)
        self.assert_fact(Refund, status="pending", pending_reason="insufficient_funds")
        self.assert_fact(Dispute, status="prevented", amount=54_95)
        self.assert_fact(Payout, status="in_transit", arrival_date=date(2026, 11, 7))
        self.assert_ledger(
            ("sale", 64_95, "2026-11-02"), ("refund", -10_00, "2026-11-02"), ("payout", -53_78, "2026-11-06")
        )


class OlderShapeTests(SimpleTestCase):
    """What moved before the versions of the fixtures."""

    at = utc("2016-06-15 12:00:00")

    def charge(self, **fields: object) -> Any:
        shape = {"id": "ch_1", "amount": 20_00, "currency": "GBP", "created": 1_460_000_000, "paid": True}
        return shapes.charge({**shape, **fields}, self.at)

    def test_a_charge_had_no_amount_captured(self) -> None:
        self.assertEqual(self.charge(status="succeeded")["amount_captured"], 20_00)
        self.assertEqual(self.charge(status="succeeded", captured=False)["amount_captured"], 0)

    def test_a_charges_status_was_paid_or_missing(self) -> None:
        self.assertEqual(self.charge(status="paid")["status"], "succeeded")
        self.assertEqual(self.charge()["status"], "succeeded")
        self.assertEqual(self.charge(paid=False)["status"], "failed")

    def test_the_card_was_in_source_and_before_that_in_card(self) -> None:
        card = {"id": "card_1", "object": "card", "brand": "Visa", "last4": "4242"}
        for place in ("source", "card"):
            with self.subTest(place):
                read = self.charge(**{place: card})
                self.assertEqual(
                    (read["method"], read["card_brand"], read["card_last4"]), ("card", "Visa", "4242")
                )

    def test_a_currency_is_kept_in_small_letters(self) -> None:
        self.assertEqual(self.charge()["currency"], "gbp")

    def test_a_refund_had_no_status(self) -> None:
        refund = {"id": "re_1", "amount": 5_00, "currency": "usd", "charge": "ch_1"}
        self.assertEqual(shapes.refund(refund, self.at)["status"], "succeeded")

    def test_a_dispute_had_one_balance_transaction(self) -> None:
        line = {"id": "txn_1", "object": "balance_transaction"}
        self.assertEqual(shapes.embedded_transactions({"balance_transaction": line}), [line])
        self.assertEqual(shapes.embedded_transactions({"balance_transaction": "txn_1"}), [])

    def test_a_payout_named_its_day_date(self) -> None:
        payout = {"id": "po_1", "amount": 5_00, "currency": "usd", "status": "paid", "date": 1_466_035_200}
        self.assertEqual(shapes.payout(payout, self.at)["arrival_date"], date(2016, 6, 16))

    def test_a_balance_transaction_had_no_reporting_category(self) -> None:
        line = {"id": "txn_1", "amount": 5_00, "currency": "usd", "type": "payment", "fee": 30}
        read = shapes.balance_transaction(line, self.at)
        self.assertEqual((read["reporting_category"], read["net"]), ("charge", 4_70))

    def test_a_linked_object_may_be_its_id_or_itself(self) -> None:
        expanded = self.charge(
            payment_intent={"id": "pi_1", "object": "payment_intent"}, balance_transaction={"id": "txn_1"}
        )
        plain = self.charge(payment_intent="pi_1", balance_transaction="txn_1")

        self.assertEqual(expanded, plain)
        self.assertEqual((plain["payment_intent_id"], plain["balance_transaction_id"]), ("pi_1", "txn_1"))


@skipUnless(REAL, "PURELAKA_STRIPE_EVENTS names no folder of real Stripe events")
@with_webhook_secret()
class RealEventTests(TestCase):
    """Events that Stripe once made: each is answered 2xx, twice."""

    def test_each_is_taken_in_twice(self) -> None:
        files = sorted(Path(REAL).glob("*.json"))
        self.assertTrue(files, f"no .json file in {REAL}")
        for file in files:
            event = json.loads(file.read_text())
            with self.subTest(file.name):
                answers = [deliver(self.client, event).status_code for _ in range(2)]
                self.assertEqual(answers, [200, 200])
        self.assertFalse(StripeEvent.objects.filter(status=EventStatus.FAILED).exists())
        self.assertTrue(Charge.objects.exists())
