"""Inviting somebody, from the form to their first page, and all that can go wrong on the way."""

import re
from datetime import timedelta
from unittest.mock import patch

from allauth.account.models import EmailAddress
from django.core import mail
from django.core.cache import cache
from django.http import HttpResponseBase
from django.test import Client, TestCase, override_settings
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role, User
from audit.models import AuditLog
from purelaka.testing import make_user
from staff.models import Invitation
from staff.tests.making import make_invitation

LIST, INVITE = reverse("staff:list"), reverse("staff:invite")
CHOICES = {"name": "Robin Doe", "password1": "tulip-basket-9", "password2": "tulip-basket-9"}


def link_in(letter: mail.EmailMessage) -> str:
    found = re.search(r"https?://[^/]+(/staff/join/\S+)", str(letter.body))
    assert found
    return found[1]


def deeds() -> list[str]:
    return list(AuditLog.objects.order_by("id").values_list("event_type", flat=True))


class InvitingTests(TestCase):
    def setUp(self) -> None:
        cache.clear()
        self.ada = make_user(Role.ADMIN, "ada@example.com")
        self.client.force_login(self.ada)

    def invite(self, email: str = "Robin@Example.com", role: str = Role.OPS) -> HttpResponseBase:
        return self.client.post(INVITE, {"email": email, "role": role})

    def post(self, name: str, pk: int) -> str:
        return self.client.post(reverse(name, args=[pk]), follow=True).content.decode()

    def test_the_whole_way_of_somebody_new(self) -> None:
        self.assertRedirects(self.invite(), LIST)
        self.assertContains(self.client.get(LIST), "robin@example.com")
        self.assertEqual(
            (mail.outbox[0].to, mail.outbox[0].subject), (["robin@example.com"], "Work with us at PureLaka")
        )

        robin = Client()
        link = link_in(mail.outbox[0])
        self.assertContains(robin.get(link), "invites robin@example.com to the staff, as Ops")
        response = robin.post(link, CHOICES)

        self.assertRedirects(response, reverse("home"), fetch_redirect_response=False)
        user = User.objects.get(email="robin@example.com")
        self.assertEqual(
            (user.role, user.name, user.check_password("tulip-basket-9")), (Role.OPS, "Robin Doe", True)
        )
        self.assertTrue(EmailAddress.objects.get(user=user).verified)
        self.assertEqual(robin.get(reverse("monitoring:overview")).status_code, 200)
        self.assertContains(self.client.get(LIST), "Robin Doe")
        self.assertEqual(deeds(), ["staff.invited", "staff.joined"])
        self.assertEqual(AuditLog.objects.get(event_type="staff.invited").data["email"], "robin@example.com")

    @override_settings(REQUIRE_STAFF_MFA=True)
    def test_the_first_page_of_somebody_new_is_the_second_factor_and_asks_for_no_password_again(self) -> None:
        robin, invitation = Client(), make_invitation()
        robin.post(reverse("staff:join", args=[invitation.token]), CHOICES)

        self.assertRedirects(
            robin.get(reverse("monitoring:overview")),
            f"{reverse('accounts:second-factor')}?next={reverse('monitoring:overview')}",
        )
        self.assertEqual(robin.get(reverse("mfa_activate_totp")).status_code, 200)

    def test_a_double_click_is_one_invitation_and_one_mail(self) -> None:
        self.invite()

        self.assertRedirects(self.invite(), LIST)
        self.assertEqual((Invitation.objects.count(), len(mail.outbox), deeds()), (1, 1, ["staff.invited"]))

    def test_who_works_here_or_is_invited_already_is_refused_beside_the_field(self) -> None:
        make_user(Role.OPS, "maya@example.com")
        make_invitation(email="sam@example.com", sent_at=timezone.now() - timedelta(hours=1))
        closed = make_user(Role.CUSTOMER, "closed@example.com")
        User.objects.filter(pk=closed.pk).update(is_active=False)

        for email, told in (
            ("maya@example.com", "on the staff already"),
            ("sam@example.com", "is invited already"),
            ("closed@example.com", "is closed"),
            ("no address", "Enter a valid email address"),
        ):
            with self.subTest(email=email):
                self.assertContains(self.invite(email), told, status_code=422)
        self.assertContains(self.invite(role=Role.CUSTOMER), "Select a valid choice", status_code=422)
        self.assertEqual((mail.outbox, deeds()), ([], []))

    def test_sent_again_the_new_link_works_and_the_old_one_does_not(self) -> None:
        invitation = make_invitation(
            sent_at=timezone.now() - timedelta(days=8), expires_at=timezone.now() - timedelta(days=1)
        )
        self.assertContains(self.client.get(LIST), "Expired")

        self.post("staff:invitation-send", invitation.pk)

        self.assertNotContains(self.client.get(LIST), "Expired")
        stranger = Client()
        self.assertEqual(stranger.get(reverse("staff:join", args=[invitation.token])).status_code, 404)
        self.assertEqual(stranger.get(link_in(mail.outbox[0])).status_code, 200)
        self.assertEqual(deeds(), ["staff.invitation_sent_again"])

    def test_sent_again_twice_in_a_minute_is_one_mail(self) -> None:
        invitation = make_invitation()

        self.assertIn("was sent a moment ago", self.post("staff:invitation-send", invitation.pk))
        self.assertEqual((mail.outbox, deeds()), ([], []))

    def test_a_mail_that_does_not_go_out_is_told_and_can_be_sent_again_at_once(self) -> None:
        with patch(
            "django.core.mail.EmailMultiAlternatives.send", side_effect=ConnectionRefusedError("no server")
        ):
            self.assertContains(
                self.client.post(INVITE, {"email": "r@example.com", "role": "ops"}, follow=True),
                "did not go out",
            )
        self.assertContains(self.client.get(LIST), "Mail failed")

        self.post("staff:invitation-send", Invitation.objects.get().pk)

        self.assertNotContains(self.client.get(LIST), "Mail failed")
        self.assertEqual(len(mail.outbox), 1)

    def test_taken_back_its_link_is_void_and_a_second_click_says_so(self) -> None:
        invitation = make_invitation()

        self.assertIn("is taken back", self.post("staff:invitation-revoke", invitation.pk))
        self.assertIn("was over already", self.post("staff:invitation-revoke", invitation.pk))
        self.assertIn("nothing was sent", self.post("staff:invitation-send", invitation.pk))

        response = Client().get(reverse("staff:join", args=[invitation.token]))
        self.assertContains(response, "does not work any more", status_code=404)
        self.assertEqual((mail.outbox, deeds()), ([], ["staff.invitation_revoked"]))
        self.assertRedirects(self.invite(invitation.email), LIST)


class JoiningTests(TestCase):
    def setUp(self) -> None:
        cache.clear()
        self.invitation = make_invitation(email="robin@example.com")
        self.link = reverse("staff:join", args=[self.invitation.token])

    def customer(self, *, proven: bool) -> User:
        user = make_user(Role.CUSTOMER, "robin@example.com")
        EmailAddress.objects.create(user=user, email=user.email, verified=proven, primary=True)
        return user

    def role(self) -> str:
        return User.objects.get(email="robin@example.com").role

    def test_a_used_link_is_over_and_changes_nothing(self) -> None:
        self.client.post(self.link, CHOICES)

        for client in (self.client, Client()):
            again = client.post(self.link, {**CHOICES, "name": "Somebody Else"})
            self.assertContains(again, "does not work any more", status_code=404)
        self.assertEqual(User.objects.get(email="robin@example.com").name, "Robin Doe")
        self.assertEqual(deeds(), ["staff.joined"])

    def test_a_link_that_ran_out_is_over(self) -> None:
        Invitation.objects.update(expires_at=timezone.now())

        self.assertEqual(self.client.post(self.link, CHOICES).status_code, 404)
        self.assertFalse(User.objects.filter(email="robin@example.com").exists())

    def test_somebody_who_became_staff_meanwhile_needs_no_link(self) -> None:
        make_user(Role.ANALYST, "robin@example.com")

        self.assertEqual(self.client.get(self.link).status_code, 404)

    def test_what_is_wrong_is_told_beside_the_field_and_the_link_stays_good(self) -> None:
        for wrong, told in (
            ({"password2": "another"}, "This is not the same password"),
            ({"password1": "12345", "password2": "12345"}, "This password is too short"),
            ({"name": ""}, "This field is required"),
        ):
            with self.subTest(told=told):
                self.assertContains(self.client.post(self.link, {**CHOICES, **wrong}), told, status_code=422)

        self.client.post(self.link, CHOICES)
        self.assertEqual(self.role(), Role.OPS)

    def test_a_customer_who_proved_the_address_signs_in_and_accepts(self) -> None:
        robin = self.customer(proven=True)
        self.assertRedirects(self.client.get(self.link), f"{reverse('account_login')}?next={self.link}")
        self.client.force_login(robin)

        self.assertContains(self.client.get(self.link), "Your account, robin@example.com, stays as it is")
        self.assertEqual(self.role(), Role.CUSTOMER)
        self.client.post(self.link)

        self.assertEqual(self.role(), Role.OPS)
        self.assertTrue(User.objects.get(pk=robin.pk).check_password("secret"))
        self.assertEqual(self.client.get(reverse("monitoring:overview")).status_code, 200)

    def test_an_account_that_never_proved_the_address_is_taken_from_whoever_made_it(self) -> None:
        squatter = Client()
        squatter.force_login(self.customer(proven=False))

        self.client.post(self.link, CHOICES)

        self.assertEqual(self.role(), Role.OPS)
        self.assertTrue(User.objects.get(email="robin@example.com").check_password("tulip-basket-9"))
        self.assertEqual(squatter.get(reverse("accounts:sessions")).status_code, 302)

    def test_somebody_else_is_told_to_sign_out(self) -> None:
        self.client.force_login(make_user(Role.CUSTOMER, "casey@example.com"))

        self.assertContains(self.client.get(self.link), "This is for somebody else")
        self.assertContains(
            self.client.post(self.link, CHOICES), "This is for somebody else", status_code=409
        )
        self.assertFalse(User.objects.filter(email="robin@example.com").exists())

    def test_signing_out_leads_back_to_the_link(self) -> None:
        self.client.force_login(make_user(Role.CUSTOMER, "casey@example.com"))

        self.assertRedirects(self.client.post(reverse("account_logout"), {"next": self.link}), self.link)
