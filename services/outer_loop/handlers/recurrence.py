"""Causes that come in for an issue that a plan had cured: enough of them, and it is open again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from services.outer_loop.domain.issue import CONFIRMING, IssueKey
from services.outer_loop.domain.ports import Change, VersionId
from services.outer_loop.domain.recurrence import Recurrence, Watch, recurrence_of
from services.outer_loop.domain.window import Confirmation, Threshold
from services.outer_loop.handlers.facts import DETECTOR, Programs
from services.outer_loop.handlers.messages import message_of, outgoing
from shared.clock import Clock
from shared.contracts.events import FollowUpChanged
from shared.contracts.records import Outcome


class Recurrences(Protocol):
    """What is watched, and what came back, in the transaction of one batch."""

    async def hold(self, keys: Sequence[IssueKey]) -> None:
        """Wait for other batches that count for the same keys, and keep others waiting."""
        ...

    async def watched(self, keys: Sequence[IssueKey]) -> list[Watch]:
        """Return the plans that were found to work for issues of these keys, and still do."""
        ...

    async def confirmations(
        self, keys: Sequence[IssueKey]
    ) -> Mapping[IssueKey, Sequence[Confirmation]]:
        """Return everything that owners ever confirmed for the keys."""
        ...

    async def keep(
        self, recurrences: Sequence[Recurrence], changes: Sequence[Change], at: datetime
    ) -> None:
        """Keep that issues came back, each with its change."""
        ...


async def watch(
    recurrences: Recurrences,
    events: Sequence[FollowUpChanged],
    outcomes: Sequence[Outcome],
    *,
    programs: Programs,
    clock: Clock,
) -> list[Outcome]:
    """Reopen the issues that came back; return the outcomes with the messages that say so.

    Run after the events are recorded. An event that led to a recurrence finds its message again
    with the others (handlers/facts.py) whenever it comes.
    """
    latest = {key: event for event in events if (key := _key(event))}
    keys = sorted(latest)
    if not keys:
        return list(outcomes)
    await recurrences.hold(keys)
    watched = await recurrences.watched(keys)
    known = await recurrences.confirmations([one.key for one in watched])
    back = [
        found
        for one in watched
        if (found := recurrence_of(one, known.get(one.key, ()), _threshold(one.key, programs)))
    ]
    if not back:
        return list(outcomes)
    now = clock.now()
    changes = [_change(one, _id(latest[one.watch.key]), now) for one in back]
    await recurrences.keep(back, changes, now)
    return _with_messages(events, outcomes, changes)


def _with_messages(
    events: Sequence[FollowUpChanged], outcomes: Sequence[Outcome], changes: Sequence[Change]
) -> list[Outcome]:
    return [
        outcome._replace(
            outgoing=[
                *outcome.outgoing,
                *(outgoing(change) for change in changes if change.opened_by == _id(event)),
            ],
        )
        for event, outcome in zip(events, outcomes, strict=True)
    ]


def _change(found: Recurrence, by: VersionId, now: datetime) -> Change:
    key, version = found.watch.key, found.watch.issue_version + 1
    reason = f"{found.customers} customers within {found.threshold.days} days"
    return Change(
        tenant=key.tenant,
        issue_id=key.issue_id,
        plan_id=None,
        version=version,
        change="recurred",
        actor=DETECTOR,
        reason=reason,
        changed_at=now,
        message=message_of(
            key,
            plan_id=None,
            version=version,
            change="recurred",
            customers=found.customers,
            state="open",
            actor=DETECTOR,
            at=now,
        ),
        opened_by=by,
    )


def _key(event: FollowUpChanged) -> IssueKey | None:
    change = event.data
    if change.resolution is None or change.state not in CONFIRMING:
        return None
    return IssueKey(event.tenant, change.touchpoint, change.resolution.root_cause.what)


def _id(event: FollowUpChanged) -> VersionId:
    return event.data.followup_id, event.data.version


def _threshold(key: IssueKey, programs: Programs) -> Threshold:
    program = programs[key.tenant]
    policy = program.systemic_issues
    return Threshold(customers=policy.customers, days=policy.days, program_version=program.version)
