"""Follow-ups as rows: columns in the order of the statements, and back."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime

import asyncpg
from pydantic import TypeAdapter

from services.routing.domain.escalation import Told
from services.routing.domain.followup import FollowUp, Resolution, Turn, Verdict, Voice
from services.routing.domain.ports import Filter, HistoryEntry, RecordedChange
from services.routing.domain.timetable import Step, Timetable
from services.routing.domain.why import Why
from shared.contracts.events import Category, FollowUpState, Severity
from shared.program.escalation import Level

_VOICE = [part.name for part in fields(Voice)]
_WHY = TypeAdapter(Why)
_TIMETABLE = TypeAdapter(Timetable)


def columns_of(followup: FollowUp) -> tuple[object, ...]:
    """Return the values of a new follow-up, as insert_followups takes them."""
    voice, verdict = followup.voice, followup.verdict
    return (
        followup.followup_id,
        followup.tenant,
        voice.feedback_id,
        followup.version,
        followup.state.value,
        followup.team,
        followup.department,
        followup.owner,
        followup.turn.place,
        followup.turn.size,
        voice.customer_id,
        voice.segment,
        voice.touchpoint,
        voice.listening_post,
        voice.occurred_at,
        voice.received_at,
        voice.text,
        voice.language,
        voice.scale,
        voice.value,
        voice.contact_name,
        voice.contact_email,
        voice.contact_phone,
        verdict.category.value,
        verdict.severity.value,
        verdict.rule,
        verdict.reason,
        verdict.program_version,
        followup.opened_at,
        followup.due_at,
        followup.changed_at,
        why_json(followup.why),
        followup.is_last_resort,
        next_due_of(followup),
        timetable_of(followup),
        followup.next_alarm_at,
        timed_by(followup),
        int(followup.escalation_level),
    )


def timed_by(followup: FollowUp) -> int:
    """Return the version of the program that its deadlines are counted by, 0 for none."""
    return followup.timetable.program_version if followup.timetable else 0


def next_due_of(followup: FollowUp) -> datetime | None:
    """Return when the next step is due, as the column keeps it."""
    step = followup.timetable.next if followup.timetable else None
    return step.due_at if step else None


def timetable_of(followup: FollowUp) -> str | None:
    """Return the clocks of a follow-up as JSON."""
    if followup.timetable is None:
        return None
    return _TIMETABLE.dump_json(followup.timetable).decode()


def change_columns_of(row: RecordedChange) -> tuple[object, ...]:
    """Return the values of a change, as insert_changes takes them."""
    followup = row.followup
    return (
        followup.followup_id,
        followup.version,
        followup.changed_at,
        followup.tenant,
        row.change,
        followup.state.value,
        followup.owner,
        row.actor,
        row.actor_name,
        row.note,
        row.message,
        why_json(row.why),
    )


def followup_of(row: asyncpg.Record) -> FollowUp:
    """Return the follow-up that a row holds."""
    return FollowUp(
        followup_id=row["followup_id"],
        tenant=row["tenant"],
        version=row["version"],
        state=FollowUpState(row["state"]),
        team=row["team"],
        department=row["department"],
        owner=row["owner"],
        turn=Turn(place=row["turn_place"], size=row["turn_size"]),
        voice=Voice(**{name: row[name] for name in _VOICE}),
        verdict=Verdict(
            category=Category(row["category"]),
            severity=Severity(row["severity"]),
            rule=row["rule"],
            reason=row["reason"],
            program_version=row["program_version"],
        ),
        opened_at=row["opened_at"],
        due_at=row["due_at"],
        changed_at=row["changed_at"],
        resolution=_resolution(row),
        why=why_of(row["assignment_why"]),
        timetable=_TIMETABLE.validate_json(row["timetable"]) if row["timetable"] else None,
        next_alarm_at=row["next_alarm_at"],
        escalation_level=Level(row["escalation_level"]),
        issue_id=row["issue_id"],
    )


def clock_columns_of(followup: FollowUp) -> tuple[object, ...]:
    """Return what the clock changes in a follow-up, as update_clocks takes it."""
    return (
        followup.followup_id,
        followup.version,
        followup.due_at,
        followup.changed_at,
        next_due_of(followup),
        timetable_of(followup),
        followup.next_alarm_at,
        timed_by(followup),
        int(followup.escalation_level),
    )


def told_columns_of(followup: FollowUp, told: Told) -> tuple[object, ...]:
    """Return the values of an escalation, as insert_escalations takes them."""
    return (
        followup.followup_id,
        told.round,
        told.step.value,
        int(told.level),
        followup.tenant,
        told.share,
        told.told,
        told.due_at,
        told.fired_at,
        told.version,
        told.program_version,
    )


def told_of(row: asyncpg.Record) -> Told:
    """Return the escalation that a row holds."""
    return Told(
        round=row["round"],
        step=Step(row["step"]),
        level=Level(row["level"]),
        share=row["share"],
        told=row["told"],
        due_at=row["due_at"],
        fired_at=row["fired_at"],
        version=row["version"],
        program_version=row["program_version"],
    )


def history_entry_of(row: asyncpg.Record) -> HistoryEntry:
    """Return the entry of a history that a row holds."""
    return HistoryEntry(
        version=row["version"],
        change=row["change"],
        state=FollowUpState(row["state"]),
        owner=row["owner"],
        actor=row["actor"],
        actor_name=row["actor_name"],
        note=row["note"],
        changed_at=row["changed_at"],
        why=why_of(row["assignment_why"]),
    )


def why_json(why: Why | None) -> str | None:
    """Return why somebody has a follow-up as JSON, without what goes without saying."""
    return _WHY.dump_json(why, exclude_defaults=True).decode() if why else None


def why_of(stored: str | None) -> Why | None:
    """Return what `why_json` made."""
    return _WHY.validate_json(stored) if stored else None


def _resolution(row: asyncpg.Record) -> Resolution | None:
    if row["resolved_at"] is None:
        return None
    return Resolution(
        what=row["cause_what"],
        why=row["cause_why"],
        action_taken=row["action_taken"],
        resolved_at=row["resolved_at"],
    )


def parameters_of(wanted: Filter) -> tuple[object, ...]:
    """Return the values of a filter, as the lists and counts take them."""
    return (
        wanted.open_only,
        wanted.states,
        wanted.owner,
        wanted.unowned,
        wanted.teams,
        wanted.severities,
        wanted.touchpoint,
        wanted.language,
        wanted.segment,
        wanted.rule,
        wanted.opened_before,
        wanted.due_from,
        wanted.due_before,
        wanted.ids,
        wanted.patterns,
        wanted.last_resort,
        wanted.escalated,
        wanted.opened_from,
        wanted.issue_id,
    )
