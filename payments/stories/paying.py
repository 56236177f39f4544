"""The payment of one order, and Stripe's books about it."""

from datetime import datetime, timedelta

from payments.models import RefundStatus
from payments.stories import fees, objects
from payments.stories.cards import CARDS, DECLINES, NOT_AUTHENTICATED, Card, Decline
from payments.stories.journal import Journal, StoryError
from payments.stories.versions import FEE_COMES_LATER, LATEST, Json

HOLDS_MONEY = (RefundStatus.PENDING, RefundStatus.SUCCEEDED)  # counts in charge.amount_refunded
UNPAID = ("requires_payment_method", "requires_action", "processing")


class Paying(Journal):
    """A payment intent from its beginning until it is paid or canceled."""

    def __init__(
        self,
        *,
        order_number: str,
        amount: int,
        at: datetime,
        currency: str = "gbp",
        api_version: str = LATEST,
        seed: str = "",
        instance: str = "",
        email: str = "",
        fee_after: timedelta = timedelta(seconds=2),
    ) -> None:
        super().__init__(at=at, seed=seed or order_number, api_version=api_version, instance=instance)
        self.order_number = order_number
        self.email = email
        self.fee_after = fee_after
        self.charge: Json | None = None  # the one that went through
        self.refunds: list[Json] = []
        self.disputes: list[Json] = []
        intent_id = self.ids.new("pi")
        self.intent = objects.payment_intent(
            id=intent_id,
            secret=self.ids.secret(intent_id),
            amount=amount,
            currency=currency,
            at=self.now,
            metadata={"order_number": order_number, "instance": self.instance},
        )
        self.says("payment_intent.created", self.intent, asked=True)

    @property
    def payment_intent_id(self) -> str:
        return str(self.intent["id"])

    @property
    def amount_paid(self) -> int:
        return int(self.intent["amount_received"])

    @property
    def amount_refunded(self) -> int:
        """Refunded or on its way back, in minor units."""
        return sum(int(refund["amount"]) for refund in self.refunds if refund["status"] in HOLDS_MONEY)

    @property
    def amount_refundable(self) -> int:
        """What may still be refunded: nothing while a bank disputes the charge."""
        if not all(dispute["is_charge_refundable"] for dispute in self.disputes):
            return 0
        waits = sum(int(r["amount"]) for r in self.refunds if r["status"] == RefundStatus.REQUIRES_ACTION)
        return self.amount_paid - self.amount_refunded - waits

    def is_declined(self, why: str = "generic_decline", *, card: str = "") -> None:
        """The bank refuses: `why` is a key of DECLINES; the card that does so is used by default."""
        self.is_refused(DECLINES[why], CARDS[card or why])

    def is_refused(self, decline: Decline, used: Card) -> None:
        """The same for any card and any reason."""
        self._must_be_unpaid()
        method, failed = self.ids.new("pm"), self.ids.new("ch")
        charge = objects.charge(
            id=failed, intent=self.intent, payment_method=method, card=used, at=self.now, captured=False
        )
        charge |= {"failure_code": decline.code, "failure_message": decline.message}
        charge["outcome"]["reason"] = decline.decline_code or decline.code
        error = objects.payment_error(
            decline, charge_id=failed, payment_method=method, card=used, at=self.now
        )
        self.intent |= {"last_payment_error": error, "latest_charge": failed, "next_action": None}
        self.intent["status"] = "requires_payment_method"
        self.says("charge.failed", charge, asked=True)
        self.says("payment_intent.payment_failed", self.intent, asked=True)

    def asks_for_3d_secure(self) -> None:
        """The customer must confirm with their bank."""
        self._must_be_unpaid()
        action = {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect"}}
        self.intent |= {"status": "requires_action", "next_action": action}
        self.intent["payment_method"] = self.ids.new("pm")
        self.says("payment_intent.requires_action", self.intent, asked=True)

    def fails_3d_secure(self, *, card: str = "three_d_secure") -> None:
        """The customer does not confirm. Nothing was tried with the card: there is no charge."""
        self._must_be(self.intent, "requires_action")
        method = self.intent["payment_method"]
        error = objects.payment_error(
            NOT_AUTHENTICATED, charge_id="", payment_method=method, card=CARDS[card], at=self.now
        )
        self.intent |= {"last_payment_error": error, "next_action": None, "payment_method": None}
        self.intent["status"] = "requires_payment_method"
        self.says("payment_intent.payment_failed", self.intent, asked=True)

    def is_processing(self) -> None:
        """The bank takes its time."""
        self._must_be_unpaid()
        self.intent |= {"status": "processing", "next_action": None}
        self.says("payment_intent.processing", self.intent, asked=True)

    def is_paid(self, *, card: str = "visa") -> Json:
        """The money is taken; returns the charge. Its fee is known `fee_after` later."""
        self._must_be_unpaid()
        amount, used = self.intent["amount"], CARDS[card]
        method = self.intent["payment_method"] or self.ids.new("pm")
        self.charge = charge = objects.charge(
            id=self.ids.new("ch"),
            intent=self.intent,
            payment_method=method,
            card=used,
            at=self.now,
            email=self.email,
            captured=True,
        )
        self.intent |= {"status": "succeeded", "amount_received": amount, "latest_charge": charge["id"]}
        self.intent |= {"payment_method": method, "last_payment_error": None, "next_action": None}
        transaction = self._books(
            "charge",
            "charge",
            charge,
            amount,
            fee=fees.processing_fee(amount, charge["currency"], used.country),
        )
        if self.api_version < FEE_COMES_LATER:
            charge["balance_transaction"] = transaction["id"]
        self.says("charge.succeeded", charge, asked=True)
        self.says("payment_intent.succeeded", self.intent, asked=True)
        if self.api_version >= FEE_COMES_LATER:
            self.passes(self.fee_after)
            charge["balance_transaction"] = transaction["id"]
            self.says("charge.updated", charge)
        self.lists_balance_transactions([transaction])
        return charge

    def is_canceled(self, reason: str = "abandoned") -> None:
        """The payment intent is canceled before it is paid."""
        self._must_be_unpaid()
        self.intent |= {"status": "canceled", "canceled_at": self.now, "cancellation_reason": reason}
        self.intent["next_action"] = None
        self.says("payment_intent.canceled", self.intent, asked=True)

    def _must_be_unpaid(self) -> None:
        if self.intent["status"] not in UNPAID:
            raise StoryError(f"The payment intent is {self.intent['status']}.")

    def _must_be(self, about: Json, *statuses: str) -> None:
        if about["status"] not in statuses:
            raise StoryError(f"The {about['object']} is {about['status']}, not {' or '.join(statuses)}.")

    def _paid_charge(self) -> Json:
        if self.charge is None:
            raise StoryError("Nothing has been paid.")
        return self.charge

    def _books(
        self,
        type: str,
        category: str,
        source: Json,
        amount: int,
        *,
        fee: int = 0,
        fee_description: str = "Stripe processing fees",
        description: str | None = None,
    ) -> Json:
        """Stripe writes a line in its books."""
        transaction = objects.balance_transaction(
            id=self.ids.new("txn"),
            type=type,
            category=category,
            source=source,
            amount=amount,
            fee=fee,
            fee_description=fee_description,
            description=description,
            at=self.now,
        )
        self.balance_transactions.append(transaction)
        return transaction
