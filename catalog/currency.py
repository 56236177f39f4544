"""The currency a visitor shops in. A basket holds one; amounts in two are never added."""

from django.conf import settings
from django.http import HttpRequest

from catalog.models import Variant

SESSION_KEY = "currency"


def chosen(request: HttpRequest) -> str:
    """The visitor's choice, else the store's own (`DEFAULT_CURRENCY`), as an ISO 4217 code in lower case."""
    return str(request.session.get(SESSION_KEY) or settings.DEFAULT_CURRENCY)


def choose(request: HttpRequest, currency: str) -> bool:
    """Remember the choice; False, and nothing changes, when nothing is sold in this currency."""
    if currency not in sold_in():
        return False
    request.session[SESSION_KEY] = currency
    return True


def sold_in() -> list[str]:
    """The currencies in which something is on sale; the store's own first. One query."""
    found = Variant.objects.filter(is_active=True, product__is_active=True).values_list("currency", flat=True)
    return sorted(found.distinct(), key=lambda code: (code != settings.DEFAULT_CURRENCY, code))
