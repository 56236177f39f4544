from django.db import migrations, models

# What a build writes from the rollups that are there.
SUM_UP = (
    """
    CREATE TEMPORARY TABLE analyticsapp_summed AS
    SELECT day, currency, earlier, orders, seconds, thirds,
        CAST(SUM(orders - seconds) OVER later AS bigint) AS firsts_from,
        CAST(SUM(seconds - thirds) OVER later AS bigint) AS seconds_from
    FROM analyticsapp_customerreturn
    WINDOW later AS (PARTITION BY day, currency ORDER BY earlier DESC)
    """,
    "DELETE FROM analyticsapp_customerreturn",
    """
    INSERT INTO analyticsapp_customerreturn
        (day, currency, earlier, orders, seconds, thirds, firsts_from, seconds_from)
    SELECT * FROM analyticsapp_summed
    """,
    "DROP TABLE analyticsapp_summed",
)
FILL = """
    INSERT INTO analyticsapp_refundpair (day, currency, earlier, orders)
    WITH summed AS (
        SELECT day, currency, order_id, SUM(refunds) OVER up_to - refunds AS before,
            SUM(refunds) OVER up_to AS through
        FROM analyticsapp_refundday
        WINDOW up_to AS (PARTITION BY order_id, currency ORDER BY day)
    )
    SELECT day, currency, earlier, SUM(counts)
    FROM (
        SELECT last.day, last.currency, first.day AS earlier,
            CASE WHEN last.through < first.before THEN 1 ELSE 0 END
                - CASE WHEN last.before < first.before THEN 1 ELSE 0 END
                - CASE WHEN last.through < first.through THEN 1 ELSE 0 END
                + CASE WHEN first.day < last.day AND last.before < first.through THEN 1 ELSE 0 END AS counts
        FROM summed AS last JOIN summed AS first ON first.order_id = last.order_id
            AND first.currency = last.currency AND first.day <= last.day
    ) AS spans
    GROUP BY day, currency, earlier HAVING SUM(counts) <> 0
"""


class Migration(migrations.Migration):
    dependencies = [("analyticsapp", "0005_closed_month_movement")]

    operations = [
        migrations.AddField(
            model_name="customerreturn",
            name="firsts_from",
            field=models.BigIntegerField(default=0),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="customerreturn",
            name="seconds_from",
            field=models.BigIntegerField(default=0),
            preserve_default=False,
        ),
        migrations.RemoveConstraint(model_name="customerreturn", name="return_once_a_pair"),
        migrations.AddConstraint(
            model_name="customerreturn",
            constraint=models.UniqueConstraint(
                fields=("day", "currency", "earlier"), name="return_once_a_pair"
            ),
        ),
        migrations.RunSQL(list(SUM_UP), migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name="refundday",
            index=models.Index(fields=["order", "currency", "day"], name="refund_by_order"),
        ),
        migrations.CreateModel(
            name="RefundPair",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField()),
                ("currency", models.CharField(max_length=3)),
                ("earlier", models.DateField()),
                ("orders", models.BigIntegerField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("day", "currency", "earlier"), name="refund_once_a_pair")
                ],
            },
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
