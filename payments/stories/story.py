"""One order's life at Stripe."""

from datetime import datetime, time, timedelta

from payments.stories import fees, objects
from payments.stories.journal import StoryError, moment
from payments.stories.refunding import Refunding
from payments.stories.versions import Json

DECIDED = ("won", "lost", "warning_closed")
DAYS_TO_ANSWER = 9  # a dispute's evidence is due at the end of this day


class Story(Refunding):
    """What happens to one payment intent, told in Stripe's events.

    `at` is when the payment intent is made. All ids depend only on `seed` (the order number by
    default) and `instance`. `fee_after` is how long the fee takes to be known in API versions
    where it is not known at once. Each step raises StoryError where Stripe would refuse it.
    """

    @property
    def amount_withdrawn(self) -> int:
        """What the customer's bank has taken and not given back, in minor units."""
        moved = (int(line["amount"]) for dispute in self.disputes for line in dispute["balance_transactions"])
        return -sum(moved)

    @property
    def open_disputes(self) -> list[Json]:
        """Disputes and inquiries that nobody has decided yet."""
        return [dispute for dispute in self.disputes if dispute["status"] not in DECIDED]

    def is_disputed(
        self, reason: str = "product_not_received", *, inquiry: bool = False, amount: int | None = None
    ) -> Json:
        """The customer's bank claims the money back, or with `inquiry` only asks; returns the dispute.

        `amount` is what was not refunded by default.
        """
        charge = self._paid_charge()
        if self.open_disputes:
            raise StoryError("The charge is disputed already.")
        amount = self.amount_refundable if amount is None else amount
        if not 0 < amount <= self.amount_refundable:
            raise StoryError(f"{amount} can't be disputed: {self.amount_refundable} is left.")
        dispute = objects.dispute(
            id=self.ids.new("du"),
            charge=charge,
            amount=amount,
            status="warning_needs_response" if inquiry else "needs_response",
            reason=reason,
            at=self.now,
            due_by=self._evidence_due(),
            inquiry=inquiry,
        )
        self.disputes.append(dispute)
        charge["disputed"] = True
        if not inquiry:
            self._withdraws_funds(dispute)
        self.says("charge.dispute.created", dispute)
        if not inquiry:
            self.says("charge.dispute.funds_withdrawn", dispute)
        return dispute

    def inquiry_escalates(self, dispute: Json) -> None:
        """The bank is not content with the answer to its inquiry: now it takes the money."""
        self._must_be(dispute, "warning_needs_response", "warning_under_review")
        if dispute["amount"] > self.amount_refundable:
            raise StoryError(f"Only {self.amount_refundable} is left for the bank to take.")
        dispute |= {"status": "needs_response", "is_charge_refundable": False}
        dispute["payment_method_details"]["card"]["case_type"] = "chargeback"
        dispute["evidence_details"]["due_by"] = self._evidence_due()
        self.says("charge.dispute.updated", dispute)
        self._withdraws_funds(dispute)
        self.says("charge.dispute.funds_withdrawn", dispute)

    def dispute_is_answered(self, dispute: Json) -> None:
        """The shop sends its evidence."""
        self._must_be(dispute, "warning_needs_response", "needs_response")
        dispute["status"] = dispute["status"].replace("needs_response", "under_review")
        dispute["evidence_details"] |= {"has_evidence": True, "submission_count": 1}
        self.says("charge.dispute.updated", dispute, asked=True)

    def inquiry_is_closed(self, dispute: Json) -> None:
        """The bank is content: no money has moved."""
        self._must_be(dispute, "warning_needs_response", "warning_under_review")
        dispute |= {"status": "warning_closed", "is_charge_refundable": True}
        self.says("charge.dispute.closed", dispute)

    def dispute_is_won(self, dispute: Json, *, fee_returned: bool = False) -> None:
        """The money comes back, with the dispute's fee if `fee_returned`."""
        self._must_be(dispute, "needs_response", "under_review")
        reinstated = self._books(
            "adjustment",
            "dispute_reversal",
            dispute,
            dispute["amount"],
            fee=-fees.dispute_fee(dispute["currency"]) if fee_returned else 0,
            fee_description="Dispute fee refund",
            description=f"Chargeback reversal for {dispute['charge']}",
        )
        dispute["balance_transactions"].append(reinstated)
        self.says("charge.dispute.funds_reinstated", dispute)
        dispute |= {"status": "won", "is_charge_refundable": True}
        self.says("charge.dispute.closed", dispute)

    def dispute_is_lost(self, dispute: Json) -> None:
        """The customer keeps the money."""
        self._must_be(dispute, "needs_response", "under_review")
        dispute["status"] = "lost"
        self.says("charge.dispute.closed", dispute)

    def _withdraws_funds(self, dispute: Json) -> None:
        withdrawn = self._books(
            "adjustment",
            "dispute",
            dispute,
            -dispute["amount"],
            fee=fees.dispute_fee(dispute["currency"]),
            fee_description="Dispute fee",
            description=f"Chargeback withdrawal for {dispute['charge']}",
        )
        dispute["balance_transactions"].append(withdrawn)

    def _evidence_due(self) -> int:
        """The last second of a day in UTC."""
        last_day = moment(self.now).date() + timedelta(days=DAYS_TO_ANSWER)
        return int(datetime.combine(last_day, time.max, moment(self.now).tzinfo).timestamp())
