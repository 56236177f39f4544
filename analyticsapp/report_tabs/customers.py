"""The report of customers: new and returning, cohorts, and what they brought."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction

from analyticsapp.exports.csv_file import MONEY, TEXT
from analyticsapp.figures.daily import every_day
from analyticsapp.kpis.definition import average
from analyticsapp.proof import drills
from analyticsapp.proof.drills import SUM, Drill
from analyticsapp.report_tabs.asking import OWN_SUMS, Asking, Shown
from analyticsapp.report_tabs.tables import CHANGE, PERCENT, POINTS, Head, Table, Value, change, share
from analyticsapp.reports import customers
from analyticsapp.views.charts import bucketed
from analyticsapp.windows import Window
from purelaka.figures import Chart


def of_customers(asking: Asking) -> Shown:
    """New and returning, cohorts, and what they brought. Two queries."""
    split = _new_and_returning(asking)
    if asking.is_before:
        return Shown([split])
    page = asking.page
    cohorts, earlier = customers.cohorts_beside(
        page.window, asking.known, asking.currency, today=page.today, back=_back(asking)
    )
    tables = [
        _with_before(_retention(cohorts, asking), "returned", cohorts, earlier, asking),
        _with_before(_spent(cohorts, asking), "spent", cohorts, earlier, asking),
    ]
    return Shown([split, *tables], [(split.key, _sales_chart(split))])


def _back(asking: Asking) -> int:
    """How many months before a cohort the one lies that it is compared with."""
    return 12 if asking.page.with_year_before else 1


def _cohorts(asking: Asking) -> Sequence[customers.Cohort]:
    return customers.cohorts(asking.page.window, asking.known, asking.currency, today=asking.page.today)


def _new_and_returning(asking: Asking) -> Table:
    window, currency = asking.page.window, asking.currency
    name, buckets = bucketed(every_day([], window=window, currency=currency))
    spans = {str(bucket.window): bucket.window for bucket in buckets}
    only = spans.get(asking.row or "")
    found = {one.day: one for one in customers.by_day(window, asking.known, currency, only)}
    rows = [
        _line(bucket.label, [found[day.day] for day in bucket.days if day.day in found]) for bucket in buckets
    ]
    sums = _line("Sum", list(found.values()))
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
    Head("new_revenue", "Gross sales, new", MONEY, key="new_sales_by_period"),
    Head("returning_customers", "Returning", narrow=False, key="returning_customers_by_period"),
    Head("returning_orders", "Their orders", narrow=False, key="returning_orders_by_period"),
    Head("returning_revenue", "Gross sales, returning", MONEY, key="returning_sales_by_period"),
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


def _with_before(
    table: Table,
    name: str,
    cohorts: Sequence[customers.Cohort],
    earlier: Mapping[str, customers.Cohort],
    asking: Asking,
) -> Table:
    """Beside the last figure of each row that of an earlier cohort, when it was as old."""
    kind, value_of = KINDS[name]
    least = 1 if name == "returned" else 0
    compared = {one.month: one.age for one in cohorts if one.age >= least}
    before = {month: earlier[month] for month in compared if month in earlier}

    def line(row: Sequence[Value], one: customers.Cohort) -> list[Value]:
        if one.month not in before:
            return [*row, "", None, None]
        age = compared[one.month]
        now, was = value_of(one, age), value_of(before[one.month], age)
        return [*row, f"Month {age}", was, change(now, was) if kind == MONEY else _points(now, was)]

    def url(row: str, head: Head) -> str:
        if head.name != f"{name}_before":
            return table.url_of(row, head) if table.url_of else ""
        month = customers.later(before[row].month, compared[row])
        span = Window(date.fromisoformat(f"{month}-01"), customers.last_day(month))
        return asking.cell_url(table.key, before[row].month, f"{name}_{compared[row]}", span)

    def drill(row: str, column: str) -> Drill:
        if column != f"{name}_before":
            return drills.by_cohort({one.month: one for one in cohorts})(row, column)
        found = before[row]
        return drills.by_cohort({found.month: found})(found.month, f"{name}_{compared[row]}")

    more = [
        Head("compared_at", "At", TEXT),
        Head(f"{name}_before", "Before", kind, key=table.heads[-1].key),
        Head("change_pct", "Change", CHANGE) if kind == MONEY else Head("change_points", "Change", POINTS),
    ]
    width = len(table.heads) - 1 + len(more)
    return replace(
        table,
        heads=[*table.heads, *more],
        rows=[line(row, one) for row, one in zip(table.rows, cohorts, strict=True)],
        shades=[[*row, *[None] * (width - len(row))] for row in table.shades],
        url_of=url,
        drill=drill,
        foot=f"{table.foot} {BEFORE[_back(asking)]}",
    )


def _points(now: Value, was: Value) -> Fraction | None:
    """The difference of two per cents."""
    return None if now is None or was is None else Fraction(now) - Fraction(was)


def _ages(name: str, kind: str, key: str) -> list[Head]:
    return [Head(f"{name}_{age}", f"+{age}", kind, key=key) for age in range(1, customers.AGES + 1)]


def _padded(row: list[Value], width: int = 14) -> list[Value]:
    return [*row, *[None] * (width - len(row))]


KINDS: dict[str, tuple[str, Callable[[customers.Cohort, int], Value]]] = {
    "returned": (PERCENT, lambda one, age: share(one.returned[age], one.size)),
    "spent": (MONEY, lambda one, age: average(one.spent[age], one.size)),
}
BEFORE = {
    1: "Before: the cohort of the month before, when it was as old.",
    12: "Before: the cohort of the same month a year before, when it was as old.",
}
TABLES = {
    "new-and-returning": _new_and_returning,
    "retention": lambda asking: _retention(_cohorts(asking), asking),
    "lifetime-value": lambda asking: _spent(_cohorts(asking), asking),
}
