"""The ways that follow-ups took: what is measured is read off them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from services.routing.domain.keeping import Judged, judged
from services.routing.domain.later import Stand

Interval = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """The way of one follow-up until it was first resolved, and whether that held.

    `owner` is who resolved it, or who has it. `due_at` is the deadline that its resolution had to
    keep, pauses included. `contacts` are those until it was resolved. `back_at` is when the same
    customer's next follow-up at the same touchpoint was opened, `ended_at` when it ended without a
    resolution: merged into another, the customer out of reach or not willing. `answered_at` is when
    its customer last answered the re-survey, `is_happy` what they said: who did not answer said
    nothing.

    `acknowledge_due_at` and `contact_due_at` are None where the policy gives no time. `reached_at`
    is when the customer was first spoken or written to. `attempts`, `hands` and `reopenings` count
    what was done until `verified_at`. `effort_before` and `effort_after` are what the customer said
    on the scale ces, at first and when asked again. `stands_at` is when it was resolved for good,
    as far as is known; `before` is where the customer stood when it was opened, None where nothing
    told it, `after` where they stood last in the LATER_WINDOW after `stands_at`, by own feedback.
    """

    followup_id: UUID
    team: str
    owner: str | None
    opened_at: datetime
    acknowledged_at: datetime | None
    contacted_at: datetime | None
    resolved_at: datetime | None
    due_at: datetime
    reopened_at: datetime | None
    contacts: int
    back_at: datetime | None
    ended_at: datetime | None
    answered_at: datetime | None = None
    is_happy: bool = False
    customer_id: str = ""
    acknowledge_due_at: datetime | None = None
    contact_due_at: datetime | None = None
    reached_at: datetime | None = None
    is_unreachable: bool = False
    verified_at: datetime | None = None
    attempts: int = 0
    hands: int = 0
    reopenings: int = 0
    effort_before: float | None = None
    effort_after: float | None = None
    stands_at: datetime | None = None
    before: Stand | None = None
    after: Stand | None = None

    @property
    def acknowledging(self) -> Judged | None:
        """Whether it was acknowledged in time."""
        return judged(self.acknowledge_due_at, self.acknowledged_at, self.ended_at)

    @property
    def contacting(self) -> Judged | None:
        """Whether its customer was contacted in time; what is solved without waits for none."""
        done = min(filter(None, (self.contacted_at, self.resolved_at)), default=None)
        return judged(self.contact_due_at, done, self.ended_at)

    @property
    def resolving(self) -> Judged | None:
        """Whether it was resolved in time."""
        return judged(self.due_at, self.resolved_at, self.ended_at)

    @property
    def closing(self) -> Judged | None:
        """Whether its customer was answered in time: reached, and then resolved by the deadline.

        Who was given up as unreachable was not answered, and that is known at once.
        """
        solved = self.resolving
        if solved is None:
            given_up = self.ended_at if self.is_unreachable else None
            return Judged(at=given_up, is_kept=False) if given_up else None
        is_told = bool(self.reached_at and self.resolved_at and self.reached_at <= self.resolved_at)
        return Judged(at=solved.at, is_kept=solved.is_kept and is_told)


@dataclass(frozen=True, slots=True, kw_only=True)
class Whose:
    """Which follow-ups are measured: what is None does not filter."""

    teams: Sequence[str] | None = None
    severity: str | None = None
    segment: str | None = None


class Ways(Protocol):
    """Knows the ways that follow-ups took."""

    async def of(self, tenant: str, period: Interval, whose: Whose) -> list[Way]:
        """Return the ways on which something happened in the half-open `period`."""
        ...
