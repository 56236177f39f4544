"""Refunds: they wait, succeed, fail, even after they succeeded."""

from payments.models import RefundStatus
from payments.stories import objects
from payments.stories.journal import StoryError
from payments.stories.paying import HOLDS_MONEY, Paying
from payments.stories.versions import REFUND_EVENTS, Json


class Refunding(Paying):
    """A payment of which some or all goes back to the customer."""

    def is_refunded(
        self,
        amount: int | None = None,
        *,
        status: str = RefundStatus.SUCCEEDED,
        pending_reason: str = "processing",
        reason: str = "requested_by_customer",
        request_key: str = "",
    ) -> Json:
        """Refund `amount`, all that is left by default, and return the refund.

        A pending one says why it waits: `processing` has left the balance, `insufficient_funds`
        and `charge_pending` have not. One that `requires_action` waits for the customer's details.
        """
        amount = self.amount_refundable if amount is None else amount
        if not 0 < amount <= self.amount_refundable:
            raise StoryError(f"{amount} can't be refunded: {self.amount_refundable} is left.")
        refund = objects.refund(
            id=self.ids.new("re"),
            charge=self._paid_charge(),
            amount=amount,
            status=str(status),
            reason=reason,
            at=self.now,
            metadata=self._refund_metadata(request_key),
        )
        if status == RefundStatus.PENDING:
            refund["pending_reason"] = pending_reason
        self.refunds.append(refund)
        self._money_leaves(refund)
        if request_key:
            self.answers_with("refund.answered", refund)
        if self.api_version >= REFUND_EVENTS:
            self.says("refund.created", refund, asked=True)
        else:
            self.keeps_to_itself(refund)
        self._charge_was_refunded(refund)
        self._lists_books_of(refund)
        return refund

    def refund_starts(self, refund: Json) -> None:
        """The customer gave the details a refund that `requires_action` waited for."""
        self._must_be(refund, RefundStatus.REQUIRES_ACTION)
        refund |= {"status": RefundStatus.PENDING.value, "pending_reason": "processing"}
        self._money_leaves(refund)
        self._refund_was_updated(refund)
        self._charge_was_refunded(refund)
        self._lists_books_of(refund)

    def refund_settles(self, refund: Json) -> None:
        """A pending refund succeeds."""
        self._must_be(refund, RefundStatus.PENDING)
        refund["status"] = RefundStatus.SUCCEEDED.value
        refund.pop("pending_reason", None)
        self._money_leaves(refund)
        self._refund_was_updated(refund)
        self._lists_books_of(refund)

    def refund_is_confirmed(self, refund: Json) -> None:
        """The bank gives a succeeded refund its reference number."""
        self._must_be(refund, RefundStatus.SUCCEEDED)
        reference = {"reference": f"7429{self.now}0001", "reference_status": "available"}
        refund["destination_details"]["card"] |= reference
        self._refund_was_updated(refund)

    def refund_fails(self, refund: Json, reason: str = "expired_or_canceled_card") -> None:
        """A pending or succeeded refund comes back, even days later; so does its money."""
        self._must_be(refund, *HOLDS_MONEY)
        refund |= {"status": RefundStatus.FAILED.value, "failure_reason": reason}
        refund.pop("pending_reason", None)
        if refund["balance_transaction"]:
            returned = self._books("refund_failure", "refund_failure", refund, refund["amount"])
            refund["failure_balance_transaction"] = returned["id"]
        if self.api_version >= REFUND_EVENTS:
            self.says("refund.failed", refund)
        self._refund_was_updated(refund)
        self._charge_got_money_back()
        self._lists_books_of(refund)

    def refund_is_canceled(self, refund: Json) -> None:
        """A refund whose money has not left the balance is called off."""
        self._must_be(refund, RefundStatus.REQUIRES_ACTION, RefundStatus.PENDING)
        if refund["balance_transaction"]:
            raise StoryError("The money of this refund has left; it can only fail.")
        counted = refund["status"] in HOLDS_MONEY
        refund["status"] = RefundStatus.CANCELED.value
        refund.pop("pending_reason", None)
        self._refund_was_updated(refund)
        if counted:
            self._charge_got_money_back()

    def _refund_metadata(self, request_key: str) -> Json:
        ours = {"order_number": self.order_number, "instance": self.instance}
        return ours | ({"request_key": request_key} if request_key else {})

    def _money_leaves(self, refund: Json) -> None:
        """Take a refund's money from the balance, unless it has been or the refund waits for it."""
        waits = refund.get("pending_reason") in ("insufficient_funds", "charge_pending")
        if refund["balance_transaction"] or refund["status"] not in HOLDS_MONEY or waits:
            return
        transaction = self._books("refund", "refund", refund, -refund["amount"])
        refund["balance_transaction"] = transaction["id"]

    def _lists_books_of(self, refund: Json) -> None:
        lines = [line for line in self.balance_transactions if line["source"] == refund["id"]]
        if lines:
            self.lists_balance_transactions(lines)

    def _refund_was_updated(self, refund: Json) -> None:
        if self.api_version >= REFUND_EVENTS:
            self.says("refund.updated", refund)
        self.says("charge.refund.updated", refund)

    def _charge_was_refunded(self, refund: Json) -> None:
        if refund["status"] in HOLDS_MONEY:
            self._count_refunds()
            self.says("charge.refunded", self._paid_charge(), asked=True)

    def _charge_got_money_back(self) -> None:
        self._count_refunds()
        self.says("charge.updated", self._paid_charge())

    def _count_refunds(self) -> None:
        charge = self._paid_charge()
        charge["amount_refunded"] = self.amount_refunded
        charge["refunded"] = self.amount_refunded == charge["amount"]
