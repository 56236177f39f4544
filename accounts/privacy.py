"""Whom a page or a file shows people's data, and what stands for a person where it does not.

With `ANALYST_SEES_PERSONAL_DATA=0` an analyst reads a customer key in the place of an email address, and
`HIDDEN` in the place of names and addresses. Who asks is known from the request that is being answered.
"""

import re
from collections.abc import Callable
from contextvars import ContextVar
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.db.models import CharField, Func
from django.http import HttpRequest, HttpResponseBase

from accounts.models import Role

HIDDEN = "hidden from your role"
KEY_DIGITS = 16
KEY = re.compile(rf"c_[0-9a-f]{{{KEY_DIGITS}}}")
EMAIL = re.compile(r"[^\s@<>\"'(),;:|]+@[^\s@<>\"'(),;:|]+\.[^\s@<>\"'(),;:|.]+")
SEARCH_BY_KEY = (
    "Your role does not see email addresses and names, and a search does not look in them. "
    "Search by customer key, as c_0123456789abcdef."
)

# Names in Stripe's payloads below which there is a person, however deep. `name` alone is one too: of a
# cardholder, a recipient, a customer.
PERSONAL_FIELDS = frozenset(
    "address address_city address_country address_line1 address_line2 address_state address_zip "
    "billing_details customer_details customer_address customer_communication customer_email "
    "customer_email_address customer_name customer_phone customer_purchase_ip customer_shipping "
    "billing_address shipping_address description display_name email individual ip ip_address name "
    "nickname owner payer_email payer_name phone receipt_email receipt_number receipt_url recipient "
    "hosted_verification_url shipping shipping_details uncategorized_text user_agent "
    "verified_email verified_name".split()
)

_request: ContextVar[HttpRequest | None] = ContextVar("privacy_request", default=None)


def remember_request(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware: whose page is being made."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        token = _request.set(request)
        try:
            return get_response(request)
        finally:
            _request.reset(token)

    return middleware


def sees_personal_data(user: Any) -> bool:
    """False for an analyst of a store that keeps its customers from analysts."""
    return settings.ANALYST_SEES_PERSONAL_DATA or getattr(user, "role", "") != Role.ANALYST


def is_hidden() -> bool:
    """Whether the page that is being made is for somebody who sees no personal data; never of a command."""
    request = _request.get()
    # Asked first, so that a page which has no use for its user does not look for them.
    if settings.ANALYST_SEES_PERSONAL_DATA or request is None:
        return False
    return not sees_personal_data(getattr(request, "user", None))


# --- what is shown --------------------------------------------------------------------------------


def person(email: str) -> str:
    """The address, or the key in its place."""
    return customer_key(email) if is_hidden() else email


def private(text: str) -> str:
    """A name, a postal address, what staff wrote about somebody: the text, or that it is hidden."""
    return HIDDEN if text and is_hidden() else text


def without_people(text: str) -> str:
    """A text of ours or of a mail server's, with keys in the place of the email addresses in it."""
    return _without_emails(text) if is_hidden() else text


def masked(payload: Any) -> Any:
    """A payload of Stripe's without people: by the names of its fields, and any email address in its texts.

    Whoever may see them gets it as it is.
    """
    return _masked(payload) if is_hidden() else payload


def _masked(value: Any, key: str = "") -> Any:
    if key in PERSONAL_FIELDS and value:
        return HIDDEN
    if isinstance(value, dict):
        return {name: _masked(each, name) for name, each in value.items()}
    if isinstance(value, list):
        return [_masked(each) for each in value]
    return _without_emails(value) if isinstance(value, str) else value


def _without_emails(text: str) -> str:
    return EMAIL.sub(lambda found: customer_key(found[0]), text)


# --- the key --------------------------------------------------------------------------------------


def customer_key(email: str) -> str:
    """`c_` and 16 hexadecimal digits, the same for an address on every page and in every file.

    Without the salt nobody can tell whose it is by trying addresses. Raises ImproperlyConfigured without one.
    """
    if not email:
        return ""
    digest = sha256(_salt() + email.lower().encode())
    return f"c_{digest.hexdigest()[:KEY_DIGITS]}"


def key_sql(expression: str) -> str:
    """SQL that makes the key of the address that `expression` gives; on SQLite a function is lent for it."""
    if connection.vendor == "postgresql":
        salted = f"decode('{_salt().hex()}', 'hex') || convert_to(lower({expression}), 'UTF8')"
        key = f"'c_' || left(encode(sha256({salted}), 'hex'), {KEY_DIGITS})"
        return f"(CASE WHEN {expression} = '' THEN '' ELSE {key} END)"
    connection.ensure_connection()
    connection.connection.create_function("CUSTOMER_KEY", 1, _key_or_null, deterministic=True)
    return f"CUSTOMER_KEY({expression})"


def _key_or_null(email: str | None) -> str | None:
    return email and customer_key(email)


class CustomerKey(Func):
    """`CustomerKey("email")`: the key of a column's address, in a query."""

    output_field = CharField()

    def as_sql(self, compiler: Any, *args: Any, **kwargs: Any) -> Any:
        [source] = self.get_source_expressions()
        sql, parameters = compiler.compile(source)
        # On Postgres the column stands in it twice: it must be a column, without parameters.
        return key_sql(sql), list(parameters)


def _salt() -> bytes:
    salt: str = settings.PERSONAL_DATA_SALT
    if not salt:
        raise ImproperlyConfigured("PERSONAL_DATA_SALT is not set. See .env.example for what it is.")
    return salt.encode()


def check_salt(**_: Any) -> list[CheckMessage]:
    """Where analysts get keys, there must be a salt to make them with."""
    if settings.ANALYST_SEES_PERSONAL_DATA or settings.PERSONAL_DATA_SALT:
        return []
    return [
        Error(
            "ANALYST_SEES_PERSONAL_DATA=0 needs a PERSONAL_DATA_SALT.",
            hint="Set it to a random text of at least 32 characters, and keep it: with another, keys change.",
            id="accounts.E001",
        )
    ]
