"""The report of customers: new and returning, cohorts, and what they brought."""

from collections.abc import Sequence

from analyticsapp import drills
from analyticsapp.charts import bucketed
from analyticsapp.csv_file import MONEY, TEXT
from analyticsapp.daily import every_day
from analyticsapp.drills import SUM
from analyticsapp.kpis.definition import average
from analyticsapp.report_tables import PERCENT, Head, Table, Value, share
from analyticsapp.report_tabs.asking import OWN_SUMS, Asking, Shown
from analyticsapp.reports import customers
from purelaka.figures import Chart


def of_customers(asking: Asking) -> Shown:
    """New and returning, cohorts, and what they brought. Two queries."""
    split = _new_and_returning(asking)
    if asking.is_before:
        return Shown([split])
    cohorts = _cohorts(asking)
    return Shown(
        [split, _retention(cohorts, asking), _spent(cohorts, asking)], [(split.key, _sales_chart(split))]
    )


def _cohorts(asking: Asking) -> Sequence[customers.Cohort]:
    return customers.cohorts(asking.page.window, asking.known, asking.currency, today=asking.page.today)


def _new_and_returning(asking: Asking) -> Table:
    window, currency = asking.page.window, asking.currency
    found = {one.day: one for one in customers.by_day(window, asking.known, currency)}
    name, buckets = bucketed(every_day([], window=window, currency=currency))
    rows = [
        _line(bucket.label, [found[day.day] for day in bucket.days if day.day in found]) for bucket in buckets
    ]
    sums = _line("Sum", list(found.values()))
    spans = {str(bucket.window): bucket.window for bucket in buckets}
    return Table(
        "new-and-returning",
        f"New and returning customers by {name.split()[0].lower()}",
        [Head("period", name, TEXT), *SPLIT_HEADS],
        rows,
        currency,
        sub=f"{sums[1]:,} new, {sums[4]:,} returning",
        sums=sums,
        sums_lead=True,
        row_ids=list(spans),
        url_of=asking.leads("new-and-returning"),
        drill=drills.by_period({**spans, SUM: window}),
        compares=OWN_SUMS,
        foot="New: the first order ever in this currency is in the window. Each customer is counted on the"
        " first day they bought on in the window.",
    )


def _line(label: str, days: Sequence[customers.CustomersOfDay]) -> list[Value]:
    new = sum((day.new for day in days), customers.Group())
    old = sum((day.returning for day in days), customers.Group())
    return [label, new.customers, new.orders, new.revenue, old.customers, old.orders, old.revenue]


def _sales_chart(split: Table) -> Chart:
    return Chart(
        kind="customers",
        title=split.title,
        sub=split.sub,
        columns=[split.heads[0].label, "New customers", "Returning customers"],
        rows=[[row[0], row[3], row[6]] for row in split.chart_rows],
        keys=[("1", "First order in this window"), ("3", "Bought before it")],
        currency=split.currency,
        foot="Gross sales. " + split.foot,
    )


SPLIT_HEADS = [
    Head("new_customers", "New customers", key="new_customers_by_period"),
    Head("new_orders", "Their orders", narrow=False, key="new_orders_by_period"),
    Head("new_revenue", "Their gross sales", MONEY, key="new_sales_by_period"),
    Head("returning_customers", "Returning", narrow=False, key="returning_customers_by_period"),
    Head("returning_orders", "Their orders", narrow=False, key="returning_orders_by_period"),
    Head("returning_revenue", "Their gross sales", MONEY, key="returning_sales_by_period"),
]
SIZE = Head("customers", "Size", key="cohort_size")


def _retention(cohorts: Sequence[customers.Cohort], asking: Asking) -> Table:
    shares = [[share(people, one.size) for people in one.returned[1:]] for one in cohorts]
    most = max((cell for row in shares for cell in row if cell), default=1)
    return Table(
        "retention",
        "Customers who came back",
        [
            *(Head("cohort", "First order", TEXT), SIZE),
            *_ages("returned", PERCENT, "cohort_retention_pct"),
        ],
        [_padded([one.month, one.size, *row]) for one, row in zip(cohorts, shares, strict=True)],
        asking.currency,
        row_ids=[one.month for one in cohorts],
        url_of=asking.leads("retention"),
        drill=drills.by_cohort({one.month: one for one in cohorts}),
        sub="by month of first order, share that bought again in the month",
        shades=[[0, *(min(7, int(7 * (cell or 0) / most)) for cell in row)] for row in shares],
        foot="Months that are not over are left out.",
        empty="No month with a first order is over yet at the end of this window.",
    )


def _spent(cohorts: Sequence[customers.Cohort], asking: Asking) -> Table:
    return Table(
        "lifetime-value",
        "What a customer has brought by then",
        [
            Head("cohort", "First order", TEXT),
            SIZE,
            Head("spent_0", "Month 0", MONEY, key="cohort_lifetime_value"),
            *_ages("spent", MONEY, "cohort_lifetime_value"),
        ],
        [
            _padded([one.month, one.size, *(average(amount, one.size) for amount in one.spent)], 15)
            for one in cohorts
        ],
        asking.currency,
        row_ids=[one.month for one in cohorts],
        url_of=asking.leads("lifetime-value"),
        drill=drills.by_cohort({one.month: one for one in cohorts}),
        sub="realised so far, for each customer of the cohort",
        foot="Sales less refunds, disputes and fees, each in its own month. Nothing is forecast.",
        empty="No month with a first order is over yet at the end of this window.",
    )


def _ages(name: str, kind: str, key: str) -> list[Head]:
    return [Head(f"{name}_{age}", f"+{age}", kind, key=key) for age in range(1, customers.AGES + 1)]


def _padded(row: list[Value], width: int = 14) -> list[Value]:
    return [*row, *[None] * (width - len(row))]


TABLES = {
    "new-and-returning": _new_and_returning,
    "retention": lambda asking: _retention(_cohorts(asking), asking),
    "lifetime-value": lambda asking: _spent(_cohorts(asking), asking),
}
