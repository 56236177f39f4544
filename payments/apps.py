from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    name = "payments"

    def ready(self) -> None:
        from orders.placing import after_placing
        from payments import audit_targets  # noqa: F401 - it registers itself
        from payments.projection import adopt

        after_placing.append(adopt)
