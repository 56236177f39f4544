"""One dispute's page, put together."""

from dataclasses import dataclass
from datetime import datetime

from payments.disputes import rates
from payments.disputes.case import Case, case_of, dashboard_url
from payments.disputes.checklist import HAVE, Item, checklist
from payments.disputes.deadline import Deadline, deadline
from payments.disputes.rates import Rate
from payments.disputes.reasons import Reason, reason_of
from payments.ledger import blocks_refund
from payments.models import Dispute
from payments.timeline import Entry


@dataclass(frozen=True)
class DisputePage:
    """The context of `payments/dispute_detail.html`."""

    case: Case
    reason: Reason
    deadline: Deadline
    checklist: list[Item]
    timeline: list[Entry]
    ended: list[Rate]
    dashboard_url: str

    @property
    def have(self) -> int:
        return sum(item.found.state == HAVE for item in self.checklist)

    @property
    def blocks_refund(self) -> bool:
        """Whether Stripe would refuse to refund the payment."""
        dispute = self.case.dispute
        return blocks_refund(dispute.status, dispute.is_charge_refundable)


def dispute_page(dispute: Dispute, now: datetime) -> DisputePage:
    """Read everything about it."""
    case = case_of(dispute)
    return DisputePage(
        case=case,
        reason=reason_of(dispute.reason),
        deadline=deadline(dispute, now),
        checklist=checklist(case),
        timeline=case.timeline(),
        ended=rates.rates(rates.window_of("all", now), reason=dispute.reason),
        dashboard_url=dashboard_url(dispute),
    )
