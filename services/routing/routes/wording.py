"""The inbox's words: clocks, scores, states and acts as people say them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.routing.domain.alarms import ESCALATED, GOALS, REMINDED, RETIMED
from services.routing.domain.attachments import ATTACHED
from services.routing.domain.bulk import Outcome, Report
from services.routing.domain.communications import TOLD_OF_CHANGE
from services.routing.domain.followup import FollowUp, Voice
from services.routing.domain.issues import LINKED, UNLINKED
from services.routing.domain.merging import ABSORBED, SPLIT, SPLIT_OFF
from services.routing.domain.ports import Count, HistoryEntry
from services.routing.domain.recovering import CHANGES as RECOVERY
from services.routing.domain.timetable import Step
from shared.contracts.events import FollowUpState as S
from shared.program.document import Program
from shared.web.pages import span

_SOON = timedelta(hours=4)

STATES: Mapping[S, str] = {
    S.NEW: "new",
    S.ASSIGNED: "assigned",
    S.ACKNOWLEDGED: "acknowledged",
    S.CONTACTING: "contacting",
    S.IN_PROGRESS: "in progress",
    S.WAITING_CUSTOMER: "waiting for the customer",
    S.RESOLVED: "resolved",
    S.VERIFIED: "verified",
    S.CLOSED: "closed",
    S.REOPENED: "reopened",
    S.UNREACHABLE: "unreachable",
    S.MERGED: "merged",
    S.DECLINED_CONTACT: "declined contact",
}

#: What a button says that brings a follow-up into the state.
STEPS: Mapping[S, str] = {
    S.ASSIGNED: "Assign",
    S.ACKNOWLEDGED: "Acknowledge",
    S.CONTACTING: "Contact the customer",
    S.IN_PROGRESS: "Start work",
    S.WAITING_CUSTOMER: "Waiting for the customer",
    S.RESOLVED: "Resolve",
    S.VERIFIED: "Verify",
    S.CLOSED: "Close",
    S.REOPENED: "Reopen",
    S.UNREACHABLE: "Could not be reached",
    S.DECLINED_CONTACT: "Wants no contact",
}

_TO_RESUME = frozenset({S.WAITING_CUSTOMER, S.REOPENED, S.DECLINED_CONTACT})

_ACTS: Mapping[str, str] = {
    "opened": "opened it",
    "taken": "took it",
    "assigned": "gave it to {owner}",
    "handed_over": "handed it over to {owner}",
    "noted": "left a note",
    "customer_added": "added something",
    "customer_calls": "asked to speak to a person",
    "erasure_asked": "had their data erased",
    "contacted": "contacted the customer",
    ATTACHED: "added a file",
    LINKED: "said that it belongs to something that keeps going wrong",
    UNLINKED: "took back that it belongs to something that keeps going wrong",
    S.ACKNOWLEDGED: "acknowledged it",
    S.CONTACTING: "began to contact the customer",
    S.IN_PROGRESS: "works on it",
    S.WAITING_CUSTOMER: "waits for the customer",
    S.RESOLVED: "resolved it",
    S.VERIFIED: "verified it",
    S.CLOSED: "closed it",
    S.REOPENED: "reopened it",
    S.UNREACHABLE: "could not reach the customer",
    S.MERGED: "merged it into another",
    ABSORBED: "merged another one into it",
    SPLIT: "split it off again",
    SPLIT_OFF: "split another one off",
    RECOVERY["offered"]: "asked to give the customer something",
    RECOVERY["approved"]: "gave the customer something",
    RECOVERY["refused"]: "refused to give the customer something",
    S.DECLINED_CONTACT: "noted that the customer wants no contact",
    REMINDED: "reminded {owner}",
    ESCALATED: "escalated it",
    RETIMED: "moved a deadline",
    TOLD_OF_CHANGE: "told the customer what changed because of them",
}

#: What can happen to a follow-up: webhooks choose among these.
CHANGES = frozenset(_ACTS)
_MANY: Mapping[str, str] = {
    "take": "taken",
    "assign": "reassigned",
    "note": "noted",
    "link": "linked",
}
#: How many of those left alone are named on the page.
MOST_NAMED = 20

_SCALES: Mapping[str, str] = {
    "nps": "NPS {value:g} of 10",
    "csat": "CSAT {value:g} of 5",
    "ces": "Ease {value:g} of 7",
    "stars": "{value:g} of 5 stars",
    "custom": "{value:g} on a scale of its own",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockFace:
    """A running deadline: how long, in words, and how urgent (bad, warn or nothing)."""

    words: str
    urgency: str
    goal: str = ""


def clock_of(followup: FollowUp, now: datetime) -> ClockFace:
    """Return the follow-up's clock: the one that runs out first, and what for."""
    table = followup.timetable
    step = table.next.step if table and table.next else Step.RESOLVE
    left = followup.breach_at - now
    if not followup.is_open:
        return ClockFace(words="clock stopped", urgency="")
    if left < timedelta(0):
        return ClockFace(words=f"{span(left)} overdue", urgency="bad", goal=GOALS[step])
    urgency = "warn" if left < _SOON else ""
    return ClockFace(words=f"{span(left)} left", urgency=urgency, goal=GOALS[step])


def count_words(count: Count) -> str:
    """Say how many: '412', or '1,000+' where counting stopped."""
    return f"{count.number:,}" if count.is_exact else f"{count.number:,}+"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportWords:
    """What became of many, in a sentence; those left alone by name; where to undo it."""

    sentence: str
    left_alone: Sequence[tuple[str, str]]
    undo: str | None


def report_words(report: Report) -> ReportWords:
    """Say what became of a bulk: '12 taken, 2 refused.'."""
    done, refused, undone, kept = (len(report.those(one)) for one in Outcome)
    parts = [(done, _MANY[report.bulk.act]), (refused, "refused"), (undone, "put back")]
    sentence = ", ".join(f"{n:,} {act}" for n, act in [*parts, (kept, "left alone")] if n)
    left = [*report.those(Outcome.REFUSED), *report.those(Outcome.KEPT)]
    return ReportWords(
        sentence=f"{sentence}.",
        left_alone=[(one.customer, one.reason or "") for one in left[:MOST_NAMED]],
        undo=f"/inbox/bulk/{report.bulk.bulk_id}/undo" if report.can_be_undone else None,
    )


def score_words(voice: Voice) -> str:
    """Say the rating on its scale, empty without one."""
    if voice.scale is None or voice.value is None:
        return ""
    if voice.scale == "thumbs":
        return "thumb up" if voice.value else "thumb down"
    return _SCALES[voice.scale].format(value=voice.value)


def step_words(present: S, target: S) -> str:
    """Say what the button does that leads from one state to another."""
    if target is S.IN_PROGRESS and present in _TO_RESUME:
        return "Go on working"
    return STEPS[target]


def act_words(entry: HistoryEntry, program: Program) -> str:
    """Say who did what: 'Mali acknowledged it'."""
    owner = program.owner_name(entry.owner) if entry.owner else "nobody"
    act = _ACTS.get(entry.change, entry.change).format(owner=owner)
    if entry.change == "opened":
        return f"The program {act} and gave it to {owner}"
    return f"{entry.actor_name} {act}"


DONE: Mapping[str, str] = {
    "contact": "The contact is kept.",
    "reply": "The reply is kept and goes out now; below stands what became of it.",
    "take": "It is yours now.",
    "assign": "It has a new owner.",
    "note": "The note is kept.",
    ATTACHED: "The file is kept.",
    "link": "It belongs to that issue now.",
    "unlink": "It belongs to no issue any more.",
    S.ACKNOWLEDGED: "Acknowledged.",
    S.CONTACTING: "You are contacting the customer.",
    S.IN_PROGRESS: "You are working on it.",
    S.WAITING_CUSTOMER: "It waits for the customer.",
    S.RESOLVED: "Resolved. Thank you.",
    S.VERIFIED: "Verified.",
    S.CLOSED: "Closed.",
    S.REOPENED: "Reopened; its clock runs again.",
    S.UNREACHABLE: "Kept as unreachable.",
    "merge": "They are one now: what was said in both stands here.",
    "split": "They are two again, each with its own clock.",
    "offer": "Given, and told to whoever pays.",
    "asked": "It needs approval and waits for it; whoever decides sees it.",
    "approve": "Approved, and told to whoever pays.",
    "refuse": "Refused, with your reason.",
    "view_kept": "The view is kept.",
    "view_changed": "The view is changed.",
    "view_deleted": "The view is deleted; its follow-ups are where they were.",
    S.DECLINED_CONTACT: "Kept: the customer wants no contact.",
}
