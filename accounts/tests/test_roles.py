from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse
from django.test import RequestFactory, SimpleTestCase, TestCase
from django_htmx.middleware import HtmxDetails

from accounts.models import Role, User, normalised
from accounts.roles import analyst_required, ops_required, staff_required


@ops_required
def page(request: HttpRequest) -> HttpResponse:
    return HttpResponse("in")


class RoleRequiredTests(SimpleTestCase):
    def request(self, role: Role | None, **headers: str) -> HttpRequest:
        request = RequestFactory().get("/orders/?status=paid", headers=headers)
        request.user = User(role=role) if role else AnonymousUser()
        request.htmx = HtmxDetails(request)  # type: ignore[attr-defined]
        return request

    def test_the_right_role_gets_in(self) -> None:
        self.assertEqual(page(self.request(Role.OPS)).status_code, 200)
        self.assertEqual(page(self.request(Role.ADMIN)).status_code, 200)

    def test_another_role_finds_nothing_there(self) -> None:
        for role in (Role.ANALYST, Role.CUSTOMER):
            with self.subTest(role=role), self.assertRaises(Http404):
                page(self.request(role))

    def test_anonymous_people_go_to_the_login_and_back(self) -> None:
        response = page(self.request(None))

        self.assertEqual(response.status_code, 302)
        self.assertEqual(response.headers["Location"], "/accounts/login/?next=/orders/%3Fstatus%3Dpaid")

    def test_a_part_of_a_page_takes_the_whole_page_to_the_login(self) -> None:
        current = {"HX-Request": "true", "HX-Current-URL": "http://testserver/orders/"}
        response = page(self.request(None, **current))

        self.assertEqual(response.status_code, 200)
        self.assertEqual(response.headers["HX-Redirect"], "/accounts/login/?next=/orders/")

    def test_the_login_never_leads_back_to_another_site(self) -> None:
        foreign = {"HX-Request": "true", "HX-Current-URL": "http://example.net/orders/"}
        response = page(self.request(None, **foreign))

        self.assertEqual(response.headers["HX-Redirect"], "/accounts/login/?next=/orders/%3Fstatus%3Dpaid")

    def test_a_view_says_whom_it_lets_in(self) -> None:
        views = [ops_required(page), analyst_required(page), staff_required(page)]

        self.assertEqual(
            [view.roles for view in views],  # type: ignore[attr-defined]
            [{"ops", "admin"}, {"analyst", "admin"}, {"analyst", "ops", "admin"}],
        )


class UserTests(TestCase):
    def test_an_email_is_kept_in_one_spelling(self) -> None:
        user = User.objects.create_user("  Maya@Example.COM ", "secret")

        self.assertEqual(user.email, "maya@example.com")
        self.assertEqual(User.objects.get_by_natural_key("MAYA@example.com"), user)
        self.assertEqual(normalised(" A@B.C "), "a@b.c")

    def test_a_user_can_have_no_password(self) -> None:
        self.assertFalse(User.objects.create_user("a@example.com").has_usable_password())

    def test_the_database_refuses_an_unknown_role(self) -> None:
        with self.assertRaisesMessage(IntegrityError, "user_role_known"):
            User.objects.create_user("a@example.com", role="king")

    def test_admins_alone_may_use_the_admin(self) -> None:
        may = {role: User(role=role).has_perm("orders.view_order") for role in Role}

        self.assertEqual(may, {"customer": False, "analyst": False, "ops": False, "admin": True})
        self.assertFalse(User(role=Role.ADMIN, is_active=False).has_module_perms("orders"))

    def test_a_name_is_what_stands_before_the_at_when_there_is_none(self) -> None:
        self.assertEqual(User(email="maya@example.com").get_short_name(), "maya")
        self.assertEqual(User(email="m@example.com", name="Maya").get_short_name(), "Maya")

    def test_what_identifies_a_user_holds_no_personal_data(self) -> None:
        user = User.objects.create_superuser("ada@example.com", "secret")

        self.assertEqual(str(user), f"user {user.pk}")
        self.assertEqual(user.role, Role.ADMIN)
