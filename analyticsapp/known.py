"""What had been learnt by an earlier moment, as conditions of SQL on what tells when we learnt of it."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from analyticsapp.reading import moment_parameter


@dataclass(frozen=True)
class Known:
    """By default everything. `before`: what was learnt before this moment.

    Or up to a row each of the ledger and of the movements of stock, for a month that was closed.
    """

    before: datetime | None = None
    ledger_id: int | None = None
    movement_id: int | None = None

    @property
    def is_everything(self) -> bool:
        """Whether nothing is left out."""
        return self == EVERYTHING

    def entries(self, alias: str = "") -> str:
        """A condition on ledger entries. It has no parameters: put it anywhere."""
        return self._condition(alias, "posted_at", self.ledger_id)

    def movements(self, alias: str = "") -> str:
        """The same on movements of stock."""
        return self._condition(alias, "at", self.movement_id)

    def events(self, alias: str = "") -> str:
        """The same on Stripe's events: only of a moment."""
        return self._condition(alias, "received_at", None)

    def _condition(self, alias: str, learnt: str, newest: int | None) -> str:
        prefix = f"{alias}." if alias else ""
        if newest is not None:
            return f"{prefix}id <= {newest}"
        return f"{prefix}{learnt} < {moment_literal(self.before)}" if self.before else "1 = 1"


EVERYTHING = Known()


def moment_literal(moment: datetime) -> str:
    """A moment of ours as text of SQL, as the database stores it."""
    kind = "TIMESTAMPTZ " if connection.vendor == "postgresql" else ""
    return f"{kind}'{moment_parameter(moment)}'"
