"""The frame and its parts in a browser: they fit, shut nobody out, and obey the strict policy."""

import re

from django.test import override_settings
from playwright.sync_api import expect

from accounts.models import Role
from purelaka.testing_browser import NARROW, SCHEMES, WIDE, BrowserTestCase


@override_settings(ROOT_URLCONF="purelaka.tests.parts_urls")
class PartsTests(BrowserTestCase):
    def test_every_part_fits_and_is_accessible_in_both_themes(self) -> None:
        for size in (WIDE, NARROW):
            for scheme in SCHEMES:
                page = self.open_page(size, scheme)
                self.sign_in(Role.OPS, page)
                self.visit("/parts/", page)

                with self.subTest(width=size[0], scheme=scheme):
                    self.assert_fits(page)
                    self.assert_accessible(page)

    def test_a_chart_is_drawn_and_its_table_is_a_click_away(self) -> None:
        self.sign_in()
        self.visit("/parts/")
        plot = self.page.locator("figure.plot").first
        self.assertTrue(plot.locator(".canvas svg").is_visible())

        plot.get_by_role("button", name="Table").click()

        self.assertTrue(plot.locator("table").is_visible())
        self.assertFalse(plot.locator(".canvas").is_visible())

    def test_a_chart_is_saved_as_svg_and_as_png(self) -> None:
        self.sign_in()
        self.visit("/parts/")
        plot = self.page.locator("figure.plot").first
        for ending, begins in (("SVG", b"<svg"), ("PNG", b"\x89PNG")):
            plot.get_by_text("Image").click()
            with self.page.expect_download() as saving:
                plot.get_by_role("button", name=ending).click()

            name, path = saving.value.suggested_filename, saving.value.path()
            self.assertTrue(name.endswith(f".{ending.lower()}"), name)
            content = path.read_bytes()
            self.assertTrue(content.startswith(begins))
            self.assertGreater(len(content), 2_000)

    def test_the_dialog_opens_by_its_link_and_closes_by_escape(self) -> None:
        self.sign_in()
        self.visit("/parts/")

        self.page.get_by_role("link", name="Refund", exact=True).click()
        self.assertTrue(self.page.get_by_role("dialog", name="Refund PL-10386").is_visible())
        self.assert_accessible()
        self.page.keyboard.press("Escape")

        expect(self.page.locator("dialog")).to_be_hidden()
        expect(self.page).to_have_url(re.compile("/parts/$"))

    def test_the_menu_opens_on_a_narrow_screen(self) -> None:
        page = self.open_page(NARROW)
        self.sign_in(Role.OPS, page)
        self.visit("/parts/", page)
        self.assertFalse(page.locator("#sidebar").is_visible())

        page.get_by_role("link", name="Open menu").click()
        self.assertTrue(page.locator("#sidebar").is_visible())
        page.get_by_role("link", name="Close menu").click()

        self.assertFalse(page.locator("#sidebar").is_visible())

    def test_the_page_is_whole_without_script(self) -> None:
        page = self.open_page(javascript=False)
        self.sign_in(Role.OPS, page)
        self.visit("/parts/", page)

        self.assertTrue(page.locator("figure.plot table").first.is_visible())
        self.assertFalse(page.locator("[data-theme-toggle]").is_visible())
        page.get_by_role("link", name="Refund", exact=True).click()
        self.assertTrue(page.locator("dialog").is_visible())


@override_settings(ROOT_URLCONF="purelaka.tests.parts_urls")
class ListTests(BrowserTestCase):
    """A list that is filtered, sorted and paged without loading the page anew."""

    def setUp(self) -> None:
        super().setUp()
        self.sign_in()
        self.visit("/parts/")
        self.page.evaluate("window.sameDocument = true")

    def is_same_document(self) -> bool:
        return bool(self.page.evaluate("window.sameDocument === true"))

    def test_the_next_page_comes_alone_and_can_be_bookmarked(self) -> None:
        self.page.get_by_role("link", name="Older").click()
        self.page.get_by_text("The second page").wait_for()

        self.assertTrue(self.is_same_document())
        self.assertTrue(self.page.url.endswith("/parts/?page=2"))
        self.assertEqual(self.page.locator("#list").count(), 1)
        self.page.go_back()
        self.page.get_by_text("The second page").wait_for(state="detached")
        self.assertTrue(self.page.url.endswith("/parts/"))

    def test_a_filter_applies_as_soon_as_it_is_chosen(self) -> None:
        self.page.get_by_label("Status").select_option("paid")
        self.page.wait_for_url("**/parts/?status=paid")

        self.assertTrue(self.is_same_document())
        self.assertEqual(self.page.get_by_label("Status").input_value(), "paid")

    def test_an_error_is_said_and_the_list_stays(self) -> None:
        with self.assertLogs("django.request", "ERROR"):
            self.page.get_by_role("link", name="Total").click()
            self.page.get_by_role("alert").wait_for()

        self.assertIn("The server answered with an error (500).", self.page.get_by_role("alert").inner_text())
        self.assertTrue(self.page.get_by_role("link", name="PL-10497").is_visible())
        self.problems.clear()  # the browser rightly complains about the 500


class ThemeTests(BrowserTestCase):
    def theme(self) -> str | None:
        return self.page.locator("html").get_attribute("data-bs-theme")

    def test_it_follows_the_system_until_a_person_chooses(self) -> None:
        page = self.open_page(scheme="dark")
        self.visit("/accounts/login/", page)

        self.assertEqual(page.locator("html").get_attribute("data-bs-theme"), "dark")

    def test_a_choice_is_remembered(self) -> None:
        self.sign_in(Role.CUSTOMER)
        self.visit("/accounts/email/")
        self.assertEqual(self.theme(), "light")

        self.page.get_by_role("button", name="Switch between light and dark").click()
        self.assertEqual(self.theme(), "dark")
        self.page.reload()

        self.assertEqual(self.theme(), "dark")


@override_settings(ROOT_URLCONF="purelaka.tests.parts_urls")
class ErrorPageTests(BrowserTestCase):
    def test_a_wrong_address_gets_a_page_of_ours_with_a_way_back(self) -> None:
        for size in (WIDE, NARROW):
            for scheme in SCHEMES:
                page = self.open_page(size, scheme)
                response = self.visit("/no/such/page/", page)

                with self.subTest(width=size[0], scheme=scheme):
                    self.assertEqual(response.status, 404)
                    self.assertEqual(page.locator("h1").inner_text(), "There is nothing here")
                    self.assert_fits(page)
                    self.assert_accessible(page)
        page.get_by_role("link", name="To the start").click()
        self.assertIn("/shop/", page.url)

    def test_a_broken_page_says_what_to_do(self) -> None:
        with self.assertLogs("django.request", "ERROR"):
            response = self.visit("/broken/")

        self.assertEqual(response.status, 500)
        self.assertEqual(self.page.locator("h1").inner_text(), "Something broke on our side")
        self.assert_accessible()
