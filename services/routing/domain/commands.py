"""What people ask of a follow-up, and what becomes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from services.routing.domain.attachments import ATTACHED, File
from services.routing.domain.contacts import (
    CONTACTED,
    Contact,
    ContactAttempt,
    refuse_impossible,
    refuse_too_few,
    state_after,
)
from services.routing.domain.escalation import Told
from services.routing.domain.followup import FollowUp, Resolution
from services.routing.domain.handing import Wish, hand
from services.routing.domain.issues import Link
from services.routing.domain.mentions import mentioned_in
from services.routing.domain.merged import Merged
from services.routing.domain.recovery import Recovery
from services.routing.domain.resurvey import Answered
from services.routing.domain.sla import resolve_by
from services.routing.domain.transitions import (
    Actor,
    Standing,
    allowed,
    standing,
)
from services.routing.domain.why import Why
from services.routing.errors import ForbiddenTransitionError, IncompleteError, NotYoursError
from shared.contracts.events import FollowUpState
from shared.program.document import Program


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedResolution:
    """A resolution as it was filled in: parts may be empty."""

    what: str
    why: str
    action_taken: str


CustomerAct = Literal["customer_added", "customer_calls", "erasure_asked"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeFollowUp:
    """A wish to change a follow-up: whatever is None stays as it is.

    With `insist`, a lead gives it to somebody who is away. `act` names what a customer did on
    their page, where that alone does not change the state; `answer` is theirs to the re-survey.
    `file` is added to the case, `link` says to which systemic issue it belongs.
    """

    state: FollowUpState | None = None
    owner: str | None = None
    note: str | None = None
    resolution: ProposedResolution | None = None
    insist: bool = False
    act: CustomerAct | None = None
    answer: Answered | None = None
    contact: Contact | None = None
    file: File | None = None
    link: Link | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """A follow-up after a change, and the change's name.

    `why` it got the owner, if it got one; `contact` where somebody tried to reach the customer;
    `answer` where the change is the customer's to the re-survey;
    `told` who was told that time runs out, where the change is that; `mentioned` whom its note
    names; `merged` which two became one, or two again; `recovery` what was offered to the customer,
    or decided about it.
    """

    followup: FollowUp
    change: str
    why: Why | None = None
    answer: Answered | None = None
    contact: Contact | None = None
    told: Told | None = None
    mentioned: Sequence[str] = ()
    merged: Merged | None = None
    recovery: Recovery | None = None


def in_steps(followup: FollowUp, command: ChangeFollowUp) -> list[ChangeFollowUp]:
    """Return what is to be done one after the other: who contacts a customer has seen the case."""
    if command.contact and followup.state is FollowUpState.ASSIGNED:
        return [ChangeFollowUp(state=FollowUpState.ACKNOWLEDGED), command]
    return [command]


def change(
    followup: FollowUp,
    command: ChangeFollowUp,
    actor: Actor,
    program: Program,
    now: datetime,
    *,
    tried: Sequence[ContactAttempt] = (),
) -> Changed:
    """Return `followup` one version on, changed as `command` asks.

    `tried` are the attempts in vain to reach the customer: without enough of them it does not
    become unreachable. Raises IncompleteError (nothing asked, an owner who is not of the team or
    away, a resolution without root cause and action), NotYoursError, ForbiddenTransitionError,
    NoContactError or TooFewAttemptsError.
    """
    # Who waited for the lock, or another machine's clock, may be behind: histories stay in order.
    now = max(now, followup.changed_at)
    _refuse_incoherent(command)
    _refuse_strangers(followup, actor, program, now)
    after = followup
    name: str = command.act or (ATTACHED if command.file else "noted")
    if command.owner is not None:
        wish = Wish(owner=command.owner, note=command.note or "", insist=command.insist)
        after, name = hand(after, wish, actor, program, now)
    if command.state is not None:
        after = _moved(after, command.state, command.resolution, actor, program, now)
        name = command.state.value
    if command.state is FollowUpState.UNREACHABLE:
        refuse_too_few(tried, program)
    if command.contact is not None:
        after, name = _contacted(after, command.contact, actor, program, now), CONTACTED
    if command.link is not None:
        after, name = _linked(after, command.link), command.link.change
    return Changed(
        followup=after.next_version(now),
        change=name,
        why=after.why if command.owner is not None else None,
        answer=command.answer,
        contact=command.contact,
        mentioned=() if actor.stands_as else mentioned_in(command.note, program),
    )


def check_resolution(proposed: ProposedResolution | None, program: Program) -> dict[str, str]:
    """Return what is missing or wrong in a resolution, by field: nothing when it is complete."""
    what = proposed.what if proposed else ""
    why = proposed.why if proposed else ""
    action = proposed.action_taken if proposed else ""
    faults = {}
    if what not in {cause.id for cause in program.taxonomy.what}:
        faults["resolution.root_cause.what"] = _choose("what went wrong", what)
    if why not in {cause.id for cause in program.taxonomy.why}:
        faults["resolution.root_cause.why"] = _choose("why it happened", why)
    if not action.strip():
        faults["resolution.action_taken"] = "Say what was done for the customer."
    return faults


def _choose(question: str, given: str) -> str:
    if given:
        return f"Choose {question}: {given!r} is not in the program's taxonomy."
    return f"Choose {question}."


def _refuse_incoherent(command: ChangeFollowUp) -> None:
    bare = ChangeFollowUp(note=command.note, insist=command.insist)
    if command == bare and not (command.note or "").strip():
        raise IncompleteError({"": "Nothing is to be changed: give state, owner or note."})
    if command.resolution and command.state is not FollowUpState.RESOLVED:
        raise IncompleteError({"state": "A resolution goes with the state resolved."})
    if command.file and (command.state or command.owner or command.contact):
        raise IncompleteError({"file": "Add the file by itself: no state, owner or contact."})
    if command.link and (command.state or command.owner or command.contact or command.file):
        raise IncompleteError({"issue_id": "Link it by itself: no state, owner, contact or file."})
    if command.contact and (command.state or command.owner):
        raise IncompleteError({"contact": "Log the contact by itself: no state or owner with it."})


def _refuse_strangers(followup: FollowUp, actor: Actor, program: Program, now: datetime) -> None:
    if standing(followup, actor, program, now) is Standing.READER:
        raise NotYoursError(
            f"Only the team {followup.team} and its lead work on this follow-up.",
            remedy="Ask someone of that team, or a CX admin.",
        )


def _contacted(
    followup: FollowUp, contact: Contact, actor: Actor, program: Program, now: datetime
) -> FollowUp:
    refuse_impossible(contact)
    _refuse_colleagues(followup, actor, program, now)
    target = state_after(followup.state)
    if target is followup.state:
        return followup
    return _moved(followup, target, None, actor, program, now)


def _linked(followup: FollowUp, link: Link) -> FollowUp:
    if link.issue_id == followup.issue_id:
        said = "It belongs to that issue already." if link.issue_id else "It belongs to no issue."
        raise IncompleteError({"issue_id": said})
    return replace(followup, issue_id=link.issue_id)


def _refuse_colleagues(followup: FollowUp, actor: Actor, program: Program, now: datetime) -> None:
    if standing(followup, actor, program, now) is Standing.COLLEAGUE:
        raise NotYoursError(f"It is {followup.owner}'s.", remedy="Take it first.")


def _moved(
    followup: FollowUp,
    target: FollowUpState,
    proposed: ProposedResolution | None,
    actor: Actor,
    program: Program,
    now: datetime,
) -> FollowUp:
    _refuse_colleagues(followup, actor, program, now)
    ways = allowed(followup, standing(followup, actor, program, now))
    if target not in ways:
        raise ForbiddenTransitionError(followup.state, target, ways)
    if target is FollowUpState.RESOLVED:
        return replace(followup, state=target, resolution=_resolved(proposed, program, now))
    if target is FollowUpState.REOPENED:
        due_at = resolve_by(
            program, followup.team, followup.verdict.severity, followup.voice.segment, now
        )
        return replace(followup, state=target, resolution=None, due_at=due_at)
    return replace(followup, state=target)


def _resolved(proposed: ProposedResolution | None, program: Program, now: datetime) -> Resolution:
    faults = check_resolution(proposed, program)
    if faults or proposed is None:
        raise IncompleteError(faults)
    return Resolution(
        what=proposed.what,
        why=proposed.why,
        action_taken=proposed.action_taken.strip(),
        resolved_at=now,
    )
