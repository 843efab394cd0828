"""The detector looks at one company: issues open for what is beyond its usual and beyond chance."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from services.outer_loop.domain.detected import (
    LOOKS_BACK,
    Detection,
    DetectionTransactions,
    evidence,
    flagged,
    key_of,
)
from services.outer_loop.domain.issue import IssueKey, SystemicIssue
from services.outer_loop.domain.ports import Change
from services.outer_loop.domain.window import Threshold
from services.outer_loop.handlers.facts import DETECTOR
from services.outer_loop.handlers.messages import message_of, outgoing
from shared.clock import Clock
from shared.program.document import Program


async def open_detected(
    transactions: DetectionTransactions, program: Program, clock: Clock
) -> Sequence[Detection]:
    """Open an issue for each cell that is flagged today and has none; return why.

    Repeating it, or two at once, open nothing twice.
    """
    now = clock.now()
    today = now.astimezone(ZoneInfo(program.time_zone)).date()
    heard = await transactions.heard(program.tenant, today - LOOKS_BACK)
    # Seconds of arithmetic: connections must not wait for it.
    verdicts = await asyncio.to_thread(flagged, heard, program, today)
    by_key = {key_of(one, program): evidence(one, program, today) for one in verdicts}
    if not by_key:
        return []
    async with transactions.opening() as detections:
        fresh = sorted(await detections.hold_unopened(sorted(by_key)))
        found = [by_key[key] for key in fresh]
        changes = [_opened(key, by_key[key], now) for key in fresh]
        if fresh:
            await detections.open(
                [_issue(key, program, now) for key in fresh],
                changes,
                found,
                departments=[(key, program.team_for(key.touchpoint).department) for key in fresh],
                messages=[outgoing(change) for change in changes],
            )
    return found


def _issue(key: IssueKey, program: Program, now: datetime) -> SystemicIssue:
    policy = program.systemic_issues
    return SystemicIssue(
        issue_id=key.issue_id,
        key=key,
        threshold=Threshold(
            customers=policy.customers, days=policy.days, program_version=program.version
        ),
        opened_at=now,
    )


def _opened(key: IssueKey, found: Detection, now: datetime) -> Change:
    return Change(
        tenant=key.tenant,
        issue_id=key.issue_id,
        plan_id=None,
        version=1,
        change="opened",
        actor=DETECTOR,
        reason=found.sentence,
        changed_at=now,
        message=message_of(
            key,
            plan_id=None,
            version=1,
            change="opened",
            customers=found.customers,
            state="open",
            actor=DETECTOR,
            at=now,
        ),
    )
