"""Opening follow-ups: which team, which owner, by when."""

from __future__ import annotations

from collections.abc import MutableMapping
from datetime import datetime

from services.routing.domain.assignment import Chosen
from services.routing.domain.followup import FollowUp, Turn, Verdict, Voice
from services.routing.domain.sla import StateChange, resolve_by
from services.routing.domain.staffing import Rotation, Staffing
from services.routing.domain.timing import on_the_clock
from shared.contracts.events import FollowUpState, ScoredFeedback
from shared.ids import derived_id
from shared.program.document import Program, Team

__all__ = ["Rotation", "open_followup", "rotation_of"]


def rotation_of(scored: ScoredFeedback, program: Program) -> Rotation:
    """Return the rotation that gives the follow-up of `scored` its owner."""
    return Rotation(program.tenant, program.team_for(scored.feedback.touchpoint).id)


def open_followup(
    scored: ScoredFeedback,
    program: Program,
    positions: MutableMapping[Rotation, int],
    now: datetime,
    staffing: Staffing | None = None,
) -> FollowUp:
    """Open the follow-up of a flagged event, and count it for its owner and its team.

    `positions` counts, for each rotation, the follow-ups that the team was ever given;
    `staffing` knows the owners' turns and loads, nothing of them if left out. The deadline runs
    from when we learned of the event.
    """
    team = program.team_for(scored.feedback.touchpoint)
    chosen = (staffing or Staffing(now)).give(scored, program, positions)
    opened = FollowUp(
        followup_id=derived_id("followup", str(scored.feedback_id)),
        tenant=program.tenant,
        version=1,
        state=FollowUpState.ASSIGNED,
        team=team.id,
        department=team.department,
        owner=chosen.why.owner,
        turn=_turn(chosen, team),
        voice=_voice(scored),
        verdict=_verdict(scored),
        opened_at=now,
        due_at=_due_at(scored, program, team),
        changed_at=now,
        why=chosen.why,
    )
    return on_the_clock(opened, program, [StateChange(state=opened.state, at=now)])


def _due_at(scored: ScoredFeedback, program: Program, team: Team) -> datetime:
    severity, segment = scored.score.severity, scored.feedback.segment
    return resolve_by(program, team.id, severity, segment, scored.received_at)


def _turn(chosen: Chosen, team: Team) -> Turn:
    return Turn(place=chosen.person.place + 1, size=len(team.owners))


def _voice(scored: ScoredFeedback) -> Voice:
    feedback = scored.feedback
    rating, contact = feedback.rating, feedback.contact
    return Voice(
        feedback_id=scored.feedback_id,
        customer_id=feedback.customer_id,
        segment=feedback.segment,
        touchpoint=feedback.touchpoint,
        listening_post=feedback.listening_post,
        occurred_at=feedback.occurred_at,
        received_at=scored.received_at,
        text=feedback.text,
        language=scored.language,
        scale=rating.scale if rating else None,
        value=rating.value if rating else None,
        contact_name=contact.name if contact else None,
        contact_email=contact.email if contact else None,
        contact_phone=contact.phone if contact else None,
    )


def _verdict(scored: ScoredFeedback) -> Verdict:
    score = scored.score
    return Verdict(
        category=score.category,
        severity=score.severity,
        rule=score.rule,
        reason=score.reason,
        program_version=score.program_version,
    )
