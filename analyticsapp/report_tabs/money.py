"""The report of the money: from what customers paid to the bank."""

from analyticsapp.exports.csv_file import MONEY, TEXT
from analyticsapp.figures.daily import daily_figures
from analyticsapp.report_tabs.asking import Asking, Shown
from analyticsapp.report_tabs.tables import Head, Table
from analyticsapp.reports import money
from purelaka.figures import Cell, Chart
from purelaka.money import display

STATEMENT = (
    *("revenue", "refunded_amount", "disputed_amount", "net_revenue", "fees", "unapplied", "adjustments"),
    *("net_to_bank", "paid_out", "left_at_stripe"),
)
# Streams of the chart, by where they come from or go to, and the figure each is.
STREAMS = {
    "Refunds": "refunded_amount",
    "Disputes, net": "disputed_amount",
    "Stripe fees": "fees",
    "Payments without an order": "unapplied",
    "Adjustments": "adjustments",
    "Net to bank": "net_to_bank",
    "Paid out": "paid_out",
    "In balance": "left_at_stripe",
    "Gross sales": "revenue",
}


def of_money(asking: Asking) -> Shown:
    """From what customers paid to the bank. Two queries."""
    window, currency = asking.page.window, asking.currency
    found = money.flow(daily_figures(window, asking.known), currency)
    note = _not_known_yet(money.pending_fees(window, currency), currency)
    statement = _statement(found, note, asking)
    charts = [(statement.key, _streams(found, note, asking))] if found.steps() else []
    return Shown([statement], charts, note)


def _not_known_yet(pending: money.Pending, currency: str) -> str:
    if not pending.charges:
        return ""
    return (
        f"The fees of {pending.charges:,} charge{'s' if pending.charges > 1 else ''} of"
        f" {display(pending.amount, currency)} are not known yet: they are in none of these figures."
    )


def _statement(found: money.Flow, note: str, asking: Asking) -> Table:
    return Table(
        "statement",
        "From gross sales to the bank",
        [Head("line", "Line", TEXT), Head("amount", "Amount", MONEY)],
        [
            ["Gross sales", found.sales],
            ["Refunds", found.refunds],
            ["Disputes, net", found.disputes],
            ["Net sales", found.net_sales],
            ["Stripe fees", found.fees],
            ["Payments without an order", found.unapplied],
            ["Adjustments", found.adjustments],
            ["Net to bank", found.net_to_bank],
            ["Paid out", found.payouts],
            ["Still at Stripe, of this window", found.left_at_stripe],
        ],
        asking.currency,
        sub="each on the day it moved",
        row_ids=STATEMENT,
        row_keys=STATEMENT,
        url_of=asking.leads("statement", rows={key: key for key in STATEMENT}),
        compares="amount",
        foot="Net sales are what was sold and kept. Net to bank is what is left after fees. " + note,
    )


def _streams(found: money.Flow, note: str, asking: Asking) -> Chart:
    currency = asking.currency

    def stream(source: str, target: str, amount: int) -> list[Cell]:
        key = STREAMS.get(target) or STREAMS.get(source, "left_at_stripe")
        url = asking.kpi_url(key, asking.page.window)
        return [Cell(source), Cell(target), Cell(display(amount, currency), amount, url)]

    return Chart(
        kind="sankey",
        title=f"Where {display(found.sales, currency)} went",
        sub="gross to bank",
        columns=["From", "To", "Amount"],
        rows=[stream(*step) for step in found.steps()],
        currency=currency,
        foot=note,
        height="tall",
    )
