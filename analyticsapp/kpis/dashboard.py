"""What the dashboard shows of every window: sales, what went back, fees, customers."""

from analyticsapp.kpis.definition import COUNT, MONEY, PERCENT, Kpi, average, percent
from analyticsapp.kpis.wording import BOTH_DAYS, BY_EMAIL, NOTHING_SOLD, ORDER_SOLD, REFUND_DAY, SALE_DAY

DASHBOARD = (
    Kpi(
        key="revenue",
        label="Gross sales",
        unit=MONEY,
        formula="Sum of the sale entries: what customers paid, discounts off, shipping and tax in.",
        date_rule=SALE_DAY,
        edge_cases=(
            "Refunds and disputes do not change it. Money that pays no order (a wrong amount, a second "
            "payment, a payment after cancelling) is not in it."
        ),
        source="Ledger: sale",
        compute=lambda facts: facts.revenue,
        better="up",
    ),
    Kpi(
        key="orders",
        label="Orders",
        unit=COUNT,
        formula="Number of orders sold.",
        date_rule=SALE_DAY,
        edge_cases=f"{ORDER_SOLD} A refunded order stays counted; a pending or cancelled one never is.",
        source="Ledger: sale",
        compute=lambda facts: facts.orders,
        better="up",
    ),
    Kpi(
        key="aov",
        label="Average order value",
        unit=MONEY,
        formula="Gross sales / orders, rounded half to even to the currency's smallest unit.",
        date_rule=SALE_DAY,
        edge_cases=f"{NOTHING_SOLD} The average of a window is not the average of its days' averages.",
        source="Gross sales and orders of the same window",
        compute=lambda facts: average(facts.revenue, facts.orders),
        better="up",
        parts=(("", "revenue"), ("/", "orders")),
    ),
    Kpi(
        key="refunded_amount",
        label="Refunded amount",
        unit=MONEY,
        formula="Refunds, less refunds that failed later and came back.",
        date_rule=REFUND_DAY,
        edge_cases=(
            "Pending refunds count. Below zero when more came back than went out. Disputes are not refunds."
        ),
        source="Ledger: refund, refund_reversal",
        compute=lambda facts: facts.refunded,
        better="down",
    ),
    Kpi(
        key="refunded_orders",
        label="Refunded orders",
        unit=COUNT,
        formula="Number of orders whose refunds in the window, less those that came back in it, exceed zero.",
        date_rule=REFUND_DAY,
        edge_cases=(
            "Counted over the whole window: an order refunded in two steps counts once. Not a sum of days."
        ),
        source="Ledger: refund, refund_reversal, by order",
        compute=lambda facts: facts.refunded_orders,
        better="down",
    ),
    Kpi(
        key="refund_rate_orders_pct",
        label="Refund rate by orders",
        unit=PERCENT,
        formula="Refunded orders / orders × 100.",
        date_rule=BOTH_DAYS,
        edge_cases=f"{NOTHING_SOLD} May exceed 100, since it may count refunds of earlier sales.",
        source="Refunded orders and orders of the same window",
        compute=lambda facts: percent(facts.refunded_orders, facts.orders),
        better="down",
        parts=(("", "refunded_orders"), ("/", "orders")),
    ),
    Kpi(
        key="refund_rate_value_pct",
        label="Refund rate by value",
        unit=PERCENT,
        formula="Refunded amount / gross sales × 100.",
        date_rule=BOTH_DAYS,
        edge_cases=f"{NOTHING_SOLD} May exceed 100, and be below zero.",
        source="Refunded amount and gross sales of the same window",
        compute=lambda facts: percent(facts.refunded, facts.revenue),
        better="down",
        parts=(("", "refunded_amount"), ("/", "revenue")),
    ),
    Kpi(
        key="disputed_amount",
        label="Disputes, net",
        unit=MONEY,
        formula="What disputes withdrew, less what was reinstated.",
        date_rule="The store's day on which Stripe moved the funds.",
        edge_cases=(
            "Below zero when more was won back than withdrawn. Inquiries move no money. Dispute fees are "
            "fees."
        ),
        source="Ledger: dispute_withdrawal, dispute_reinstatement",
        compute=lambda facts: facts.disputed,
        better="down",
    ),
    Kpi(
        key="fees",
        label="Stripe fees",
        unit=MONEY,
        formula="Fees, less fee credits.",
        date_rule="The store's day on which the balance transaction that carries the fee was made.",
        edge_cases=(
            "Known once Stripe says so, which may be a little after the sale. Not returned on a refund. "
            "In the currency of the Stripe balance, which may differ from the sale's."
        ),
        source="Ledger: fee, fee_credit",
        compute=lambda facts: facts.fees,
    ),
    Kpi(
        key="net_revenue",
        label="Net sales",
        unit=MONEY,
        formula="Gross sales − refunded amount − disputes, net.",
        date_rule=(
            "Each part on its own day: sales when paid, refunds when made, disputes when the funds moved."
        ),
        edge_cases="Below zero when more went back than came in. Fees are not taken off.",
        source="Ledger: sale, refund, refund_reversal, dispute_withdrawal, dispute_reinstatement",
        compute=lambda facts: facts.revenue - facts.refunded - facts.disputed,
        better="up",
        parts=(("", "revenue"), ("−", "refunded_amount"), ("−", "disputed_amount")),
    ),
    Kpi(
        key="unique_customers",
        label="Unique customers",
        unit=COUNT,
        formula="Number of different customers of the orders sold.",
        date_rule=SALE_DAY,
        edge_cases=(
            f"{BY_EMAIL} Counted over the whole window: who buys on two days counts once. Not a sum of days."
        ),
        source="Ledger: sale, with the order's e-mail address",
        compute=lambda facts: facts.unique_customers,
        better="up",
    ),
    Kpi(
        key="repeat_customers",
        label="Repeat customers",
        unit=COUNT,
        formula="Number of customers with at least two orders sold in the window.",
        date_rule=SALE_DAY,
        edge_cases=(
            f"{BY_EMAIL} Orders before the window do not count, nor does a second order in another currency."
        ),
        source="Ledger: sale, with the order's e-mail address",
        compute=lambda facts: facts.repeat_customers,
        better="up",
    ),
    Kpi(
        key="repeat_rate_pct",
        label="Repeat rate",
        unit=PERCENT,
        formula="Repeat customers / unique customers × 100.",
        date_rule=SALE_DAY,
        edge_cases=f"{NOTHING_SOLD} A longer window has a higher rate: compare windows of one length.",
        source="Repeat customers and unique customers of the same window",
        compute=lambda facts: percent(facts.repeat_customers, facts.unique_customers),
        better="up",
        parts=(("", "repeat_customers"), ("/", "unique_customers")),
    ),
)
