"""Plans in PostgreSQL: one request of one tenant, in one transaction under row-level security."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import asyncpg

from services.outer_loop.adapters.columns import columns
from services.outer_loop.adapters.designs import PostgresDesigns
from services.outer_loop.adapters.facts import log_changes
from services.outer_loop.domain.impact.design import Metric
from services.outer_loop.domain.issue import IssueKey
from services.outer_loop.domain.plan import (
    ActionItem,
    ActionPlan,
    Decision,
    ExpectedEffect,
    Verdict,
)
from services.outer_loop.domain.ports import Answer, Change, IssueAtHand, Once, PlanWork
from services.outer_loop.errors import ReusedKeyError
from shared.contracts.codec import key_of
from shared.contracts.plans import PlanState
from shared.contracts.records import Outgoing
from shared.postgres.outbox import enqueue
from shared.postgres.pool import Connection, Pool
from shared.postgres.sqlfile import load
from shared.postgres.tenancy import tenant_transaction

QUERIES = load(Path(__file__).parents[1] / "sql" / "queries" / "plans.sql")
_TOPIC = "outer_loop.changed.v1"


@dataclass(frozen=True, slots=True)
class PostgresPlans:
    """The port Plans. The pool's role is closedloop_outer_loop_api."""

    pool: Pool

    @asynccontextmanager
    async def transaction(self, tenant: str) -> AsyncIterator[PlanWork]:
        """Commit at the end, roll back when an error leaves it."""
        async with tenant_transaction(self.pool, tenant) as connection:
            yield PostgresPlanWork(connection, tenant)


@dataclass(frozen=True, slots=True)
class PostgresPlanWork:
    """The port PlanWork."""

    connection: Connection
    tenant: str

    @property
    def designs(self) -> PostgresDesigns:
        """Their impact designs."""
        return PostgresDesigns(self.connection, self.tenant)

    async def issue(self, issue_id: UUID) -> IssueAtHand | None:
        """Return the issue, None when there is none."""
        row = await self.connection.fetchrow(QUERIES["issue"], issue_id)
        if row is None:
            return None
        return IssueAtHand(
            key=IssueKey(row["tenant"], row["touchpoint"], row["what"]),
            departments=row["departments"],
            customers=row["customers"],
        )

    async def plan(self, plan_id: UUID) -> ActionPlan | None:
        """Return the plan and keep others from changing it until the end."""
        # Locked first, read after: what another request has just changed is then seen whole.
        await self.connection.execute(QUERIES["lock_plan"], plan_id)
        found = await fetch_plans(self.connection, [plan_id])
        return found[0] if found else None

    async def save(self, plan: ActionPlan, change: Change) -> None:
        """Keep the plan as it is now, log its change, and have the message published."""
        await _save_plan(self.connection, plan)
        await log_changes(self.connection, [change])
        key = key_of(change.tenant, str(change.issue_id))
        message = Outgoing(topic=_TOPIC, key=key, value=change.message)
        await enqueue(self.connection, "outer_loop", [message])

    async def claim(self, once: Once) -> Answer | None:
        """Take the key for this transaction; return what its first request was answered.

        Raises ReusedKeyError when that request was another one.
        """
        name = (self.tenant, once.subject, once.key)
        await self.connection.execute(QUERIES["forget_keys"], self.tenant)
        if await self.connection.fetchval(QUERIES["claim"], *name, once.request_sha256):
            return None
        row = await self.connection.fetchrow(QUERIES["kept_answer"], *name)
        if row is None or row["request_sha256"] != once.request_sha256:
            raise ReusedKeyError
        return Answer(
            status=row["status"], body=row["body"], etag=row["etag"], location=row["location"]
        )

    async def keep_answer(self, once: Once, answer: Answer) -> None:
        """Remember the answer for the key."""
        await self.connection.execute(
            QUERIES["keep_answer"],
            self.tenant,
            once.subject,
            once.key,
            answer.status,
            answer.body,
            answer.etag,
            answer.location,
        )


async def fetch_plans(connection: Connection, plan_ids: Sequence[UUID]) -> list[ActionPlan]:
    """Return the plans that there are, whole, in no particular order."""
    items: dict[UUID, list[ActionItem]] = defaultdict(list)
    for row in await connection.fetch(QUERIES["items_of_plans"], plan_ids):
        items[row["plan_id"]].append(_item(row))
    decisions: dict[UUID, list[Decision]] = defaultdict(list)
    for row in await connection.fetch(QUERIES["decisions_of_plans"], plan_ids):
        decisions[row["plan_id"]].append(_decision(row))
    return [
        _plan(row, items[row["plan_id"]], decisions[row["plan_id"]])
        for row in await connection.fetch(QUERIES["plans"], plan_ids)
    ]


def _plan(
    row: asyncpg.Record, items: Sequence[ActionItem], decisions: Sequence[Decision]
) -> ActionPlan:
    return ActionPlan(
        plan_id=row["plan_id"],
        tenant=row["tenant"],
        issue_id=row["issue_id"],
        version=row["version"],
        state=PlanState(row["state"]),
        held_from=PlanState(row["held_from"]) if row["held_from"] else None,
        summary=row["summary"],
        reason=row["reason"],
        proposed_by=row["proposed_by"],
        proposed_at=row["proposed_at"],
        changed_at=row["changed_at"],
        items=tuple(items),
        decisions=tuple(decisions),
    )


def _item(row: asyncpg.Record) -> ActionItem:
    effect = row["effect_metric"] and ExpectedEffect(
        metric=Metric(row["effect_metric"]),
        change_percent=row["effect_change_percent"],
        by=row["effect_by"],
    )
    return ActionItem(
        item_id=row["item_id"],
        department=row["department"],
        owner=row["owner"],
        due_on=row["due_on"],
        description=row["description"],
        expected_effect=effect,
        done_on=row["done_on"],
    )


def _decision(row: asyncpg.Record) -> Decision:
    return Decision(
        department=row["department"],
        verdict=Verdict(row["verdict"]),
        reason=row["reason"],
        decided_by=row["decided_by"],
        decided_at=row["decided_at"],
    )


async def _save_plan(connection: Connection, plan: ActionPlan) -> None:
    await connection.execute(
        QUERIES["save_plan"],
        plan.plan_id,
        plan.tenant,
        plan.issue_id,
        plan.version,
        plan.state,
        plan.held_from,
        plan.summary,
        plan.reason,
        plan.proposed_by,
        plan.proposed_at,
        plan.changed_at,
    )
    await connection.execute(QUERIES["clear_items"], plan.plan_id)
    effects = [item.expected_effect for item in plan.items]
    await connection.execute(
        QUERIES["save_items"],
        plan.plan_id,
        plan.tenant,
        *columns(
            plan.items, ("item_id", "department", "owner", "due_on", "description", "done_on")
        ),
        [effect and effect.metric.value for effect in effects],
        [effect and effect.change_percent for effect in effects],
        [effect and effect.by for effect in effects],
    )
    await connection.execute(
        QUERIES["save_decisions"],
        plan.plan_id,
        plan.tenant,
        *columns(plan.decisions, ("department", "verdict", "reason", "decided_by", "decided_at")),
    )
