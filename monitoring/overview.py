"""The staff's first page: what needs a person now, most urgent first, and the money of today."""

from dataclasses import dataclass, field
from datetime import datetime

from monitoring.at_stripe import AtStripe, at_stripe
from monitoring.models import Severity
from monitoring.takings import Takings, takings
from monitoring.waiting import astray, disputes, many, open_issues, packing
from monitoring.waiting.entry import Entry


@dataclass
class Group:
    """Entries of one urgency."""

    title: str
    why: str
    entries: list[Entry] = field(default_factory=list)


@dataclass(frozen=True)
class Desk:
    """All that the page shows."""

    now: datetime
    groups: list[Group]
    to_pack: int
    takings: list[Takings]
    at_stripe: list[AtStripe]

    @property
    def count(self) -> int:
        return sum(len(group.entries) for group in self.groups)


def overview(now: datetime, *, may_act: bool = True) -> Desk:
    """Read it, in a fixed number of queries however large the store is.

    Who may not act is told of the same work, in words of looking.
    """
    orders = packing.packing(now)
    return Desk(
        now=now,
        groups=_groups(orders, now, may_act),
        to_pack=sum(waiting.orders for waiting in orders),
        takings=takings(now),
        at_stripe=at_stripe(),
    )


def _groups(orders: list[packing.Packing], now: datetime, may_act: bool) -> list[Group]:
    """What needs a person, most urgent first; groups without an entry are left out."""
    urgent = Group("Now", "money at risk, or Stripe is waiting")
    today = Group("Today", "waiting longer than it should")
    soon = Group("This week", "can wait, but not long")
    for is_urgent, entry in disputes.to_answer(now):
        (urgent if is_urgent else soon).entries.append(entry)
    counted = many.counted()
    urgent.entries += many.failed_events(counted["failed"], now)
    urgent.entries += [*astray.flagged(may_act=may_act), *astray.lost_refunds(now, may_act=may_act)]
    today.entries += packing.late(orders, now)
    today.entries += many.refunds_to_approve(counted["requests"], now, may_act=may_act)
    for severity, entry in open_issues.found(now):
        (urgent if severity == Severity.CRITICAL else today).entries.append(entry)
    soon.entries += [*packing.in_time(orders, now), *many.pending_refunds(counted["pending"], now)]
    return [group for group in (urgent, today, soon) if group.entries]
