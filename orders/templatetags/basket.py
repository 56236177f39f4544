"""The basket in the shop's frame. `{% load basket %}`."""

from django import template
from django.http import HttpRequest
from django.template.context import Context

from orders import basket

register = template.Library()


@register.simple_tag(takes_context=True)
def basket_count(context: Context) -> int:
    """Pieces in this visitor's basket; 0 where there is no visitor, as on error pages."""
    request: HttpRequest | None = context.get("request")
    return basket.count(request) if request is not None and hasattr(request, "session") else 0


@register.simple_tag(takes_context=True)
def basket_currency(context: Context) -> str:
    """The currency of the goods in this visitor's basket; empty while there are none."""
    found = basket.open_basket(context["request"])
    return basket.currency(found) if found else ""
