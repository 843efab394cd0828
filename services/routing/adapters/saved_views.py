"""Saved views in PostgreSQL: a method for each query. None of them commits."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from services.routing.domain.saved_views import SavedView, SavedViews
from shared.postgres.pool import Connection, Pool
from shared.postgres.sqlfile import load
from shared.postgres.tenancy import tenant_transaction

QUERIES = load(Path(__file__).parents[1] / "sql" / "queries" / "saved_views.sql")


@dataclass(frozen=True, slots=True)
class PostgresSavedViews:
    """One tenant's saved views, in a transaction under row-level security."""

    connection: Connection

    async def lock(self, maker: str) -> None:
        """Let nobody else change the maker's views until the transaction ends."""
        await self.connection.execute(QUERIES["lock_maker"], maker)

    async def seen(self, subject: str, teams: Collection[str]) -> Sequence[SavedView]:
        """Return somebody's own views and those shared with `teams`: own ones first, by name."""
        rows = await self.connection.fetch(QUERIES["views_seen"], subject, sorted(teams))
        return [SavedView(**row) for row in rows]

    async def find(self, view_id: UUID) -> SavedView | None:
        """Return a view, whoever made it."""
        row = await self.connection.fetchrow(QUERIES["find_view"], view_id)
        return SavedView(**row) if row else None

    async def add(self, view: SavedView) -> None:
        """Keep a new view."""
        await self.connection.execute(
            QUERIES["add_view"],
            view.view_id,
            view.maker,
            view.maker_name,
            view.version,
            view.name,
            view.query,
            view.team,
            view.created_at,
            view.changed_at,
        )

    async def update(self, view: SavedView) -> None:
        """Keep a view as it is now."""
        await self.connection.execute(
            QUERIES["update_view"],
            view.view_id,
            view.version,
            view.name,
            view.query,
            view.team,
            view.changed_at,
        )

    async def delete(self, view_id: UUID) -> None:
        """Forget a view."""
        await self.connection.execute(QUERIES["delete_view"], view_id)


@dataclass(frozen=True, slots=True)
class PostgresSavedViewTransactions:
    """Opens transactions; the pool runs as closedloop_routing_api."""

    pool: Pool

    @asynccontextmanager
    async def of_views(self, tenant: str) -> AsyncIterator[SavedViews]:
        """Open a transaction that sees what is `tenant`'s and nothing else."""
        async with tenant_transaction(self.pool, tenant) as connection:
            yield PostgresSavedViews(connection)
