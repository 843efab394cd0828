"""Escalations by mail in PostgreSQL: written with the escalation, put into mails, sent."""

from __future__ import annotations

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
from services.routing.domain.alert_ports import Alerts
from services.routing.domain.alerts import Alert, AlertMail, AlertWording, Pile, StaffLetter
from services.routing.domain.deliveries import Attempt
from services.routing.domain.mails import Letter, Mail
from services.routing.domain.timetable import Step
from shared.postgres.pool import Connection, Pool
from shared.postgres.sqlfile import load
from shared.postgres.tenancy import tenant_transaction
from shared.program.escalation import Level

_ROOM = Path(__file__).parents[1]
QUERIES = load(_ROOM / "sql" / "queries" / "alerts.sql")
CHANNEL = "routing_staff_letters"
_ALERT = [part.name for part in fields(Alert)]
_values_of = attrgetter(*_ALERT)


def load_wordings() -> Mapping[str, AlertWording]:
    """Read what the mails say, by language."""
    text = (_ROOM / "templates" / "escalation_mails.yaml").read_text(encoding="utf-8")
    return TypeAdapter(dict[str, AlertWording]).validate_python(yaml.safe_load(text))


async def insert(connection: Connection, alerts: Sequence[Alert]) -> None:
    """Add what is to be told by mail, in the transaction of the escalations."""
    if not alerts:
        return
    columns = zip(*map(_values_of, alerts), strict=True)
    await connection.execute(QUERIES["insert_alerts"], *map(list, columns))


@dataclass(frozen=True, slots=True)
class PostgresAlerts:
    """What waits to be told by mail, in the transaction of `connection`."""

    connection: Connection

    async def take_turn(self) -> bool:
        """Tell whether nobody else writes mails at this moment; then nobody can, until the end."""
        return await self.connection.fetchval(QUERIES["take_turn"]) is True

    async def piles(self, tenants: Sequence[str], since: datetime) -> Sequence[Pile]:
        """Return how much waits for each person, and of how much they were told after `since`."""
        rows = await self.connection.fetch(QUERIES["piles"], tenants, since)
        return [Pile(**row) for row in rows]

    async def waiting(self, pile: Pile) -> Sequence[Alert]:
        """Return all that waits for a person, the earliest deadline first."""
        rows = await self.connection.fetch(QUERIES["waiting_alerts"], pile.tenant, pile.whom)
        return [_alert_of(row) for row in rows]

    async def post(self, letter: StaffLetter, now: datetime) -> None:
        """Have a mail sent when the transaction has ended well; what it tells waits no more."""
        mail = letter.mail
        await self.connection.execute(
            QUERIES["insert_letter"],
            letter.letter_id,
            letter.tenant,
            mail.language,
            mail.sender_name,
            mail.sender,
            mail.recipient,
            mail.subject,
            mail.body,
            now,
        )
        await self.connection.execute(QUERIES["mark_written"], letter.alerts, letter.letter_id, now)


@dataclass(frozen=True, slots=True)
class PostgresAlertTransactions:
    """Opens transactions; the pool runs as closedloop_routing, which sees all tenants."""

    pool: Pool

    @asynccontextmanager
    async def of_alerts(self) -> AsyncIterator[Alerts]:
        """Open a transaction that sees every tenant."""
        async with self.pool.acquire() as connection, connection.transaction():
            yield PostgresAlerts(connection)


@dataclass(frozen=True, slots=True)
class PostgresAlertMails:
    """What became of mails, for requests: the pool runs as closedloop_routing_api."""

    pool: Pool

    async def of_followup(self, tenant: str, followup_id: UUID) -> Mapping[int, AlertMail]:
        """Return what became of the mails about a follow-up's escalations, by version."""
        async with tenant_transaction(self.pool, tenant) as connection:
            rows = await connection.fetch(QUERIES["alert_mails"], followup_id)
        return {
            row["version"]: AlertMail(
                state=row["state"],
                sent_at=row["sent_at"],
                fault=row["fault"],
                is_with_others=row["is_with_others"] is True,
            )
            for row in rows
        }


@dataclass(frozen=True, slots=True)
class PostgresStaffLetters:
    """Mails to staff that wait, for the notifier: its pool runs as closedloop_routing."""

    pool: Pool

    async def claim(self, now: datetime, until: datetime, room: int) -> list[Letter]:
        """Take up to `room` mails that are due, for the caller alone `until` then."""
        rows = await self.pool.fetch(QUERIES["claim_letters"], now, until, room)
        return [_letter_of(row) for row in rows]

    async def settle_sent(self, letter: Letter, attempt: Attempt, now: datetime) -> None:
        """Note that the mail server has taken it."""
        await self.pool.execute(QUERIES["settle_sent"], letter.delivery_id, now, attempt.status)

    async def settle_unsent(
        self, letter: Letter, attempt: Attempt, due_at: datetime | None, now: datetime
    ) -> None:
        """Note what went wrong, and when it is tried again; None for never."""
        await self.pool.execute(
            QUERIES["settle_unsent"], letter.delivery_id, now, attempt.status, attempt.fault, due_at
        )

    def woken(self, wake: Callable[..., None]) -> AbstractAsyncContextManager[Callable[[], bool]]:
        """Have `wake` called whenever a mail is added; give what tells that this still works."""
        return woken_by(self.pool, CHANNEL, wake)


def _alert_of(row: asyncpg.Record) -> Alert:
    known = {name: row[name] for name in _ALERT}
    return Alert(**{**known, "step": Step(row["step"]), "level": Level(row["level"])})


def _letter_of(row: asyncpg.Record) -> Letter:
    return Letter(
        delivery_id=row["letter_id"],
        mail=Mail(
            language=row["language"],
            sender_name=row["sender_name"],
            sender=row["sender"],
            recipient=row["recipient"],
            subject=row["subject"],
            body=row["body"],
            written="",
        ),
        created_at=row["created_at"],
        attempts=row["attempts"],
        is_automatic=True,
    )
