"""Every figure we publish, defined once: what it is called, how it is made, and how it is computed.

The dashboard, the files, `docs/kpi_definitions.md` and the contract are made from this registry. A
formula that changes gets a new `version`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from analyticsapp.facts import Facts
from purelaka.money import display, to_major

MONEY, COUNT, PERCENT = "money", "count", "percent"
Figure = int | Fraction | None
"""Minor units or a count as int; per cent as an exact Fraction; None when it divides by nothing."""


@dataclass(frozen=True)
class Kpi:
    """One figure. Texts are sentences for people; `compute` is the formula.

    `better` is "up" or "down" when one of them is welcome, else empty. `parts` are the KPIs that the
    formula names, with the sign or operator in front of each. `report` names the report that shows it;
    empty: the dashboard does. `needs` are the groups of `analyticsapp.further` that the formula reads.
    """

    key: str
    label: str
    unit: str
    formula: str
    date_rule: str
    edge_cases: str
    source: str
    compute: Callable[[Facts], Figure]
    currency_rule: str = "Within one currency; currencies are never added."
    better: str = ""
    parts: tuple[tuple[str, str], ...] = ()
    version: int = 1
    report: str = ""
    needs: tuple[str, ...] = ()


def percent(part: int, whole: int) -> Fraction | None:
    """Exact; None of nothing."""
    return Fraction(100 * part, whole) if whole else None


def average(amount: int, number: int) -> int | None:
    """Minor units, rounded half to even; None of nothing."""
    return round(Fraction(amount, number)) if number else None


def two_digits(share: Fraction) -> Decimal:
    """Rounded half to even, here and nowhere before."""
    return Decimal(round(share * 100)).scaleb(-2)


def for_file(kpi: Kpi, figure: Figure, currency: str) -> str:
    """As a CSV cell: major units, a whole number or two digits. What divides by nothing is zero."""
    if kpi.unit == PERCENT:
        return f"{two_digits(Fraction(figure or 0)):.2f}"
    whole = int(figure or 0)
    return to_major(whole, currency) if kpi.unit == MONEY else str(whole)


def for_people(kpi: Kpi, figure: Figure, currency: str) -> str:
    """As it is read: `£1,234.50`, `1,204`, `3.54%`; a dash for what divides by nothing."""
    if figure is None:
        return "–"
    if kpi.unit == PERCENT:
        return f"{two_digits(Fraction(figure)):,.2f}%".replace("-", "−")
    return display(int(figure), currency) if kpi.unit == MONEY else f"{int(figure):,}"


SALE_DAY = "The store's day on which the order was paid."
REFUND_DAY = (
    "The store's day on which the refund was made at Stripe, whenever the order was sold. A refund that "
    "fails later comes back on the day it failed; the first day keeps its figure."
)
BOTH_DAYS = (
    "Each part on its own day: sales when paid, refunds when made. The two are different sets of orders."
)
NOTHING_SOLD = "With nothing to divide by: a dash on pages, 0.00 in files."
ORDER_SOLD = "An order is sold on the day its sale entries sum to more than zero."
BY_EMAIL = "A customer is an e-mail address, trimmed and in lower case, signed in or not."
SOLD_TO_DATE = (
    "The store's day on which the order was paid. Refunds and returns of these orders count whenever they "
    "were made, to date: a late window still changes."
)
OF_KNOWN_COST = (
    "Lines whose cost was not known when the order was placed are in none of it, and never count as costing "
    "nothing. A line keeps the cost of that day. Disputes are not refunds."
)
FIRST_EVER = "In this currency; a history that is brought in later makes new customers returning ones."
COHORT_DAY = "The store's day on which the order was paid, whenever it was refunded."
STILL_GROWS = "To date: grows as late refunds of these orders come in, so a young window has less."
AS_STRIPE_SAYS = "As Stripe says it now; what was known earlier is not kept."
MOVED_DAY = "The store's day on which the money moved."
NO_CURRENCY = (
    "People with a wish have no currency: the number is the same in each currency's row. Do not add them."
)

_ALL = [
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
    Kpi(
        key="wishlisted_users",
        label="People with a wish",
        unit=COUNT,
        formula="Number of signed-in people who put something on their wishlist and did not take it back.",
        date_rule=(
            "The store's day on which the wish was made. A wish taken back within the window does not count."
        ),
        edge_cases="Who wishes for five things counts once.",
        source="Wishlist",
        compute=lambda facts: facts.wishlisted_users,
        currency_rule=NO_CURRENCY,
        better="up",
    ),
    Kpi(
        key="basket_users",
        label="Wished, then in the basket",
        unit=COUNT,
        formula=(
            "Those of the people with a wish who put something into their basket after the wish, or bought, "
            "in the same window."
        ),
        date_rule="Wish and basket both in the window, the wish first.",
        edge_cases=(
            "Whatever they put in, taken out again or not. Only baskets of signed-in people. The funnel of "
            "each wish and its own product is on the page of wishes."
        ),
        source="Wishlist, baskets, and orders that are paid or fulfilled",
        compute=lambda facts: facts.basket_users,
        currency_rule=NO_CURRENCY,
        better="up",
    ),
    Kpi(
        key="purchased_users",
        label="Wished, then bought",
        unit=COUNT,
        formula="Those of the people with a wish who paid an order after the wish, in the same window.",
        date_rule="Wish and payment both in the window, the wish first.",
        edge_cases="Whatever they bought. Only orders placed while signed in.",
        source="Wishlist, and orders that are paid or fulfilled",
        compute=lambda facts: facts.purchased_users,
        currency_rule=NO_CURRENCY,
        better="up",
    ),
    Kpi(
        key="goods_revenue",
        label="Goods, after refunds",
        unit=MONEY,
        formula=(
            "Of the lines of the orders sold whose cost is known: price times pieces, less discount, less "
            "the tax in it, less what was refunded of them without its tax. Without delivery."
        ),
        date_rule=SOLD_TO_DATE,
        edge_cases=(
            "A refund by lines is taken off these lines. Of a refund that names no line, the share of these "
            "goods, without tax, in what was left of the order is taken off in a row of its own. "
            f"{OF_KNOWN_COST}"
        ),
        source="Ledger: sale; order lines; refunds that are pending or succeeded, and the lines they name",
        compute=lambda facts: facts.margin.revenue,
        better="up",
        report="products",
    ),
    Kpi(
        key="goods_cost",
        label="Cost of goods",
        unit=MONEY,
        formula="Of the same lines: the cost of a piece times the pieces that are not back on the shelf.",
        date_rule=SOLD_TO_DATE,
        edge_cases=(
            "A piece that was refunded and not put back to stock still costs what it cost. " + OF_KNOWN_COST
        ),
        source="Order lines, and stock movements of returns that name a line",
        compute=lambda facts: facts.margin.cost,
        report="products",
    ),
    Kpi(
        key="product_margin",
        label="Product margin",
        unit=MONEY,
        formula="Goods, after refunds − cost of goods.",
        date_rule=SOLD_TO_DATE,
        edge_cases=(
            f"Below zero when goods cost more than they brought. {OF_KNOWN_COST} Fees are not taken off."
        ),
        source="Goods, after refunds, and cost of goods of the same window",
        compute=lambda facts: facts.margin.amount,
        better="up",
        parts=(("", "goods_revenue"), ("−", "goods_cost")),
        report="products",
    ),
    Kpi(
        key="product_margin_pct",
        label="Product margin, share",
        unit=PERCENT,
        formula="Product margin / goods, after refunds × 100.",
        date_rule=SOLD_TO_DATE,
        edge_cases=f"{NOTHING_SOLD} {OF_KNOWN_COST}",
        source="Product margin and goods, after refunds, of the same window",
        compute=lambda facts: percent(facts.margin.amount, facts.margin.revenue),
        better="up",
        parts=(("", "product_margin"), ("/", "goods_revenue")),
        report="products",
    ),
    Kpi(
        key="pieces_without_cost",
        label="Pieces without a known cost",
        unit=COUNT,
        formula="Pieces sold and not come back whose cost was not known when the order was placed.",
        date_rule=SOLD_TO_DATE,
        edge_cases="They are in no margin. A cost that is written into the catalogue counts from then on.",
        source="Order lines, and stock movements of returns that name a line",
        compute=lambda facts: facts.margin.pieces_without_cost,
        better="down",
        report="products",
    ),
    # --- customers ---
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
    # --- refunds by sale ---
    Kpi(
        key="refunds_of_sales",
        label="Refunds of the sales",
        unit=MONEY,
        formula="Refunds of the orders sold, less those that failed later and came back, to date.",
        date_rule=COHORT_DAY,
        edge_cases=STILL_GROWS,
        source="Ledger: refund, refund_reversal, by the day of the order's sale",
        compute=lambda facts: facts.further["refunds_of_sales"],
        better="down",
        report="refunds",
        needs=("sales",),
    ),
    Kpi(
        key="refunded_sold_orders",
        label="Orders sold, refunded since",
        unit=COUNT,
        formula="Number of the orders sold whose refunds to date, less those that came back, exceed zero.",
        date_rule=COHORT_DAY,
        edge_cases=STILL_GROWS,
        source="Ledger: refund, refund_reversal, by the day of the order's sale",
        compute=lambda facts: facts.further["refunded_sold_orders"],
        better="down",
        report="refunds",
        needs=("sales",),
    ),
    Kpi(
        key="refund_rate_sold_orders_pct",
        label="Refund rate of the orders sold",
        unit=PERCENT,
        formula="Orders sold, refunded since / orders × 100.",
        date_rule=COHORT_DAY,
        edge_cases=f"{NOTHING_SOLD} {STILL_GROWS} Never above 100.",
        source="Orders sold, refunded since, and orders of the same window",
        compute=lambda facts: percent(facts.further["refunded_sold_orders"], facts.orders),
        better="down",
        parts=(("", "refunded_sold_orders"), ("/", "orders")),
        report="refunds",
        needs=("sales",),
    ),
    Kpi(
        key="refund_rate_sold_value_pct",
        label="Refund rate of the sales, by value",
        unit=PERCENT,
        formula="Refunds of the sales / gross sales × 100.",
        date_rule=COHORT_DAY,
        edge_cases=f"{NOTHING_SOLD} {STILL_GROWS}",
        source="Refunds of the sales and gross sales of the same window",
        compute=lambda facts: percent(facts.further["refunds_of_sales"], facts.revenue),
        better="down",
        parts=(("", "refunds_of_sales"), ("/", "revenue")),
        report="refunds",
        needs=("sales",),
    ),
    # --- disputes ---
    Kpi(
        key="charges",
        label="Successful charges",
        unit=COUNT,
        formula="Number of charges that took money.",
        date_rule="The store's day on which the charge was made.",
        edge_cases=(
            f"{AS_STRIPE_SAYS} Not the orders: an order may be paid twice, and a payment brought in from "
            "elsewhere counts too."
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
    # --- to the bank ---
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
    # --- goods ---
    Kpi(
        key="units",
        label="Units sold",
        unit=COUNT,
        formula="Pieces in the lines of the orders sold.",
        date_rule=SALE_DAY,
        edge_cases="What came back is not taken off.",
        source="Ledger: sale, with the order's lines",
        compute=lambda facts: facts.further["units"],
        better="up",
        report="products",
        needs=("goods",),
    ),
    Kpi(
        key="gross_product_sales",
        label="Gross product sales",
        unit=MONEY,
        formula="Price × pieces of the lines of the orders sold, before discount.",
        date_rule=SALE_DAY,
        edge_cases=(
            "Without delivery; tax is in it where prices include it, and not where it is added. What shops "
            "such as WooCommerce and Shopify call gross sales; our gross sales are what customers paid."
        ),
        source="Ledger: sale, with the order's lines",
        compute=lambda facts: facts.further["gross_product_sales"],
        better="up",
        report="products",
        needs=("goods",),
    ),
]
KPIS: dict[str, Kpi] = {kpi.key: kpi for kpi in _ALL}
