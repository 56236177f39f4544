"""The rows that make one cell of a report: ledger entries, orders, customers or order lines."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from analyticsapp.kpis.definition import COUNT, MONEY
from analyticsapp.proof import selections
from analyticsapp.proof.evidence import Evidence, Scope
from analyticsapp.proof.of_figures import (
    DISPUTES,
    ENTRY_COLUMNS,
    EVERY_LINE,
    KEPT_REVENUE,
    KNOWN_COST,
    MARGIN,
    PIECES_KEPT,
    UNKNOWN_COST,
    of_customers,
    of_entries,
    of_goods,
    of_margins,
    of_orders,
)
from analyticsapp.proof.selections import REFUNDS, Selection
from analyticsapp.reading import Sql
from analyticsapp.reports import sold
from analyticsapp.reports.customers import Cohort, last_day, later
from analyticsapp.reports.margin import Margin
from analyticsapp.reports.sales import customer_days, month_of, sold_on
from analyticsapp.windows import Window
from payments.models import Kind

SUM = "sum"  # the row below a table, which is of the whole window
OF_A_CUSTOMER = (Kind.SALE, *REFUNDS, *DISPUTES, Kind.FEE, Kind.FEE_CREDIT)
REASON = (
    "COALESCE((SELECT fact.reason FROM payments_refund AS fact WHERE fact.refund_id = entry.source_id), '')"
)


@dataclass(frozen=True)
class Drill:
    """What a cell is made of.

    The rows come to the cell; or, where it is a share or a mean, to `says` (`of` tells what that is, `unit`
    whether it is money or a number).
    """

    evidence: Evidence
    says: int | None = None
    of: str = ""
    unit: str = COUNT


Drilled = Callable[[str, str], Drill]
"""The id of a row and the name of a column → what the cell is made of."""


# --- customers ------------------------------------------------------------------------------------


def by_period(spans: Mapping[str, Window]) -> Drilled:
    """New and returning customers, their orders and sales; `spans` are the rows' days."""

    def drill(row: str, column: str) -> Drill:
        kind, what = column.split("_")
        span, before = spans[row], "= 0" if kind == "new" else "> 0"
        if what == "customers":
            return Drill(of_customers(_first_bought(span, before)))
        condition = _of_known(span, "NOT IN" if kind == "new" else "IN")
        if what == "orders":
            return Drill(of_orders(selections.sold_orders("s.amount > 0", condition)))
        return Drill(of_entries(selections.entries([Kind.SALE], condition)))

    return drill


def _first_bought(span: Window, before: str) -> Selection:
    """Customers whose first day in the window lies in the span."""

    def condition(scope: Scope) -> Sql:
        having, parameters = selections.bought_here(before)(scope)
        here = "MIN(CASE WHEN orders > 0 AND day >= %s THEN day END) BETWEEN %s AND %s"
        return f"{having} AND {here}", [*parameters, scope.window.start, span.start, span.end]

    return selections.customers(condition)


def _of_known(span: Window, is_in: str) -> selections.Condition:
    """Entries of the span whose customer bought before the window, or did not."""

    def condition(scope: Scope) -> Sql:
        known, parameters = _emails(scope, "MIN(CASE WHEN orders > 0 THEN day END) < %s", scope.window.start)
        days = "entry.occurred_on BETWEEN %s AND %s"
        return f"{days} AND sold.email {is_in} ({known})", [span.start, span.end, *parameters]

    return condition


def _emails(scope: Scope, having: str, value: object) -> Sql:
    days, parameters = customer_days(scope.window, scope.state)
    query = f"SELECT email FROM ({days}) AS known WHERE currency = %s GROUP BY email HAVING {having}"
    return query, [*parameters, scope.currency, value]


def by_cohort(cohorts: Mapping[str, Cohort]) -> Drilled:
    """How many a cohort is, who of it came back, and what it brought."""

    def drill(row: str, column: str) -> Drill:
        cohort = cohorts[row]
        if column == "customers":
            return Drill(of_customers(_in_month(row, row)))
        what, age = column.split("_")
        month = later(row, int(age))
        if what == "returned":
            people = cohort.returned[int(age)]
            return Drill(of_customers(_in_month(row, month)), people, "Customers who bought in that month")
        spent = of_entries(selections.entries(OF_A_CUSTOMER, _of_cohort(row, month)))
        return Drill(spent, cohort.spent[int(age)], "What all of them brought by then", MONEY)

    return drill


FIRST_MONTH = "MIN(CASE WHEN orders > 0 THEN {month} END) = %s"


def _in_month(cohort: str, month: str) -> Selection:
    name = month_of("day")
    bought = f"SUM(CASE WHEN {name} = %s THEN orders ELSE 0 END) > 0"
    having = f"{FIRST_MONTH.replace('{month}', name)} AND {bought}"
    return selections.customers(
        lambda scope: (having, [cohort, month]), lambda scope: (f"{name} = %s", [month])
    )


def _of_cohort(cohort: str, month: str) -> selections.Condition:
    def condition(scope: Scope) -> Sql:
        emails, parameters = _emails(scope, FIRST_MONTH.replace("{month}", month_of("day")), cohort)
        ends = [f"{cohort}-01", last_day(month)]
        return f"entry.occurred_on BETWEEN %s AND %s AND sold.email IN ({emails})", [*ends, *parameters]

    return condition


# --- refunds --------------------------------------------------------------------------------------


def by_bridge(spans: Mapping[str, Window], columns: Mapping[str, str] | None = None) -> Drilled:
    """Refunds of other sales, of a span's own, and those of its sales that were made later.

    The column says which; or, where each row is one of them, `columns` says it of the row.
    """

    def drill(row: str, column: str) -> Drill:
        which = columns[row] if columns else column
        evidence = of_entries(selections.entries(REFUNDS, _bridged(spans[row], which)), sign=-1)
        return Drill(evidence if which != "less_earlier" else replace(evidence, sign=1))

    return drill


def _bridged(span: Window, which: str) -> selections.Condition:
    def condition(scope: Scope) -> Sql:
        day = sold_on("entry.order_id", "entry.currency", scope.state.past)
        first, second = _where(which, day)
        ends = [span.start, span.end] * 2
        return f"entry.order_id IS NOT NULL AND {first} AND {second}", ends

    return condition


def _where(which: str, day: str) -> tuple[str, str]:
    """Conditions on the day of the refund, and on that of its sale."""
    made, of_it = "entry.occurred_on BETWEEN %s AND %s", f"{day} BETWEEN %s AND %s"
    not_made, not_of_it = f"NOT ({made})", f"({day} IS NULL OR {day} NOT BETWEEN %s AND %s)"
    return {
        "of_earlier_sales": (made, not_of_it),
        "less_earlier": (made, not_of_it),
        "of_own_sales": (made, of_it),
        "made_later": (not_made, of_it),
    }[which]


def by_reason() -> Drilled:
    """Refunds of one reason, and their amount."""

    def drill(row: str, column: str) -> Drill:
        condition = _for_reason(row)
        if column == "amount":
            return Drill(of_entries(selections.entries(REFUNDS, condition), sign=-1))
        makes = selections.sources(REFUNDS, condition)
        return Drill(Evidence(("refund", "refunds"), "entries", ENTRY_COLUMNS, makes, counted=True))

    return drill


def _for_reason(reason: str) -> selections.Condition:
    def condition(scope: Scope) -> Sql:
        days, parameters = selections.in_window(scope)
        return f"{days} AND {REASON} = %s", [*parameters, reason]

    return condition


# --- orders ---------------------------------------------------------------------------------------


def by_clock() -> Drilled:
    """Orders of a weekday (`1` is Monday), or of an hour of it (`1-14`)."""
    what, values = sold.clock()

    def narrow(row: str) -> tuple[str, list[object]]:
        names = ("s.weekday", "s.hour")
        numbers: list[object] = [int(number) for number in row.split("-")]
        return " AND ".join(f"{name} = %s" for name, _ in zip(names, numbers, strict=False)), numbers

    return _sold(narrow, what, values)


def by_name(shares: Sequence[sold.Share], what: str, joined: str = "") -> Drilled:
    """Orders of one country or way to pay, and their share; `what` is SQL for the `name`."""
    sales = {one.name: one.revenue for one in shares}
    drill = _sold(lambda row: ("s.name = %s", [row]), what, [], joined)

    def with_share(row: str, column: str) -> Drill:
        found = drill(row, column)
        if column != "share_pct":
            return found
        return replace(found, says=sales[row], of="Gross sales of the row", unit=MONEY)

    return with_share


def _sold(
    narrow: Callable[[str], tuple[str, list[object]]], what: str, values: list[object], joined: str = ""
) -> Drilled:
    def drill(row: str, column: str) -> Drill:
        where, parameters = narrow(row)
        only = "s.amount > 0" if column == "orders" else "1 = 1"
        makes = selections.sold_orders(f"{only} AND {where}", None, (what, values), parameters, joined)
        return Drill(of_orders(makes, counted=column == "orders"))

    return drill


# --- goods ----------------------------------------------------------------------------------------

VARIANT = "item.variant_id = (SELECT variant.id FROM catalog_variant AS variant WHERE variant.sku = %s)"
AFTER_DISCOUNT = "item.amount_total - item.amount_discount"


def by_product() -> Drilled:
    """The lines of one variant, by its SKU as it is now."""

    def drill(row: str, column: str) -> Drill:
        amount = "item.quantity" if column == "units" else AFTER_DISCOUNT
        condition: Sql = ("1 = 1", []) if row == SUM else (VARIANT, [row])
        return Drill(of_goods(selections.lines(amount, condition, line=AFTER_DISCOUNT)))

    return drill


def by_margin(products: Mapping[str, Margin]) -> Drilled:
    """The lines of one variant that make its margin, or what refunds took that names no product."""

    def drill(row: str, column: str) -> Drill:
        only = None if row == SUM else row
        amount, condition = OF_MARGINS[column]
        found = Drill(of_margins(amount, condition, only=only))
        if column != "margin_pct":
            return found
        whole = sum(products.values(), Margin()) if row == SUM else products[row]
        return replace(found, says=whole.amount, of="Margin of the row", unit=MONEY)

    return drill


# What makes each column: its part of a line, and which lines.
OF_MARGINS = {
    "units": ("quantity", EVERY_LINE),
    "pieces_without_cost": (PIECES_KEPT, UNKNOWN_COST),
    "revenue": ("revenue", EVERY_LINE),
    "refunded": ("refunded", EVERY_LINE),
    "goods_revenue": (KEPT_REVENUE, KNOWN_COST),
    "cost": ("cost", KNOWN_COST),
    "margin": (MARGIN, KNOWN_COST),
    "margin_pct": (MARGIN, KNOWN_COST),
}
