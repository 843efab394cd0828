from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deploy.backtest.history import Chunk, StoredEvent, with_what_came_before
from deploy.backtest.rescoring import Rescorer
from deploy.backtest.scorers import Contest
from deploy.backtest.tally import EXAMPLES, Tally
from shared.program.document import Program
from tests.unit.backtest.support import SINCE, job, program, said, tallied
from tests.unit.program.samples import rule

THRICE = rule("earlier_feedback_30d >= 2.0", name="thrice", severity="critical")
HAPPY = {"scale": "nps", "value": 10}

history = st.lists(
    st.tuples(st.sampled_from("abc"), st.integers(0, 110), st.integers(0, 10)), max_size=30
)


def events_of(spoken: Sequence[tuple[str, int, int]]) -> list[StoredEvent]:
    """Return events by customer, in the order in which they came."""
    events = [
        said(number, customer, days, rating={"scale": "nps", "value": value})
        for number, (customer, days, value) in enumerate(spoken)
    ]
    return sorted(events, key=lambda one: (one.customer_id, one.received_at, one.feedback_id))


def in_chunks(candidate: Program, events: Sequence[StoredEvent], size: int) -> Tally:
    rescorer, total = Rescorer(Contest(job=job(candidate))), Tally()
    batches = [events[start : start + size] for start in range(0, len(events), size)]
    for before, chunk in with_what_came_before(batches):
        total.merge(rescorer.tally(Chunk(before, chunk, {})))
    return total


@settings(max_examples=40)
@given(history, st.integers(1, 7))
def test_chunks_of_any_size_give_the_same_counts(
    spoken: list[tuple[str, int, int]], size: int
) -> None:
    events = events_of(spoken)
    assert in_chunks(program([THRICE]), events, size) == in_chunks(program([THRICE]), events, 1000)


@settings(max_examples=40)
@given(history)
def test_the_program_that_counts_differs_from_itself_in_nothing(
    spoken: list[tuple[str, int, int]],
) -> None:
    tally = tallied(job(program()), events_of(spoken))
    assert tally.counting == tally.candidate
    assert (tally.differing, tally.opened.n, tally.dropped.n, tally.regraded) == (0, 0, 0, {})


@settings(max_examples=40)
@given(history)
def test_what_is_opened_and_dropped_makes_up_the_difference(
    spoken: list[tuple[str, int, int]],
) -> None:
    mute = rule("value < 3.0", name="mute", flag=False, severity="none")
    tally = tallied(job(program([THRICE, mute])), events_of(spoken))
    assert tally.candidate.flagged - tally.counting.flagged == tally.opened.n - tally.dropped.n
    for side in (tally.counting, tally.candidate):
        assert sum(side.rules.values()) == sum(side.severities.values()) == side.flagged
        assert sum(side.arrivals.values()) == side.flagged


def test_what_was_said_before_the_time_is_history_only() -> None:
    events = [said(n, days_ago=days, rating=HAPPY) for n, days in enumerate([95, 92, 89])]
    tally = tallied(job(program([THRICE])), events)
    assert (tally.events, tally.opened.n) == (1, 1)


def test_of_a_customer_who_says_much_no_more_is_looked_at_than_the_worker_looks_at() -> None:
    events = [said(n, days_ago=20 - n / 100, rating=HAPPY) for n in range(130)]
    hundred = rule("earlier_feedback_30d >= 100.0", name="hundred")
    more = rule("earlier_feedback_30d > 100.0", name="more")
    assert in_chunks(program([hundred]), events, 11).opened.n == 30
    assert in_chunks(program([more]), events, 11).opened.n == 0


def test_a_candidate_with_other_cuts_has_a_history_of_its_own() -> None:
    asks = rule("earlier_detractors_90d >= 1.0", name="again")
    cuts = program([asks]).scale("nps").model_copy(update={"detractor_max": 2})
    events = [said(n, days_ago=9 - n, rating={"scale": "nps", "value": 5}) for n in range(3)]
    tally = tallied(job(program([asks], scales={"nps": cuts}), program([asks])), events)
    assert (tally.counting.rules["again"], tally.candidate.rules["again"]) == (2, 0)


def test_an_event_that_cannot_be_read_is_counted_and_left_out() -> None:
    broken = said(1)._replace(message='{"data": {"feedback": {}}}')
    tally = tallied(job(program()), [broken, said(2)])
    assert (tally.events, tally.unreadable) == (1, 1)


def test_what_was_stored_otherwise_is_told_apart_by_version() -> None:
    other = said(1)._replace(severity="critical", program_version=7)
    tally = tallied(job(program()), [other, said(2)._replace(flagged=False), said(3)])
    assert (tally.differing, tally.differing_of_others) == (2, 1)


def test_examples_are_masked_and_few_and_rather_have_words() -> None:
    text = "Ann Bell here, ann@example.com, call +44 20 7946 0958. " + "Why? " * 200
    contact = {"name": "Ann Bell"}
    events = [said(n, text=text, contact=contact, rating=HAPPY) for n in range(9)]
    events += [said(n, rating=HAPPY) for n in range(100, 109)]
    tally = tallied(job(program([rule("category == 'promoter'")])), events)
    shown = tally.opened.examples["high"]
    assert len(shown) == EXAMPLES
    for example in shown:
        assert example.text.startswith("‹name› here, ‹mail›, call ‹phone›. Why?")
        assert len(example.text) <= 402


@pytest.mark.parametrize(("why", "ours"), [("process", 1), ("unknown", 0), ("rain", 0)])
def test_a_reason_that_is_outside_or_below_it_is_not_our_doing(why: str, ours: int) -> None:
    one = said(1)
    tally = tallied(job(program()), [one, said(2)], {one.feedback_id: why})
    assert (tally.counting.flagged, tally.counting.known, tally.counting.ours) == (2, 1, ours)


def test_the_moment_from_which_on_events_count_belongs_to_the_time() -> None:
    at = said(1)._replace(occurred_at=SINCE)
    assert tallied(job(program()), [at]).events == 1
