from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    name = "payments"

    def ready(self) -> None:
        from orders.checkout import before_replacing
        from orders.placing import after_placing
        from payments import audit_targets, checks, customer_mails  # noqa: F401 - they register themselves
        from payments.giving_up import make_way
        from payments.projection import adopt

        after_placing.append(adopt)
        customer_mails.register()
        before_replacing.append(make_way)
