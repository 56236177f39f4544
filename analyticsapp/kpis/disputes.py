"""Disputes beside the charges they could be of."""

from analyticsapp.kpis.definition import COUNT, PERCENT, Kpi, percent
from analyticsapp.kpis.wording import AS_STRIPE_SAYS, NOTHING_SOLD

DISPUTES = (
    Kpi(
        key="charges",
        label="Successful charges",
        unit=COUNT,
        formula="Number of charges that took money.",
        date_rule="The store's day on which the charge was made.",
        edge_cases=(
            f"{AS_STRIPE_SAYS} Not the orders: an order may be paid twice, and orders brought in from "
            "elsewhere have a payment without a charge."
        ),
        source="Charges that succeeded",
        compute=lambda facts: facts.further["charges"],
        report="money",
        needs=("charges",),
    ),
    Kpi(
        key="disputes",
        label="Disputes opened",
        unit=COUNT,
        formula="Number of disputes opened, inquiries left out.",
        date_rule="The store's day on which the dispute was opened, whenever the charge was made.",
        edge_cases=(
            f"{AS_STRIPE_SAYS} An inquiry moves no money, and counts once it becomes a dispute, on the day "
            "it began. One that was won stays counted."
        ),
        source="Disputes",
        compute=lambda facts: facts.further["disputes"],
        better="down",
        report="money",
        needs=("disputes",),
    ),
    Kpi(
        key="disputes_lost",
        label="Disputes lost",
        unit=COUNT,
        formula="Number of the disputes opened that are lost by now.",
        date_rule="The store's day on which the dispute was opened.",
        edge_cases=f"{AS_STRIPE_SAYS} Grows as open disputes are decided. Their money is in disputes, net.",
        source="Disputes",
        compute=lambda facts: facts.further["disputes_lost"],
        better="down",
        report="money",
        needs=("disputes",),
    ),
    Kpi(
        key="dispute_rate_pct",
        label="Dispute rate",
        unit=PERCENT,
        formula="Disputes opened / successful charges × 100.",
        date_rule="Each on its own day: disputes when opened, charges when made.",
        edge_cases=f"{NOTHING_SOLD} By the day of the dispute; networks look at the day of the charge too.",
        source="Disputes opened and successful charges of the same window",
        compute=lambda facts: percent(facts.further["disputes"], facts.further["charges"]),
        better="down",
        parts=(("", "disputes"), ("/", "charges")),
        report="money",
        needs=("charges", "disputes"),
    ),
)
