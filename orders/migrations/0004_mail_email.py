from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0003_mail_tries"),
    ]

    operations = [
        # `to` is a reserved word in SQL.
        migrations.RenameField(model_name="mail", old_name="to", new_name="email"),
    ]
