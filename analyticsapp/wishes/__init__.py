"""From wish to basket to purchase."""
