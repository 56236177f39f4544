"""The central property: any permutation of the same events, with any duplicates, ends the same."""

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from payments import inbox
from payments.models import EventSource, EventStatus
from payments.stories import delivery
from payments.stories.story import Story
from payments.stories.versions import Json
from payments.tests.profiles import examples
from payments.tests.state import everything
from payments.tests.strategies import stories
from payments.tests.undone import outcome_of
from purelaka.testing import make_order, make_variant

AMOUNT = 42_00
NUMBER = "PL-1"


def state_after(events: list[Json], *, order_first: int = 0) -> dict[str, object]:
    """Apply `events`, with the order placed before the event at `order_first`; leave no trace."""

    def happens() -> dict[str, object]:
        variant = make_variant(sku="CREAM", unit_amount=AMOUNT)
        for index, event in enumerate([*events, None]):
            if index == min(order_first, len(events)):
                make_order(number=NUMBER, amount_total=AMOUNT, variant=variant)
            if event is not None:
                receipt = inbox.receive(delivery.body(event).decode(), source=source_of(event))
                assert receipt.status != EventStatus.FAILED, receipt.reason
        return everything()

    return outcome_of(happens)


def source_of(event: Json) -> EventSource:
    return EventSource.API if event["id"].startswith("api_") else EventSource.WEBHOOK


def all_events(*told: Story) -> list[Json]:
    return [event for story in told for event in [*story.events, *story.answers]]


class AnyOrderGivesOneStateTests(TestCase):
    @examples(60)
    @given(story=stories(order_number=NUMBER, amount=AMOUNT), data=st.data())
    def test_one_payment(self, story: Story, data: st.DataObject) -> None:
        self.check(all_events(story), data)

    @examples(40)
    @given(
        first=stories(order_number=NUMBER, amount=AMOUNT, steps=3),
        second=stories(order_number=NUMBER, seed="other", steps=3),
        data=st.data(),
    )
    def test_two_payments_of_one_order(self, first: Story, second: Story, data: st.DataObject) -> None:
        self.check(all_events(first, second), data)

    def check(self, events: list[Json], data: st.DataObject) -> None:
        shuffled = data.draw(st.permutations(events))
        again = data.draw(st.lists(st.sampled_from(events), max_size=5)) if events else []
        placed = data.draw(st.integers(0, len(shuffled)))

        self.maxDiff = 3000
        self.assertEqual(state_after(events), state_after([*shuffled, *again], order_first=placed))
