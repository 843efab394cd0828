from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scoring.training.splitting import Labelled, by_digest, in_time

FIRST = datetime(2026, 1, 1, tzinfo=UTC)

moments = st.integers(0, 40).map(lambda hours: FIRST + timedelta(hours=hours))
texts = st.lists(st.builds(Labelled, st.text(max_size=4), st.sampled_from("ab"), moments))


@given(texts)
def test_what_is_judged_by_came_no_earlier_than_what_is_learnt(labelled: list[Labelled]) -> None:
    learn, judge = in_time(labelled)

    assert sorted([*learn, *judge], key=str) == sorted(labelled, key=str)
    assert len(learn) == int(len(labelled) * 0.8)
    assert all(
        early.moment <= late.moment
        for early in learn
        for late in judge
        if early.moment and late.moment
    )


@given(texts, moments)
def test_nothing_that_came_before_the_moment_named_is_judged_by(
    labelled: list[Labelled], after: datetime
) -> None:
    learn, judge = in_time(labelled, judge_after=after)

    assert all(one.moment and one.moment > after for one in judge)
    assert len(learn) + len(judge) == len(labelled)
    assert len(learn) >= int(len(labelled) * 0.8)


def test_texts_of_one_moment_stay_in_the_order_of_the_file() -> None:
    labelled = [Labelled(str(n), "a", FIRST) for n in range(10)]

    learn, judge = in_time(labelled)

    assert [*learn, *judge] == labelled


def test_a_text_without_a_moment_cannot_be_put_in_the_order_of_time() -> None:
    with pytest.raises(ValueError, match="without its moment"):
        in_time([Labelled("a", "a")])


@given(st.lists(st.text(max_size=3)), st.randoms())
def test_copies_of_a_text_fall_on_one_side_whatever_the_order(
    words: list[str], random: Random
) -> None:
    labelled = [Labelled(word, "a") for word in words]
    shuffled = random.sample(labelled, len(labelled))

    parts = by_digest(labelled)

    assert parts == by_digest(shuffled)
    assert not {one.text for one in parts.learn} & {one.text for one in parts.judge}


def test_about_one_text_in_five_is_judged_by() -> None:
    parts = by_digest([Labelled(f"text {n}", "a") for n in range(1000)])

    assert 150 < len(parts.judge) < 250
