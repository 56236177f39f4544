from django.apps import AppConfig


class AnalyticsConfig(AppConfig):
    name = "analyticsapp"

    def ready(self) -> None:
        from analyticsapp import audit_targets  # noqa: F401 - it registers itself
