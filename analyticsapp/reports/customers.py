"""New and returning customers, which cohorts came back, and what they brought."""

from dataclasses import dataclass
from datetime import date, timedelta

from analyticsapp.reading import as_day, rows
from analyticsapp.reports.sales import bought_in, customer_days, month_of
from analyticsapp.rollups.definitions import State
from analyticsapp.windows import Window

# A customer is new in the window that holds the day of their first order in this currency.
BY_DAY = """
    WITH every_day AS (
        SELECT day, email, orders, sales FROM ({customers}) AS known WHERE currency = %s AND {bought here}
    ),
    firsts AS (
        SELECT email, MIN(CASE WHEN orders > 0 THEN day END) AS ever,
            MIN(CASE WHEN orders > 0 AND day >= %s THEN day END) AS here
        FROM every_day GROUP BY email
    )
    SELECT bought.day,
        SUM(CASE WHEN firsts.ever < %s THEN 0 ELSE bought.orders END),
        SUM(CASE WHEN firsts.ever < %s THEN 0 ELSE bought.sales END),
        COUNT(CASE WHEN firsts.ever >= %s AND firsts.here = bought.day THEN 1 END),
        SUM(CASE WHEN firsts.ever < %s THEN bought.orders ELSE 0 END),
        SUM(CASE WHEN firsts.ever < %s THEN bought.sales ELSE 0 END),
        COUNT(CASE WHEN firsts.ever < %s AND firsts.here = bought.day THEN 1 END)
    FROM every_day AS bought JOIN firsts ON firsts.email = bought.email
    WHERE bought.day BETWEEN %s AND %s GROUP BY bought.day ORDER BY bought.day
"""
COHORTS = """
    WITH bought AS (
        SELECT email, {month of day} AS month, SUM(orders) AS orders, SUM(sales) AS amount
        FROM ({customers}) AS known WHERE currency = %s GROUP BY email, {month of day}
    ),
    went_back AS (
        SELECT sold.email, {month of entry} AS month, SUM(entry.amount) AS amount
        FROM payments_ledgerentry AS entry JOIN orders_order AS sold ON sold.id = entry.order_id
        WHERE entry.kind IN ('refund', 'refund_reversal', 'dispute_withdrawal', 'dispute_reinstatement',
                'fee', 'fee_credit')
            AND entry.currency = %s AND entry.occurred_on <= %s AND {known}
        GROUP BY sold.email, {month of entry}
    ),
    firsts AS (SELECT email, MIN(month) AS cohort FROM bought WHERE orders > 0 GROUP BY email)
    SELECT firsts.cohort, moved.month, SUM(CASE WHEN moved.orders > 0 THEN 1 ELSE 0 END), SUM(moved.amount)
    FROM (
        SELECT email, month, orders, amount FROM bought
        UNION ALL SELECT email, month, 0, amount FROM went_back
    ) AS moved JOIN firsts ON firsts.email = moved.email
    GROUP BY firsts.cohort, moved.month
"""
AGES, COHORTS_SHOWN = 12, 13
Cells = dict[tuple[str, str], tuple[int, int]]  # (cohort, month) -> customers who bought, amount


@dataclass(frozen=True)
class Group:
    """Customers, their orders, and what they paid in minor units."""

    customers: int = 0
    orders: int = 0
    revenue: int = 0

    def __add__(self, other: "Group") -> "Group":
        return Group(
            self.customers + other.customers, self.orders + other.orders, self.revenue + other.revenue
        )


@dataclass(frozen=True)
class CustomersOfDay:
    """One day. A customer is counted on the first day they bought on in the window."""

    day: date
    new: Group = Group()
    returning: Group = Group()


@dataclass(frozen=True)
class Cohort:
    """Who bought first in one month. `returned[k]` and `spent[k]` are of the k-th month after it.

    `returned[0]` is the cohort's size. `spent` is cumulative, in minor units: sales less refunds,
    disputes and fees. Months that are not over are left out.
    """

    month: str
    size: int
    returned: list[int]
    spent: list[int]

    @property
    def age(self) -> int:
        """Months since, at the last figure."""
        return len(self.returned) - 1


def by_day(window: Window, state: State, currency: str, only: Window | None = None) -> list[CustomersOfDay]:
    """New and returning customers of each day of the window, or `only` of some of its days. One query.

    Days on which nobody bought are left out.
    """
    span = only or window
    days, parameters = customer_days(window, state)
    bought, of_bought = bought_in(span, state)
    query = BY_DAY.replace("{customers}", days).replace("{bought here}", bought)
    ends = [*[window.start] * 7, span.start, span.end]
    found = rows((query, [*parameters, currency, *of_bought, *ends]))
    return [
        CustomersOfDay(
            day, Group(int(new[2]), int(new[0]), int(new[1])), Group(int(old[2]), int(old[0]), int(old[1]))
        )
        for moved, *numbers in found
        if (day := as_day(moved))
        for new, old in [(numbers[:3], numbers[3:])]
    ]


def cohorts(window: Window, state: State, currency: str, *, today: date) -> list[Cohort]:
    """The cohorts of the 13 months up to the window's end, oldest first. One query."""
    return _of_months(_cells(window, state, currency), _over(window, today))


def cohorts_beside(
    window: Window, state: State, currency: str, *, today: date, back: int
) -> tuple[list[Cohort], dict[str, Cohort]]:
    """The same, and by their months the cohorts `back` months before them, when these were as old.

    One query.
    """
    cells, months = _cells(window, state, currency), _over(window, today)
    earlier = _of_months(cells, [later(month, -back) for month in months])
    return _of_months(cells, months), {later(one.month, back): one for one in earlier}


def _cells(window: Window, state: State, currency: str) -> Cells:
    """Of each cohort and month up to the window's end: who bought, and what moved."""
    days, parameters = customer_days(window, state)
    query = COHORTS.replace("{customers}", days)
    query = query.replace("{known}", state.past.entries("entry"))
    query = query.replace("{month of day}", month_of("day"))
    query = query.replace("{month of entry}", month_of("entry.occurred_on"))
    found = rows((query, [*parameters, currency, currency, window.end]))
    return {(cohort, month): (int(people), int(amount)) for cohort, month, people, amount in found}


def _over(window: Window, today: date) -> list[str]:
    return [month for month in _months(window.end) if _is_over(month, window, today)]


def _of_months(cells: Cells, months: list[str]) -> list[Cohort]:
    """The cohorts of these months, each up to the last of them."""
    return [
        _cohort(month, cells, months[number:])
        for number, month in enumerate(months)
        if (month, month) in cells
    ]


def _cohort(cohort: str, cells: Cells, months: list[str]) -> Cohort:
    returned, spent, total = [], [], 0
    for month in months[: AGES + 1]:
        people, amount = cells.get((cohort, month), (0, 0))
        total += amount
        returned.append(people)
        spent.append(total)
    return Cohort(cohort, returned[0], returned, spent)


def later(month: str, age: int) -> str:
    """The month so many months after one: `2026-11` and 2 are `2027-01`."""
    year, number = divmod(int(month[:4]) * 12 + int(month[5:]) - 1 + age, 12)
    return f"{year:04}-{number + 1:02}"


def last_day(month: str) -> date:
    """The last day of `2026-10`."""
    return date.fromisoformat(f"{later(month, 1)}-01") - timedelta(days=1)


def of_month(month: str, window: Window) -> Window:
    """The days of `2026-10` that are in the window."""
    return Window(max(date.fromisoformat(f"{month}-01"), window.start), min(last_day(month), window.end))


def _months(last: date) -> list[str]:
    numbers = range(last.year * 12 + last.month - COHORTS_SHOWN, last.year * 12 + last.month)
    return [f"{number // 12:04}-{number % 12 + 1:02}" for number in numbers]


def _is_over(month: str, window: Window, today: date) -> bool:
    return last_day(month) <= window.end and last_day(month) < today
