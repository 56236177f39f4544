"""All checks, in the order of the arrows they watch. A new one: write it, import its file here."""

# isort: off
from monitoring.checks import events
from monitoring.checks import ledger
from monitoring.checks import orders
from monitoring.checks import rollups
from monitoring.checks import months
from monitoring.checks import balance
from monitoring.checks import payouts
from monitoring.checks import stock
from monitoring.checks import audit
from monitoring.checks import mails
from monitoring.checks import work
# isort: on

__all__ = [
    "audit",
    "balance",
    "events",
    "ledger",
    "mails",
    "months",
    "orders",
    "payouts",
    "rollups",
    "stock",
    "work",
]
