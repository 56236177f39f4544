"""System checks of the connection to Stripe: `manage.py check` tells of a wrong deployment."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

STRIPE_API, STRIPE_JS = "https://api.stripe.com", "https://js.stripe.com/"
SECRET, PUBLISHABLE = ("sk_", "rk_"), ("pk_",)


@register
def stripe_settings(app_configs: Sequence[Any] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """Nothing in mock mode; in Stripe mode, what keeps customers from paying."""
    return list(_findings()) if settings.PAYMENTS_USE_STRIPE else []


def _findings() -> Iterator[CheckMessage]:
    secret, publishable = settings.STRIPE_SECRET_KEY, settings.STRIPE_PUBLISHABLE_KEY
    if not secret.startswith(SECRET):
        yield Error(
            f"STRIPE_SECRET_KEY {_problem(secret)}.",
            hint="Set it to the key sk_... or rk_... of your Stripe account.",
            id="payments.E001",
        )
    if not publishable.startswith(PUBLISHABLE):
        yield Error(
            f"STRIPE_PUBLISHABLE_KEY {_problem(publishable)}.",
            hint="Set it to the key pk_... of your Stripe account. It is shown to browsers.",
            id="payments.E002",
        )
    if secret and publishable and _is_live(secret) != _is_live(publishable):
        yield Error(
            "STRIPE_SECRET_KEY and STRIPE_PUBLISHABLE_KEY are of different modes: one is live, one is not.",
            hint="Take both from the same page of Stripe's dashboard.",
            id="payments.E003",
        )
    if _is_live(secret) and not _goes_to_stripe():
        yield Error(
            "With live keys, STRIPE_API_BASE and STRIPE_JS_URL must be Stripe's own addresses.",
            hint="Remove both settings, or use test keys with a fake Stripe.",
            id="payments.E004",
        )
    if not settings.STRIPE_WEBHOOK_SECRETS:
        yield Warning(
            "STRIPE_WEBHOOK_SECRET is not set: what Stripe tells us is refused.",
            hint="Set it to the signing secret whsec_... of the webhook endpoint. See docs/stripe.md.",
            id="payments.W001",
        )


def _problem(key: str) -> str:
    return "is of another kind of key" if key else "is not set"


def _is_live(key: str) -> bool:
    return key[3:].startswith("live_")


def _goes_to_stripe() -> bool:
    return settings.STRIPE_API_BASE == STRIPE_API and settings.STRIPE_JS_URL.startswith(STRIPE_JS)
