"""A number of a report is clicked, and the rows that make it come up: on a desk and on a phone."""

from urllib.parse import urlencode

from django.urls import reverse
from playwright.sync_api import Locator, Page, Position, expect

from accounts.models import Role
from analyticsapp.tests.test_report_cells import ASKED, a_small_shop
from purelaka.testing_browser import NARROW, SCHEMES, WIDE, BrowserTestCase

QUERY = urlencode(ASKED)
# Report, chart, a point of it as series and value, what it leads to, and what the rows come to there.
DRAWN: list[tuple[str, str, int, list[float], str, str]] = [
    ("dashboard", "bestsellers", 0, [50_00, 0], "Product revenue, CREAM", "sum to the cell: £100.00."),
    (
        "report-customers",
        "customers",
        1,
        [3, 50_00],
        "Gross sales to returning customers, 4 May",
        "The rows sum to the cell: £100.00.",
    ),
]


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
        for report, kind, series, value, title, told in DRAWN:
            with self.subTest(kind):
                self.visit(f"{reverse(f'analyticsapp:{report}')}?{QUERY}")
                self.click(self.page.locator(f"figure[data-chart={kind}] .canvas"), series, value)

                expect(self.page.get_by_role("heading", level=1)).to_have_text(title)
                expect(self.page.get_by_text(told)).to_be_visible()

    def test_an_hour_leads_to_its_orders_and_one_without_any_does_not_pretend_to(self) -> None:
        a_small_shop()
        self.sign_in(Role.ANALYST)
        self.visit(f"{reverse('analyticsapp:report-time')}?{QUERY}")
        canvas = self.page.locator("figure[data-chart=hours] .canvas")

        self.click(canvas, 0, [12, 0])
        expect(canvas.locator("> div").first).to_have_css("cursor", "default")
        canvas.locator("svg").hover(position=self.place(canvas, 0, [13, 0]))
        self.page.mouse.down()
        self.page.evaluate("dispatchEvent(new Event('resize'))")  # the chart is drawn anew
        self.page.mouse.up()

        expect(self.page.get_by_role("heading", level=1)).to_have_text("Orders, Mon 13:00")
        expect(self.page.get_by_text("as many rows as the cell says: 1.")).to_be_visible()

    def click(self, canvas: Locator, series: int, value: list[float]) -> None:
        """Click where a value of a series is drawn."""
        canvas.locator("svg").click(position=self.place(canvas, series, value))

    def place(self, canvas: Locator, series: int, value: list[float]) -> Position:
        """Where a value of a series is drawn."""
        expect(canvas.locator("svg")).to_be_visible()
        x, y = canvas.evaluate(
            "(canvas, [seriesIndex, value]) => "
            "echarts.getInstanceByDom(canvas).convertToPixel({ seriesIndex }, value)",
            [series, value],
        )
        return {"x": x, "y": y}

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
