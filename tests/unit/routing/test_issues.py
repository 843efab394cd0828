"""Of what the outer loop tells, in any order and as often as it likes, the latest is kept."""

from __future__ import annotations

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.routing.domain.issues import newest, thing_of
from shared.contracts.plans import OuterLoopChanged, PlanState
from tests.integration.routing import told

EVENTS = [
    *(told.issue(what, version=n) for what in ("late", "damaged") for n in (1, 2, 3)),
    *(told.plan("late", state, version=n) for n, state in enumerate(PlanState, 1)),
]


@given(
    batches=st.lists(st.lists(st.sampled_from(EVENTS), max_size=12), max_size=6),
    last=st.permutations(EVENTS),
)
def test_whatever_the_order_and_the_cut_each_thing_ends_at_its_highest_version(
    batches: list[list[OuterLoopChanged]], last: list[OuterLoopChanged]
) -> None:
    kept: dict[UUID, int] = {}
    for batch in [*batches, last]:
        for event in newest(batch, kept):
            assert event.data.version > kept.get(thing_of(event.data), 0)
            kept[thing_of(event.data)] = event.data.version
    highest = {thing_of(event.data): 0 for event in EVENTS}
    for event in EVENTS:
        highest[thing_of(event.data)] = max(highest[thing_of(event.data)], event.data.version)
    assert kept == highest


def test_what_is_known_already_is_not_kept_again() -> None:
    event = told.issue("late", version=2)
    assert newest([event], {event.data.issue_id: 2}) == []
