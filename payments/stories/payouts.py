"""Payouts: what Stripe sends to the bank, and which balance transactions each one is made of."""

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta

from payments.stories import objects
from payments.stories.fees import working_days_after
from payments.stories.journal import Journal, StoryError, moment
from payments.stories.versions import LATEST, Json


class PayoutBook(Journal):
    """The automatic payouts of one account.

    book = PayoutBook(at=moment)
    payouts = book.pays_out([*story.balance_transactions, …])   # when the clock has got there
    book.payout_arrives(payout)
    """

    def __init__(
        self, *, at: datetime, seed: str = "payouts", api_version: str = LATEST, instance: str = ""
    ) -> None:
        super().__init__(at=at, seed=seed, api_version=api_version, instance=instance)
        self.payouts: list[Json] = []
        self.content: dict[str, list[Json]] = {}  # payout id -> the balance transactions in it
        self._paid_out: set[str] = set()

    def pays_out(self, transactions: Iterable[Json]) -> list[Json]:
        """Make a payout, for each currency, of what is available now and not in a payout yet.

        `transactions` may be all there ever were. A currency whose sum is not positive waits.
        The money of failed payouts is paid out with them. Returns the new payouts.
        """
        by_currency: dict[str, list[Json]] = {}
        for transaction in [*transactions, *self._returned()]:
            if transaction["id"] not in self._paid_out and transaction["available_on"] <= self.now:
                by_currency.setdefault(transaction["currency"], []).append(transaction)
        return [
            self._payout(currency, by_currency[currency])
            for currency in sorted(by_currency)
            if sum(transaction["net"] for transaction in by_currency[currency]) > 0
        ]

    def payout_arrives(self, payout: Json) -> None:
        """The bank has the money; Stripe can say what the payout was made of."""
        self._must_be_on_its_way(payout)
        self.waits_until(moment(payout["arrival_date"]))
        payout |= {"status": "paid", "trace_id": {"status": "supported", "value": f"PL{payout['created']}"}}
        self.says("payout.paid", payout)
        self._is_reconciled(payout)

    def payout_fails(self, payout: Json, code: str = "account_closed") -> None:
        """The bank sends the money back, even after the payout was `paid`; it is in the balance again."""
        if payout["status"] in ("failed", "canceled"):
            raise StoryError(f"The payout is {payout['status']}.")
        back = self._books("payout_failure", "payout_reversal", payout, payout["amount"], at=self.now)
        payout |= {"status": "failed", "failure_code": code, "failure_balance_transaction": back["id"]}
        payout["failure_message"] = "The bank account has been closed."
        self.says("payout.failed", payout)
        self.lists_balance_transactions([back])

    def _payout(self, currency: str, transactions: list[Json]) -> Json:
        arrives = working_days_after(self.clock.astimezone(UTC).date(), 1)
        payout = objects.payout(
            id=self.ids.new("po"),
            amount=sum(transaction["net"] for transaction in transactions),
            currency=currency,
            at=self.now,
            arrives=int(datetime.combine(arrives, time(), UTC).timestamp()),
        )
        own = self._books("payout", "payout", payout, -payout["amount"], at=self.now)
        payout["balance_transaction"] = own["id"]
        self.payouts.append(payout)
        self.content[payout["id"]] = transactions
        self._paid_out.update(transaction["id"] for transaction in transactions)
        for transaction in transactions:
            transaction["status"] = "available"
        self.says("payout.created", payout)
        payout["status"] = "in_transit"
        self.says("payout.updated", payout)
        return payout

    def _is_reconciled(self, payout: Json) -> None:
        if payout["reconciliation_status"] == "completed":
            return
        self.passes(timedelta(minutes=20))
        payout["reconciliation_status"] = "completed"
        self.says("payout.reconciliation_completed", payout)
        own = [line for line in self.balance_transactions if line["id"] == payout["balance_transaction"]]
        self.lists_balance_transactions([*own, *self.content[payout["id"]]], payout=payout["id"])

    def _must_be_on_its_way(self, payout: Json) -> None:
        if payout["status"] not in ("pending", "in_transit"):
            raise StoryError(f"The payout is {payout['status']}.")

    def _returned(self) -> list[Json]:
        return [line for line in self.balance_transactions if line["type"] == "payout_failure"]

    def _books(self, type: str, category: str, payout: Json, amount: int, *, at: int) -> Json:
        transaction = objects.balance_transaction(
            id=self.ids.new("txn"), type=type, category=category, source=payout, amount=amount, at=at
        )
        self.balance_transactions.append(transaction)
        return transaction
