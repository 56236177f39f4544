"""What a visitor wishes for: rows of their account, or notes in their session until they sign in.

A wish of an account is a row that is never deleted: taking it back sets `removed_at`, and wishing
again makes a new row. So the list tells what was wanted when, also of what is wanted no more.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Protocol

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import User
from catalog.models import Variant
from wishlist.models import WishlistItem

SESSION_KEY = "wishes"
GUESTS_MOST = 50


class TooMany(ValueError):
    """A guest's list is full; the message says what to do."""


class Wishes(Protocol):
    """What one visitor wishes for now."""

    def ids(self) -> frozenset[int]:
        """The variants. One query at most, however often it is asked."""

    def all(self) -> list[WishlistItem]:
        """The wishes, the latest first; those of a guest are not saved."""

    def add(self, variant: Variant) -> None:
        """Wish for it; nothing happens when it is wished for already. Raises TooMany."""

    def remove(self, variant_id: int) -> bool:
        """Take the wish back. False when there was none: of two clicks at once, one is told so."""


def wishes_of(request: HttpRequest) -> Wishes:
    """This visitor's wishes; the same object for the whole request."""
    known: Wishes | None = getattr(request, "_wishes", None)
    if known is None:
        known = AccountWishes(request.user) if request.user.is_authenticated else SessionWishes(request)
        request._wishes = known  # type: ignore[attr-defined]
    return known


class AccountWishes:
    """Rows. Two clicks at once make one wish: the database refuses the second."""

    def __init__(self, user: User) -> None:
        self.user = user
        self._ids: frozenset[int] | None = None

    def ids(self) -> frozenset[int]:
        if self._ids is None:
            self._ids = frozenset(self._active().values_list("variant_id", flat=True))
        return self._ids

    def all(self) -> list[WishlistItem]:
        found = list(self._active().order_by("-created_at", "-pk"))
        self._ids = frozenset(wish.variant_id for wish in found)
        return found

    def add(self, variant: Variant) -> None:
        self._ids = None
        keep([WishlistItem(user=self.user, variant=variant, unit_amount=variant.unit_amount)])

    def remove(self, variant_id: int) -> bool:
        self._ids = None
        return bool(self._active().filter(variant_id=variant_id).update(removed_at=timezone.now()))

    def _active(self) -> QuerySet[WishlistItem]:
        return WishlistItem.objects.filter(user=self.user, removed_at=None)


class SessionWishes:
    """Notes in the session: when, and what it cost then."""

    def __init__(self, request: HttpRequest) -> None:
        self.session = request.session

    def ids(self) -> frozenset[int]:
        return frozenset(wish.variant_id for wish in noted(self.session))

    def all(self) -> list[WishlistItem]:
        return sorted(noted(self.session), key=lambda wish: wish.created_at, reverse=True)

    def add(self, variant: Variant) -> None:
        notes = self.session.get(SESSION_KEY, {})
        if str(variant.pk) in notes:
            return
        if len(notes) >= GUESTS_MOST:
            raise TooMany(
                f"Without an account a wishlist holds {GUESTS_MOST} things. Sign in to keep more, "
                "or take something off it."
            )
        note = [timezone.now().isoformat(), variant.unit_amount]
        self.session[SESSION_KEY] = {**notes, str(variant.pk): note}

    def remove(self, variant_id: int) -> bool:
        notes = dict(self.session.get(SESSION_KEY, {}))
        if notes.pop(str(variant_id), None) is None:
            return False
        self.session[SESSION_KEY] = notes
        return True


def noted(session: Any) -> list[WishlistItem]:
    """The wishes in a session, as rows that are not saved and have no user."""
    return [
        WishlistItem(variant_id=int(key), created_at=datetime.fromisoformat(at), unit_amount=unit_amount)
        for key, (at, unit_amount) in session.get(SESSION_KEY, {}).items()
    ]


def keep(wishes: Iterable[WishlistItem]) -> None:
    """Save wishes of accounts; those that are there already stay as they are, with their moment."""
    now = timezone.now()
    wishes = list(wishes)
    for wish in wishes:
        wish.known_at = now
    WishlistItem.objects.bulk_create(wishes, ignore_conflicts=True)


def adopt(request: HttpRequest, user: User) -> None:
    """Give what the session wishes for to the account that has just signed in, with the moments."""
    wishes = noted(request.session)
    request.session.pop(SESSION_KEY, None)
    request.__dict__.pop("_wishes", None)
    if not wishes:
        return
    wanted = [wish.variant_id for wish in wishes]
    there = set(Variant.objects.filter(pk__in=wanted).values_list("pk", flat=True))
    for wish in wishes:
        wish.user = user
    keep(wish for wish in wishes if wish.variant_id in there)
