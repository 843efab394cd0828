"""A second opinion on a text: what may leave the house for it, and what may come back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from services.scoring.domain.analysis import names_in
from services.scoring.domain.text.masking import mask
from shared.contracts.events import Feedback
from shared.program.document import Cause, Program

#: More of a text than this says nothing new about it.
MOST_CHARACTERS = 8_000
SENTIMENTS = ("negative", "neutral", "positive")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked: a masked text, its language (BCP 47), and the ids to choose from."""

    text: str
    language: str | None
    themes: Sequence[Cause]
    causes: Sequence[Cause]


class Labels(NamedTuple):
    """What one judge says of a text; None where it abstains."""

    sentiment: str | None = None
    theme: str | None = None
    cause: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back, `answer` as it came; `refused` says why it can't be used, if so."""

    labels: Labels
    refused: str | None
    answer: str
    latency_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondOpinion:
    """An answer as it is kept: on which feedback, by which model and prompt, and when."""

    feedback_id: UUID
    model: str
    prompt_version: str
    program_version: int
    asked_at: datetime
    answer: Answer


def question_of(feedback: Feedback, language: str | None, program: Program) -> Question:
    """Return what is asked about `feedback`: its words without personal data, and no other field.

    Mail addresses, phone, card and account numbers, booking codes and the contact's name go.
    """
    ids = [one for one in (feedback.customer_id, feedback.account_id) if one]
    text = mask(feedback.text or "", names=[*names_in(feedback), *ids], references=True)
    return Question(
        text=text[:MOST_CHARACTERS],
        language=language,
        themes=program.taxonomy.what,
        causes=program.taxonomy.why,
    )
