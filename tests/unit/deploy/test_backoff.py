from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from deploy.local.backoff import CALM_AFTER_S, FAILING_AFTER, LONGEST_PAUSE_S, Backoff

SHORT_LIVES = st.lists(st.floats(0, CALM_AFTER_S, exclude_max=True), min_size=1, max_size=2000)


@given(SHORT_LIVES)
def test_the_pauses_between_short_lives_grow_up_to_the_longest(lives: list[float]) -> None:
    backoff = Backoff()
    pauses = [backoff.pause_after(lived_s) for lived_s in lives]
    assert pauses == sorted(pauses)
    assert all(0 < pause <= LONGEST_PAUSE_S for pause in pauses)


@given(SHORT_LIVES)
def test_a_calm_life_makes_the_next_end_a_first_one_again(lives: list[float]) -> None:
    backoff = Backoff()
    first, *_ = [backoff.pause_after(lived_s) for lived_s in lives]
    assert backoff.pause_after(CALM_AFTER_S) == first
    assert not backoff.is_failing


def test_a_process_that_keeps_ending_is_failing() -> None:
    backoff = Backoff()
    seen = []
    for _ in range(FAILING_AFTER):
        backoff.pause_after(1.0)
        seen.append(backoff.is_failing)
    assert seen == [False] * (FAILING_AFTER - 1) + [True]
