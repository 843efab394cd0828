"""What the follow-up API takes and gives."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.routing.domain.commands import ChangeFollowUp, ProposedResolution
from services.routing.domain.followup import FollowUp, Resolution, Voice
from services.routing.domain.issues import Link
from services.routing.domain.ports import HistoryEntry
from services.routing.domain.timetable import Step, Timetable
from services.routing.domain.why import Why
from services.routing.handlers.reading import FollowUpPage
from shared.contracts.events import (
    Category,
    FollowUpState,
    Moment,
    Name,
    RootCause,
    Severity,
    Text,
)


class Taken(BaseModel):
    """What a client sends: exactly these fields."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class RootCausePatch(Taken):
    """What went wrong and why: ids from the program's taxonomy."""

    what: Name
    why: Name


class ResolutionPatch(Taken):
    """How the follow-up was solved."""

    root_cause: RootCausePatch
    action_taken: Text


class FollowUpPatch(Taken):
    """A JSON merge patch (RFC 7396) of a follow-up: what is absent stays as it is.

    With `insist`, a lead gives it to somebody who is away. `issue_id` is the systemic issue that it
    belongs to; null takes that back.
    """

    state: FollowUpState | None = None
    owner: Name | None = None
    note: Text | None = None
    resolution: ResolutionPatch | None = None
    insist: bool = False
    issue_id: UUID | None = None

    @model_validator(mode="before")
    @classmethod
    def _removes_nothing(cls, given: Any) -> Any:  # noqa: ANN401  (whatever JSON holds)
        if isinstance(given, dict):
            for name, value in given.items():
                if value is None and name in cls.model_fields and name != "issue_id":
                    raise ValueError(f"{name} can't be removed: leave it out or give a value")
        return given

    def command(self) -> ChangeFollowUp:
        """Return the wish that the patch expresses."""
        return ChangeFollowUp(
            state=self.state,
            owner=self.owner,
            note=self.note,
            resolution=_proposed(self.resolution),
            insist=self.insist,
            link=Link(issue_id=self.issue_id) if "issue_id" in self.model_fields_set else None,
        )


class RatingView(BaseModel):
    """A rating on its scale."""

    scale: str
    value: float


class ContactView(BaseModel):
    """How the customer can be reached."""

    name: str | None
    email: str | None
    phone: str | None


class ResolutionView(BaseModel):
    """How a follow-up was solved."""

    root_cause: RootCause
    action_taken: str
    resolved_at: Moment


class StepView(BaseModel):
    """By when one step is to be done, and whether it was."""

    step: Step
    due_at: Moment
    done: bool


class PauseView(BaseModel):
    """The clock stands while it waits for the customer: since when, and until when at most."""

    since: Moment
    until: Moment


class SlaView(BaseModel):
    """The clocks of a follow-up.

    `policy` says which one counts and by whose hours, `next_step` what is late first. While it
    waits for the customer, times are those for one who does not answer.
    """

    policy: str
    clock: str
    program_version: int
    steps: list[StepView]
    next_step: Step | None
    next_due_at: Moment | None
    paused: PauseView | None


class FollowUpView(BaseModel):
    """A follow-up as it stands. `version` is its ETag.

    `assignment` says why its owner has it; `assigned_as_last_resort` that nobody of the team could
    be given it, so that it went to the lead. `escalation_level` is how far up it was told in its
    present round: 0 nobody, 1 its owner, 2 the team's lead, 3 the department's head.
    `issue_id` is the systemic issue that somebody has said it belongs to.
    """

    followup_id: UUID
    version: Annotated[int, Field(ge=1)]
    state: FollowUpState
    open: bool
    owner: str | None
    team: str
    department: str
    severity: Severity
    category: Category
    rule: str | None
    reason: str
    program_version: int
    feedback_id: UUID
    customer_id: str
    segment: str | None
    touchpoint: str
    listening_post: str
    rating: RatingView | None
    text: str | None
    language: str | None
    contact: ContactView
    occurred_at: Moment
    received_at: Moment
    opened_at: Moment
    due_at: Moment
    changed_at: Moment
    sla: SlaView | None
    resolution: ResolutionView | None
    assignment: Why | None
    assigned_as_last_resort: bool
    escalation_level: int
    issue_id: UUID | None


class Counts(BaseModel):
    """How many follow-ups there are, match the filter, and are in this answer.

    `at_least` names those numbers that counting stopped at: there may be more.
    """

    total: int
    matching: int
    shown: int
    at_least: list[Literal["total", "matching"]] = []


class FollowUpList(BaseModel):
    """A part of a list; `next` is the cursor of the following part, null at the end."""

    items: list[FollowUpView]
    next: str | None
    counts: Counts


class ChangeView(BaseModel):
    """What happened to a follow-up at one version; `assignment` where it got an owner."""

    version: int
    change: str
    state: FollowUpState
    owner: str | None
    actor: str
    actor_name: str
    note: str | None
    changed_at: Moment
    assignment: Why | None


class History(BaseModel):
    """Everything that happened to a follow-up, oldest first."""

    items: list[ChangeView]


def view_of(followup: FollowUp) -> FollowUpView:
    """Return the follow-up as the API shows it."""
    voice, verdict = followup.voice, followup.verdict
    return FollowUpView(
        followup_id=followup.followup_id,
        version=followup.version,
        state=followup.state,
        open=followup.is_open,
        owner=followup.owner,
        team=followup.team,
        department=followup.department,
        severity=verdict.severity,
        category=verdict.category,
        rule=verdict.rule,
        reason=verdict.reason,
        program_version=verdict.program_version,
        feedback_id=voice.feedback_id,
        customer_id=voice.customer_id,
        segment=voice.segment,
        touchpoint=voice.touchpoint,
        listening_post=voice.listening_post,
        rating=_rating(voice),
        text=voice.text,
        language=voice.language,
        contact=ContactView(
            name=voice.contact_name, email=voice.contact_email, phone=voice.contact_phone
        ),
        occurred_at=voice.occurred_at,
        received_at=voice.received_at,
        opened_at=followup.opened_at,
        due_at=followup.due_at,
        changed_at=followup.changed_at,
        sla=_sla(followup.timetable),
        resolution=_resolution(followup.resolution),
        assignment=followup.why,
        assigned_as_last_resort=followup.is_last_resort,
        escalation_level=int(followup.escalation_level),
        issue_id=followup.issue_id,
    )


def counts_of(page: FollowUpPage) -> Counts:
    """Return the counts of a list as the API shows them."""
    at_least: list[Literal["total", "matching"]] = []
    if not page.total.is_exact:
        at_least.append("total")
    if not page.matching.is_exact:
        at_least.append("matching")
    return Counts(
        total=page.total.number,
        matching=page.matching.number,
        shown=len(page.followups),
        at_least=at_least,
    )


def change_view_of(entry: HistoryEntry) -> ChangeView:
    """Return an entry of the history as the API shows it."""
    return ChangeView(
        version=entry.version,
        change=entry.change,
        state=entry.state,
        owner=entry.owner,
        actor=entry.actor,
        actor_name=entry.actor_name,
        note=entry.note,
        changed_at=entry.changed_at,
        assignment=entry.why,
    )


def _proposed(patch: ResolutionPatch | None) -> ProposedResolution | None:
    if patch is None:
        return None
    return ProposedResolution(
        what=patch.root_cause.what, why=patch.root_cause.why, action_taken=patch.action_taken
    )


def _sla(table: Timetable | None) -> SlaView | None:
    if table is None:
        return None
    paused = table.paused
    return SlaView(
        policy=table.why,
        clock=table.clock,
        program_version=table.program_version,
        steps=[StepView(step=one.step, due_at=one.due_at, done=one.done) for one in table.steps],
        next_step=table.next.step if table.next else None,
        next_due_at=table.next.due_at if table.next else None,
        paused=PauseView(since=paused.since, until=paused.until) if paused else None,
    )


def _rating(voice: Voice) -> RatingView | None:
    if voice.scale is None or voice.value is None:
        return None
    return RatingView(scale=voice.scale, value=voice.value)


def _resolution(solved: Resolution | None) -> ResolutionView | None:
    if solved is None:
        return None
    return ResolutionView(
        root_cause=RootCause(what=solved.what, why=solved.why),
        action_taken=solved.action_taken,
        resolved_at=solved.resolved_at,
    )
