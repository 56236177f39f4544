"""Closed months: the figures that are kept, and what came for them later."""
