"""Sentences that several definitions share: one rule has one wording."""

SALE_DAY = "The store's day on which the order was paid."
REFUND_DAY = (
    "The store's day on which the refund was made at Stripe, whenever the order was sold. A refund that "
    "fails later comes back on the day it failed; the first day keeps its figure."
)
BOTH_DAYS = (
    "Each part on its own day: sales when paid, refunds when made. The two are different sets of orders."
)
NOTHING_SOLD = "With nothing to divide by: a dash on pages, 0.00 in files."
ORDER_SOLD = "An order is sold on the day its sale entries sum to more than zero."
BY_EMAIL = "A customer is an e-mail address, trimmed and in lower case, signed in or not."
SOLD_TO_DATE = (
    "The store's day on which the order was paid. Refunds and returns of these orders count whenever they "
    "were made, to date: a late window still changes."
)
OF_KNOWN_COST = (
    "Lines whose cost was not known when the order was placed are in none of it, and never count as costing "
    "nothing. A line keeps the cost of that day. Disputes are not refunds."
)
FIRST_EVER = "In this currency; a history that is brought in later makes new customers returning ones."
COHORT_DAY = "The store's day on which the order was paid, whenever it was refunded."
STILL_GROWS = "To date: grows as late refunds of these orders come in, so a young window has less."
AS_STRIPE_SAYS = "As Stripe says it now; for an earlier day, as its events had told by then."
MOVED_DAY = "The store's day on which the money moved."
NO_CURRENCY = (
    "People with a wish have no currency: the number is the same in each currency's row. Do not add them."
)
