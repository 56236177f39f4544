"""The project's addresses, and two to compare with: a tutorial's webhook, which verifies with the SDK and
inserts a row, and a page of the staff's frame that looks one order up."""

import stripe
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template import engines
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from accounts.roles import staff_required
from orders.models import Order
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


ONE_ORDER = """{% extends frame_template %}{% block content %}
<h1>{{ order.number }}</h1><p>{{ order.status }}, {{ order.amount_total }} {{ order.currency }}</p>
{% endblock %}"""


@staff_required
def one_order(request: HttpRequest, number: str) -> HttpResponse:
    order = get_object_or_404(Order, number=number)
    return HttpResponse(engines["django"].from_string(ONE_ORDER).render({"order": order}, request))


urlpatterns = [path("bare/", bare), path("one-order/<str:number>/", one_order), *ours]
