"""A follow-up's change as the event that the world sees."""

from __future__ import annotations

from uuid import UUID

from services.routing.domain.commands import Changed
from services.routing.domain.escalation import Told
from services.routing.domain.merged import Merged
from services.routing.domain.recovery import Recovery
from services.routing.domain.resurvey import Answered
from shared.contracts.events import (
    ContactMade,
    Escalation,
    FollowUpChange,
    FollowUpChanged,
    FollowUpState,
    Merge,
    RecoveryDecision,
    Resolution,
    ReSurveyAnswer,
    RootCause,
)
from shared.ids import derived_id

SOURCE = "urn:closedloop:routing"


def event_id_of(followup_id: UUID, version: int) -> str:
    """Return the id of the event that tells of the follow-up's change to `version`."""
    return str(derived_id("followup.changed", str(followup_id), version))


def event_of(changed: Changed, actor: str) -> FollowUpChanged:
    """Return the followup.changed.v1 event of a change that `actor` made."""
    followup = changed.followup
    return FollowUpChanged(
        specversion="1.0",
        id=event_id_of(followup.followup_id, followup.version),
        source=SOURCE,
        type="followup.changed.v1",
        time=followup.changed_at,
        subject=followup.voice.customer_id,
        tenant=followup.tenant,
        data=_data(changed, actor),
    )


def _data(changed: Changed, actor: str) -> FollowUpChange:
    followup = changed.followup
    return FollowUpChange(
        followup_id=followup.followup_id,
        version=followup.version,
        change=changed.change,
        state=followup.state,
        feedback_id=followup.voice.feedback_id,
        customer_id=followup.voice.customer_id,
        touchpoint=followup.voice.touchpoint,
        team=followup.team,
        department=followup.department,
        owner=followup.owner,
        severity=followup.verdict.severity,
        occurred_at=followup.voice.occurred_at,
        opened_at=followup.opened_at,
        due_at=followup.due_at,
        changed_at=followup.changed_at,
        actor=actor,
        resolution=_resolution(changed),
        program_version=followup.verdict.program_version,
        assigned_as_last_resort=True if followup.is_last_resort else None,
        answer=_answer(changed.answer),
        contact=_contact(changed),
        escalation=_escalation(changed.told) if changed.told else None,
        mentioned=tuple(changed.mentioned) or None,
        merge=_merge(changed.merged) if changed.merged else None,
        recovery=_recovery(changed.recovery) if changed.recovery else None,
        can_be_written_to=can_be_written_to(changed) or None,
        issue_id=followup.issue_id,
    )


def can_be_written_to(changed: Changed) -> bool:
    """Tell whether a mail may go to the customer: not to one who asks for erasure or silence."""
    followup = changed.followup
    has_address = bool((followup.voice.contact_email or "").strip())
    wants_none = followup.state is FollowUpState.DECLINED_CONTACT
    return has_address and not wants_none and changed.change != "erasure_asked"


def _escalation(told: Told) -> Escalation:
    return Escalation(
        level=int(told.level),
        step=told.step.value,
        share=told.share,
        round=told.round,
        told=told.told,
        due_at=told.due_at,
    )


def _merge(merged: Merged) -> Merge:
    return Merge(followup_id=merged.followup_id, into=merged.into)


def _recovery(recovery: Recovery) -> RecoveryDecision:
    return RecoveryDecision(
        recovery_id=recovery.recovery_id,
        kind=recovery.kind,
        decision=recovery.decision,
        amount=recovery.amount_written,
        currency=recovery.currency,
        offered_by=recovery.first.by,
        given_alone=recovery.given_alone or None,
    )


def _answer(answer: Answered | None) -> ReSurveyAnswer | None:
    if answer is None:
        return None
    return ReSurveyAnswer(verdict=answer.verdict, scale=answer.scale, value=answer.value)


def _contact(changed: Changed) -> ContactMade | None:
    contact = changed.contact
    if contact is None:
        return None
    return ContactMade(channel=contact.channel, outcome=contact.outcome)


def _resolution(changed: Changed) -> Resolution | None:
    solved = changed.followup.resolution
    if solved is None:
        return None
    return Resolution(
        root_cause=RootCause(what=solved.what, why=solved.why),
        action_taken=solved.action_taken,
        resolved_at=solved.resolved_at,
    )
