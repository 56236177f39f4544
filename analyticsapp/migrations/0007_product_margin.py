from django.db import migrations, models

# What a build writes. Days that changed since the last one are read from the ledger until the next.
FILL = (
    """
    CREATE TEMPORARY TABLE analyticsapp_filled AS
    SELECT sold.day, sold.currency, item.variant_id, CAST(SUM(item.quantity) AS bigint) AS units,
        CAST(SUM(item.amount_total - item.amount_discount) AS bigint) AS sales,
        CAST(SUM(item.amount_total) AS bigint) AS gross,
        CAST(SUM(item.amount_total - item.amount_discount
            - CASE WHEN sale.tax_behavior = 'inclusive' THEN item.amount_tax ELSE 0 END) AS bigint) AS goods,
        CAST(SUM(CASE WHEN item.unit_cost IS NULL THEN 0 ELSE item.amount_total - item.amount_discount
            - CASE WHEN sale.tax_behavior = 'inclusive' THEN item.amount_tax ELSE 0 END END) AS bigint)
            AS known_goods,
        CAST(SUM(COALESCE(item.unit_cost * item.quantity, 0)) AS bigint) AS cost,
        CAST(SUM(CASE WHEN item.unit_cost IS NULL THEN item.quantity ELSE 0 END) AS bigint)
            AS units_without_cost
    FROM (
        SELECT occurred_on AS day, currency, order_id FROM payments_ledgerentry WHERE kind = 'sale'
        GROUP BY occurred_on, currency, order_id HAVING SUM(amount) > 0
    ) AS sold JOIN orders_order AS sale ON sale.id = sold.order_id
        JOIN orders_orderitem AS item ON item.order_id = sold.order_id
    WHERE sold.day IN (SELECT day FROM analyticsapp_productday)
    GROUP BY sold.day, sold.currency, item.variant_id
    """,
    "DELETE FROM analyticsapp_productday",
    """
    INSERT INTO analyticsapp_productday
        (day, currency, variant_id, units, sales, gross, goods, known_goods, cost, units_without_cost)
    SELECT * FROM analyticsapp_filled
    """,
    "DROP TABLE analyticsapp_filled",
)


def column(name: str) -> migrations.AddField:
    field = models.BigIntegerField(default=0)
    return migrations.AddField("productday", name, field, preserve_default=False)


class Migration(migrations.Migration):
    dependencies = [
        ("analyticsapp", "0006_refund_pair"),
        ("orders", "0010_item_unit_cost"),
        ("payments", "0010_known_when"),
    ]

    operations = [
        *map(column, ("gross", "goods", "known_goods", "cost", "units_without_cost")),
        migrations.RunSQL(list(FILL), migrations.RunSQL.noop),
    ]
