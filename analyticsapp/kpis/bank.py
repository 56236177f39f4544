"""What is left of the sales on its way to the bank."""

from analyticsapp.kpis.definition import COUNT, MONEY, Kpi
from analyticsapp.kpis.wording import AS_STRIPE_SAYS, MOVED_DAY

BANK = (
    Kpi(
        key="fees_pending",
        label="Charges whose fee is not known",
        unit=COUNT,
        formula="Number of successful charges at Stripe that no balance transaction was told of.",
        date_rule="The store's day on which the charge was made.",
        edge_cases=(
            f"{AS_STRIPE_SAYS} While it is above zero, fees and net to bank are not complete. Payments "
            "brought in from elsewhere have no fee to wait for."
        ),
        source="Charges that succeeded",
        compute=lambda facts: facts.further["fees_pending"],
        better="down",
        report="money",
        needs=("charges",),
    ),
    Kpi(
        key="unapplied",
        label="Payments without an order",
        unit=MONEY,
        formula="Money that came and pays no order, less what went back of it.",
        date_rule=MOVED_DAY,
        edge_cases="A wrong amount, a second payment, one after cancelling. A person decides what to do.",
        source="Ledger: unapplied",
        compute=lambda facts: facts.unapplied,
        report="money",
    ),
    Kpi(
        key="adjustments",
        label="Adjustments",
        unit=MONEY,
        formula="What Stripe took or gave besides: above zero, it came to us.",
        date_rule=MOVED_DAY,
        edge_cases="Everything in Stripe's balance that is no charge, refund, dispute, fee or payout.",
        source="Ledger: adjustment",
        compute=lambda facts: facts.adjustments,
        report="money",
    ),
    Kpi(
        key="net_to_bank",
        label="Net to bank",
        unit=MONEY,
        formula="Net sales − Stripe fees + payments without an order + adjustments.",
        date_rule="Each part on its own day.",
        edge_cases=(
            "What all this changed in Stripe's balance before payouts. Fees that are not known yet are not "
            "taken off: it says so where there are any. Not the amount of the payouts: they come later."
        ),
        source="Ledger: every kind but payout, payout_reversal",
        compute=lambda facts: (
            (facts.revenue - facts.refunded - facts.disputed - facts.fees)
            + (facts.unapplied + facts.adjustments)
        ),
        better="up",
        parts=(("", "net_revenue"), ("−", "fees"), ("+", "unapplied"), ("+", "adjustments")),
    ),
    Kpi(
        key="paid_out",
        label="Paid out",
        unit=MONEY,
        formula="Payouts to the bank, less those that failed and came back.",
        date_rule=MOVED_DAY,
        edge_cases="Pays out what was sold some days before: not the net to bank of the same window.",
        source="Ledger: payout, payout_reversal",
        compute=lambda facts: -facts.payouts,
        report="money",
    ),
    Kpi(
        key="left_at_stripe",
        label="Still at Stripe, of this window",
        unit=MONEY,
        formula="Net to bank − paid out.",
        date_rule="Each part on its own day.",
        edge_cases="Below zero when earlier money was paid out too. Not the balance: that has a past.",
        source="Ledger: every kind",
        compute=lambda facts: (
            (facts.revenue - facts.refunded - facts.disputed - facts.fees)
            + (facts.unapplied + facts.adjustments + facts.payouts)
        ),
        parts=(("", "net_to_bank"), ("−", "paid_out")),
        report="money",
    ),
)
