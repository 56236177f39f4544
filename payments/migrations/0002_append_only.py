from django.db import migrations

from purelaka.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("payments", "0001_initial")]

    operations = [
        AppendOnly("payments_ledgerentry"),
        AppendOnly("payments_stripeevent", columns=["event_id", "type", "created", "livemode", "payload"]),
    ]
