"""Facts and issues in PostgreSQL, set-based, on the connection of one batch's transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from asyncpg import Record

from services.outer_loop.adapters.columns import columns
from services.outer_loop.adapters.counts import (
    begin_counting,
    count_causes,
    count_voices,
    know_causes,
)
from services.outer_loop.domain.counting import CauseMet, suggested_by
from services.outer_loop.domain.issue import (
    FeedbackFact,
    FollowUpVersion,
    IssueKey,
    SystemicIssue,
)
from services.outer_loop.domain.ports import Change, VersionId
from services.outer_loop.domain.window import Confirmation
from shared.postgres.pool import Connection, Pool
from shared.postgres.sqlfile import load

QUERIES = load(Path(__file__).parents[1] / "sql" / "queries" / "facts.sql")

_FEEDBACK = (
    "feedback_id", "received_at", "tenant", "customer_id", "touchpoint", "department",
    "category", "severity", "occurred_at", "segment", "journey", "place", "product", "account_id",
    "customer_value", "theme", "theme_millionths", "cause", "cause_millionths",
)  # fmt: skip
_VERSION = (
    "followup_id", "version", "changed_at", "tenant", "customer_id", "touchpoint",
    "department", "what", "why", "occurred_at",
)  # fmt: skip
_LATEST = (*_VERSION, "state", "severity", "resolved_at")
_ISSUE = (
    "issue_id", "key.tenant", "key.touchpoint", "key.what", "threshold.customers",
    "threshold.days", "threshold.program_version", "opened_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class PostgresFeedbackFacts:
    """The port FeedbackFacts."""

    connection: Connection

    async def begin(self, zones: Mapping[str, str]) -> None:
        """Keep rebuilds away until the end of the transaction, and know each tenant's zone."""
        await begin_counting(self.connection, zones)

    async def add(self, facts: Sequence[FeedbackFact]) -> Collection[UUID]:
        """Add those that are new, and return their ids."""
        rows = await self.connection.fetch(QUERIES["add_feedback"], *columns(facts, _FEEDBACK))
        return [row["feedback_id"] for row in rows]

    async def count(self, new: Sequence[FeedbackFact]) -> None:
        """Add facts that are new to the counts by day."""
        await count_causes(self.connection, list(suggested_by(new)))
        await count_voices(self.connection, new)


@dataclass(frozen=True, slots=True)
class PostgresFollowUpFacts:
    """The port FollowUpFacts."""

    connection: Connection

    async def begin(self, zones: Mapping[str, str]) -> None:
        """Keep rebuilds away until the end of the transaction, and know each tenant's zone."""
        await begin_counting(self.connection, zones)

    async def add(self, versions: Sequence[FollowUpVersion]) -> Collection[VersionId]:
        """Add the versions that are new, and return them."""
        rows = await self.connection.fetch(QUERIES["add_versions"], *columns(versions, _VERSION))
        return [(row["followup_id"], row["version"]) for row in rows]

    async def keep_latest(self, versions: Sequence[FollowUpVersion]) -> Sequence[CauseMet]:
        """Bring each follow-up to its highest version; a lower one changes nothing."""
        rows = await self.connection.fetch(QUERIES["keep_latest"], *columns(versions, _LATEST))
        changes = [_met(row, "old_", -1) for row in rows] + [_met(row, "", 1) for row in rows]
        return [one for one in changes if one.what]

    async def count(self, met: Sequence[CauseMet]) -> None:
        """Bring the counts by day up to date."""
        await count_causes(self.connection, met)

    async def hold(self, keys: Sequence[IssueKey]) -> None:
        """Wait for other batches that count for the same keys, and know the keys from now on."""
        await self.connection.execute(QUERIES["hold_keys"], [str(key.issue_id) for key in keys])
        await know_causes(self.connection, keys)

    async def open_among(self, keys: Sequence[IssueKey]) -> Collection[IssueKey]:
        """Return which of the keys have an issue."""
        rows = await self.connection.fetch(QUERIES["open_among"], *_of_keys(keys))
        return [IssueKey(*row) for row in rows]

    async def confirmations(
        self, keys: Sequence[IssueKey]
    ) -> Mapping[IssueKey, Sequence[Confirmation]]:
        """Return everything that owners ever confirmed for the keys."""
        found: dict[IssueKey, list[Confirmation]] = defaultdict(list)
        for row in await self.connection.fetch(QUERIES["confirmations"], *_of_keys(keys)):
            found[IssueKey(row["tenant"], row["touchpoint"], row["what"])].append(
                Confirmation(
                    customer_id=row["customer_id"],
                    department=row["department"],
                    occurred_at=row["occurred_at"],
                )
            )
        return found

    async def open_issues(self, issues: Sequence[SystemicIssue], changes: Sequence[Change]) -> None:
        """Add the issues, each with its change."""
        await self.connection.execute(QUERIES["open_issues"], *columns(issues, _ISSUE))
        await log_changes(self.connection, changes)

    async def add_departments(self, departments: Sequence[tuple[IssueKey, str]]) -> None:
        """Add departments to the issues of these keys; those there already stay."""
        await self.connection.execute(
            QUERIES["add_departments"],
            [key.issue_id for key, _ in departments],
            [key.tenant for key, _ in departments],
            [department for _, department in departments],
        )

    async def messages_of(self, versions: Sequence[VersionId]) -> Mapping[VersionId, list[Change]]:
        """Return the changes that these events led to, whenever they did."""
        rows = await self.connection.fetch(
            QUERIES["messages_of"], [id_ for id_, _ in versions], [number for _, number in versions]
        )
        found: dict[VersionId, list[Change]] = defaultdict(list)
        for row in rows:
            named = dict(row)
            opened_by = (named.pop("followup_id"), named.pop("followup_version"))
            found[opened_by].append(Change(plan_id=None, opened_by=opened_by, **named))
        return found


def _met(row: Record, when: str, things: int) -> CauseMet:
    return CauseMet(
        tenant=row["tenant"],
        customer_id=row[f"{when}customer_id"],
        kind="confirmed",
        touchpoint=row[f"{when}touchpoint"],
        department=row[f"{when}department"],
        what=row[f"{when}what"],
        why=row[f"{when}why"],
        occurred_at=row[f"{when}occurred_at"],
        things=things,
    )


async def log_changes(connection: Connection, changes: Sequence[Change]) -> None:
    """Append `changes` to the log."""
    await connection.execute(
        QUERIES["log_changes"],
        [change.plan_id or change.issue_id for change in changes],
        *columns(changes, ("version", "changed_at", "tenant")),
        ["action_plan" if change.plan_id else "systemic_issue" for change in changes],
        *columns(changes, ("issue_id", "change", "actor", "reason", "message")),
        [change.opened_by[0] if change.opened_by else None for change in changes],
        [change.opened_by[1] if change.opened_by else None for change in changes],
    )


def _of_keys(keys: Sequence[IssueKey]) -> list[list[str]]:
    return columns(keys, ("tenant", "touchpoint", "what"))


async def ensure_partitions(pool: Pool) -> None:
    """Make this month's partitions and the next ones, where they are missing."""
    await pool.execute(QUERIES["ensure_partitions"])
