"""What the explanation of a score says to programs, over HTTP and on the command line."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict

from services.scoring.domain.explanation import Cut, Held
from services.scoring.domain.review import Contradiction, Decided, Decision
from services.scoring.domain.second_opinion import SecondOpinion
from services.scoring.domain.text.opinion import Opinion
from services.scoring.explaining import Explanation
from shared.contracts.events import Category, Judgement, Rating, Severity
from shared.program.conditions import Value
from shared.program.store import Activation


class _View(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)


class WeightView(_View):
    """A word and what it adds to what was read, in log-odds; a `*` stands for any ending."""

    words: str
    weight: float


class ReadView(_View):
    """What was read in a text, how probable it is, and the words that weighed most."""

    label: str
    probability: float
    words: list[WeightView]


class CutView(_View):
    """Where the rating's scale is cut, in its own unit."""

    low: float
    high: float
    detractor_max: float
    promoter_min: float


class RuleView(_View):
    """A rule that holds: `values` is what the event had for the variables that it reads.

    The first one decided. A variable that the event says nothing about is absent.
    """

    id: str
    condition: str
    severity: Severity
    flag: bool
    reason: str
    decided: bool
    values: Mapping[str, Value]


class ActivationView(_View):
    """Who let the program's version count, why, and from when."""

    who: str
    why: str
    active_from: AwareDatetime


class DecisionView(_View):
    """A decision on words and rating. `sentiment` is what follows for the words."""

    version: int
    decision: Decision
    sentiment: Literal["negative", "neutral", "positive"]
    note: str | None
    actor: str
    actor_name: str
    decided_at: AwareDatetime


class SecondOpinionView(_View):
    """What another model said, or why its answer is refused."""

    model: str
    prompt_version: str
    asked_at: AwareDatetime
    latency_ms: int
    sentiment: str | None
    theme: str | None
    cause: str | None
    refused: str | None


class ExplanationView(_View):
    """The score of one feedback event and what decided it.

    `condition` is the deciding rule's own, as it stands in that version of the program; absent
    where no rule of the program decided. `judges` names what the text was judged by, and
    `judges_now` what this release judges by; `same_bytes` tells whether scoring it again gives
    what was published. What can't be told, or is not given, is absent.
    """

    feedback_id: UUID
    received_at: AwareDatetime
    occurred_at: AwareDatetime
    customer_id: str
    touchpoint: str
    summary: list[str]
    text: str | None
    rating: Rating | None
    rating_cut: CutView | None
    language: str | None
    sentiment: ReadView | None
    theme: ReadView | None
    cause: ReadView | None
    category: Category
    severity: Severity
    flagged: bool
    rule: str | None
    condition: str | None
    reason: str
    rules: list[RuleView]
    program_version: int
    activation: ActivationView | None
    judges: str | None
    judges_now: str
    input_sha256: str | None
    same_bytes: bool
    review: Contradiction | None
    decisions: list[DecisionView]
    second_opinions: list[SecondOpinionView]


def view_of(told: Explanation) -> ExplanationView:
    """Return the explanation as programs get it."""
    event, score = told.event, told.event.score
    conditions = {rule.id: rule.when for rule in told.program.rules}
    return ExplanationView(
        feedback_id=event.feedback_id,
        received_at=event.received_at,
        occurred_at=event.feedback.occurred_at,
        customer_id=event.feedback.customer_id,
        touchpoint=event.feedback.touchpoint,
        summary=told.summary(),
        text=event.feedback.text,
        rating=event.feedback.rating,
        rating_cut=_cut_view(told.cut),
        language=event.language,
        sentiment=_read(event.sentiment, told.analysis.sentiment),
        theme=_read(event.theme, told.analysis.theme),
        cause=_read(event.cause, told.analysis.cause),
        category=score.category,
        severity=score.severity,
        flagged=score.flagged,
        rule=score.rule,
        condition=conditions.get(score.rule or ""),
        reason=score.reason,
        rules=[_rule_view(held) for held in told.held],
        program_version=score.program_version,
        activation=_activation_view(told.activation),
        judges=score.judges,
        judges_now=told.judges,
        input_sha256=event.input_sha256,
        same_bytes=told.same_bytes,
        review=event.review,
        decisions=[decision_view(one) for one in told.decisions],
        second_opinions=[_opinion_view(one) for one in told.opinions],
    )


def decision_view(decided: Decided) -> DecisionView:
    """Return a decision as programs get it."""
    return DecisionView.model_validate(decided)


def _cut_view(cut: Cut | None) -> CutView | None:
    return CutView.model_validate(cut) if cut else None


def _activation_view(activation: Activation | None) -> ActivationView | None:
    return ActivationView.model_validate(activation) if activation else None


def _read(kept: Judgement | None, again: Opinion) -> ReadView | None:
    """Return what was read when it was scored, with the words that speak for it now."""
    if kept is None:
        return None
    words = again.words if again.label == kept.label else ()
    return ReadView(
        label=kept.label,
        probability=kept.probability,
        words=[WeightView(words=one.words, weight=one.weight) for one in words],
    )


def _rule_view(held: Held) -> RuleView:
    return RuleView(
        id=held.rule.id,
        condition=held.rule.when,
        severity=held.rule.severity,
        flag=held.rule.flag,
        reason=held.rule.reason,
        decided=held.decided,
        values={name: value for name, value in held.values.items() if _is_given(value)},
    )


def _is_given(value: Value) -> bool:
    return not (isinstance(value, float) and math.isnan(value))


def _opinion_view(opinion: SecondOpinion) -> SecondOpinionView:
    return SecondOpinionView(
        model=opinion.model,
        prompt_version=opinion.prompt_version,
        asked_at=opinion.asked_at,
        latency_ms=opinion.answer.latency_ms,
        **opinion.answer.labels._asdict(),
        refused=opinion.answer.refused,
    )
