"""What an owner says went wrong with one feedback event, as one version of its follow-up has it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from shared.contracts.events import FollowUpChanged, FollowUpState

#: The states in which an owner stands by the cause that the resolution names.
CONFIRMING = frozenset({FollowUpState.RESOLVED, FollowUpState.VERIFIED, FollowUpState.CLOSED})

#: A follow-up's id and one of its versions: what names an event on followup.changed.v1.
VersionId = tuple[UUID, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """One version of a follow-up; `what` and `why` (ids of the taxonomy) where it confirms them."""

    followup_id: UUID
    version: int
    changed_at: datetime
    tenant: str
    feedback_id: UUID
    what: str | None
    why: str | None
    confirmed_at: datetime | None

    @property
    def id(self) -> VersionId:
        """What names the event that brought it."""
        return self.followup_id, self.version


class Confirmations(Protocol):
    """Keeps confirmations, in the transaction of one batch."""

    async def add(self, versions: Sequence[Confirmation]) -> Collection[VersionId]:
        """Add those that are new, and return their ids."""
        ...


def confirmation_of(event: FollowUpChanged) -> Confirmation:
    """Return what `event` says of the cause; nothing while its owner still works on it."""
    change = event.data
    resolution = change.resolution if change.state in CONFIRMING else None
    return Confirmation(
        followup_id=change.followup_id,
        version=change.version,
        changed_at=change.changed_at,
        tenant=event.tenant,
        feedback_id=change.feedback_id,
        what=resolution.root_cause.what if resolution else None,
        why=resolution.root_cause.why if resolution else None,
        confirmed_at=resolution.resolved_at if resolution else None,
    )
