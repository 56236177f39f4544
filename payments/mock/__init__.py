"""The pretended Stripe of mock mode: what it knows, how it decides, how its events are posted.

`payments.mock_gateway` is how the shop asks it. Nothing here runs when payments go to Stripe.
"""
