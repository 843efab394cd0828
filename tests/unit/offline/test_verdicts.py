"""A row is judged as the worker judges the same event."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.importing.errors import RowRefusedError
from deploy.importing.mapping import RatingSource
from deploy.importing.rows import Row
from deploy.offline.verdicts import CONSTANTS, Judged, RowScorer
from services.scoring.domain.analysis import Judges
from services.scoring.domain.drivers import Drivers
from services.scoring.domain.history import Customer, Said
from services.scoring.domain.ports import Kept, ScoredEvent
from services.scoring.domain.received import Received
from services.scoring.domain.scorer import Scorer
from services.scoring.domain.text.opinion import Opinion
from services.scoring.handlers import score_batch
from services.scoring.judges import Abstaining, open_judges
from tests.unit.offline.support import NOW, NPS, program
from tests.unit.scoring.events import event

NO_DRIVERS = Drivers([], [])
SILENT = Judges(Abstaining(), Abstaining(), Abstaining(), NO_DRIVERS, "silent")
SCORER = RowScorer(program(), SILENT, "words", NPS)

said = st.one_of(
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
    st.sampled_from(
        [
            "The kitchen is on FIRE",
            "El tren llegó tarde y nadie nos dijo nada de nada",
            "The train was late again and nobody said a word",
        ]
    ),
)


class Keeping:
    """Keeps what the worker's handler scored; nobody said anything before."""

    def __init__(self) -> None:
        self.scored: list[ScoredEvent] = []

    async def add(self, scored: Sequence[ScoredEvent]) -> Collection[UUID]:
        self.scored += scored
        return []

    async def said_by(self, customers: Sequence[Customer]) -> Sequence[tuple[Customer, Said]]:
        return []

    async def kept(self, ids: Collection[UUID]) -> Mapping[UUID, Kept]:
        return {}


def row(words: object, score: object = "") -> Row:
    return Row(line=2, cells={"words": words, "score": score})


def worker(text: str | None, value: int | None) -> ScoredEvent:
    """Return what the scoring worker makes of an event with this text and this NPS rating."""
    fields: dict[str, Any] = CONSTANTS | {
        "occurred_at": "2000-01-01T00:00:00Z",
        "text": text,
        "rating": None if value is None else {"scale": "nps", "value": value},
    }
    keeping = Keeping()
    batch = [Received(event(**fields), NOW)]
    asyncio.run(score_batch(keeping, batch, scorers=[Scorer(program(), SILENT)]))
    return keeping.scored[0]


@given(text=said, value=st.none() | st.integers(0, 10))
def test_a_row_gets_the_verdict_that_the_worker_gives_the_event(
    text: str, value: int | None
) -> None:
    judged = SCORER.score(row(text, "" if value is None else str(value)))
    if not text.strip() and value is None:
        assert judged is None
        return
    expected = worker(text.strip() or None, value)
    assert judged is not None
    verdict = judged.verdict
    assert (
        judged.category.value,
        verdict.severity,
        verdict.flagged,
        verdict.rule,
        verdict.program_version,
        verdict.language,
    ) == (
        expected.category,
        expected.severity,
        expected.flagged,
        expected.rule,
        expected.program_version,
        expected.language,
    )


def judged(words: object, score: object = "", *, judges: Judges = SILENT) -> Judged:
    found = RowScorer(program(), judges, "words", NPS).score(row(words, score))
    assert found is not None
    return found


def test_the_words_of_the_program_tell_the_theme() -> None:
    verdict = judged("The train was delayed again", judges=open_judges(program())).verdict

    assert verdict.theme == "late"
    assert verdict.theme_probability is not None
    assert 0 < verdict.theme_probability <= 1


def test_a_text_without_any_of_the_words_has_no_theme_and_no_probability() -> None:
    verdict = judged("Purple elephants", judges=open_judges(program())).verdict

    assert (verdict.theme, verdict.theme_probability, verdict.cause) == (None, None, None)


class Sure:
    """Says the same of every text."""

    def __init__(self, label: str | None) -> None:
        self.label = label

    def judge(self, text: str, language: str | None, *, explain: bool = False) -> Opinion:
        return Opinion(self.label, 0.123456, ())


def test_what_the_judges_say_stands_in_their_columns() -> None:
    judges = Judges(Sure("negative"), Sure("late"), Sure("supplier"), NO_DRIVERS, "sure")

    verdict = judged("anything", judges=judges).verdict

    assert (verdict.sentiment, verdict.theme, verdict.cause) == ("negative", "late", "supplier")
    assert (verdict.sentiment_probability, verdict.theme_probability) == (0.1235, 0.1235)


def test_the_probability_of_what_a_judge_would_not_say_is_left_out() -> None:
    verdict = judged(
        "anything", judges=Judges(Sure(None), Sure(None), Sure(None), NO_DRIVERS, "mute")
    ).verdict

    assert verdict[1:6] == (None,) * 5


def test_a_rating_alone_is_judged_and_no_judge_of_texts_is_asked() -> None:
    verdict = judged(
        "", "2", judges=Judges(Sure("negative"), Sure("late"), Sure("x"), NO_DRIVERS, "sure")
    ).verdict

    assert verdict.sentiment is None
    assert (verdict.flagged, verdict.rule, verdict.severity) == (True, "detractor", "high")


def test_a_row_with_neither_words_nor_a_rating_says_nothing() -> None:
    assert SCORER.score(row("  ", "")) is None
    assert SCORER.score(Row(line=2, cells={})) is None


@pytest.mark.parametrize(
    ("bad", "field", "reason"),
    [
        (row("fine", "11"), "rating.value", "less than or equal to 10"),
        (row("fine", "7.5"), "rating.value", "multiple of 1"),
        (row("fine", "seven"), "rating.value", "'seven' is not a number"),
        (row("fine", "nan"), "rating.value", "'nan' is not a number"),
        (row("x" * 40_000, "3"), "text", "at most 32768"),
        (row("nul \0 inside", "3"), "text", "U+0000"),
        (row("half \ud83d", "3"), "text", "half a character"),
        (row(["a", "b"], "3"), "text", "more than one value"),
        (Row(line=9, fault="The row has 3 cells."), "", "3 cells"),
    ],
)
def test_what_could_be_no_event_is_refused_with_the_field_and_the_reason(
    bad: Row, field: str, reason: str
) -> None:
    with pytest.raises(RowRefusedError, match=re.escape(reason)) as refused:
        SCORER.score(bad)
    assert refused.value.field == field


def test_a_custom_scale_is_cut_within_its_own_ends() -> None:
    ends = RatingSource(column="score", scale="custom", minimum=1, maximum=10)
    scorer = RowScorer(program(), SILENT, "words", ends)

    best = scorer.score(row("", "10"))

    assert best is not None
    assert best.category.value == "promoter"
    with pytest.raises(RowRefusedError, match="between minimum and maximum"):
        scorer.score(row("", "11"))
