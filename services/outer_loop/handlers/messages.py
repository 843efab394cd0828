"""The outer_loop.changed.v1 message of a change."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from services.outer_loop.domain.issue import IssueKey
from services.outer_loop.domain.ports import Change
from shared.contracts.codec import encode, key_of
from shared.contracts.plans import OuterLoopChange, OuterLoopChanged
from shared.contracts.records import Outgoing
from shared.ids import derived_id

TOPIC: Final = "outer_loop.changed.v1"
_SOURCE = "urn:closedloop:outer_loop"


def message_of(  # noqa: PLR0913  (each is a field of the event)
    key: IssueKey,
    *,
    plan_id: UUID | None,
    version: int,
    change: str,
    customers: int,
    state: str,
    actor: str,
    at: datetime,
) -> bytes:
    """Return the event as it is published; its id is derived from what changed to what."""
    thing = plan_id or key.issue_id
    return encode(
        OuterLoopChanged(
            specversion="1.0",
            id=str(derived_id("outer_loop.changed.v1", str(thing), version)),
            source=_SOURCE,
            type=TOPIC,
            time=at,
            subject=str(key.issue_id),
            tenant=key.tenant,
            data=OuterLoopChange(
                kind="action_plan" if plan_id else "systemic_issue",
                issue_id=key.issue_id,
                plan_id=plan_id,
                version=version,
                change=change,
                touchpoint=key.touchpoint,
                what=key.what,
                customers=customers,
                state=state,
                changed_at=at,
                actor=actor,
            ),
        )
    )


def outgoing(change: Change) -> Outgoing:
    """Return the message of `change`, keyed so that an issue's changes stay in order."""
    return Outgoing(
        topic=TOPIC, key=key_of(change.tenant, str(change.issue_id)), value=change.message
    )
