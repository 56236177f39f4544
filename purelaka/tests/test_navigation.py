from unittest import mock

from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory, SimpleTestCase, override_settings
from django.urls import get_script_prefix, include, path, set_script_prefix

from accounts.models import Role
from accounts.roles import ops_required, staff_required
from purelaka import navigation
from purelaka.navigation import Entry, Waiting


@staff_required
def for_staff(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


@ops_required
def for_ops(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


def for_all(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


pages = [
    path("desk/", for_staff, name="desk"),
    path("orders/", for_ops, name="orders"),
    path("orders/late/", for_ops, name="late"),
    path("open/", for_all, name="open"),
]
urlpatterns = [path("", include((pages, "shop"), namespace="shop"))]
ENTRIES = {
    "": [
        Entry("Desk", icon="home", url_name="shop:desk"),
        Entry("Orders", icon="receipt", url_name="shop:orders"),
    ],
    "More": [
        Entry("Late", icon="clock", url_name="shop:late"),
        Entry("Open", icon="eye", url_name="shop:open"),
    ],
    "Later": [Entry("Not yet there", icon="x", url_name="shop:not-yet")],
}


@override_settings(ROOT_URLCONF="purelaka.tests.test_navigation")
@mock.patch.dict(navigation.ENTRIES, ENTRIES, clear=True)
class NavigationTests(SimpleTestCase):
    def groups(self, role: Role, at: str = "/desk/") -> list[navigation.Group]:
        return navigation.groups(RequestFactory().get(at), role)

    def labels(self, role: Role) -> list[str]:
        return [link.entry.label for group in self.groups(role) for link in group.links]

    def current(self, at: str) -> dict[str, str]:
        links = [link for group in self.groups(Role.OPS, at) for link in group.links]
        return {link.entry.label: link.current for link in links if link.current}

    def test_each_role_sees_what_its_views_let_in(self) -> None:
        self.assertEqual(self.labels(Role.OPS), ["Desk", "Orders", "Late"])
        self.assertEqual(self.labels(Role.ANALYST), ["Desk"])
        self.assertEqual(self.labels(Role.CUSTOMER), [])

    def test_groups_without_a_page_are_left_out(self) -> None:
        self.assertEqual([group.heading for group in self.groups(Role.OPS)], ["", "More"])

    def test_the_page_and_the_pages_below_it_are_marked(self) -> None:
        self.assertEqual(self.current("/orders/"), {"Orders": "page"})
        self.assertEqual(self.current("/orders/PL-1/"), {"Orders": "true"})
        self.assertEqual(self.current("/orders/late/"), {"Late": "page"})
        self.assertEqual(self.current("/accounts/email/"), {})

    def test_a_count_is_asked_only_for_those_who_see_it(self) -> None:
        count = mock.Mock(return_value=Waiting(32, "32 orders to pack"))
        with mock.patch.dict(navigation._counters, {"shop:orders": count}):
            self.groups(Role.ANALYST)
            count.assert_not_called()
            link = self.groups(Role.OPS)[0].links[1]

        self.assertEqual(link.waiting, Waiting(32, "32 orders to pack", urgent=False))
        count.assert_called_once_with()

    def test_it_works_below_a_prefix(self) -> None:
        self.addCleanup(set_script_prefix, get_script_prefix())
        set_script_prefix("/shop/")

        self.assertEqual(self.groups(Role.OPS, "/shop/orders/")[0].links[1].url, "/shop/orders/")


class RegistryTests(SimpleTestCase):
    def test_the_decorator_registers_the_counter(self) -> None:
        with mock.patch.dict(navigation._counters, clear=True):

            @navigation.counter("orders:order-list")
            def waiting() -> Waiting:
                return Waiting(1, "1 order")

            self.assertIs(navigation._counters["orders:order-list"], waiting)
