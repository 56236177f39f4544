"""From a wish to the basket to an order, by people."""

from analyticsapp.kpis.definition import COUNT, Kpi
from analyticsapp.kpis.wording import NO_CURRENCY

WISHES = (
    Kpi(
        key="wishlisted_users",
        label="People with a wish",
        unit=COUNT,
        formula="Number of signed-in people who put something on their wishlist and did not take it back.",
        date_rule=(
            "The store's day on which the wish was made. A wish taken back within the window does not count."
        ),
        edge_cases="Who wishes for five things counts once.",
        source="Wishlist",
        compute=lambda facts: facts.wishlisted_users,
        currency_rule=NO_CURRENCY,
        better="up",
    ),
    Kpi(
        key="basket_users",
        label="Wished, then in the basket",
        unit=COUNT,
        formula=(
            "Those of the people with a wish who put something into their basket after the wish, or bought, "
            "in the same window."
        ),
        date_rule="Wish and basket both in the window, the wish first.",
        edge_cases=(
            "Whatever they put in, taken out again or not. Only baskets of signed-in people. The funnel of "
            "each wish and its own product is on the page of wishes."
        ),
        source="Wishlist, baskets, and orders that are paid or fulfilled",
        compute=lambda facts: facts.basket_users,
        currency_rule=NO_CURRENCY,
        better="up",
    ),
    Kpi(
        key="purchased_users",
        label="Wished, then bought",
        unit=COUNT,
        formula="Those of the people with a wish who paid an order after the wish, in the same window.",
        date_rule="Wish and payment both in the window, the wish first.",
        edge_cases="Whatever they bought. Only orders placed while signed in.",
        source="Wishlist, and orders that are paid or fulfilled",
        compute=lambda facts: facts.purchased_users,
        currency_rule=NO_CURRENCY,
        better="up",
    ),
)
