"""The project's addresses, and what a tutorial's webhook does: verify with the SDK, insert a row."""

import stripe
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from purelaka.urls import urlpatterns as ours

CREATE_TABLE = """CREATE TABLE bare_event (
    id bigserial PRIMARY KEY, event_id text UNIQUE, type text, payload text)"""


@csrf_exempt
def bare(request: HttpRequest) -> HttpResponse:
    event = stripe.Webhook.construct_event(
        request.body, request.headers["Stripe-Signature"], settings.STRIPE_WEBHOOK_SECRETS[0]
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO bare_event (event_id, type, payload) VALUES (%s, %s, %s)",
            [event.id, event.type, request.body.decode()],
        )
    return HttpResponse("ok")


urlpatterns = [path("bare/", bare), *ours]
