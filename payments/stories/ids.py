"""Ids that look like Stripe's and are the same for the same seed."""

from hashlib import sha256

LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
LINKED = {"pi": 16, "ch": 16, "txn": 16, "re": 16, "evt": 16}  # letters shared within one payment


def letters(count: int, *seed: object) -> str:
    """`count` letters and digits that only depend on `seed`."""
    number = int.from_bytes(sha256("\0".join(map(str, seed)).encode()).digest())
    picked = []
    for _ in range(count):
        number, index = divmod(number, len(LETTERS))
        picked.append(LETTERS[index])
    return "".join(picked)


class Ids:
    """Gives out ids such as `ch_3Q7dKeLkdIwHu7ix2Tq0bXcW`, each once.

    As at Stripe, everything about one payment begins alike: a digit, six letters of the payment,
    ten of the account.
    """

    def __init__(self, *, seed: str, account: str) -> None:
        self._seed, self._account = seed, account
        self._common = "3" + letters(6, seed, account) + letters(10, "account", account)
        self._given = 0

    def new(self, prefix: str) -> str:
        """The next id, with this prefix."""
        self._given += 1
        tail = letters(24, self._seed, self._account, prefix, self._given)
        start = self._common if prefix in LINKED else "1" + self._common[1:]
        return f"{prefix}_{start}{tail[: 24 - len(start)]}"

    def secret(self, of: str) -> str:
        """The client secret of a payment intent."""
        return f"{of}_secret_{letters(25, 'secret', of)}"

    def request(self) -> str:
        """The id of an API request."""
        self._given += 1
        return f"req_{letters(14, self._seed, self._account, 'req', self._given)}"
