from django.urls import re_path

from payments.webhook import webhook

app_name = "payments"

urlpatterns = [
    # with and without the slash: Stripe counts a redirect as a failure
    re_path(r"^webhook/?$", webhook, name="webhook"),
]
