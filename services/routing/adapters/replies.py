"""Replies in PostgreSQL, and the words around them: added with their contact, sent one by one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from uuid import UUID

import asyncpg
import yaml
from pydantic import TypeAdapter

from services.routing.adapters.deliveries import woken_by
from services.routing.domain.deliveries import Attempt
from services.routing.domain.mails import Letter, Mail, Reply, ReplyState
from services.routing.domain.replies import Wording
from shared.postgres.pool import Connection, Pool
from shared.postgres.sqlfile import load

_ROOM = Path(__file__).parents[1]
QUERIES = load(_ROOM / "sql" / "queries" / "replies.sql")
CHANNEL = "routing_replies"
_MAIL = [part.name for part in fields(Mail)]


def load_wordings() -> Mapping[str, Wording]:
    """Read the words around replies, by language."""
    text = (_ROOM / "templates" / "replies.yaml").read_text(encoding="utf-8")
    return TypeAdapter(dict[str, Wording]).validate_python(yaml.safe_load(text))


async def insert(connection: Connection, reply: Reply) -> None:
    """Add a reply that is due now."""
    mail = reply.mail
    await connection.execute(
        QUERIES["insert_reply"],
        reply.reply_id,
        reply.tenant,
        reply.followup_id,
        reply.version,
        mail.language,
        mail.sender_name,
        mail.sender,
        mail.recipient,
        mail.subject,
        mail.body,
        mail.written,
        reply.by,
        reply.created_at,
    )


async def of_followup(connection: Connection, followup_id: UUID) -> list[Reply]:
    """Return the replies of one follow-up, oldest first."""
    rows = await connection.fetch(QUERIES["replies"], followup_id)
    return [_reply_of(row) for row in rows]


@dataclass(frozen=True, slots=True)
class PostgresReplies:
    """What waits, for the notifier: its pool runs as closedloop_routing, which sees all tenants."""

    pool: Pool

    async def claim(self, now: datetime, until: datetime, room: int) -> list[Letter]:
        """Take up to `room` replies that are due, for the caller alone `until` then."""
        rows = await self.pool.fetch(QUERIES["claim_replies"], now, until, room)
        return [
            Letter(
                delivery_id=row["reply_id"],
                mail=_mail_of(row),
                created_at=row["created_at"],
                attempts=row["attempts"],
            )
            for row in rows
        ]

    async def settle_sent(self, letter: Letter, attempt: Attempt, now: datetime) -> None:
        """Note that the mail server has taken it."""
        await self.pool.execute(QUERIES["settle_sent"], letter.delivery_id, now, attempt.status)

    async def settle_unsent(
        self, letter: Letter, attempt: Attempt, due_at: datetime | None, now: datetime
    ) -> None:
        """Note what went wrong, and when it is tried again; None for never."""
        await self.pool.execute(
            QUERIES["settle_unsent"],
            letter.delivery_id,
            now,
            attempt.status,
            attempt.fault,
            due_at,
        )

    def woken(self, wake: Callable[..., None]) -> AbstractAsyncContextManager[Callable[[], bool]]:
        """Have `wake` called whenever a reply is added; give what tells that this still works."""
        return woken_by(self.pool, CHANNEL, wake)


def _mail_of(row: asyncpg.Record) -> Mail:
    return Mail(**{name: row[name] for name in _MAIL})


def _reply_of(row: asyncpg.Record) -> Reply:
    return Reply(
        reply_id=row["reply_id"],
        tenant=row["tenant"],
        followup_id=row["followup_id"],
        version=row["version"],
        mail=_mail_of(row),
        by=row["by"],
        created_at=row["created_at"],
        state=ReplyState(row["state"]),
        attempts=row["attempts"],
        sent_at=row["sent_at"],
        fault=row["fault"] or "",
    )
