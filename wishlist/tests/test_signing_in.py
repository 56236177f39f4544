"""What a guest wished for becomes the account's when they sign in or up."""

from datetime import datetime, timedelta

from django.core.cache import cache
from django.test import TestCase
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role, User
from catalog.models import StockMovement, Variant
from purelaka import append_only
from purelaka.testing import make_user, make_variant
from wishlist.models import WishlistItem


class SigningInTests(TestCase):
    def setUp(self) -> None:
        cache.clear()
        self.ann = make_user(Role.CUSTOMER, "ann@example.com")
        self.cream, self.mask = make_variant(unit_amount=28_00), make_variant()

    def wish(self, variant: Variant, at: datetime | None = None) -> None:
        self.client.post(reverse("wishlist:toggle", args=[variant.pk]))
        if at:
            session = self.client.session
            session["wishes"][str(variant.pk)][0] = at.isoformat()
            session.save()

    def sign_in(self) -> None:
        answer = self.client.post(
            reverse("account_login"), {"login": "ann@example.com", "password": "secret"}
        )
        self.assertEqual(answer.status_code, 302)

    def wishes(self, user: User) -> list[tuple[Variant, datetime]]:
        rows = WishlistItem.objects.filter(user=user, removed_at=None).order_by("variant_id")
        return [(wish.variant, wish.created_at) for wish in rows]

    def test_the_wishes_come_along_with_their_moment_and_price(self) -> None:
        yesterday = timezone.now() - timedelta(days=1)
        self.wish(self.cream, yesterday)
        Variant.objects.filter(pk=self.cream.pk).update(unit_amount=30_00)
        self.sign_in()

        wish = WishlistItem.objects.get()
        self.assertEqual((wish.user, wish.created_at, wish.unit_amount), (self.ann, yesterday, 28_00))
        assert wish.known_at
        self.assertGreater(wish.known_at, yesterday)

    def test_wishes_of_the_account_stay_as_they_are(self) -> None:
        before = timezone.now() - timedelta(days=9)
        WishlistItem.objects.create(user=self.ann, variant=self.cream, created_at=before)
        self.wish(self.cream)
        self.wish(self.mask)
        self.sign_in()

        self.assertEqual([variant for variant, _ in self.wishes(self.ann)], [self.cream, self.mask])
        self.assertEqual(self.wishes(self.ann)[0][1], before)

    def test_signing_up_keeps_them_too(self) -> None:
        self.wish(self.cream)
        fields = {"email": "new@example.com", "password1": "a-long-sentence", "password2": "a-long-sentence"}
        self.client.post(reverse("account_signup"), fields)

        new = User.objects.get(email="new@example.com")
        self.assertEqual([variant for variant, _ in self.wishes(new)], [self.cream])

    def test_they_are_given_once(self) -> None:
        self.wish(self.cream)
        self.sign_in()
        self.client.post(reverse("account_logout"))
        self.client.force_login(make_user(Role.CUSTOMER))

        self.assertEqual(WishlistItem.objects.count(), 1)

    def test_what_is_gone_from_the_catalogue_is_left_behind(self) -> None:
        self.wish(self.cream)
        self.wish(self.mask)
        with append_only.lifted():
            StockMovement.objects.filter(variant=self.cream).delete()
            self.cream.delete()
        self.sign_in()

        self.assertEqual([variant for variant, _ in self.wishes(self.ann)], [self.mask])
