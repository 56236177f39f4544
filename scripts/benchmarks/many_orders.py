"""A demo's orders, copied within Postgres until there are enough, with all that hangs on them.

Each copy is a demo of the same 500 orders with other customers, moved in time so that the orders lie
evenly in 18 months. What the checks compare is copied with them: lines, facts, the events that posted
something, ledger entries, balance transactions, stock movements. Copies are of guests, not paid out yet.
"""

from typing import Any

BASE = 500
BEYOND_COPIES = 10**9
SPAN_DAYS = 548  # 18 months
# The fraction of a multiple of this lies evenly between 0 and 1, however many there are.
GOLDEN = 0.6180339887498949

# Which orders are copied, and of each moment until when it has moved money.
SOURCE = """
    CREATE TABLE bench_source AS
    SELECT o.id, o.created_at AS began, GREATEST(o.created_at, MAX(e.occurred_at), MAX(e.posted_at)) AS ended
    FROM orders_order o LEFT JOIN payments_ledgerentry e ON e.order_id = o.id
    WHERE o.status <> 'pending' AND o.flag = '' AND NOT o.awaits_stock
    GROUP BY o.id
"""
# The order of each event that posted something for one, and of each balance transaction.
OWNERS = (
    """CREATE TABLE bench_event AS
    SELECT event_id AS id, MIN(order_id) AS order_id FROM payments_ledgerentry
    WHERE event_id IS NOT NULL AND order_id IN (SELECT id FROM bench_source) GROUP BY event_id""",
    """CREATE TABLE bench_transaction AS
    SELECT t.id, f.order_id FROM payments_balancetransaction t JOIN (
        SELECT charge_id AS source_id, order_id FROM payments_charge
        UNION ALL SELECT refund_id, order_id FROM payments_refund
        UNION ALL SELECT dispute_id, order_id FROM payments_dispute
    ) f ON f.source_id = t.source_id WHERE f.order_id IN (SELECT id FROM bench_source)""",
)
MOVED = f"""
    CROSS JOIN generate_series(%(first)s, %(last)s) n
    CROSS JOIN LATERAL (SELECT (n * {GOLDEN} - floor(n * {GOLDEN})) * interval '{SPAN_DAYS} days' AS back) b
    CROSS JOIN LATERAL (SELECT CASE
        WHEN s.began - back < %(now)s - interval '{SPAN_DAYS} days'
            AND s.ended - back + interval '{SPAN_DAYS} days' <= %(now)s
        THEN interval '{SPAN_DAYS} days' - back ELSE -back END AS by) m
"""


class Copier:
    """Grows a fresh demo. Row `id` of copy `n` has the key `id + n * stride`: so rows find each other."""

    def __init__(self) -> None:
        from django.core.management import call_command
        from django.db import connection
        from django.utils import timezone

        call_command("seed_demo", orders=BASE, verbosity=0)
        self.now, self.copies = timezone.now(), 0
        with connection.cursor() as cursor:
            for statement in (SOURCE, *OWNERS):
                cursor.execute(statement)
            cursor.execute("SELECT count(*) FROM bench_source")
            self.per_copy = cursor.fetchone()[0]
            self.stride = {model: _highest(cursor, model) + 1 for model in _sources()}

    def grow_to(self, orders: int) -> None:
        """As many copies more as bring the orders to about so many."""
        from django.conf import settings
        from django.db import connection

        first, self.copies = self.copies + 1, max(self.copies, -(-(orders - BASE) // self.per_copy))
        values: dict[str, Any] = {
            "first": first,
            "last": self.copies,
            "now": self.now,
            "zone": settings.TIME_ZONE,
        }
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")  # no foreign keys looked up
            for model in _sources():
                cursor.execute(self._copy(model), values)
            cursor.execute("SET session_replication_role = origin")
            for model in _sources():
                _advance(cursor, model)
            cursor.execute(RESTOCK)
            cursor.execute("VACUUM ANALYZE")

    def _copy(self, model: Any) -> str:
        owner, order, by = _sources()[model]
        fields = model._meta.concrete_fields
        columns = ", ".join(field.column for field in fields)
        values = ", ".join(self._value(field) for field in fields)
        table = model._meta.db_table
        source = f"{table} o {owner} JOIN bench_source s ON s.id = {order}"
        return f"INSERT INTO {table} ({columns}) SELECT {values} FROM {source} {MOVED} ORDER BY {by} + m.by"

    def _value(self, field: Any) -> str:
        from django.db import models

        column = f"o.{field.column}"
        if field.column in FIXED:
            return FIXED[field.column]
        if field.primary_key:
            return f"{column} + n * {self.stride[field.model]}"
        if field.is_relation and field.related_model in self.stride:
            return f"{column} + n * {self.stride[field.related_model]}"
        if isinstance(field, models.DateTimeField):
            return f"{column} + m.by"
        if field.column in NAMES:
            return f"CASE {column} WHEN '' THEN '' ELSE {column} || '-' || n END"
        return column


# What is not copied as it is: texts that name a row or a customer, and columns that point elsewhere.
NAMES = {
    *("number", "payment_intent_id", "charge_id", "refund_id", "dispute_id", "balance_transaction_id"),
    *("failure_balance_transaction_id", "source_id", "claimed_order", "as_of_event", "request_key"),
    *("object_id", "event_id", "email"),
}
FIXED = {
    "user_id": "NULL",
    "payout_id": "''",
    "form_key": "NULL",
    "payload": "'{}'",
    "occurred_on": "((o.occurred_at + m.by) AT TIME ZONE %(zone)s)::date",
}
# What the copies sold must have come before.
RESTOCK = """
    INSERT INTO catalog_stockmovement (variant_id, quantity, reason, note, at)
    SELECT v.id, v.stock - m.moved, 'adjustment', '', now() FROM catalog_variant v JOIN (
        SELECT variant_id, SUM(quantity) AS moved FROM catalog_stockmovement GROUP BY variant_id
    ) m ON m.variant_id = v.id WHERE v.stock <> m.moved
"""


def _sources() -> dict[Any, tuple[str, str, str]]:
    """The models that are copied: what joins a row to its order, that order's key, when the row was made."""
    from catalog.models import StockMovement
    from orders.models import Order, OrderItem
    from payments.models import BalanceTransaction, Charge, Dispute, LedgerEntry, Payment, Refund, StripeEvent

    of_item = "JOIN orders_orderitem i ON i.id = o.order_item_id"
    direct = ("", "o.order_id")
    return {
        Order: ("", "o.id", "o.created_at"),
        OrderItem: (*direct, "s.began"),
        Payment: (*direct, "o.created"),
        Charge: (*direct, "o.created"),
        Refund: (*direct, "o.created"),
        Dispute: (*direct, "o.created"),
        BalanceTransaction: ("JOIN bench_transaction w ON w.id = o.id", "w.order_id", "o.created"),
        StripeEvent: ("JOIN bench_event w ON w.id = o.id", "w.order_id", "o.created"),
        LedgerEntry: (*direct, "o.posted_at"),
        StockMovement: (of_item, "i.order_id", "o.at"),
    }


def _highest(cursor: Any, model: Any) -> int:
    cursor.execute(f"SELECT max(id) FROM {model._meta.db_table}")
    return int(cursor.fetchone()[0])


def _advance(cursor: Any, model: Any) -> None:
    """What the program adds has keys that no later copy will have."""
    sequence = f"pg_get_serial_sequence('{model._meta.db_table}', 'id')"
    cursor.execute(f"SELECT setval({sequence}, GREATEST(nextval({sequence}), {BEYOND_COPIES}))")
