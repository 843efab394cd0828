"""Follow-ups in PostgreSQL: a method for each query. None of them commits."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from uuid import UUID

from services.routing.adapters import channel_replies, contacts, later, mentions, replies
from services.routing.adapters.deliveries import enqueue_changes
from services.routing.adapters.rows import (
    change_columns_of,
    columns_of,
    followup_of,
    history_entry_of,
    next_due_of,
    parameters_of,
    timed_by,
    timetable_of,
    told_of,
    why_json,
)
from services.routing.domain.channel_messages import ChannelReply
from services.routing.domain.contacts import ContactAttempt
from services.routing.domain.escalation import Told
from services.routing.domain.followup import FollowUp
from services.routing.domain.later import Said
from services.routing.domain.mails import Reply
from services.routing.domain.mentions import Unseen
from services.routing.domain.opening import Rotation
from services.routing.domain.ports import (
    COUNTED_UP_TO,
    FOUND_UP_TO,
    MOST_WORDS,
    Answer,
    Count,
    Filter,
    FollowUps,
    HistoryEntry,
    KeptAnswer,
    NextDue,
    Position,
    RecordedChange,
    Round,
    StoredMessage,
    ViewCounts,
    Watch,
)
from services.routing.domain.resurvey import Asking
from services.routing.domain.staffing import CustomerOfTeam, Inquiry, Staffing
from services.routing.errors import OvertakenError
from shared.contracts.records import Outgoing
from shared.postgres.outbox import enqueue
from shared.postgres.pool import Connection, Pool
from shared.postgres.sqlfile import load
from shared.postgres.tenancy import tenant_transaction
from shared.program.assignment import MOST_COUNTED

SCHEMA = "routing"
VIEWS = ("mine", "team", "unowned", "all")
DUES = ("any", "overdue", "today", "waiting", "reopened")
_SQL = Path(__file__).parents[1] / "sql" / "queries"
QUERIES = {
    **load(_SQL / "followups.sql"),
    **load(_SQL / "lists.sql"),
    **load(_SQL / "resurvey.sql"),
    **load(_SQL / "issues.sql"),
}


@dataclass(frozen=True, slots=True)
class PostgresOpenings:
    """Opens follow-ups in the worker's transaction."""

    connection: Connection

    async def lock_rotations(self, rotations: Sequence[Rotation]) -> dict[Rotation, Round]:
        """Lock `rotations`, which must be sorted, and return how they stand."""
        rows = await self.connection.fetch(
            QUERIES["lock_rotations"], [r.tenant for r in rotations], [r.team for r in rotations]
        )
        return {
            Rotation(row["tenant"], row["team"]): Round(
                position=row["position"], turns=json.loads(row["turns"])
            )
            for row in rows
        }

    async def learn(self, staffing: Staffing, inquiry: Inquiry) -> None:
        """Let `staffing` know the loads and last owners that `inquiry` asks for, if any."""
        if not (inquiry.assignees or inquiry.customers):
            return
        rows = await self.connection.fetch(
            QUERIES["loads_and_last_owners"],
            [one.tenant for one in inquiry.assignees],
            [one.owner for one in inquiry.assignees],
            MOST_COUNTED,
            [one.tenant for one in inquiry.customers],
            [one.team for one in inquiry.customers],
            [one.customer_id for one in inquiry.customers],
            list(inquiry.customers.values()),
        )
        for tenant, team, customer_id, owner, count in rows:
            if count is None:
                staffing.last_owners[CustomerOfTeam(tenant, team, customer_id)] = owner
            else:
                staffing.loads.setdefault(tenant, {})[owner] = count

    async def advance_rotations(
        self, positions: Mapping[Rotation, int], turns: Mapping[Rotation, Mapping[str, int]]
    ) -> None:
        """Set the rotations to new positions and turns."""
        await self.connection.execute(
            QUERIES["advance_rotations"],
            [rotation.tenant for rotation in positions],
            [rotation.team for rotation in positions],
            list(positions.values()),
            [json.dumps(turns.get(rotation, {})) for rotation in positions],
        )

    async def opened_messages(self, feedback_ids: Sequence[UUID]) -> dict[UUID, StoredMessage]:
        """Return, by feedback id, how the follow-ups that exist already were announced."""
        rows = await self.connection.fetch(QUERIES["opened_messages"], feedback_ids)
        return {
            row["feedback_id"]: StoredMessage(
                tenant=row["tenant"], customer_id=row["customer_id"], message=row["message"]
            )
            for row in rows
        }

    async def insert(self, followups: Sequence[FollowUp]) -> set[UUID]:
        """Insert new follow-ups; return the feedback ids of those that were not there yet."""
        columns = zip(*map(columns_of, followups), strict=True)
        rows = await self.connection.fetch(QUERIES["insert_followups"], *map(list, columns))
        return {row["feedback_id"] for row in rows}

    async def record(self, changes: Sequence[RecordedChange]) -> None:
        """Append to the follow-ups' histories."""
        await record_changes(self.connection, changes)

    async def hear(self, said: Sequence[Said]) -> None:
        """Keep what customers said with their follow-ups that were resolved not long before."""
        await later.keep(self.connection, said)


@dataclass(frozen=True, slots=True)
class PostgresFollowUps:
    """One tenant's follow-ups, in a transaction under row-level security."""

    connection: Connection

    async def find(self, followup_id: UUID, *, for_update: bool = False) -> FollowUp | None:
        """Return the follow-up, locked until the transaction ends when it is to be changed."""
        query = "followup_for_update" if for_update else "followup"
        row = await self.connection.fetchrow(QUERIES[query], followup_id)
        return followup_of(row) if row else None

    async def has_issue(self, issue_id: UUID) -> bool:
        """Return whether the outer loop has told of a systemic issue."""
        found: bool = await self.connection.fetchval(QUERIES["has_issue"], issue_id)
        return found

    async def history(self, followup: FollowUp) -> list[HistoryEntry]:
        """Return everything that happened to the follow-up, oldest first."""
        rows = await self.connection.fetch(
            QUERIES["history"], followup.followup_id, followup.opened_at
        )
        return [history_entry_of(row) for row in rows]

    async def looked_up(self, wanted: Filter) -> Filter:
        """Return the filter with what its words come to, for `page` and `count`.

        Few hits become their ids; words that many hold stay patterns.
        """
        await self.connection.execute(QUERIES["plan_with_values"])
        if not wanted.words:
            return wanted
        if (named := _id_in(wanted.words)) is not None:
            return replace(wanted, ids=[named])
        patterns = await self.connection.fetchval(QUERIES["patterns"], wanted.words[:MOST_WORDS])
        rows = await self.connection.fetch(QUERIES["followups_with"], patterns, FOUND_UP_TO + 1)
        if len(rows) > FOUND_UP_TO:
            return replace(wanted, patterns=patterns)
        return replace(wanted, ids=[row[0] for row in rows])

    async def count(self, wanted: Filter) -> Count:
        """Return how many follow-ups match, as far as they are counted."""
        most = FOUND_UP_TO if wanted.patterns else COUNTED_UP_TO
        others = replace(wanted, words=(), patterns=None)
        looks_last = bool(wanted.patterns) and others != Filter(open_only=wanted.open_only)
        counted = await self.connection.fetchval(
            QUERIES["count_followups"], *parameters_of(wanted), most + 1, looks_last
        )
        return Count.up_to(most, counted)

    async def count_views(self, watch: Watch) -> ViewCounts:
        """Return how many open follow-ups the inbox's views hold for one person."""
        await self.connection.execute(QUERIES["plan_with_values"])
        (row,) = await self.connection.fetch(
            QUERIES["count_views"],
            watch.subject,
            watch.teams,
            watch.view,
            watch.now,
            watch.today_ends,
            COUNTED_UP_TO + 1,
        )
        return ViewCounts(
            views={name: Count.up_to(COUNTED_UP_TO, row[name]) for name in VIEWS},
            dues={name: Count.up_to(COUNTED_UP_TO, row[name]) for name in DUES},
            next_due=NextDue(at=row["next_due"], team=row["next_due_team"])
            if row["next_due"]
            else None,
        )

    async def update(self, followup: FollowUp) -> None:
        """Write a follow-up's next version; raises OvertakenError when another one stands there."""
        solved = followup.resolution
        written = await self.connection.fetchval(
            QUERIES["update_followup"],
            followup.followup_id,
            followup.version,
            followup.state.value,
            followup.owner,
            followup.due_at,
            followup.changed_at,
            solved.what if solved else None,
            solved.why if solved else None,
            solved.action_taken if solved else None,
            solved.resolved_at if solved else None,
            why_json(followup.why),
            followup.is_last_resort,
            next_due_of(followup),
            timetable_of(followup),
            followup.next_alarm_at,
            timed_by(followup),
            int(followup.escalation_level),
            followup.issue_id,
        )
        if not written:
            raise OvertakenError(followup.followup_id, followup.version)

    async def told(self, followup_id: UUID) -> list[Told]:
        """Return who was told that time runs out, in the order in which they were."""
        rows = await self.connection.fetch(QUERIES["escalations"], [followup_id])
        return [told_of(row) for row in rows]

    async def record(self, changes: Sequence[RecordedChange]) -> None:
        """Append to the follow-ups' histories."""
        await record_changes(self.connection, changes)

    async def ask_again(self, asked: Asking) -> None:
        """Keep that the customer is to be asked whether it is solved."""
        await self.connection.execute(
            QUERIES["ask_again"],
            asked.followup_id,
            asked.number,
            asked.tenant,
            asked.asked_at,
            asked.expires_at,
            asked.scale,
        )

    async def add_attempt(self, attempt: ContactAttempt) -> None:
        """Keep an attempt to reach the customer, for good."""
        await contacts.insert(self.connection, attempt)

    async def attempts(self, followup_id: UUID) -> list[ContactAttempt]:
        """Return the attempts to reach the customer, oldest first."""
        return await contacts.of_followup(self.connection, followup_id)

    async def add_reply(self, reply: Reply) -> None:
        """Keep a reply and have it sent when the transaction has ended well."""
        await replies.insert(self.connection, reply)

    async def replies(self, followup_id: UUID) -> list[Reply]:
        """Return the replies to the customer, oldest first."""
        return await replies.of_followup(self.connection, followup_id)

    async def add_channel_reply(self, reply: ChannelReply) -> None:
        """Keep a reply and have its webhook told when the transaction has ended well."""
        await channel_replies.insert(self.connection, reply)

    async def unseen(self, whom: str) -> Sequence[Unseen]:
        """Return what somebody has not seen of their mentions, the latest first."""
        return await mentions.unseen(self.connection, whom)

    async def see(self, followup_id: UUID, whom: str, now: datetime) -> None:
        """Keep that somebody has seen their mentions in a case."""
        await mentions.see(self.connection, followup_id, whom, now)

    async def publish(self, messages: Sequence[Outgoing]) -> None:
        """Put `messages` into the outbox: they are published when the transaction has ended."""
        await enqueue(self.connection, SCHEMA, messages)

    async def claim_key(self, subject: str, key: str, fingerprint: bytes) -> KeptAnswer | None:
        """Take `key` for this transaction; return the answer that is kept under a used one."""
        if await self.connection.fetchval(QUERIES["claim_key"], subject, key, fingerprint):
            return None
        row = await self.connection.fetchrow(QUERIES["kept_answer"], subject, key)
        if row is None:  # the key's day ended between the two statements
            return await self.claim_key(subject, key, fingerprint)
        answer = Answer(status=row["status"], body=row["body"], etag=row["etag"], replayed=True)
        return KeptAnswer(fingerprint=row["fingerprint"], answer=answer)

    async def keep_answer(self, subject: str, key: str, answer: Answer) -> None:
        """Keep `answer` under a key that this transaction has taken."""
        await self.connection.execute(
            QUERIES["keep_answer"], subject, key, answer.status, answer.body, answer.etag
        )

    async def page(self, wanted: Filter, after: Position | None, limit: int) -> list[FollowUp]:
        """Return up to `limit` follow-ups by time to breach, those behind the position `after`."""
        rows = await self.connection.fetch(
            QUERIES["list_followups"], *parameters_of(wanted), limit, *(after or (None, None))
        )
        return [followup_of(row) for row in rows]


@dataclass(frozen=True, slots=True)
class PostgresTransactions:
    """Opens transactions; the pool runs as closedloop_routing_api."""

    pool: Pool

    @asynccontextmanager
    async def of(self, tenant: str) -> AsyncIterator[FollowUps]:
        """Open a transaction that sees the follow-ups of `tenant` and no others."""
        async with tenant_transaction(self.pool, tenant) as connection:
            yield PostgresFollowUps(connection)


async def prepare_months(connection: Connection) -> None:
    """Make the partitions of this month and the next two."""
    await connection.execute(QUERIES["prepare_months"])


def _id_in(words: Sequence[str]) -> UUID | None:
    """Return the follow-up's id when somebody has pasted one."""
    try:
        return UUID(words[0]) if len(words) == 1 else None
    except ValueError:
        return None


async def record_changes(connection: Connection, changes: Sequence[RecordedChange]) -> None:
    """Append to follow-ups' histories; have webhooks told, and whom notes name."""
    columns = zip(*map(change_columns_of, changes), strict=True)
    await connection.execute(QUERIES["insert_changes"], *map(list, columns))
    await mentions.insert(connection, changes)
    await enqueue_changes(connection, changes)
