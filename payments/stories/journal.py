"""Writes down what Stripe says: events, and the answers of its API."""

import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from django.conf import settings

from payments.stories.ids import Ids
from payments.stories.versions import LATEST, Json, in_version


class StoryError(ValueError):
    """Stripe would not let this happen; the message says why."""


class Journal:
    """A clock, and what was said until now in the shapes of one API version.

    `events` are those Stripe posts, in the order it made them. `answers` are answers of its API,
    put into an event's form. `told` holds both, as they happened.
    """

    def __init__(self, *, at: datetime, seed: str, api_version: str = LATEST, instance: str = "") -> None:
        self.clock = at.astimezone(UTC)  # adding to a local time would lose or repeat an hour
        self.api_version = api_version
        self.instance = instance or settings.INSTANCE
        self.ids = Ids(seed=seed, account=self.instance)
        self.told: list[Json] = []
        self.balance_transactions: list[Json] = []
        self._shown: dict[str, Json] = {}  # Stripe id -> the object as it was last shown
        self._changes: dict[str, Json] = {}  # Stripe id -> what its last change replaced

    @property
    def events(self) -> list[Json]:
        return [said for said in self.told if not is_answer(said)]

    @property
    def answers(self) -> list[Json]:
        return [said for said in self.told if is_answer(said)]

    @property
    def fees(self) -> int:
        """What Stripe has taken for itself until now, in minor units."""
        return sum(line["fee"] for line in self.balance_transactions)

    @property
    def now(self) -> int:
        """The clock in Unix seconds, which is as fine as Stripe's moments are."""
        return int(self.clock.timestamp())

    def passes(self, time: timedelta) -> None:
        """Let time go by."""
        self.clock += time

    def waits_until(self, moment: datetime) -> None:
        """Let time go by until `moment`; nothing happens if it has passed."""
        self.clock = max(self.clock, moment)

    def says(self, type: str, about: Json, *, asked: bool = False) -> None:
        """Stripe posts an event. `asked` when a request of ours caused it, not a bank or a clock."""
        shown = in_version(about, self.api_version)
        data: Json = {"object": shown}
        if _tells_changes(type):
            data["previous_attributes"] = self._previous(shown)
        self._shown[shown["id"]] = shown
        self.told.append(
            {
                "id": self.ids.new("evt"),
                "object": "event",
                "api_version": self.api_version,
                "created": self.now,
                "data": data,
                "livemode": False,
                "pending_webhooks": 1,
                "request": {"id": self.ids.request() if asked else None, "idempotency_key": None},
                "type": type,
            }
        )

    def keeps_to_itself(self, about: Json) -> None:
        """Stripe posts nothing, but will know what changes from here on."""
        self._shown[about["id"]] = in_version(about, self.api_version)

    def _previous(self, shown: Json) -> Json:
        """What the last change replaced; several events may tell of one change."""
        key = shown["id"]
        changed = _changed(self._shown.get(key, shown), shown)
        if changed:
            self._changes[key] = changed
        return self._changes.get(key, {})

    def answers_with(self, type: str, about: Json) -> None:
        """Stripe's API answers; the answer's id is made of what it says."""
        shown = in_version(about, self.api_version)
        content = json.dumps([type, self.now, shown], sort_keys=True)
        self.told.append(
            {
                "id": f"api_{sha256(content.encode()).hexdigest()[:24]}",
                "object": "event",
                "api_version": self.api_version,
                "created": self.now,
                "data": {"object": shown},
                "livemode": False,
                "type": type,
            }
        )

    def lists_balance_transactions(self, transactions: list[Json], *, payout: str | None = None) -> None:
        """The API answers which balance transactions there are, or are in one payout."""
        listed = {"object": "list", "payout": payout, "data": transactions}
        self.answers_with("balance_transaction.listed", listed)


def is_answer(said: Json) -> bool:
    """Whether this is an answer of Stripe's API, not an event it posts."""
    return str(said["id"]).startswith("api_")


def moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _tells_changes(type: str) -> bool:
    return type.endswith((".updated", ".refunded", ".closed", ".funds_withdrawn", ".funds_reinstated"))


def _changed(before: Json, after: Json) -> Json:
    """The old values of what changed, as `previous_attributes` has them."""
    old: Json = {}
    for key in after:
        was, now = before.get(key), after[key]
        if was != now:
            old[key] = _changed(was, now) if isinstance(was, dict) and isinstance(now, dict) else was
    return old
