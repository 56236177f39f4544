"""Where Stripe posts its events."""

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from payments import gateway, inbox, refunds, signing
from payments.envelope import BadEnvelope
from payments.models import EventStatus


@csrf_exempt  # Stripe has no CSRF token; the signature is the proof of origin
@require_POST
def webhook(request: HttpRequest) -> HttpResponse:
    """Take one event in.

    200 handled, ignored or seen before; 400 not from Stripe, or not an event; 413 too large;
    500 kept as failed, so that Stripe tries again; 503 no signing secret is configured.
    """
    if not settings.STRIPE_WEBHOOK_SECRETS:
        return answer(503, "STRIPE_WEBHOOK_SECRET is not set on this server: no event can be trusted.")
    try:
        body = request.body
        secret = gateway.verify(
            body, request.headers.get("Stripe-Signature", ""), settings.STRIPE_WEBHOOK_SECRETS
        )
        receipt = inbox.receive(body.decode())
    except RequestDataTooBig:
        return answer(413, "The event is too large.")
    except UnreadablePostError:
        return answer(400, "The body ended early.")
    except (gateway.BadSignature, BadEnvelope) as problem:
        return answer(400, str(problem))
    signing.uses.note(secret, timezone.now())
    if receipt.is_new:
        refunds.refund_what_cannot_be_sent()
    failed = receipt.status == EventStatus.FAILED
    return answer(500 if failed else 200, receipt.status)


def answer(status: int, text: str) -> HttpResponse:
    """Plain text for whoever reads Stripe's delivery log."""
    return HttpResponse(f"{text}\n", status=status, content_type="text/plain; charset=utf-8")
