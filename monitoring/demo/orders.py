"""One order of the plan, with all that will become of it."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from monitoring.demo.goods import PACKS
from monitoring.demo.people import Customer
from monitoring.demo.terms import PlannedTerms
from payments.stories.story import Story
from payments.stories.versions import Json

Pieces = tuple[str, int]  # SKU, how many


@dataclass(frozen=True)
class Ask:
    """A refund that a member of staff asks Stripe for."""

    key: UUID
    at: datetime
    refund: Json
    note: str


@dataclass
class PlannedOrder:
    """An order, its story at Stripe, and what the shop does about it. None: that never happens."""

    number: str
    at: datetime
    customer: Customer
    lines: list[Pieces]
    terms: PlannedTerms
    story: Story
    canceled_at: datetime | None = None
    sent_at: datetime | None = None
    returned_at: datetime | None = None
    asks: list[Ask] = field(default_factory=list)
    notes: list[tuple[datetime, str]] = field(default_factory=list)

    @property
    def waits_for_goods(self) -> bool:
        return any(PACKS[sku].preorder for sku, _ in self.lines)


def amounts_of(lines: list[Pieces]) -> list[int]:
    """What the pieces of each line cost, in minor units."""
    return [PACKS[sku].unit_amount * quantity for sku, quantity in lines]
