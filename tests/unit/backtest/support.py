"""Jobs, stored events and results for the tests of backtests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from deploy.backtest.concluding import conclude
from deploy.backtest.history import Chunk, StoredEvent
from deploy.backtest.job import Job
from deploy.backtest.pace import Pace
from deploy.backtest.rescoring import Rescorer
from deploy.backtest.result import Backtest
from deploy.backtest.scorers import Contest
from deploy.backtest.tally import Tally
from services.scoring.domain.message import scored_json
from services.scoring.domain.scorer import Scorer
from shared.contracts.events import FeedbackSubmitted
from shared.ids import feedback_id
from shared.program.document import DetectionRule, Program
from shared.program.loading import read_program
from tests.unit.program.samples import document
from tests.unit.scoring.events import event
from tests.unit.scoring.scorers import scorer_of

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
SINCE = NOW - timedelta(days=90)

_TEAMS = """
  - {id: desk, name: Desk, department: care, lead: ann, owners: [ann, bo]}
  - {id: night, name: Night desk, department: care, lead: ann, owners: [cy]}
"""


def program(rules: Sequence[DetectionRule] | None = None, **changes: Any) -> Program:  # noqa: ANN401
    """Return a program with two teams, with other rules where they are given."""
    parts = {**changes, **({"rules": tuple(rules)} if rules is not None else {})}
    return _PROGRAM.model_copy(update=parts)


def job(candidate: Program, counting: Program | None = None, since: datetime = SINCE) -> Job:
    """Return a job that tries `candidate` on what was said until NOW."""
    return Job(candidate=candidate, counting=counting or program(), since=since, until=NOW)


def stored(submitted: FeedbackSubmitted, scorer: Scorer | None = None) -> StoredEvent:
    """Return the event as the worker keeps it, received when it was said."""
    used = scorer or _SCORER
    identity = feedback_id(submitted.tenant, submitted.source, submitted.id)
    at = submitted.data.occurred_at
    scored = used.score(submitted.data)
    return StoredEvent(
        feedback_id=identity,
        customer_id=submitted.data.customer_id,
        received_at=at,
        occurred_at=at,
        flagged=scored.score.flagged,
        severity=scored.score.severity,
        rule=scored.score.rule,
        program_version=scored.score.program_version,
        message=scored_json(submitted, identity, at, scored),
    )


def said(number: int, customer: str = "c-1", days_ago: float = 1.0, **fields: Any) -> StoredEvent:  # noqa: ANN401
    """Return what a customer said some days ago, a rating of 5 unless `fields` say otherwise."""
    moment = (NOW - timedelta(days=days_ago)).isoformat()
    return stored(event(event_id=str(number), customer_id=customer, occurred_at=moment, **fields))


def tallied(
    job: Job, events: Sequence[StoredEvent], confirmed: dict[UUID, str] | None = None
) -> Tally:
    """Return the counts of one chunk with all of `events`."""
    return Rescorer(Contest(job=job)).tally(Chunk((), events, confirmed or {}))


def concluded(
    job: Job,
    events: Sequence[StoredEvent],
    confirmed: dict[UUID, str] | None = None,
    paces: Sequence[Pace] = (),
) -> Backtest:
    """Return what a backtest tells of `events`."""
    return conclude(job, tallied(job, events, confirmed), paces, at=NOW, seconds=1.0)


_PROGRAM = read_program(
    document(
        replacing={
            "\n  - {id: desk, name: Desk, department: care, lead: ann, owners: [ann]}\n": _TEAMS,
            "owners:\n": "owners:\n  - {id: bo, name: Bo}\n  - {id: cy, name: Cy}\n",
            "touchpoints:\n": "touchpoints:\n  - {id: bar, name: The bar, team: night}\n",
            "why: [{id: unknown, name: Not known}]": (
                "why: [{id: unknown, name: Not known}, {id: process, name: Process},"
                " {id: external, name: Outside}, {id: rain, name: Rain, parent: external}]"
            ),
        }
    )
)
_SCORER = scorer_of(_PROGRAM)
