from django.db import migrations

from purelaka.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("catalog", "0002_initial")]

    operations = [
        AppendOnly("catalog_stockmovement"),
    ]
