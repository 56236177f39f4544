"""Paid orders that can't be sent as they are: what is short, and what a person decides."""
