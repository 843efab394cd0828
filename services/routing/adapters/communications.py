"""What customers are told about changes, in PostgreSQL: taken by the worker, sent one by one."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, fields
from datetime import datetime
from operator import attrgetter
from pathlib import Path
from uuid import UUID

import asyncpg
import yaml
from pydantic import TypeAdapter

from services.routing.adapters.deliveries import woken_by
from services.routing.adapters.postgres import QUERIES as FOLLOWUP_QUERIES
from services.routing.adapters.postgres import SCHEMA, record_changes
from services.routing.adapters.replies import load_wordings as load_reply_wordings
from services.routing.adapters.rows import followup_of
from services.routing.domain.communications import (
    Addressee,
    Before,
    ChangeMail,
    ChangeWording,
    Communications,
    Shown,
    State,
    Telling,
    Wordings,
    telling_id_of,
)
from services.routing.domain.followup import FollowUp
from services.routing.domain.mails import Letter, Mail
from services.routing.domain.ports import RecordedChange
from services.routing.domain.promise_link import Link
from shared.contracts.communications import LoopCommunicationSent
from shared.contracts.records import Outgoing
from shared.postgres.outbox import enqueue
from shared.postgres.pool import Connection, Pool
from shared.postgres.sqlfile import load

_ROOM = Path(__file__).parents[1]
QUERIES = load(_ROOM / "sql" / "queries" / "communications.sql")
CHANNEL = "routing_loop_communications"
_MAIL = [part.name for part in fields(ChangeMail)]
_WITHOUT_MAIL = (
    "telling_id", "tenant", "communication_id", "issue_id", "named_id", "customer_id",
)  # fmt: skip
_AFTER_TEXTS = ("approved_by", "created_at", "state", "why_not", "settled_at", "language")


def load_wordings() -> Wordings:
    """Read the words around what changed, by language."""
    text = (_ROOM / "templates" / "changes.yaml").read_text(encoding="utf-8")
    changes = TypeAdapter(dict[str, ChangeWording]).validate_python(yaml.safe_load(text))
    return Wordings(changes=changes, replies=load_reply_wordings())


@dataclass(frozen=True, slots=True)
class PostgresCommunications:
    """The port Communications, on a connection that sees every tenant."""

    connection: Connection

    async def known(self, ids: Sequence[UUID]) -> Mapping[UUID, Telling]:
        """Return those that are kept already."""
        rows = await self.connection.fetch(QUERIES["tellings"], ids)
        return {row["telling_id"]: _telling_of(row) for row in rows}

    async def addressees(self, events: Sequence[LoopCommunicationSent]) -> Mapping[UUID, Addressee]:
        """Return by telling what decides; whoever else writes to these customers waits."""
        customers = sorted({(one.tenant, one.data.customer_id) for one in events})
        columns = [[tenant for tenant, _ in customers], [customer for _, customer in customers]]
        await self.connection.execute(QUERIES["customers_turn"], *columns)
        before = _before(await self.connection.fetch(QUERIES["told_before"], *columns))
        ids = [one.data.followup_id for one in events]
        rows = await self.connection.fetch(QUERIES["followups_of"], ids)
        cases = {row["followup_id"]: followup_of(row) for row in rows}
        erased = {row[0] for row in await self.connection.fetch(QUERIES["erased_among"], ids)}
        return {
            telling_id_of(one): Addressee(
                followup=_own(cases.get(one.data.followup_id), one),
                is_erased=one.data.followup_id in erased,
                before=before.get((one.tenant, one.data.customer_id), Before()),
            )
            for one in events
        }

    async def add(self, tellings: Sequence[Telling]) -> None:
        """Keep new ones, and have those that are queued sent."""
        await self.connection.execute(
            QUERIES["add"],
            *_columns(tellings, _WITHOUT_MAIL),
            [json.dumps(dict(one.texts), ensure_ascii=False) for one in tellings],
            *_columns(tellings, _AFTER_TEXTS),
            *(
                [getattr(one.mail, name) if one.mail else "" for one in tellings]
                for name in _MAIL
                if name != "language"
            ),
        )

    async def settle(
        self, telling_id: UUID, state: State, why_not: str | None, at: datetime, fault: str
    ) -> Telling | None:
        """Keep what became of a queued one and return it; None when that is known already."""
        row = await self.connection.fetchrow(
            QUERIES["settle"], telling_id, state, why_not, at, None, fault or None
        )
        return _telling_of(row) if row else None

    async def locked(self, named_id: UUID) -> FollowUp | None:
        """Return the case that a follow-up is worked on in, locked."""
        stands_for = await self.connection.fetchval(QUERIES["stands_for"], named_id)
        row = await self.connection.fetchrow(FOLLOWUP_QUERIES["followup_for_update"], stands_for)
        return followup_of(row) if row else None

    async def note(self, row: RecordedChange) -> None:
        """Write a case's next version, which says that its customer was told."""
        followup = row.followup
        await self.connection.execute(
            QUERIES["note"], followup.followup_id, followup.version, followup.changed_at
        )
        await record_changes(self.connection, [row])

    async def publish(self, messages: Sequence[Outgoing]) -> None:
        """Have messages published when the transaction has ended well."""
        await enqueue(self.connection, SCHEMA, messages)


@dataclass(frozen=True, slots=True)
class PostgresTellings:
    """Mails that tell what changed, for the notifier: its pool runs as closedloop_routing."""

    pool: Pool

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Communications]:
        """Open a transaction that sees every tenant."""
        async with self.pool.acquire() as connection, connection.transaction():
            yield PostgresCommunications(connection)

    async def claim(
        self, now: datetime, until: datetime, room: int, address_of: Callable[[Link], str]
    ) -> list[Letter]:
        """Take up to `room` that are due, for the caller alone `until` then.

        One whose customer had their data erased has no recipient any more.
        """
        rows = await self.pool.fetch(QUERIES["claim"], now, until, room)
        return [_letter_of(row, address_of) for row in rows]

    async def put_off(
        self, telling_id: UUID, now: datetime, answer: int | None, due_at: datetime, fault: str
    ) -> None:
        """Note what went wrong, and when it is tried again."""
        await self.pool.execute(QUERIES["put_off"], telling_id, now, answer, due_at, fault)

    def woken(self, wake: Callable[..., None]) -> AbstractAsyncContextManager[Callable[[], bool]]:
        """Have `wake` called whenever one is added; give what tells that this still works."""
        return woken_by(self.pool, CHANNEL, wake)


async def on_the_page(connection: Connection, followup_ids: Sequence[UUID]) -> list[Shown]:
    """Return what the customers of these follow-ups were told, the latest first."""
    rows = await connection.fetch(QUERIES["on_the_page"], followup_ids)
    return [Shown(texts=json.loads(row["texts"]), created_at=row["created_at"]) for row in rows]


def _own(followup: FollowUp | None, event: LoopCommunicationSent) -> FollowUp | None:
    if followup is None or followup.tenant != event.tenant:
        return None
    return followup if followup.voice.customer_id == event.data.customer_id else None


def _before(rows: Sequence[asyncpg.Record]) -> Mapping[tuple[str, str], Before]:
    found: defaultdict[tuple[str, str], Before] = defaultdict(Before)
    for row in rows:
        key = (row["tenant"], row["customer_id"])
        known = found[key]
        found[key] = Before(
            issues=known.issues | {row["issue_id"]},
            last=max(filter(None, (known.last, row["created_at"]))),
        )
    return found


def _columns(tellings: Sequence[Telling], names: Sequence[str]) -> list[list[object]]:
    return [[get(one) for one in tellings] for get in map(attrgetter, names)]


def _telling_of(row: asyncpg.Record) -> Telling:
    named = {name: row[name] for name in (*_WITHOUT_MAIL, *_AFTER_TEXTS)}
    return Telling(texts=json.loads(row["texts"]), **named)


def _letter_of(row: asyncpg.Record, address_of: Callable[[Link], str]) -> Letter:
    mail = ChangeMail(**{name: row[name] for name in _MAIL})
    link = Link(followup_id=row["named_id"], generation=row["generation"])
    return Letter(
        delivery_id=row["telling_id"],
        mail=Mail(
            language=mail.language,
            sender_name=mail.sender_name,
            sender=mail.sender,
            recipient=mail.recipient,
            subject=mail.subject,
            body=mail.body(address_of(link)),
            written="",
        ),
        created_at=row["created_at"],
        attempts=row["attempts"],
        is_automatic=True,
    )
