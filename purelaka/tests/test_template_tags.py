from datetime import UTC, date, datetime
from unittest import mock

from django import forms
from django.template import Context, Template
from django.test import SimpleTestCase, override_settings

NOW = datetime(2026, 11, 24, 14, 31, tzinfo=UTC)


def render(text: str, **context: object) -> str:
    return Template("{% load purelaka %}" + text).render(Context(context))


class MoneyTests(SimpleTestCase):
    def test_an_amount_is_shown_in_its_currency(self) -> None:
        self.assertEqual(render("{{ a|money:c }}", a=123456, c="gbp"), "£1,234.56")
        self.assertEqual(render("{{ a|money:c }}", a=1200, c="jpy"), "¥1,200")

    def test_zero_is_a_number_and_nothing_is_a_dash(self) -> None:
        self.assertEqual(render("{{ a|money:'gbp' }}", a=0), "£0.00")
        self.assertEqual(render("{{ a|money:'gbp' }}", a=None), "–")

    def test_money_that_went_back_has_a_minus_and_none_of_it_is_a_dash(self) -> None:
        self.assertEqual(render("{{ a|money_back:'gbp' }}", a=1400), "−£14.00")
        self.assertEqual(render("{{ a|money_back:'gbp' }}", a=0), "–")

    def test_a_change_always_has_its_sign(self) -> None:
        self.assertEqual(render("{{ a|money_change:'gbp' }}", a=30), "+£0.30")
        self.assertEqual(render("{{ a|money_change:'gbp' }}", a=-30), "−£0.30")
        self.assertEqual(render("{{ a|money_change:'gbp' }}", a=0), "£0.00")

    def test_counts_have_separators(self) -> None:
        self.assertEqual(render("{{ n|count }}", n=530099), "530,099")
        self.assertEqual(render("{{ n|count }}", n=None), "–")


@override_settings(TIME_ZONE="Europe/London")
@mock.patch("django.utils.timezone.now", return_value=NOW)
class MomentTests(SimpleTestCase):
    def test_a_moment_is_short_and_whole_in_its_title(self, now: mock.Mock) -> None:
        text = render("{% moment at %}", at=datetime(2026, 11, 24, 14, 24, 59, tzinfo=UTC))

        self.assertHTMLEqual(
            text, '<time datetime="2026-11-24T14:24:59Z" title="24 Nov 2026, 14:24:59">6 min ago</time>'
        )

    def test_the_machine_readable_moment_is_utc_in_summer_too(self, now: mock.Mock) -> None:
        text = render("{% moment at 'full' %}", at=datetime(2026, 7, 1, 8, tzinfo=UTC))

        self.assertIn('datetime="2026-07-01T08:00:00Z"', text)
        self.assertIn(">1 Jul 2026, 09:00:00<", text)

    def test_no_moment_is_a_dash(self, now: mock.Mock) -> None:
        self.assertEqual(render("{% moment at %}", at=None), "–")

    def test_a_day_is_the_store_s_day_of_a_moment(self, now: mock.Mock) -> None:
        self.assertEqual(render("{{ at|day }}", at=datetime(2026, 6, 30, 23, 30, tzinfo=UTC)), "1 Jul 2026")
        self.assertEqual(render("{{ at|day:'short' }}", at=date(2026, 7, 1)), "1 Jul")
        self.assertEqual(render("{{ at|day:'long' }}", at=date(2026, 7, 1)), "Wednesday 1 July 2026")
        self.assertEqual(render("{{ at|day }}", at=None), "–")


class IdTests(SimpleTestCase):
    def test_a_stripe_id_keeps_its_kind_and_its_end(self) -> None:
        self.assertEqual(render("{{ i|shortened }}", i="pi_3Qv2nZ19CDdSFNaGC"), "pi_…SFNaGC")
        self.assertEqual(render("{{ i|shortened }}", i="cs_test_a1B2c3D4e5F6"), "cs_test_…D4e5F6")

    def test_a_short_or_foreign_id_stays(self) -> None:
        self.assertEqual(render("{{ i|shortened }}", i="PL-10386"), "PL-10386")
        self.assertEqual(render("{{ i|shortened }}", i="evt_12345678"), "evt_12345678")

    def test_the_whole_id_is_what_is_copied(self) -> None:
        text = render("{% short_id i %}", i="pi_3Qv2nZ19CDdSFNaGC")

        self.assertIn('data-copy="pi_3Qv2nZ19CDdSFNaGC"', text)
        self.assertIn("pi_…SFNaGC", text)

    def test_an_id_is_escaped(self) -> None:
        self.assertNotIn("<script>", render("{% short_id i %}", i="x_<script>alert(1)</script>"))

    def test_no_id_is_a_dash(self) -> None:
        self.assertEqual(render("{% short_id i %}", i="").strip(), "–")


class IconTests(SimpleTestCase):
    def test_an_icon_comes_from_the_sprite_and_says_nothing(self) -> None:
        text = render('{% icon "truck" "muted" %}')

        self.assertIn('class="icon muted"', text)
        self.assertIn("vendor/icons.svg#truck", text)
        self.assertIn('aria-hidden="true"', text)


class SampleForm(forms.Form):
    email = forms.EmailField(widget=forms.EmailInput(attrs={"placeholder": "Email address"}))
    kind = forms.ChoiceField(choices=[("a", "A")])
    note = forms.CharField(widget=forms.Textarea(attrs={"placeholder": "What happened?"}), required=False)
    sure = forms.BooleanField()


class FormTests(SimpleTestCase):
    def test_what_is_wrong_stands_beside_its_field_and_is_tied_to_it(self) -> None:
        text = SampleForm({"email": "no", "kind": "a", "sure": "on"}).render()

        self.assertIn('aria-describedby="id_email_error"', text)
        self.assertIn('id="id_email_error"', text)
        self.assertIn('class="form-control is-invalid"', text)
        self.assertInHTML('<label class="form-label" for="id_email">Email</label>', text)

    def test_what_was_typed_is_kept(self) -> None:
        self.assertIn('value="no"', SampleForm({"email": "no"}).render())

    def test_a_field_that_may_be_empty_says_so(self) -> None:
        self.assertEqual(SampleForm().render().count("(optional)"), 1)

    def test_controls_have_their_look(self) -> None:
        text = SampleForm().render()

        for look in ("form-control", "form-select", "form-control is-long", "form-check-input"):
            self.assertIn(f'class="{look}"', text)

    def test_a_placeholder_that_repeats_the_label_is_left_out(self) -> None:
        text = SampleForm().render()

        self.assertNotIn("Email address", text)
        self.assertIn('placeholder="What happened?"', text)

    def test_what_is_wrong_with_all_of_it_stands_on_top(self) -> None:
        form = SampleForm({})
        form.add_error(None, "The two do not fit.")

        self.assertIn('role="alert"', form.render().split("<label", 1)[0])
