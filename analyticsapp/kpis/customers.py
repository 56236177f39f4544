"""New and returning customers."""

from analyticsapp.kpis.definition import COUNT, PERCENT, Kpi, percent
from analyticsapp.kpis.wording import BY_EMAIL, FIRST_EVER, NOTHING_SOLD, SALE_DAY

CUSTOMERS = (
    Kpi(
        key="new_customers",
        label="New customers",
        unit=COUNT,
        formula="Number of customers of the orders sold whose first order ever is one of them.",
        date_rule=SALE_DAY,
        edge_cases=f"{BY_EMAIL} {FIRST_EVER}",
        source="Ledger: sale, with the order's e-mail address, from the beginning",
        compute=lambda facts: facts.further["new_customers"],
        better="up",
        report="customers",
        needs=("customers",),
    ),
    Kpi(
        key="returning_customers",
        label="Returning customers",
        unit=COUNT,
        formula="Number of customers of the orders sold who had bought before the window.",
        date_rule=SALE_DAY,
        edge_cases=(
            f"{BY_EMAIL} {FIRST_EVER} New and returning customers together are the unique ones. Not the "
            "repeat customers, who have two orders in the window."
        ),
        source="Ledger: sale, with the order's e-mail address, from the beginning",
        compute=lambda facts: facts.further["returning_customers"],
        better="up",
        report="customers",
        needs=("customers",),
    ),
    Kpi(
        key="returning_rate_pct",
        label="Returning rate",
        unit=PERCENT,
        formula="Returning customers / unique customers × 100.",
        date_rule=SALE_DAY,
        edge_cases=f"{NOTHING_SOLD} Others call this the repeat rate; ours counts orders inside the window.",
        source="Returning customers and unique customers of the same window",
        compute=lambda facts: percent(facts.further["returning_customers"], facts.unique_customers),
        better="up",
        parts=(("", "returning_customers"), ("/", "unique_customers")),
        report="customers",
        needs=("customers",),
    ),
)
