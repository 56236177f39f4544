"""The border to Stripe. This module alone imports its SDK; others see plain dicts and our errors.

docs.stripe.com/webhooks (signatures), docs.stripe.com/api/idempotent_requests.
"""

import re
import time
from collections.abc import Sequence
from typing import Any, Literal, Protocol

import stripe
from django.conf import settings

from payments.gateway_error import GatewayError as GatewayError  # callers take it from here
from payments.mock_gateway import CHARGES, MockGateway

TOLERANCE = 300  # seconds, in the past and in the future
TIMESTAMP = re.compile(r"(?:^|,)\s*t=(\d{1,11})(?:,|$)")

# From endive (2026-09-30) on, Stripe refuses `payment_method_types`: the last name before it takes them.
KNOWS_METHOD_TYPES = "2026-03-25.dahlia"

stripe.enable_telemetry = False


class BadSignature(Exception):
    """Not from Stripe, too old or too new; the message says which."""


class Gateway(Protocol):
    """What we ask of a payment provider. Answers are Stripe's objects as plain dicts.

    Each raises GatewayError when the provider did not do it.
    """

    def create_payment_intent(
        self,
        *,
        amount: int,
        currency: str,
        key: str,
        metadata: dict[str, str],
        email: str = "",
        description: str = "",
    ) -> dict[str, Any]:
        """Ask for `amount` minor units. The same `key` gives the same payment intent.

        `metadata` names the order and this installation, as `order_number` and `instance`.
        """

    def payment_intent(self, payment_intent_id: str) -> dict[str, Any]:
        """The payment intent as it is now."""

    def cancel_payment_intent(self, payment_intent_id: str) -> dict[str, Any]:
        """Make sure that nobody can pay on it any more. Refused (final) once it is paid, or being paid."""

    def create_refund(
        self, *, payment_intent_id: str, amount: int, reason: str, key: str, metadata: dict[str, str]
    ) -> dict[str, Any]:
        """Send `amount` minor units back. `key` makes it safe to repeat. Raises GatewayError.

        `payment_intent_id` is the id of a charge where there was no payment intent.
        """

    def find_refund(self, *, payment_intent_id: str, key: str) -> dict[str, Any] | None:
        """The refund with `request_key` `key` in its metadata, if Stripe has made it."""

    def balance_transactions(self, *, payout_id: str = "", source_id: str = "") -> list[dict[str, Any]]:
        """Stripe's own book lines of one payout or one source."""


def verify(body: bytes, header: str, secrets: Sequence[str]) -> str:
    """The one of `secrets` that signed `body`. Raises BadSignature.

    The SDK lets a time in the future pass; we do not.
    """
    stamp = TIMESTAMP.search(header)
    if stamp is None:
        raise BadSignature("The Stripe-Signature header has no time.")
    if int(stamp[1]) > time.time() + TOLERANCE:
        raise BadSignature("The Stripe-Signature header is from the future: check this server's clock.")
    problem = "No signature matches."
    for secret in secrets:
        try:
            stripe.WebhookSignature.verify_header(body.decode(), header, secret, TOLERANCE)
            return secret
        except stripe.SignatureVerificationError as error:
            problem = str(error.user_message or error)
        except (ValueError, TypeError, AttributeError) as error:  # bytes that are no text, odd headers
            problem = f"Unreadable: {error}"
    raise BadSignature(problem)


def gateway() -> Gateway:
    """Stripe, or in mock mode its stand-in."""
    return StripeGateway() if settings.PAYMENTS_USE_STRIPE else MockGateway()


class StripeGateway:
    """Stripe through its SDK, with time-outs and retries, which the SDK's client has not by itself."""

    def __init__(self) -> None:
        self.client = stripe.StripeClient(
            settings.STRIPE_SECRET_KEY,
            max_network_retries=2,
            http_client=stripe.RequestsClient(timeout=(3, 10)),
            base_addresses={"api": settings.STRIPE_API_BASE},
        )

    def create_refund(
        self, *, payment_intent_id: str, amount: int, reason: str, key: str, metadata: dict[str, str]
    ) -> dict[str, Any]:
        params: stripe.params.RefundCreateParams = {"amount": amount, "metadata": metadata}
        params[_kind(payment_intent_id)] = payment_intent_id
        if reason:
            params["reason"] = reason
        try:
            refund = self.client.v1.refunds.create(
                params, {"idempotency_key": f"{key}:{amount}:{payment_intent_id}"}
            )
        except stripe.StripeError as error:
            raise _ours(error) from error
        return _plain(refund)

    def create_payment_intent(
        self,
        *,
        amount: int,
        currency: str,
        key: str,
        metadata: dict[str, str],
        email: str = "",
        description: str = "",
    ) -> dict[str, Any]:
        """Ask for `amount`. `email` stays here: Stripe would send receipts of its own to it."""
        params: Any = {"amount": amount, "currency": currency, "metadata": metadata}
        options: stripe.RequestOptions = {"idempotency_key": f"{key}:{amount}:{currency}"}
        if settings.STRIPE_PAYMENT_METHOD_TYPES:
            params["payment_method_types"] = settings.STRIPE_PAYMENT_METHOD_TYPES
            options["stripe_version"] = KNOWS_METHOD_TYPES
        else:
            params["automatic_payment_methods"] = {"enabled": True}
        if settings.STRIPE_DESCRIPTIONS and description:
            params["description"] = description
        try:
            return _plain(self.client.v1.payment_intents.create(params, options))
        except stripe.StripeError as error:
            raise _ours(error) from error

    def payment_intent(self, payment_intent_id: str) -> dict[str, Any]:
        try:
            return _plain(
                self.client.v1.payment_intents.retrieve(payment_intent_id, {"expand": ["latest_charge"]})
            )
        except stripe.StripeError as error:
            raise _ours(error) from error

    def cancel_payment_intent(self, payment_intent_id: str) -> dict[str, Any]:
        params: stripe.params.PaymentIntentCancelParams = {}
        if settings.STRIPE_DESCRIPTIONS:
            params["cancellation_reason"] = "abandoned"
        try:
            return _plain(self.client.v1.payment_intents.cancel(payment_intent_id, params))
        except stripe.StripeError as error:
            refusal = _ours(error)
            found = self.payment_intent(payment_intent_id) if refusal.is_final else {}
            if found.get("status") == "canceled":  # by an earlier call whose answer was lost
                return found
            raise refusal from error

    def find_refund(self, *, payment_intent_id: str, key: str) -> dict[str, Any] | None:
        try:
            about: stripe.params.RefundListParams = {"limit": 100}
            about[_kind(payment_intent_id)] = payment_intent_id
            found = self.client.v1.refunds.list(params=about)
            plain = (_plain(refund) for refund in found.auto_paging_iter())
            return next((r for r in plain if (r.get("metadata") or {}).get("request_key") == key), None)
        except stripe.StripeError as error:
            raise _ours(error) from error

    def balance_transactions(self, *, payout_id: str = "", source_id: str = "") -> list[dict[str, Any]]:
        params: dict[str, Any] = {"limit": 100}
        if payout_id:
            params["payout"] = payout_id
        if source_id:
            params["source"] = source_id
        try:
            found = self.client.v1.balance_transactions.list(params=params)  # type: ignore[arg-type]
            return [_plain(item) for item in found.auto_paging_iter()]
        except stripe.StripeError as error:
            raise _ours(error) from error


def _kind(payment_id: str) -> Literal["charge", "payment_intent"]:
    """Older payments are a charge without a payment intent."""
    return "charge" if payment_id.startswith(CHARGES) else "payment_intent"


def _plain(answer: stripe.StripeObject) -> dict[str, Any]:
    plain: dict[str, Any] = answer.to_dict(for_json=True)
    return plain


def _ours(error: stripe.StripeError) -> GatewayError:
    """A refused request is final; a broken line, a limit or a server error is not."""
    status = error.http_status or 0
    is_final = 400 <= status < 500 and status not in (409, 429)
    return GatewayError(error.user_message or str(error), is_final=is_final)
