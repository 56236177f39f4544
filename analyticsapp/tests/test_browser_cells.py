"""A number of a report is clicked, and the rows that make it come up: on a desk and on a phone."""

from urllib.parse import urlencode

from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts.models import Role
from analyticsapp.tests.test_report_cells import ASKED, a_small_shop
from purelaka.testing_browser import NARROW, SCHEMES, WIDE, BrowserTestCase

QUERY = urlencode(ASKED)


class CellTests(BrowserTestCase):
    def test_a_cell_of_a_report_leads_to_rows_that_sum_to_it(self) -> None:
        a_small_shop()
        for size, scheme in zip((WIDE, NARROW), SCHEMES, strict=True):
            page = self.open_page(size, scheme)
            self.sign_in(Role.ANALYST, page)
            with self.subTest(width=size[0]):
                self.walk(page)

    def test_a_bar_leads_where_its_number_does(self) -> None:
        a_small_shop()
        self.sign_in(Role.ANALYST)
        self.visit(f"{reverse('analyticsapp:dashboard')}?{QUERY}")
        chart = self.page.locator("figure[data-chart=bestsellers]")
        label = chart.locator("svg text", has_text="£100.00")
        label.scroll_into_view_if_needed()
        box = label.bounding_box()
        assert box is not None
        self.page.mouse.click(box["x"] - 20, box["y"] + box["height"] / 2)  # the bar ends before its label

        expect(self.page.get_by_role("heading", level=1)).to_have_text("Product revenue, CREAM")
        expect(self.page.get_by_text("The rows sum to the cell: £100.00.")).to_be_visible()

    def walk(self, page: Page) -> None:
        self.visit(f"{reverse('analyticsapp:report-time')}?{QUERY}", page)
        table = page.get_by_role("region", name="By country, table")
        table.get_by_role("row", name="GB").get_by_role("link", name="£100.00").first.click()

        expect(page.get_by_role("heading", level=1)).to_have_text("Gross sales, GB")
        expect(page.get_by_text("The rows sum to the cell: £100.00.")).to_be_visible()
        self.assert_fits(page)
        self.assert_accessible(page)
        self.assert_icons_drawn(page)
        page.get_by_role("link", name="When and where").first.click()
        expect(page.get_by_role("heading", level=1)).to_have_text("When and where")
