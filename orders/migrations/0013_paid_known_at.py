from typing import Any

from django.db import migrations, models
from django.db.models import CharField, OuterRef, Q, Subquery
from django.db.models.functions import Cast, Coalesce


def from_the_audit_log(apps: Any, editor: Any) -> None:
    """The log has a row of each step, with when it became known."""
    told = apps.get_model("audit", "AuditLog").objects.filter(
        target_type="order", target_id=OuterRef("key"), event_type="order.paid"
    )
    first = Subquery(told.order_by("id").values("at")[:1])
    orders = apps.get_model("orders", "Order").objects.filter(paid_at__isnull=False)
    orders.annotate(key=Cast("pk", CharField())).update(paid_known_at=Coalesce(first, "paid_at"))


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0001_initial"),
        ("orders", "0012_known_at"),
    ]

    operations = [
        migrations.AddField(
            model_name="order",
            name="paid_known_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.RunPython(from_the_audit_log, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                condition=Q(("paid_known_at__isnull", False)),
                fields=["paid_known_at"],
                name="order_paid_known",
            ),
        ),
    ]
