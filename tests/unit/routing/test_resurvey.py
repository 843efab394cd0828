"""The re-survey: what is asked, how an answer is judged, what silence comes to."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.routing.domain.followup import FollowUp, Resolution
from services.routing.domain.opening import open_followup
from services.routing.domain.resurvey import (
    CHOICES,
    SOLVED_STATES,
    AskedScale,
    Asking,
    NotAskedError,
    answered,
    asking_of,
    lapsed,
    settled,
)
from shared.contracts.events import FollowUpState
from shared.program.document import Program
from tests.integration.routing.company import DOCUMENT, NOW, PROGRAM, scored

DAY = timedelta(days=1)
SCALES: list[AskedScale] = ["nps", "csat", "ces", "stars", "thumbs"]


def resolved(scale: str | None = "nps") -> FollowUp:
    opened = open_followup(scored(1).data, PROGRAM, defaultdict(int), NOW)
    how = Resolution(what="late", why="carrier", action_taken="Sent.", resolved_at=NOW)
    voice = replace(opened.voice, scale=scale)
    return replace(
        opened, state=FollowUpState.RESOLVED, resolution=how, version=5, changed_at=NOW, voice=voice
    )


def asking(scale: AskedScale = "nps", number: int = 5) -> Asking:
    return replace(asking_of(resolved(), PROGRAM), scale=scale, number=number)


def test_a_customer_is_asked_a_day_after_the_resolution_for_a_week() -> None:
    asked = asking()
    assert (asked.asked_at, asked.expires_at) == (NOW + DAY, NOW + 8 * DAY)
    assert [asked.stands(NOW + n * DAY) for n in (0, 1, 7, 8)] == [False, True, True, False]


def test_the_program_says_when_and_for_how_long() -> None:
    program = Program.model_validate({**DOCUMENT, "resurvey": {"after_hours": 0, "wait_days": 2}})
    asked = asking_of(resolved(), program)
    assert (asked.asked_at, asked.expires_at) == (NOW, NOW + 2 * DAY)


@pytest.mark.parametrize(
    ("first", "again"),
    [("nps", "nps"), ("csat", "csat"), ("stars", "stars"), ("custom", "thumbs"), (None, "thumbs")],
)
def test_the_scale_is_that_of_the_first_rating_else_yes_or_no(
    first: str | None, again: str
) -> None:
    assert asking_of(resolved(first), PROGRAM).scale == again


@given(st.sampled_from(SCALES), st.integers(-3, 14))
def test_an_answer_is_judged_by_the_programs_scale(scale: AskedScale, value: int) -> None:
    asked, moment, cut = asking(scale), NOW + 2 * DAY, PROGRAM.scale(scale)
    if value not in CHOICES[scale]:
        with pytest.raises(NotAskedError):
            answered(asked, value, PROGRAM, moment)
        return
    ended, answer = answered(asked, value, PROGRAM, moment)
    assert (ended.ending, ended.value, ended.settled_at) == (answer.verdict, value, moment)
    assert (answer.verdict == "unhappy") == (value <= cut.detractor_max)
    assert (answer.verdict == "happy") == (value >= cut.promoter_min)


def test_nobody_answers_before_the_question_after_its_time_or_twice() -> None:
    asked = asking()
    once, _ = answered(asked, 9, PROGRAM, NOW + DAY)
    for one, moment in ((asked, NOW), (asked, NOW + 8 * DAY), (once, NOW + 2 * DAY)):
        with pytest.raises(NotAskedError):
            answered(one, 9, PROGRAM, moment)


@given(st.sampled_from(FollowUpState), st.integers(0, 20), st.booleans())
def test_silence_is_never_an_answer(state: FollowUpState, days: int, is_latest: bool) -> None:
    asked, moment = asking(), NOW + days * DAY
    latest = asked if is_latest else asking(number=9)
    ending = lapsed(asked, replace(resolved(), state=state), latest, moment)
    if days < 8:
        assert ending is None
    elif is_latest and state in SOLVED_STATES:
        assert ending == "no_response"
    else:
        assert ending == "overtaken"


def test_what_was_answered_does_not_lapse() -> None:
    ended = settled(asking(), "happy", NOW + 2 * DAY, 9)
    assert lapsed(ended, resolved(), ended, NOW + 30 * DAY) is None
