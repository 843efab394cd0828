"""Batches from the topics: facts are counted, and an issue opens at the program's threshold.

Nothing here depends on the order in which events arrive. Feedback is only added; a follow-up
is what its highest version says; and an issue opens as soon as the confirmed causes known so
far, whichever came first, put enough customers into one window. A cause that an owner corrects
later leaves the counts that people see, but closes no issue: that is for people to say.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from services.outer_loop.domain.counting import millionths
from services.outer_loop.domain.issue import (
    CONFIRMING,
    FeedbackFact,
    FollowUpVersion,
    IssueKey,
    SystemicIssue,
)
from services.outer_loop.domain.ports import Change, FeedbackFacts, FollowUpFacts, VersionId
from services.outer_loop.domain.window import Confirmation, Threshold, reaches
from services.outer_loop.handlers.messages import message_of, outgoing
from shared.clock import Clock
from shared.contracts.events import FeedbackScored, FollowUpChanged
from shared.contracts.records import Outcome
from shared.program.document import Program

Programs = Mapping[str, Program]
#: The detector acts on its own; everybody else in `actor` is a person.
DETECTOR = "detector"


async def record_feedback(
    facts: FeedbackFacts, events: Sequence[FeedbackScored], *, programs: Programs
) -> list[Outcome]:
    """Add each feedback event once, whatever its score: it is the n beside every count.

    `programs` holds every tenant of the events.
    """
    distinct = {event.data.feedback_id: event for event in events}
    said = [_feedback_fact(distinct[id_], programs) for id_ in sorted(distinct)]
    await facts.begin(_zones(events, programs))
    new = set(await facts.add(said))
    await facts.count([fact for fact in said if fact.feedback_id in new])
    outcomes = []
    for event in events:
        outcomes.append(Outcome(fresh=event.data.feedback_id in new))
        new.discard(event.data.feedback_id)
    return outcomes


async def record_followups(
    facts: FollowUpFacts, events: Sequence[FollowUpChanged], *, programs: Programs, clock: Clock
) -> list[Outcome]:
    """Keep every version, count the confirmed causes, and open the issues that are due.

    The outcome of the event that opened an issue carries its message, each time it comes.
    `programs` holds every tenant of the events.
    """
    distinct = {_version_id(event): event for event in events}
    versions = {id_: _version(distinct[id_]) for id_ in sorted(distinct)}
    await facts.begin(_zones(events, programs))
    new = set(await facts.add(list(versions.values())))
    met = await facts.keep_latest(_latest(versions.values()))
    await _open_due_issues(facts, [versions[id_] for id_ in sorted(new)], programs, clock)
    await facts.count(met)
    changes = await facts.messages_of(sorted(versions))
    outcomes = []
    for event in events:
        id_ = _version_id(event)
        messages = [outgoing(change) for change in changes.get(id_, ())]
        outcomes.append(Outcome(fresh=id_ in new, outgoing=messages))
        new.discard(id_)
    return outcomes


async def _open_due_issues(
    facts: FollowUpFacts, new: Sequence[FollowUpVersion], programs: Programs, clock: Clock
) -> None:
    by_key = {version.key: version for version in new if version.key}
    keys = sorted(by_key)
    if not keys:
        return
    await facts.hold(keys)
    known = set(await facts.open_among(keys))
    confirmations = await facts.confirmations([key for key in keys if key not in known])
    due = [key for key, found in confirmations.items() if reaches(found, _threshold(key, programs))]
    issues = [
        SystemicIssue(
            issue_id=key.issue_id,
            key=key,
            threshold=_threshold(key, programs),
            opened_at=clock.now(),
        )
        for key in due
    ]
    if issues:
        await facts.open_issues(issues, [_opened(issue, by_key[issue.key]) for issue in issues])
    await facts.add_departments(_departments(new, known, {key: confirmations[key] for key in due}))


def _opened(issue: SystemicIssue, by: FollowUpVersion) -> Change:
    return Change(
        tenant=issue.key.tenant,
        issue_id=issue.issue_id,
        plan_id=None,
        version=1,
        change="opened",
        actor=DETECTOR,
        reason="",
        changed_at=issue.opened_at,
        message=message_of(
            issue.key,
            plan_id=None,
            version=1,
            change="opened",
            # What it takes to open: a count taken now would depend on how the batches fell.
            customers=issue.threshold.customers,
            state="open",
            actor=DETECTOR,
            at=issue.opened_at,
        ),
        opened_by=(by.followup_id, by.version),
    )


def _departments(
    new: Iterable[FollowUpVersion],
    known: Collection[IssueKey],
    opened: Mapping[IssueKey, Sequence[Confirmation]],
) -> list[tuple[IssueKey, str]]:
    joining = {(one.key, one.department) for one in new if one.key and one.key in known}
    founding = {(key, one.department) for key, found in opened.items() for one in found}
    return sorted(joining | founding)


def _threshold(key: IssueKey, programs: Programs) -> Threshold:
    program = programs[key.tenant]
    policy = program.systemic_issues
    return Threshold(customers=policy.customers, days=policy.days, program_version=program.version)


def _latest(versions: Iterable[FollowUpVersion]) -> list[FollowUpVersion]:
    """Return the highest version of each follow-up; `versions` come sorted."""
    return list({version.followup_id: version for version in versions}.values())


def _zones(
    events: Sequence[FeedbackScored] | Sequence[FollowUpChanged], programs: Programs
) -> Mapping[str, str]:
    return {tenant: programs[tenant].time_zone for tenant in sorted({e.tenant for e in events})}


def _version_id(event: FollowUpChanged) -> VersionId:
    return event.data.followup_id, event.data.version


def _feedback_fact(event: FeedbackScored, programs: Programs) -> FeedbackFact:
    scored, said = event.data, event.data.feedback
    return FeedbackFact(
        feedback_id=scored.feedback_id,
        received_at=scored.received_at,
        tenant=event.tenant,
        customer_id=said.customer_id,
        touchpoint=said.touchpoint,
        department=programs[event.tenant].team_for(said.touchpoint).department,
        category=scored.score.category,
        severity=scored.score.severity,
        occurred_at=said.occurred_at,
        segment=said.segment,
        journey=said.journey,
        place=said.place,
        product=said.product,
        account_id=said.account_id,
        customer_value=said.customer_value,
        theme=scored.theme.label if scored.theme else None,
        theme_millionths=millionths(scored.theme.probability) if scored.theme else None,
        cause=scored.cause.label if scored.cause else None,
        cause_millionths=millionths(scored.cause.probability) if scored.cause else None,
    )


def _version(event: FollowUpChanged) -> FollowUpVersion:
    change = event.data
    resolution = change.resolution if change.state in CONFIRMING else None
    return FollowUpVersion(
        followup_id=change.followup_id,
        version=change.version,
        tenant=event.tenant,
        customer_id=change.customer_id,
        touchpoint=change.touchpoint,
        department=change.department,
        state=change.state,
        severity=change.severity,
        what=resolution.root_cause.what if resolution else None,
        why=resolution.root_cause.why if resolution else None,
        occurred_at=change.occurred_at,
        resolved_at=resolution.resolved_at if resolution else None,
        changed_at=change.changed_at,
    )
