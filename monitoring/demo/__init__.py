"""Eighteen months of a small skin-care shop, made up, to look around in.

First everything is planned in memory (`plan`): who buys what and when, what becomes of the money.
Then it is told to the store in the order it happened (`history`), through the same doors as in
real life: orders are placed, Stripe's events come in, parcels go out.
"""
