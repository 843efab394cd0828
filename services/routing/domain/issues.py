"""The systemic issues that follow-ups belong to, as the outer loop tells of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from services.routing.domain.followup import FollowUp
from shared.contracts.plans import OuterLoopChange, OuterLoopChanged, PlanState

LINKED = "linked"
UNLINKED = "unlinked"


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemicIssue:
    """What keeps going wrong at a touchpoint, and how far the plan against it has come.

    `customers` have met it as far as the outer loop has told; there may be more by now.
    """

    issue_id: UUID
    touchpoint: str
    what: str
    customers: int
    plan_state: PlanState | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """That a follow-up belongs to an issue, or, with None, that it belongs to none."""

    issue_id: UUID | None

    @property
    def change(self) -> str:
        """How histories name it."""
        return LINKED if self.issue_id else UNLINKED


class IssueNews(Protocol):
    """Where the worker keeps what the outer loop tells, in one transaction."""

    async def known_versions(self, ids: Sequence[UUID]) -> Mapping[UUID, int]:
        """Return the version that is kept of each issue and plan that is known."""
        ...

    async def keep(self, events: Sequence[OuterLoopChanged]) -> None:
        """Keep the issues and plans of these events, of each no more than one."""
        ...


class Issues(Protocol):
    """One tenant's systemic issues."""

    async def known(self) -> Sequence[SystemicIssue]:
        """Return all issues, those first that most customers met."""
        ...


class IssueTransactions(Protocol):
    """Opens transactions that see one tenant's issues."""

    def of_issues(self, tenant: str) -> AbstractAsyncContextManager[Issues]:
        """Open one."""
        ...


def thing_of(change: OuterLoopChange) -> UUID:
    """Return the id of what changed, whose versions count: the plan, or else the issue."""
    return change.plan_id or change.issue_id


def newest(events: Iterable[OuterLoopChanged], known: Mapping[UUID, int]) -> list[OuterLoopChanged]:
    """Return of each issue and plan the highest version, where it is higher than the known one."""
    highest: dict[UUID, OuterLoopChanged] = {}
    for event in sorted(events, key=lambda one: one.data.version):
        if event.data.version > known.get(thing_of(event.data), 0):
            highest[thing_of(event.data)] = event
    return [highest[thing] for thing in sorted(highest)]


def belonging(
    followup: FollowUp, issues: Sequence[SystemicIssue]
) -> tuple[SystemicIssue | None, Sequence[SystemicIssue]]:
    """Return the issue that a follow-up belongs to, and the others that it may turn out to be.

    What somebody has said goes before the confirmed cause; once there is either, there are no
    others.
    """
    if followup.issue_id:
        return next((one for one in issues if one.issue_id == followup.issue_id), None), ()
    here = [one for one in issues if one.touchpoint == followup.voice.touchpoint]
    if followup.resolution is None:
        return None, here
    what = followup.resolution.what
    return next((one for one in here if one.what == what), None), ()
