import re

from allauth.account.models import EmailAddress
from django.core import mail
from django.core.cache import cache
from django.http import HttpResponseBase
from django.test import TestCase, override_settings
from django.urls import reverse

from accounts.demo import DEMO_PASSWORD, make_demo_users
from accounts.models import Role, User
from purelaka.testing import make_user

LOGIN = reverse("account_login")


class LoginTests(TestCase):
    def setUp(self) -> None:
        cache.clear()  # tries are counted there
        self.maya = make_user(Role.OPS, "maya@example.com")

    def sign_in(self, password: str = "secret", login: str = "maya@example.com") -> HttpResponseBase:
        return self.client.post(LOGIN, {"login": login, "password": password})

    def test_the_right_password_leads_to_where_one_s_work_is(self) -> None:
        self.assertRedirects(self.sign_in(), reverse("home"), fetch_redirect_response=False)

    def test_the_email_may_be_written_in_any_case(self) -> None:
        self.assertEqual(self.sign_in(login="  Maya@Example.COM ").status_code, 302)

    def test_it_goes_back_to_the_page_that_was_asked_for(self) -> None:
        page = reverse("account_change_password")
        response = self.client.get(page)
        self.assertRedirects(response, f"{LOGIN}?next={page}")

        response = self.client.post(LOGIN, {"login": self.maya.email, "password": "secret", "next": page})

        self.assertRedirects(response, page)

    def test_it_never_goes_to_another_site(self) -> None:
        response = self.client.post(
            LOGIN, {"login": self.maya.email, "password": "secret", "next": "https://example.net/"}
        )

        self.assertRedirects(response, reverse("home"), fetch_redirect_response=False)

    def test_a_wrong_password_is_told_beside_the_field_and_the_email_is_kept(self) -> None:
        response = self.sign_in("guess")

        self.assertContains(response, "Email and password do not match.")
        self.assertContains(response, 'value="maya@example.com"')
        self.assertNotIn("_auth_user_id", self.client.session)

    def test_an_unknown_email_gets_the_same_answer(self) -> None:
        self.assertContains(self.sign_in(login="nobody@example.com"), "Email and password do not match.")

    def test_guessing_stops_after_five_tries(self) -> None:
        for _ in range(5):
            self.sign_in("guess")

        self.assertContains(self.sign_in(), "Too many failed tries.")
        self.assertNotIn("_auth_user_id", self.client.session)

    def test_a_closed_account_can_not_sign_in(self) -> None:
        User.objects.filter(pk=self.maya.pk).update(is_active=False)
        self.sign_in()

        self.assertNotIn("_auth_user_id", self.client.session)


class HomeTests(TestCase):
    def test_a_customer_comes_to_the_shop(self) -> None:
        self.client.force_login(make_user(Role.CUSTOMER))

        self.assertRedirects(self.client.get("/"), reverse("catalog:shop"))

    def test_anonymous_people_come_to_the_shop(self) -> None:
        self.assertRedirects(self.client.get("/"), reverse("catalog:shop"))

    def test_it_can_not_be_posted_to(self) -> None:
        self.assertEqual(self.client.post("/").status_code, 405)


class SignupTests(TestCase):
    def setUp(self) -> None:
        cache.clear()

    def sign_up(self, email: str) -> HttpResponseBase:
        fields = {"email": email, "password1": "tulip-basket-9", "password2": "tulip-basket-9"}
        return self.client.post(reverse("account_signup"), fields)

    def test_a_new_person_is_a_customer_and_gets_a_link(self) -> None:
        self.sign_up("New@Example.com")

        self.assertEqual(User.objects.get(email="new@example.com").role, Role.CUSTOMER)
        self.assertIn("/accounts/confirm-email/", mail.outbox[0].body)

    def test_nobody_can_sign_up_with_a_role(self) -> None:
        fields = {"email": "new@example.com", "password1": "tulip-basket-9", "password2": "tulip-basket-9"}
        self.client.post(reverse("account_signup"), {**fields, "role": "admin", "is_superuser": "on"})

        user = User.objects.get(email="new@example.com")
        self.assertEqual((user.role, user.is_superuser), (Role.CUSTOMER, False))

    def test_an_address_that_is_taken_is_refused_with_what_to_do(self) -> None:
        make_user(Role.CUSTOMER, "old@example.com")

        self.assertContains(self.sign_up("Old@example.com"), "There is an account with this address already.")
        self.assertEqual(User.objects.count(), 1)

    def test_the_link_confirms_the_address(self) -> None:
        self.sign_up("new@example.com")
        link = re.search(r"http://testserver(\S+)", str(mail.outbox[0].body))
        assert link
        self.assertContains(self.client.get(link[1]), "new@example.com")

        self.client.post(link[1])

        self.assertTrue(EmailAddress.objects.get(email="new@example.com").verified)


class PasswordResetTests(TestCase):
    def setUp(self) -> None:
        cache.clear()
        self.maya = make_user(Role.OPS, "maya@example.com")

    def test_a_forgotten_password_is_replaced_by_a_link(self) -> None:
        self.client.post(reverse("account_reset_password"), {"email": "maya@example.com"})
        link = re.search(r"http://testserver(\S+)", str(mail.outbox[0].body))
        assert link
        page = self.client.get(link[1], follow=True)
        self.assertContains(page, "Choose a new password")

        fields = {"password1": "tulip-basket-9", "password2": "tulip-basket-9"}
        self.client.post(page.request["PATH_INFO"], fields)

        self.maya.refresh_from_db()
        self.assertTrue(self.maya.check_password("tulip-basket-9"))

    def test_a_used_link_says_so(self) -> None:
        url = reverse("account_reset_password_from_key", kwargs={"uidb36": "1", "key": "abc-def"})

        self.assertContains(self.client.get(url), "This link does not work any more")

    def test_an_unknown_address_gets_the_same_answer(self) -> None:
        response = self.client.post(reverse("account_reset_password"), {"email": "no@example.com"})

        self.assertRedirects(response, reverse("account_reset_password_done"))


@override_settings(STORE_NAME="Fran & Sam's")
class MailTests(TestCase):
    def setUp(self) -> None:
        cache.clear()

    def test_a_mail_comes_from_the_store_and_says_what_to_do(self) -> None:
        make_user(Role.CUSTOMER, "old@example.com")
        self.client.post(reverse("account_reset_password"), {"email": "old@example.com"})

        self.assertEqual(mail.outbox[0].subject, "A new password for Fran & Sam's")
        self.assertTrue(str(mail.outbox[0].body).endswith("your password stays as it is.\n\nFran & Sam's"))

    def test_an_address_without_an_account_is_told_so_by_mail_alone(self) -> None:
        self.client.post(reverse("account_reset_password"), {"email": "no@example.com"})

        self.assertEqual(mail.outbox[0].to, ["no@example.com"])
        self.assertIn("There is no account with this address.", mail.outbox[0].body)

    def test_a_new_address_is_asked_for_its_consent(self) -> None:
        fields = {"email": "new@example.com", "password1": "tulip-basket-9", "password2": "tulip-basket-9"}
        self.client.post(reverse("account_signup"), fields)

        self.assertEqual(mail.outbox[0].subject, "Confirm your address at Fran & Sam's")
        self.assertIn("you want to use it at Fran & Sam's", mail.outbox[0].body)


class DemoUserTests(TestCase):
    def test_there_is_one_login_for_each_role(self) -> None:
        make_demo_users()

        for role in Role:
            signed_in = self.client.login(username=f"{role}@example.com", password=DEMO_PASSWORD)
            with self.subTest(role=role):
                self.assertTrue(signed_in)
                self.assertEqual(User.objects.get(email=f"{role}@example.com").role, role)

    def test_a_second_call_changes_nothing(self) -> None:
        make_demo_users()
        User.objects.get(email="ops@example.com").delete()
        ada = User.objects.get(email="admin@example.com")
        ada.set_password("another")
        ada.save()

        make_demo_users()

        ada.refresh_from_db()
        self.assertTrue(ada.check_password("another"))
        self.assertEqual(User.objects.count(), len(Role))
        self.assertEqual(EmailAddress.objects.filter(verified=True, primary=True).count(), len(Role))


class OwnSessionTests(TestCase):
    def setUp(self) -> None:
        cache.clear()
        self.maya = make_user(Role.CUSTOMER, "maya@example.com")
        for browser in (self.client, self.client_class()):
            browser.post(LOGIN, {"login": self.maya.email, "password": "secret"})

    def test_one_is_ended_once(self) -> None:
        own = self.client.session.session_key
        end = reverse("accounts:session-end", args=[self.maya.sessions.exclude(session_key=own).get().pk])

        self.assertContains(self.client.post(end, follow=True), "is signed out.")
        self.assertContains(self.client.post(end, follow=True), "That session had ended already.")

        self.assertEqual(self.maya.sessions.get().session_key, own)

    def test_somebody_else_s_is_left_alone(self) -> None:
        sam, browser = make_user(Role.CUSTOMER, "sam@example.com"), self.client_class()
        browser.post(LOGIN, {"login": sam.email, "password": "secret"})
        end = reverse("accounts:session-end", args=[sam.sessions.get().pk])

        self.assertContains(self.client.post(end, follow=True), "That session had ended already.")

        self.assertTrue(sam.sessions.exists())
