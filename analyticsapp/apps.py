from django.apps import AppConfig


class AnalyticsConfig(AppConfig):
    name = "analyticsapp"

    def ready(self) -> None:
        from analyticsapp import audit_targets  # noqa: F401 - it registers itself
        from analyticsapp.rollups.build import remake_products
        from payments.stuck.deciding import after_substituting

        after_substituting.append(remake_products)
