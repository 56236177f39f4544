"""What delivery costs, on the pages of the shop. `{% load delivery %}`."""

from django import template
from django.conf import settings

from orders import rates

register = template.Library()


@register.inclusion_tag("orders/_delivery.html")
def delivery(currency: str) -> dict[str, object]:
    """`{% delivery currency %}`: the ways of delivery within the store's own country. One query."""
    country = settings.STORE_COUNTRY
    ways = rates.offers(country, currency, 0)
    return {"ways": ways, "currency": currency, "country": rates.country_name(country)}
