"""From a row to its verdict: what the scoring worker would decide, and what the words tell. Pure.

A row is judged as an event of the same words and rating would be that `closedloop import` had
sent. The columns that a file has not told the meaning of are not looked at.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NamedTuple

from pydantic import ValidationError

from deploy.importing.convert import rating_of
from deploy.importing.errors import RowRefusedError
from deploy.importing.mapping import RatingSource
from deploy.importing.rows import Row
from services.scoring.domain.analysis import Judges, probability_of
from services.scoring.domain.scorer import Scorer
from shared.contracts.events import Category, Feedback, Severity
from shared.contracts.refusals import refusal
from shared.program.document import Program

#: What an event needs and a bare table does not say.
CONSTANTS = {
    "customer_id": "row",
    "touchpoint": "file",
    "listening_post": "file",
    "occurred_at": datetime(2000, 1, 1, tzinfo=UTC),
}


class Verdict(NamedTuple):
    """What is added to a row, in the order of the columns; None is an empty cell.

    Probabilities are 0 to 1, `theme` and `cause` ids of the program's taxonomy.
    """

    language: str | None = None
    sentiment: str | None = None
    sentiment_probability: float | None = None
    theme: str | None = None
    theme_probability: float | None = None
    cause: str | None = None
    severity: str | None = None
    flagged: bool | None = None
    rule: str | None = None
    program_version: int | None = None


class Judged(NamedTuple):
    """A row that said something, and what was made of it."""

    text: str | None
    category: Category
    severity: Severity
    reason: str
    verdict: Verdict


class RowScorer:
    """Judges rows by one program. `rating` says where a row has its rating, if it has one."""

    def __init__(
        self, program: Program, judges: Judges, text_column: str, rating: RatingSource | None
    ) -> None:
        self._scorer = Scorer(program, judges)
        self._text_column = text_column
        self._rating = rating

    def score(self, row: Row) -> Judged | None:
        """Judge `row`; None for one with neither words nor a rating.

        Raises RowRefusedError for what could not be an event: a row that can't be read, a
        rating that its scale does not have, a text too long.
        """
        feedback = self._feedback(row)
        if feedback is None:
            return None
        scored = self._scorer.score(feedback)
        score, (language, sentiment, theme, cause, _) = scored.score, scored.analysis
        verdict = Verdict(
            language=language,
            sentiment=sentiment.label,
            sentiment_probability=probability_of(sentiment) or None,
            theme=theme.label,
            theme_probability=probability_of(theme) or None,
            cause=cause.label,
            severity=score.severity.value,
            flagged=score.flagged,
            rule=score.rule,
            program_version=score.program_version,
        )
        return Judged(feedback.text, score.category, score.severity, score.reason, verdict)

    def _feedback(self, row: Row) -> Feedback | None:
        if row.fault:
            raise RowRefusedError("", row.fault)
        said: dict[str, Any] = {
            "text": row.cell(self._text_column, "text"),
            "rating": rating_of(row, self._rating) if self._rating else None,
        }
        if said["text"] is None and said["rating"] is None:
            return None
        try:
            return Feedback.model_validate(CONSTANTS | said)
        except ValidationError as error:
            rejected = refusal(b"", error)
            raise RowRefusedError(rejected.field, rejected.detail) from None
