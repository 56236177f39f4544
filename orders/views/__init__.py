"""Pages of orders: the desk's list, the customer's own."""
