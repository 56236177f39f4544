"""Staff pages of money: payments, refunds, disputes, payouts, events, and one order with all of it."""
