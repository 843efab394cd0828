"""What the handlers need from outside, one small protocol for each need."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from services.outer_loop.domain.counting import CauseMet
from services.outer_loop.domain.designs import Designs
from services.outer_loop.domain.issue import (
    FeedbackFact,
    FollowUpVersion,
    IssueKey,
    SystemicIssue,
)
from services.outer_loop.domain.plan import ActionPlan
from services.outer_loop.domain.window import Confirmation

#: A follow-up's id and one of its versions: what names an event on followup.changed.v1.
VersionId = tuple[UUID, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change of an issue (`plan_id` None) or of a plan, with the message that tells of it.

    `opened_by` names the event that opened an issue.
    """

    tenant: str
    issue_id: UUID
    plan_id: UUID | None
    version: int
    change: str
    actor: str
    reason: str
    changed_at: datetime
    message: bytes
    opened_by: VersionId | None = None


class FeedbackFacts(Protocol):
    """Keeps feedback facts, in the transaction of one batch."""

    async def begin(self, zones: Mapping[str, str]) -> None:
        """Make ready to count; `zones` has the time zone of every tenant of the batch."""
        ...

    async def add(self, facts: Sequence[FeedbackFact]) -> Collection[UUID]:
        """Add those that are new, and return their ids."""
        ...

    async def count(self, new: Sequence[FeedbackFact]) -> None:
        """Add facts that are new to the counts by day."""
        ...


class FollowUpFacts(Protocol):
    """Keeps follow-ups and the issues that grow out of them, in the transaction of one batch."""

    async def begin(self, zones: Mapping[str, str]) -> None:
        """Make ready to count; `zones` has the time zone of every tenant of the batch."""
        ...

    async def add(self, versions: Sequence[FollowUpVersion]) -> Collection[VersionId]:
        """Add the versions that are new, and return them."""
        ...

    async def keep_latest(self, versions: Sequence[FollowUpVersion]) -> Sequence[CauseMet]:
        """Bring each follow-up to its highest version; a lower one changes nothing.

        Returns what that changes: the causes that are no more, and those that are now.
        """
        ...

    async def count(self, met: Sequence[CauseMet]) -> None:
        """Bring the counts by day up to date."""
        ...

    async def hold(self, keys: Sequence[IssueKey]) -> None:
        """Wait for other batches that count for the same keys, and keep others waiting."""
        ...

    async def open_among(self, keys: Sequence[IssueKey]) -> Collection[IssueKey]:
        """Return which of the keys have an issue."""
        ...

    async def confirmations(
        self, keys: Sequence[IssueKey]
    ) -> Mapping[IssueKey, Sequence[Confirmation]]:
        """Return everything that owners ever confirmed for the keys."""
        ...

    async def open_issues(self, issues: Sequence[SystemicIssue], changes: Sequence[Change]) -> None:
        """Add the issues, each with its change."""
        ...

    async def add_departments(self, departments: Sequence[tuple[IssueKey, str]]) -> None:
        """Add departments to the issues of these keys; those there already stay."""
        ...

    async def messages_of(self, versions: Sequence[VersionId]) -> Mapping[VersionId, list[Change]]:
        """Return the changes that these events led to, whenever they did."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Once:
    """A command that its client may send again: same key, same digest, same answer."""

    subject: str
    key: str
    request_sha256: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a command is answered over HTTP."""

    status: int
    body: bytes
    etag: str | None = None
    location: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueAtHand:
    """An issue as a command needs it: whose it is, and how many customers it counts."""

    key: IssueKey
    departments: Sequence[str]
    customers: int


class PlanWork(Protocol):
    """Issues and plans of one tenant, inside one transaction."""

    @property
    def designs(self) -> Designs:
        """Their impact designs."""
        ...

    async def issue(self, issue_id: UUID) -> IssueAtHand | None:
        """Return the issue, None when there is none."""
        ...

    async def plan(self, plan_id: UUID) -> ActionPlan | None:
        """Return the plan and keep others from changing it until the end."""
        ...

    async def save(self, plan: ActionPlan, change: Change) -> None:
        """Keep the plan as it is now, log its change, and have the message published."""
        ...

    async def claim(self, once: Once) -> Answer | None:
        """Take the key for this transaction; return what its first request was answered.

        Raises ReusedKeyError when that request was another one.
        """
        ...

    async def keep_answer(self, once: Once, answer: Answer) -> None:
        """Remember the answer for the key."""
        ...


class Plans(Protocol):
    """Opens a transaction for one tenant."""

    def transaction(self, tenant: str) -> AbstractAsyncContextManager[PlanWork]:
        """Commit at the end, roll back when an error leaves it."""
        ...
