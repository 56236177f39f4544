"""Makes the events Stripe would send over the life of an order, for tests, the demo and mock mode.

story = Story(order_number="PL-1", amount=42_00, at=moment)
story.is_declined("insufficient_funds")
story.is_paid()
story.passes(timedelta(days=3))
refund = story.is_refunded(10_00)
story.events    # what Stripe posts to the webhook, in the order it happened
story.answers   # what its API would have answered when asked for the balance transactions
"""
