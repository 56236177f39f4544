from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0011_pack_count"),
        ("payments", "0010_known_when"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="ledgerentry",
            index=models.Index(
                fields=["order"],
                name="ledger_refunds",
                condition=models.Q(("kind__in", ["refund", "refund_reversal"])),
            ),
        ),
    ]
