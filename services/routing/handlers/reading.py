"""What people look at: a follow-up with its history, lists, and the inbox's counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from services.routing.domain.escalation import Told
from services.routing.domain.followup import FollowUp
from services.routing.domain.ports import (
    Count,
    Filter,
    FollowUps,
    HistoryEntry,
    Position,
    Transactions,
    ViewCounts,
    Watch,
)
from services.routing.errors import UnknownFollowUpError


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpPage:
    """A part of a list: `total` follow-ups of the tenant, `matching` the filter.

    `next` is where the following part begins, None at the end.
    """

    followups: Sequence[FollowUp]
    total: Count
    matching: Count
    next: Position | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A follow-up and everything that happened to it."""

    followup: FollowUp
    history: Sequence[HistoryEntry]


async def read_case(transactions: Transactions, tenant: str, followup_id: UUID) -> Case:
    """Return a follow-up with its history; raises UnknownFollowUpError."""
    async with transactions.of(tenant) as followups:
        followup = await followups.find(followup_id)
        if followup is None:
            raise UnknownFollowUpError(f"There is no follow-up {followup_id}.")
        return Case(followup=followup, history=await followups.history(followup))


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalated:
    """A follow-up and who was told that its time runs out, oldest first."""

    followup: FollowUp
    told: Sequence[Told]


async def read_escalations(transactions: Transactions, tenant: str, followup_id: UUID) -> Escalated:
    """Return a follow-up and who was told of it; raises UnknownFollowUpError."""
    async with transactions.of(tenant) as followups:
        followup = await followups.find(followup_id)
        if followup is None:
            raise UnknownFollowUpError(f"There is no follow-up {followup_id}.")
        return Escalated(followup=followup, told=await followups.told(followup_id))


async def list_followups(
    transactions: Transactions,
    tenant: str,
    wanted: Filter,
    *,
    after: Position | None,
    limit: int,
) -> FollowUpPage:
    """Return up to `limit` follow-ups by time to breach, and how many there are."""
    async with transactions.of(tenant) as followups:
        return await _page_of(followups, wanted, after, limit)


async def list_in_views(
    transactions: Transactions,
    tenant: str,
    wanted: Filter,
    watch: Watch,
    *,
    after: Position | None,
    limit: int,
) -> tuple[FollowUpPage, ViewCounts]:
    """Return what `list_followups` does, and how many open follow-ups each view holds."""
    async with transactions.of(tenant) as followups:
        page = await _page_of(followups, wanted, after, limit)
        return page, await followups.count_views(watch)


async def _page_of(
    followups: FollowUps, wanted: Filter, after: Position | None, limit: int
) -> FollowUpPage:
    wanted = await followups.looked_up(wanted)
    found = await followups.page(wanted, after, limit + 1)
    shown = found[:limit]
    last = shown[-1] if len(found) > limit else None
    return FollowUpPage(
        followups=shown,
        total=await followups.count(Filter()),
        matching=Count(len(found), is_exact=True)
        if after is None and last is None
        else await followups.count(wanted),
        next=(last.breach_at, last.followup_id) if last else None,
    )
