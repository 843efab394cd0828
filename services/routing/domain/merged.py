"""That one follow-up went into another one of the same customer, and what it takes to undo it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.contracts.events import FollowUpState


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """A follow-up that is merged `into` an older one: `state_before` is what splitting restores.

    `version` is its own at which it was merged.
    """

    followup_id: UUID
    version: int
    into: UUID
    tenant: str
    state_before: FollowUpState
    merged_at: datetime
    by: str
    by_name: str
