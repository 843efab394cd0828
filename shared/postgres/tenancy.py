"""One request, one tenant, one transaction: row-level security does the rest."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from shared.postgres.pool import Connection, Pool


@asynccontextmanager
async def tenant_transaction(pool: Pool, tenant: str) -> AsyncIterator[Connection]:
    """Open a transaction that sees the rows of `tenant` and no others.

    The pool's role must be one of the `closedloop_<service>_api` roles: their policies compare
    each row's tenant with the setting that this makes, which ends with the transaction.
    """
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT set_config('closedloop.tenant', $1, true)", tenant)
        yield connection
