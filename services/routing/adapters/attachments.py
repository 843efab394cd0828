"""Files of cases in PostgreSQL: added and read, erased with their customer's words."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from services.routing.adapters.postgres import PostgresFollowUps
from services.routing.domain.attachments import Attachment, Attachments, File
from shared.postgres.pool import Pool
from shared.postgres.sqlfile import load
from shared.postgres.tenancy import tenant_transaction

QUERIES = load(Path(__file__).parents[1] / "sql" / "queries" / "attachments.sql")


@dataclass(frozen=True, slots=True)
class PostgresAttachments(PostgresFollowUps):
    """One tenant's follow-ups and files, in a transaction under row-level security."""

    async def files(self, followup_id: UUID) -> Sequence[Attachment]:
        """Return the files of a follow-up, oldest first."""
        rows = await self.connection.fetch(QUERIES["files"], followup_id)
        return [Attachment(**row) for row in rows]

    async def add_file(self, tenant: str, attachment: Attachment, content: bytes) -> None:
        """Keep a file."""
        await self.connection.execute(
            QUERIES["add_file"],
            attachment.attachment_id,
            tenant,
            attachment.followup_id,
            attachment.version,
            attachment.name,
            attachment.size,
            attachment.digest,
            attachment.by,
            attachment.at,
            content,
        )

    async def file(self, followup_id: UUID, attachment_id: UUID) -> File | None:
        """Return a file to read; None when there is none, or it is erased."""
        row = await self.connection.fetchrow(QUERIES["file"], followup_id, attachment_id)
        return File(**row) if row else None


@dataclass(frozen=True, slots=True)
class PostgresAttachmentTransactions:
    """Opens transactions; the pool runs as closedloop_routing_api."""

    pool: Pool

    @asynccontextmanager
    async def of_attachments(self, tenant: str) -> AsyncIterator[Attachments]:
        """Open a transaction that sees what is `tenant`'s and nothing else."""
        async with tenant_transaction(self.pool, tenant) as connection:
            yield PostgresAttachments(connection)
