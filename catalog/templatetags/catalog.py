"""Pictures, currencies and prices of the shop. `{% load catalog %}`."""

from django import template
from django.conf import settings
from django.http import HttpRequest

from catalog import currency, pictures
from catalog.models import Product
from purelaka.money import SYMBOLS

register = template.Library()


@register.simple_tag
def product_image(product: Product) -> str:
    """`{% product_image product %}`: the address of its picture: uploaded, drawn, or a neutral one."""
    return pictures.address(product)


@register.simple_tag
def tax_note() -> str:
    """What a price says about VAT."""
    return "VAT included" if settings.PRICES_INCLUDE_TAX else "plus VAT"


@register.simple_tag
def tax_sentence() -> str:
    """The same for all prices of the shop."""
    included = settings.PRICES_INCLUDE_TAX
    return "Prices include VAT." if included else "VAT is added at the checkout."


@register.inclusion_tag("catalog/shop/_currencies.html", takes_context=True)
def currency_chooser(context: template.Context) -> dict[str, object]:
    """`{% currency_chooser %}`: a menu of the currencies sold in; nothing when there is no other."""
    request: HttpRequest = context["request"]
    codes, chosen = currency.sold_in(), currency.chosen(request)
    return {
        "codes": codes if set(codes) - {chosen} else [],
        "chosen": chosen,
        "here": request.get_full_path(),
        "csrf_token": context.get("csrf_token"),
    }


@register.filter
def currency_name(code: str) -> str:
    """`£ GBP`, `CHF`."""
    symbol = SYMBOLS.get(code, "")
    return f"{symbol} {code.upper()}".strip()
