from django.template.loader import render_to_string
from django.test import SimpleTestCase

from purelaka.figures import Cell, Chart, Kpi, money_bar, money_cell, spark_paths


class SparkTests(SimpleTestCase):
    def test_both_series_share_one_scale(self) -> None:
        now, before = spark_paths([0, 10], [5, 5])

        self.assertEqual(now, "M0.0,30.0 100.0,2.0")
        self.assertEqual(before, "M0.0,16.0 100.0,16.0")

    def test_one_point_is_no_line(self) -> None:
        self.assertEqual(spark_paths([3]), ("", ""))

    def test_a_flat_series_does_not_divide_by_nothing(self) -> None:
        self.assertEqual(spark_paths([7, 7])[0], "M0.0,2.0 100.0,2.0")


class MoneyBarTests(SimpleTestCase):
    PARTS = [("net", "Net to bank", 86_27), ("refunded", "Refunded", 14_00), ("fee", "Stripe fee", 1_73)]

    def test_the_parts_fill_the_bar(self) -> None:
        bar = money_bar(total=102_00, total_label="Paid", currency="gbp", parts=self.PARTS)

        self.assertEqual([part.x for part in bar.parts], ["0.00", "84.58", "98.30"])
        self.assertAlmostEqual(sum(float(part.width) for part in bar.parts), 100, places=1)

    def test_what_left_us_is_told_with_a_minus(self) -> None:
        bar = money_bar(total=102_00, total_label="Paid", currency="gbp", parts=self.PARTS)

        self.assertEqual(bar.spoken, "Paid £102.00, Net to bank £86.27, Refunded −£14.00, Stripe fee −£1.73")

    def test_a_part_below_zero_has_no_width(self) -> None:
        parts = [("net", "Net to bank", -20_00), ("disputed", "Disputed", 30_00), ("fee", "Fees", 15_00)]
        bar = money_bar(total=25_00, total_label="Paid", currency="gbp", parts=parts)

        self.assertEqual([part.kind for part in bar.parts], ["disputed", "fee"])
        self.assertAlmostEqual(sum(float(part.width) for part in bar.parts), 100, places=1)
        self.assertIn("Net to bank −£20.00", bar.spoken)

    def test_an_order_without_money_draws_nothing(self) -> None:
        bar = money_bar(total=0, total_label="Paid", currency="gbp", parts=[("net", "Net", 0)])

        self.assertEqual(bar.parts, [])


class TemplateTests(SimpleTestCase):
    def test_a_card_without_a_series_or_a_change_has_neither(self) -> None:
        text = render_to_string("_kpi.html", {"kpi": Kpi("Orders", "611", "/orders/")})

        self.assertIn("611", text)
        self.assertNotIn("<svg", text)
        self.assertNotIn("kpi-change", text)

    def test_a_chart_s_table_holds_text_and_exact_number(self) -> None:
        rows = [[Cell("24 Nov"), money_cell(1_234_50, "gbp")]]
        text = render_to_string(
            "_chart.html", {"chart": Chart("days", "Sales", ["Day", "Gross"], rows, "gbp")}
        )

        self.assertInHTML('<td class="num" data-value="123450">£1,234.50</td>', text)
        self.assertIn('data-currency="gbp" data-digits="2"', text)

    def test_a_number_of_zero_is_data_too(self) -> None:
        rows = [[Cell("23 Nov"), money_cell(7, "jpy")], [Cell("24 Nov"), money_cell(0, "jpy")]]
        text = render_to_string(
            "_chart.html", {"chart": Chart("days", "Sales", ["Day", "Gross"], rows, "jpy")}
        )

        self.assertInHTML('<td class="num" data-value="0">¥0</td>', text)
        self.assertIn('data-digits="0"', text)

    def test_a_chart_of_nothing_says_so_and_is_not_drawn(self) -> None:
        chart = Chart("days", "Sales", ["Day", "Gross"], [[Cell("24 Nov"), money_cell(0, "jpy")]], "jpy")

        text = render_to_string("_chart.html", {"chart": chart})

        self.assertIn("Nothing to draw", text)
        self.assertNotIn("data-chart", text)
