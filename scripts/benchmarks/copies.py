"""Many orders, with all that hangs on them: a demo, and copies of its rows made within Postgres."""

from typing import Any

ORDERS = 500  # of the demo that is copied
APART = 10_000_000  # between the keys of a copy and the next
EARLIER = "interval '6 hours 7 minutes'"  # each copy happened so long before the one it copies
COPIED = (
    "catalog.Product",
    "catalog.Variant",
    "catalog.StockMovement",
    "orders.Order",
    "orders.OrderItem",
    "orders.OrderNote",
    "orders.Mail",
    "payments.Payment",
    "payments.Charge",
    "payments.Refund",
    "payments.Dispute",
    "payments.Payout",
    "payments.BalanceTransaction",
    "payments.StripeEvent",
    "payments.LedgerEntry",
    "payments.RefundRequest",
    "payments.RefundLine",
    "wishlist.WishlistItem",
    "monitoring.CheckRun",
    "audit.AuditLog",
)
ISSUES, OPEN_ISSUES = 20_000, 300
CUSTOMERS = 50_000  # with an account and nothing else; those who ordered are few and busy


def fill(orders: int) -> None:
    """Make `orders` orders with their payments, events, ledger and the rest, and all figures from them."""
    from django.apps import apps
    from django.core.management import call_command
    from django.db import connection

    from monitoring import running
    from orders.models import Order

    call_command("seed_demo", orders=ORDERS, verbosity=0)
    _some_cannot_be_sent()
    list(running.run())
    copies = max(orders // Order.objects.count() - 1, 0)
    models = [apps.get_model(label) for label in COPIED]
    with connection.cursor() as cursor:
        # neither foreign keys nor append-only tables are asked: the copies are as right as the demo
        cursor.execute("SET session_replication_role = replica")
        for model in models:
            cursor.execute(_copy(model, set(models), copies))
        cursor.execute("SET session_replication_role = DEFAULT")
        for statement in connection.ops.sequence_reset_sql(_no_style(), models):
            cursor.execute(statement)
    _open_issues()
    _customers()
    _looked()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    call_command("build_snapshots", "--all", verbosity=0)


def _copy(model: Any, copied: set[Any], copies: int) -> str:
    fields = model._meta.concrete_fields
    columns = ", ".join(field.column for field in fields)
    values = ", ".join(_value(field, copied) for field in fields)
    source = f"{model._meta.db_table} o, generate_series(1, {copies}) n"
    return f"INSERT INTO {model._meta.db_table} ({columns}) SELECT {values} FROM {source}"


def _value(field: Any, copied: set[Any]) -> str:
    """A field of the nth copy: keys move apart, Stripe's ids get an ending, moments lie earlier."""
    own, kind = f"o.{field.column}", field.get_internal_type()
    is_key = field.primary_key or (field.is_relation and field.related_model in copied)
    if is_key:
        return f"{own} + n * {APART}::bigint"
    if kind == "UUIDField":
        return f"CASE WHEN {own} IS NULL THEN NULL ELSE gen_random_uuid() END"
    if kind == "DateTimeField":
        return f"{own} - n * {EARLIER}"
    if kind == "DateField":
        return f"({own} - n * {EARLIER})::date"
    if field.name == "target_id":
        moved = f"({own}::bigint + n * {APART})::text"
        return f"CASE WHEN {own} ~ '^[0-9]+$' THEN {moved} ELSE {_ended(own)} END"
    if kind in ("CharField", "SlugField") and (field.unique or field.name.endswith(("_id", "request_key"))):
        return _ended(own)
    return own


def _ended(column: str) -> str:
    return f"CASE WHEN {column} = '' THEN '' ELSE {column} || '-' || n END"


def _no_style() -> Any:
    from django.core.management.color import no_style

    return no_style()


def _some_cannot_be_sent() -> None:
    from orders.models import Flag, Order, OrderStatus

    waiting = Order.objects.filter(status=OrderStatus.PAID).order_by("pk").values("pk")[:3]
    Order.objects.filter(pk__in=waiting).update(flag=Flag.OUT_OF_STOCK, awaits_stock=True)


def _customers() -> None:
    from accounts.models import User

    people = [User(email=f"visitor{number}@example.com") for number in range(CUSTOMERS)]
    User.objects.bulk_create(people, batch_size=5000)


def _looked() -> None:
    """The admins looked at the overview a week ago, so that it tells what changed since."""
    from datetime import timedelta

    from django.utils import timezone

    from accounts.models import Role, User
    from monitoring.models import LastLook

    for admin in User.objects.filter(role=Role.ADMIN):
        LastLook.objects.update_or_create(user=admin, defaults={"at": timezone.now() - timedelta(days=7)})


def _open_issues() -> None:
    """Issues of the checks, most of them resolved long ago."""
    from datetime import timedelta

    from django.utils import timezone

    from monitoring.check import registry
    from monitoring.models import DataQualityIssue, IssueStatus

    now, names = timezone.now(), sorted(registry)
    rows = []
    for number in range(ISSUES):
        at, is_open = now - timedelta(minutes=7 * number), number < OPEN_ISSUES
        rows.append(
            DataQualityIssue(
                check_name=names[number % len(names)],
                subject=f"bench:{number}",
                severity=registry[names[number % len(names)]].severity,
                status=IssueStatus.OPEN if is_open else IssueStatus.RESOLVED,
                message=f"What was found the {number}th time",
                first_seen_at=at,
                opened_at=at,
                last_seen_at=at,
                resolved_at=None if is_open else at,
            )
        )
    DataQualityIssue.objects.bulk_create(rows, batch_size=2000)
