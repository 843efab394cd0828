"""Connections to PostgreSQL, each under the role of the service that uses it."""

from __future__ import annotations

from typing import TypeAlias

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from shared.errors import SettingsError, TransientError

# asyncpg's classes take parameters for the type checker only, hence in quotes.
Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"
Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"

#: What a lost, restarting or overloaded server answers: the same attempt may go through later.
TRANSIENT_ERRORS = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    # What asyncpg says when a query meets the server's goodbye that came between two queries.
    asyncpg.InternalClientError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.LockNotAvailableError,
    asyncpg.QueryCanceledError,
    asyncpg.DiskFullError,
    asyncpg.OutOfMemoryError,
)

#: A value that no attempt will bring into the database, though asyncpg derives this error from
#: one that is transient.
UNUSABLE_VALUES = (asyncpg.exceptions._base.DataError,)


async def create_pool(database_url: str, *, role: str, max_size: int = 8) -> Pool:
    """Open a pool whose every connection runs as `role`.

    Raises TransientError when the server can't be reached, SettingsError when it refuses the
    role or the credentials.
    """
    try:
        return await asyncpg.create_pool(
            database_url,
            min_size=1,
            max_size=max_size,
            command_timeout=60,
            server_settings={"role": role, "application_name": role},
        )
    except TRANSIENT_ERRORS as error:
        raise TransientError(f"PostgreSQL does not answer: {error}") from error
    except asyncpg.PostgresError as error:
        raise SettingsError(
            f"PostgreSQL refuses the role {role}: {error}",
            remedy="Check DATABASE_URL and run `closedloop migrate`.",
        ) from error
