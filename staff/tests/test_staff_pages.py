"""The list of the staff and each one's page: what an admin sees and does, and what is refused."""

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.http import HttpResponseBase
from django.test import Client, TestCase, override_settings
from django.urls import reverse

from accounts.models import Role, User
from audit.models import AuditLog
from purelaka.testing import make_user
from staff.tests.making import make_invitation

LIST = reverse("staff:list")
DEEDS = ["role", "deactivate", "reactivate", "sessions-end", "second-factor-reset"]


def give_factor(user: User, *kinds: str) -> None:
    for kind in kinds:
        Authenticator.objects.create(user=user, type=kind, data={"seed": "x", "used_mask": 0})


class Pages(TestCase):
    def setUp(self) -> None:
        cache.clear()  # login tries are counted there
        self.ada = make_user(Role.ADMIN, "ada@example.com")
        self.maya = make_user(Role.OPS, "maya@example.com")
        User.objects.filter(pk=self.maya.pk).update(name="Maya Lindqvist")
        self.client.force_login(self.ada)

    def post(self, deed: str, person: User, **data: str) -> HttpResponseBase:
        return self.client.post(reverse(f"staff:{deed}", args=[person.pk]), data, follow=True)

    def deeds(self) -> list[tuple[str, int | None]]:
        return list(AuditLog.objects.order_by("id").values_list("event_type", "actor_id"))

    def page(self, person: User) -> str:
        return self.client.get(reverse("staff:person", args=[person.pk])).content.decode()


class ListTests(Pages):
    def names(self, query: str = "") -> list[str]:
        response = self.client.get(LIST + query)
        return [person.email.split("@")[0] for person, _ in response.context["rows"]]

    def test_it_has_all_who_work_here_and_no_customers(self) -> None:
        make_user(Role.CUSTOMER, "casey@example.com")

        self.assertEqual(self.names(), ["ada", "maya"])

    def test_it_is_narrowed_by_name_email_role_state_and_factor(self) -> None:
        sam, gil = make_user(Role.ANALYST, "sam@example.com"), make_user(Role.ADMIN, "gil@example.com")
        User.objects.filter(pk=sam.pk).update(is_active=False)
        give_factor(self.maya, "totp")
        give_factor(gil, "webauthn", "totp", "recovery_codes")

        for query, expected in {
            "?q=linDQ": ["maya"],
            "?q=Sam@ex": ["sam"],
            "?role=admin": ["ada", "gil"],
            "?state=inactive": ["sam"],
            "?state=active&role=analyst": [],
            "?factor=none": ["ada", "sam"],
            "?factor=app": ["gil", "maya"],
            "?factor=passkey": ["gil"],
            "?factor=both": ["gil"],
        }.items():
            with self.subTest(query=query):
                self.assertEqual(self.names(query), expected)

    def test_it_says_who_has_which_factor_how_many_sessions_and_when_they_were_last_here(self) -> None:
        give_factor(self.maya, "totp", "webauthn", "webauthn", "recovery_codes")
        Client().force_login(self.maya)

        response = self.client.get(f"{LIST}?q=maya")

        self.assertContains(response, "App and 2 passkeys")
        self.assertContains(response, "just now")

    def test_its_queries_do_not_grow_with_the_staff(self) -> None:
        self.client.get(LIST)
        with self.assertNumQueries(FEW := 7):
            self.client.get(LIST)
        for _ in range(5):
            give_factor(make_user(Role.OPS), "totp", "recovery_codes")
            make_invitation(actor=self.ada)

        with self.assertNumQueries(FEW):
            self.client.get(LIST)


class PersonTests(Pages):
    def test_a_new_role_ends_the_sessions_of_the_old_one(self) -> None:
        maya = Client()
        maya.force_login(self.maya)

        response = self.post("role", self.maya, role="analyst")

        self.assertContains(
            response, "Maya Lindqvist has the role Analyst now, and is signed out everywhere."
        )
        self.assertEqual(maya.get(reverse("accounts:sessions")).status_code, 302)
        self.assertEqual(AuditLog.objects.get().data, {"was": "ops", "now": "analyst"})
        self.assertContains(response, "Role from ops to analyst by ada")

    def test_the_role_one_has_already_is_no_change(self) -> None:
        maya = Client()
        maya.force_login(self.maya)

        response = self.post("role", self.maya, role="ops")

        self.assertContains(response, "Maya Lindqvist has the role Ops already. Nothing was changed.")
        self.assertEqual(maya.get(reverse("accounts:sessions")).status_code, 200)
        self.assertEqual(self.deeds(), [])

    def test_a_double_click_does_each_once(self) -> None:
        give_factor(self.maya, "totp")

        for deed in ("second-factor-reset", "deactivate", "reactivate"):
            for _ in range(2):
                self.assertEqual(self.post(deed, self.maya).status_code, 200)
        for _ in range(2):
            self.post("role", self.maya, role="admin")

        done = ["second_factor_reset", "deactivated", "reactivated", "role_changed"]
        self.assertEqual(self.deeds(), [(f"staff.{deed}", self.ada.pk) for deed in done])

    def test_who_is_deactivated_is_out_at_once_and_comes_back_when_reactivated(self) -> None:
        maya = Client()
        maya.force_login(self.maya)

        self.assertContains(self.post("deactivate", self.maya), "can not sign in any more")
        self.assertEqual(maya.get(reverse("accounts:sessions")).status_code, 302)
        self.assertFalse(maya.login(username=self.maya.email, password="secret"))

        self.assertContains(self.post("reactivate", self.maya), "can sign in again")
        self.assertTrue(maya.login(username=self.maya.email, password="secret"))

    def test_sessions_are_listed_and_ended(self) -> None:
        maya = Client(HTTP_USER_AGENT="Mozilla/5.0 (Windows NT 10.0) Firefox/140.0")
        maya.post(reverse("account_login"), {"login": self.maya.email, "password": "secret"})
        self.assertIn("Firefox on Windows", self.page(self.maya))

        self.post("sessions-end", self.maya)

        self.assertIn("Signed in nowhere", self.page(self.maya))
        self.assertEqual(maya.get(reverse("accounts:sessions")).status_code, 302)
        self.assertEqual(self.deeds(), [("staff.sessions_ended", self.ada.pk)])

    def test_one_session_is_ended_and_the_others_stay(self) -> None:
        laptop, phone = Client(HTTP_USER_AGENT="x Firefox Windows"), Client(HTTP_USER_AGENT="x Safari iPhone")
        for browser in (laptop, phone):
            browser.post(reverse("account_login"), {"login": self.maya.email, "password": "secret"})
        lost = self.maya.sessions.get(device="Safari on iPhone")
        end = reverse("staff:session-end", args=[self.maya.pk, lost.pk])
        self.assertIn(end, self.page(self.maya))

        self.assertContains(
            self.client.post(end, follow=True), "Maya Lindqvist is signed out on Safari on iPhone."
        )
        self.assertContains(self.client.post(end, follow=True), "That session had ended already.")

        self.assertEqual(phone.get(reverse("accounts:sessions")).status_code, 302)
        self.assertEqual(laptop.get(reverse("accounts:sessions")).status_code, 200)
        self.assertEqual(self.deeds(), [("staff.session_ended", self.ada.pk)])
        self.assertIn("Session on Safari on iPhone ended by ada", self.page(self.maya))

    def test_a_session_of_somebody_else_or_of_oneself_is_not_ended_there(self) -> None:
        sam = make_user(Role.ANALYST)
        Client().post(reverse("account_login"), {"login": sam.email, "password": "secret"})
        own = reverse("staff:session-end", args=[self.ada.pk, sam.sessions.get().pk])
        of_maya = reverse("staff:session-end", args=[self.maya.pk, sam.sessions.get().pk])

        self.assertContains(self.client.post(of_maya, follow=True), "That session had ended already.")
        self.assertContains(self.client.post(own, follow=True), "Nobody does this to their own account")
        self.assertTrue(sam.sessions.exists())
        self.assertEqual(self.deeds(), [])

    @override_settings(REQUIRE_STAFF_MFA=True)
    def test_after_a_reset_the_desk_asks_for_another_factor(self) -> None:
        give_factor(self.ada, "totp")
        give_factor(self.maya, "totp", "webauthn", "recovery_codes")

        self.assertContains(self.post("second-factor-reset", self.maya), "has no second factor now")

        self.assertFalse(Authenticator.objects.filter(user=self.maya).exists())
        maya = Client()
        maya.login(username=self.maya.email, password="secret")
        self.assertEqual(
            maya.get(reverse("monitoring:overview"))["Location"],
            f"{reverse('accounts:second-factor')}?next={reverse('monitoring:overview')}",
        )

    def test_nobody_does_it_to_themselves(self) -> None:
        make_user(Role.ADMIN)
        for deed in DEEDS:
            with self.subTest(deed=deed):
                response = self.post(deed, self.ada, role="ops")
                self.assertContains(response, "Nobody does this to their own account: ask another admin.")
        self.assertNotIn("Deactivate", self.page(self.ada))
        self.assertEqual(self.deeds(), [])

    def test_who_works_here_no_more_leaves_the_list_and_a_second_click_says_so(self) -> None:
        first = self.post("role", self.maya, role="customer")
        self.assertRedirects(first, LIST)
        self.assertContains(first, "Maya Lindqvist works here no more")

        for deed in DEEDS:
            with self.subTest(deed=deed):
                self.assertContains(self.post(deed, self.maya, role="admin"), "does not work here")
        self.assertEqual(self.deeds(), [("staff.role_changed", self.ada.pk)])
        self.assertEqual(User.objects.get(pk=self.maya.pk).role, Role.CUSTOMER)

    def test_a_role_that_does_not_exist_is_refused(self) -> None:
        self.assertContains(self.post("role", self.maya, role="owner"), "Choose a role of the list.")
        self.assertEqual(self.deeds(), [])

    def test_a_customer_has_no_page_here(self) -> None:
        url = reverse("staff:person", args=[make_user(Role.CUSTOMER).pk])

        self.assertEqual(self.client.get(url).status_code, 404)

    def test_ops_read_of_it_in_the_audit_log_without_a_link_to_a_page_they_can_not_open(self) -> None:
        self.post("deactivate", self.maya)
        link = reverse("staff:person", args=[self.maya.pk])
        self.assertContains(self.client.get(reverse("audit:log")), link)
        self.client.force_login(make_user(Role.OPS))

        response = self.client.get(reverse("audit:log"))

        self.assertContains(response, "Maya Lindqvist")
        self.assertNotContains(response, link)


class AdministrationTests(Pages):
    """Django's admin can not go around the staff's pages, and is audited."""

    def change(self, person: User, **fields: str) -> HttpResponseBase:
        fields = {"email": person.email, "name": person.name, **fields}
        return self.client.post(reverse("admin:accounts_user_change", args=[person.pk]), fields)

    def test_role_and_state_of_the_staff_are_only_shown(self) -> None:
        self.assertEqual(self.change(self.maya, role="admin", name="Maya L").status_code, 302)

        self.maya.refresh_from_db()
        self.assertEqual((self.maya.role, self.maya.is_active, self.maya.name), (Role.OPS, True, "Maya L"))
        self.assertEqual(AuditLog.objects.get().data, {"changed": ["Name"], "active": True})
        self.assertIn("Name changed in the administration by ada", self.page(self.maya))

    def test_nobody_is_added_with_a_role(self) -> None:
        fields = {"email": "new@example.com", "password1": "tulip-basket-9", "password2": "tulip-basket-9"}
        self.client.post(
            reverse("admin:accounts_user_add"), {**fields, "role": "admin", "usable_password": "true"}
        )

        self.assertEqual(User.objects.get(email="new@example.com").role, Role.CUSTOMER)
        self.assertEqual(self.deeds(), [("user.added", self.ada.pk)])

    def test_a_customer_s_account_is_closed_and_opened_there(self) -> None:
        casey = make_user(Role.CUSTOMER, "casey@example.com")

        self.change(casey)
        self.assertFalse(User.objects.get(pk=casey.pk).is_active)
        self.change(casey, is_active="on")

        self.assertTrue(User.objects.get(pk=casey.pk).is_active)
        active = [deed.data["active"] for deed in AuditLog.objects.order_by("id")]
        self.assertEqual(active, [False, True])

    def test_a_person_s_page_says_whether_the_address_is_confirmed_and_secrets_are_nowhere(self) -> None:
        EmailAddress.objects.create(user=self.maya, email=self.maya.email, verified=True)

        response = self.client.get(reverse("admin:accounts_user_change", args=[self.maya.pk]))

        self.assertContains(response, "icon-yes.svg")
        self.assertEqual(self.client.get("/admin/mfa/authenticator/").status_code, 404)
        self.assertEqual(self.client.get("/admin/account/emailaddress/").status_code, 404)

    def test_the_staff_can_not_be_deleted(self) -> None:
        one = self.client.post(reverse("admin:accounts_user_delete", args=[self.maya.pk]), {"post": "yes"})
        data = {"action": "delete_selected", "_selected_action": [self.maya.pk, self.ada.pk], "post": "yes"}
        self.client.post(reverse("admin:accounts_user_changelist"), data)

        self.assertEqual(one.status_code, 403)
        self.assertEqual(User.objects.count(), 2)

    def test_email_and_password_are_their_owner_s_to_change(self) -> None:
        for person in (self.maya, make_user(Role.CUSTOMER), self.ada):
            with self.subTest(person=person.email):
                was = (person.email, person.password)
                page = self.client.get(reverse("admin:accounts_user_change", args=[person.pk])).text
                self.assertNotIn("password/", page)
                self.assertNotIn('name="email"', page)

                self.change(person, email="taken@example.com", password="!", is_active="on")
                url = f"/admin/accounts/user/{person.pk}/password/"
                new = {"password1": "tulip-basket-9", "password2": "tulip-basket-9"}
                self.client.post(url, {**new, "usable_password": "true"})

                person.refresh_from_db()
                self.assertEqual((person.email, person.password), was)

    def test_a_deletion_is_audited(self) -> None:
        casey = make_user(Role.CUSTOMER, "casey@example.com")
        self.client.post(reverse("admin:accounts_user_delete", args=[casey.pk]), {"post": "yes"})

        self.assertEqual([name for name, _ in self.deeds()], ["user.deleted"])
