from django.db import migrations, models

# What a build writes from all customers' days. A store without rollups has nothing to fill it with.
FILL = """
    WITH bought AS (
        SELECT day, currency, orders, LAG(day) OVER one_by_one AS day_before,
            LAG(orders) OVER one_by_one AS orders_before, LAG(day, 2) OVER one_by_one AS two_before
        FROM analyticsapp_customerday WHERE orders > 0
        WINDOW one_by_one AS (PARTITION BY email, currency ORDER BY day)
    )
    INSERT INTO analyticsapp_customerreturn (day, currency, earlier, orders, seconds, thirds)
    SELECT day, currency, earlier, SUM(orders), SUM(seconds), SUM(thirds)
    FROM (
        SELECT day, currency, day AS earlier, orders, orders - 1 AS seconds,
            CASE WHEN orders > 2 THEN orders - 2 ELSE 0 END AS thirds
        FROM bought
        UNION ALL
        SELECT day, currency, day_before, 0, 1,
            CASE WHEN orders_before > 1 THEN 1 ELSE 0 END + CASE WHEN orders > 1 THEN 1 ELSE 0 END
        FROM bought WHERE day_before IS NOT NULL
        UNION ALL
        SELECT day, currency, two_before, 0, 0, 1
        FROM bought WHERE two_before IS NOT NULL AND orders_before = 1
    ) AS followed
    GROUP BY day, currency, earlier
"""


class Migration(migrations.Migration):
    dependencies = [("analyticsapp", "0003_saved_exports")]

    operations = [
        migrations.CreateModel(
            name="CustomerReturn",
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
                ("seconds", models.BigIntegerField()),
                ("thirds", models.BigIntegerField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("day", "earlier", "currency"), name="return_once_a_pair")
                ],
            },
        ),
        migrations.AddIndex(
            model_name="customerday",
            index=models.Index(fields=["email", "currency", "day"], name="customer_by_email"),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
