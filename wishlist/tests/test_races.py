"""Real threads on Postgres: of two clicks at once, one counts.

SQLite lets one writer in at a time by itself, so there is nothing to race there.
"""

from functools import partial
from unittest import skipUnless
from unittest.mock import patch

from django.contrib.sessions.backends.db import SessionStore
from django.db import IntegrityError, connection
from django.test import RequestFactory

from accounts.models import Role, User
from catalog.models import Variant
from orders.models import BasketItem
from payments.tests.test_races import at_once
from purelaka.testing import GuardedTransactionTestCase, make_user, make_variant
from wishlist import moving, wishes
from wishlist.models import WishlistItem
from wishlist.wishes import AccountWishes


def move(user: User, variant: Variant) -> bool:
    """Move a wish to the basket, in a request of its own."""
    request = RequestFactory().post("/")
    request.user, request.session = user, SessionStore()
    return moving.move(request, variant)


@skipUnless(connection.vendor == "postgresql", "SQLite has one writer at a time: nothing to race")
class TwoClicksTests(GuardedTransactionTestCase):
    def setUp(self) -> None:
        self.ann, self.variant = make_user(Role.CUSTOMER), make_variant()

    def wish(self) -> None:
        AccountWishes(self.ann).add(self.variant)

    def test_wishing_makes_one_wish(self) -> None:
        results = at_once(*[self.wish] * 4)

        self.assertEqual(results, [None] * 4)
        self.assertEqual(WishlistItem.objects.filter(removed_at=None).count(), 1)

    def test_without_the_database_s_leave_to_ignore_it_all_but_one_fail(self) -> None:
        with patch.object(wishes, "keep", lambda rows: [row.save() for row in rows]):
            results = at_once(*[self.wish] * 4)

        self.assertEqual(sum(isinstance(result, IntegrityError) for result in results), 3)

    def test_moving_puts_one_piece_into_the_basket(self) -> None:
        self.wish()
        results = at_once(*[partial(move, self.ann, self.variant)] * 4)

        self.assertCountEqual(results, [True, False, False, False])
        self.assertEqual(BasketItem.objects.get().quantity, 1)

    def test_unwishing_is_dated_once(self) -> None:
        self.wish()
        results = at_once(*[partial(AccountWishes(self.ann).remove, self.variant.pk)] * 4)

        self.assertCountEqual(results, [True, False, False, False])
