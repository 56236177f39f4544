"""Every address of the URLconf, and how each is asked. To cover a new one, see `SAMPLES`."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from django.contrib.contenttypes.models import ContentType
from django.urls import URLPattern, URLResolver, get_resolver, resolve, reverse

from accounts.models import Role, User
from monitoring.tests.making import make_issue
from orders.access import signed_link
from orders.tests.making import make_saved_view
from payments.tests.making import (
    make_dispute,
    make_event,
    make_payout,
    make_refund,
    make_replay,
    make_request,
)
from purelaka.testing import NOON, make_address, make_order, make_user, make_variant
from staff.tests.making import make_invitation

# What stands for the arguments of an address. A key is the argument's name, or `url_name.argument`
# where one address needs something of its own. The factory is called once for each question.
SAMPLES: dict[str, Callable[[], object]] = {
    "number": lambda: make_order().number,
    "kpi": lambda: "revenue",
    "figure": lambda: "wishes_made",
    "key": lambda: "not-a-key",
    "report": lambda: "refunds",
    "table": lambda: "months",
    "month": lambda: "2020-01",
    "analyticsapp:delete-saved-export.pk": lambda: 0,
    "analyticsapp:export-xlsx.key": lambda: "orders",
    "analyticsapp:export-zip.key": lambda: "orders",
    "analyticsapp:saved-file.key": lambda: "orders",
    "analyticsapp:saved-file.form": lambda: "csv",
    "uidb36": lambda: "1",
    "account_reset_password_from_key.key": lambda: "set-password",
    "app_label": lambda: "accounts",
    "object_id": lambda: make_user(Role.CUSTOMER).pk,
    "id": lambda: make_user(Role.CUSTOMER).pk,
    "event_id": lambda: make_event().event_id,
    "payments:event-replay-detail.key": lambda: make_replay().key,
    "payout_id": lambda: make_payout().payout_id,
    "dispute_id": lambda: make_dispute().dispute_id,
    "refund_id": lambda: make_refund().refund_id,
    "request_id": lambda: make_request(status="declined", decided_at=NOON).pk,
    "mail_id": lambda: 1,
    "issue_id": lambda: make_issue().pk,
    # a view that somebody else keeps for themselves
    "orders:view-edit.pk": lambda: make_saved_view().pk,
    "orders:view-refilter.pk": lambda: make_saved_view().pk,
    "orders:view-delete.pk": lambda: make_saved_view().pk,
    "orders:open.token": lambda: resolve(signed_link(make_order())).kwargs["token"],
    # passkeys: somebody else's, and the password is asked for before that is told
    "mfa_edit_webauthn.pk": lambda: 1,
    "mfa_remove_webauthn.pk": lambda: 1,
    **{
        f"staff:{name}.pk": lambda: make_user(Role.OPS).pk
        for name in ("person", "role", "deactivate", "reactivate", "sessions-end", "second-factor-reset")
    },
    "staff:session-end.pk": lambda: make_user(Role.OPS).pk,
    "staff:session-end.session": lambda: 0,
    "staff:invitation-send.pk": lambda: make_invitation().pk,
    "staff:invitation-revoke.pk": lambda: make_invitation().pk,
    "staff:join.token": lambda: make_invitation().token,
    "accounts:session-end.pk": lambda: 0,  # nobody's: 1 can be the asker's own
    "accounts:address-edit.pk": lambda: make_address().pk,
    "accounts:address-delete.pk": lambda: make_address().pk,
    "accounts:address-choose.pk": lambda: make_address().pk,
    "category": lambda: make_variant().product.category.slug,
    "slug": lambda: make_variant().product.slug,
    "variant": lambda: make_variant().pk,
    "catalog:picture.name": lambda: "no-such-picture.png",
    "catalog:product-edit.product": lambda: make_variant().product_id,
    "catalog:product-archive.product": lambda: make_variant().product_id,
    "catalog:product-restore.product": lambda: make_variant().product_id,
    "catalog:variant-add.product": lambda: make_variant().product_id,
    "catalog:variant-edit.variant": lambda: make_variant().pk,
    "catalog:variant-archive.variant": lambda: make_variant().pk,
    "catalog:variant-restore.variant": lambda: make_variant().pk,
    "catalog:stock-receive.variant": lambda: make_variant().pk,
    "catalog:stock-adjust.variant": lambda: make_variant().pk,
    "catalog:category-edit.category": lambda: make_variant().product.category_id,
    "catalog:category-delete.category": lambda: make_variant().product.category_id,
    "content_type_id": lambda: ContentType.objects.get_for_model(User).pk,
}


class Address(NamedTuple):
    """A named address with the names of its arguments."""

    name: str
    arguments: tuple[str, ...]

    def url(self) -> str:
        """Its path, with sample objects for its arguments."""
        return reverse(self.name, kwargs={argument: self._sample(argument) for argument in self.arguments})

    def _sample(self, argument: str) -> object:
        sample = SAMPLES.get(f"{self.name}.{argument}") or SAMPLES.get(argument)
        if sample is None:
            raise LookupError(f"{self.name} needs a sample for {argument!r}: add one to SAMPLES")
        return sample()


def addresses() -> list[Address]:
    """All named addresses, each once. Those without a name only redirect within Django's admin."""
    return sorted(set(_walk(get_resolver().url_patterns, "", ())))


def _walk(
    patterns: list[URLPattern | URLResolver], namespace: str, before: tuple[str, ...]
) -> Iterator[Address]:
    for pattern in patterns:
        arguments = (*before, *pattern.pattern.regex.groupindex)
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from _walk(pattern.url_patterns, inner, arguments)
        elif pattern.name:
            yield Address(f"{namespace}{pattern.name}", arguments)
