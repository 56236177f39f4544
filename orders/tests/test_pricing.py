"""No path makes the parts of an order differ from its total, or its lines' shares from its parts."""

from django.test import SimpleTestCase
from django.utils import timezone
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from orders import checkout, quoting, rates, reviewing
from orders.agreement import seen_of
from orders.models import Basket, BasketItem, DiscountCode, OrderItem, TaxBehavior
from orders.placing import Line, Terms, place_order
from orders.pricing import Amounts, Discount, Tax, price, share_out
from orders.quoting import Quote
from orders.tests.making import ADDRESS, make_rate, make_tax
from purelaka.testing import make_variant

amounts_of_lines = st.lists(st.integers(0, 10**9), min_size=1, max_size=12)
discounts = st.one_of(
    st.just(Discount()),
    st.integers(1, 100).map(lambda percent: Discount(percent_off=percent)),
    st.integers(1, 10**9).map(lambda amount: Discount(amount_off=amount)),
)
taxes = st.builds(Tax, st.integers(0, 10_000), st.sampled_from(TaxBehavior))


class PriceTests(SimpleTestCase):
    @settings(deadline=None)
    @given(amounts_of_lines, discounts, st.integers(0, 10**6), taxes)
    def test_parts_make_the_total_and_shares_make_the_parts(
        self, lines: list[int], discount: Discount, shipping: int, tax: Tax
    ) -> None:
        amounts = price(lines, discount=discount, shipping=shipping, tax=tax)
        added = amounts.tax if tax.behavior == TaxBehavior.EXCLUSIVE else 0
        on_shipping = amounts.tax - sum(line.tax for line in amounts.lines)

        self.assertEqual(amounts.subtotal, sum(lines))
        self.assertEqual(amounts.total, amounts.subtotal - amounts.discount + amounts.shipping + added)
        self.assertEqual(sum(line.discount for line in amounts.lines), amounts.discount)
        self.assertGreaterEqual(on_shipping, 0)
        self.assertTrue(shipping or not on_shipping)
        self.assert_in_bounds(amounts)

    def assert_in_bounds(self, amounts: Amounts) -> None:
        self.assertLessEqual(amounts.discount, amounts.subtotal)
        self.assertLessEqual(amounts.tax, amounts.total)
        for line in amounts.lines:
            self.assertTrue(0 <= line.discount <= line.amount and line.tax >= 0, line)

    @settings(deadline=None)
    @given(amounts_of_lines, discounts, st.integers(0, 10**6), st.integers(0, 10_000))
    def test_tax_held_in_the_price_is_that_of_the_price_without_it(
        self, lines: list[int], discount: Discount, shipping: int, rate: int
    ) -> None:
        """Gross less its tax, taxed again, is the gross to within the rounding of one minor unit."""
        gross = price(lines, discount=discount, shipping=shipping, tax=Tax(rate))
        net = gross.total - gross.tax

        self.assertLessEqual(abs(Tax(rate, TaxBehavior.EXCLUSIVE).of(net) - gross.tax), 1)

    @settings(deadline=None)
    @given(st.lists(st.integers(0, 10**9), min_size=1), st.data())
    def test_shares_sum_to_what_is_shared_and_none_is_more_than_its_weight(
        self, weights: list[int], data: st.DataObject
    ) -> None:
        amount = data.draw(st.integers(0, sum(weights)))
        shares = share_out(amount, weights)

        self.assertEqual(sum(shares), amount)
        self.assertTrue(all(share <= weight for share, weight in zip(shares, weights, strict=True)))

    def test_by_hand(self) -> None:
        """Three creams of £9.99 and a mask of £5.00, 10 % off, £3.95 delivery, 20 % VAT."""
        held = price([29_97, 5_00], discount=Discount(10), shipping=3_95, tax=Tax(20_00))
        added = price(
            [29_97, 5_00], discount=Discount(10), shipping=3_95, tax=Tax(20_00, TaxBehavior.EXCLUSIVE)
        )

        self.assertEqual((held.subtotal, held.discount, held.tax, held.total), (34_97, 3_50, 5_90, 35_42))
        self.assertEqual((added.tax, added.total), (7_08, 42_50))
        self.assertEqual([line.discount for line in held.lines], [3_00, 50])


pieces = st.lists(st.tuples(st.integers(0, 10**7), st.integers(1, 99)), min_size=1, max_size=4)


class PlacedOrderTests(TestCase):
    """The same of orders in the database, whose constraints would refuse parts that do not make the total."""

    @settings(max_examples=60, deadline=None)
    @given(
        pieces,
        discounts,
        st.integers(0, 10**5),
        taxes,
        st.sampled_from(["gbp", "eur", "jpy", "kwd"]),
    )
    def test_an_order_and_its_items_add_up(
        self, goods: list[tuple[int, int]], discount: Discount, shipping: int, tax: Tax, currency: str
    ) -> None:
        lines = [
            Line(make_variant(unit_amount=amount, currency=currency, stock=100), quantity)
            for amount, quantity in goods
        ]
        code = _code(discount, currency)
        terms = Terms(shipping_method="Post", shipping=shipping, tax=tax, discount_code=code)
        order = place_order(lines, email="robin@example.com", terms=terms)
        order.refresh_from_db()
        items = list(OrderItem.objects.filter(order=order))

        self.assertEqual(sum(item.amount_total for item in items), order.amount_subtotal)
        self.assertEqual(sum(item.amount_discount for item in items), order.amount_discount)
        self.assertTrue(order.amount_tax - sum(item.amount_tax for item in items) >= 0)
        added = order.amount_tax if order.tax_behavior == TaxBehavior.EXCLUSIVE else 0
        paid_for = order.amount_subtotal - order.amount_discount + order.amount_shipping + added
        self.assertEqual(order.amount_total, paid_for)

    @settings(max_examples=60, deadline=None)
    @given(
        pieces,
        discounts,
        st.tuples(st.integers(0, 10**4), st.none() | st.integers(0, 10**6)),
        taxes,
        st.sampled_from(["gbp", "jpy", "kwd"]),
    )
    def test_what_was_quoted_is_what_is_ordered(
        self,
        goods: list[tuple[int, int]],
        discount: Discount,
        delivery: tuple[int, int | None],
        tax: Tax,
        currency: str,
    ) -> None:
        make_rate(delivery[0], currency=currency, free_from=delivery[1])
        make_tax(tax.rate)
        basket = _basket(goods, currency, _code(discount, currency))
        with self.settings(PRICES_INCLUDE_TAX=tax.behavior == TaxBehavior.INCLUSIVE):
            quote = _quoted(basket)
            assume(not quote.obstacle)
            details = checkout.Details(**ADDRESS)
            seen = seen_of(quote)
            order = checkout.place(basket, details, user=None, method_id=None, seen=seen)
        order.refresh_from_db()

        self.assertEqual(
            (order.amount_subtotal, order.amount_discount, order.amount_shipping, order.amount_tax),
            (quote.amount_subtotal, quote.amount_discount, quote.amount_shipping, quote.amount_tax),
        )
        self.assertEqual(order.amount_total, quote.amount_total)
        self.assertGreaterEqual(order.amount_total, rates.minimum_charge(currency))


def _basket(goods: list[tuple[int, int]], currency: str, code: DiscountCode | None) -> Basket:
    basket = Basket.objects.create(discount_code=code)
    for amount, quantity in goods:
        variant = make_variant(unit_amount=amount, currency=currency, stock=100)
        BasketItem.objects.create(basket=basket, variant=variant, quantity=quantity, unit_amount=amount)
    return basket


def _quoted(basket: Basket) -> Quote:
    reviewed = reviewing.review(basket)
    asked = checkout.asked(basket, country="GB")
    return quoting.quote(reviewed.to_order, asked, currency=reviewed.currency, now=timezone.now())


def _code(discount: Discount, currency: str) -> DiscountCode | None:
    if not (discount.percent_off or discount.amount_off):
        return None
    return DiscountCode.objects.create(
        code="ANY",
        percent_off=discount.percent_off or None,
        amount_off=discount.amount_off or None,
        currency=currency,
    )
