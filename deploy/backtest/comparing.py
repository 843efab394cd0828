"""Counts what both programs say of the same events, and shows some on which they differ. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from deploy.backtest.history import StoredEvent
from deploy.backtest.job import Job
from deploy.backtest.tally import Arrival, Changed, Example, Side, Tally
from deploy.backtest.workload import hour_of
from services.routing.domain.assignment import heard_by, need_of
from services.scoring.domain.text.masking import mask
from shared.contracts.events import Feedback, Score
from shared.program.document import Program

#: Reasons that are not the company's doing (the ids of the default taxonomy), and all below them.
NOT_OUR_DOING = frozenset({"external", "customer_side", "unknown"})
_LONGEST_EXAMPLE = 400


class Judged(NamedTuple):
    """An event with the verdicts of both programs."""

    event: StoredEvent
    feedback: Feedback
    language: str | None
    counting: Score
    candidate: Score


class Comparison:
    """Counts the verdicts of the two programs of a job."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._zone = job.zone
        self._not_ours = NOT_OUR_DOING | {
            cause.id
            for program in (job.counting, job.candidate)
            for cause in program.taxonomy.why
            if cause.parent in NOT_OUR_DOING
        }

    def count(self, events: Sequence[Judged], confirmed: Mapping[UUID, str], tally: Tally) -> None:
        """Add `events` to `tally`; `confirmed` has the reasons that owners found."""
        for one in events:
            why = confirmed.get(one.event.feedback_id)
            is_ours = None if why is None else why not in self._not_ours
            tally.events += 1
            self._add(tally.counting, one, one.counting, self._job.counting, is_ours)
            self._add(tally.candidate, one, one.candidate, self._job.candidate, is_ours)
            _add_difference(tally, one)

    def _add(
        self, side: Side, one: Judged, score: Score, program: Program, is_ours: bool | None
    ) -> None:
        if not score.flagged:
            return
        team = program.team_for(one.feedback.touchpoint)
        need = heard_by(team, need_of(one.feedback, one.language, score.severity, program))
        hour = hour_of(one.event.occurred_at, self._zone)
        side.flagged += 1
        side.known += is_ours is not None
        side.ours += is_ours is True
        side.rules[score.rule or ""] += 1
        side.severities[score.severity.value] += 1
        side.arrivals[Arrival(team.id, hour, score.severity.value, need)] += 1


def _add_difference(tally: Tally, one: Judged) -> None:
    event, counting, candidate = one.event, one.counting, one.candidate
    stored = (event.flagged, event.severity, event.rule)
    if stored != (counting.flagged, counting.severity, counting.rule):
        tally.differing += 1
        tally.differing_of_others += event.program_version != counting.program_version
    if counting.flagged and candidate.flagged and counting.severity != candidate.severity:
        tally.regraded[counting.severity.value, candidate.severity.value] += 1
    elif candidate.flagged and not counting.flagged:
        _add_change(tally.opened, one, candidate)
    elif counting.flagged and not candidate.flagged:
        _add_change(tally.dropped, one, counting)


def _add_change(changed: Changed, one: Judged, flagging: Score) -> None:
    changed.n += 1
    changed.rules[flagging.rule or ""] += 1
    changed.severities[flagging.severity.value] += 1
    order = (not one.feedback.text, str(one.event.feedback_id))
    changed.show(flagging.severity.value, order, lambda: _example(one, flagging))


def _example(one: Judged, flagging: Score) -> Example:
    feedback = one.feedback
    contact = feedback.contact
    names = [contact.name] if contact and contact.name else []
    return Example(
        wordless=not feedback.text,
        feedback_id=str(one.event.feedback_id),
        occurred_at=one.event.occurred_at,
        touchpoint=feedback.touchpoint,
        rule=flagging.rule or "",
        language=one.language,
        text=_excerpt(mask(feedback.text or "", names=names)),
    )


def _excerpt(text: str) -> str:
    """Return the beginning of a long text, cut between two words where it has any."""
    if len(text) <= _LONGEST_EXAMPLE:
        return text
    return text[:_LONGEST_EXAMPLE].rsplit(maxsplit=1)[0] + " …"
