"""When Stripe reached us, which secret proved it, and replays by people."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0005_dispute_evidence"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name="stripeevent",
            index=models.Index(
                condition=models.Q(("source", "webhook")),
                fields=["received_at", "created"],
                name="event_deliveries",
            ),
        ),
        migrations.CreateModel(
            name="SigningSecret",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("fingerprint", models.CharField(max_length=32, unique=True)),
                ("first_used_at", models.DateTimeField()),
                ("last_used_at", models.DateTimeField()),
                ("used_count", models.PositiveBigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="EventReplay",
            fields=[
                ("key", models.UUIDField(primary_key=True, serialize=False)),
                ("query", models.TextField(blank=True)),
                ("event_count", models.PositiveIntegerField()),
                ("results", models.JSONField(default=list)),
                ("started_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "actor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
    ]
