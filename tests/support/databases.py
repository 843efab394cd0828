"""A fresh, migrated database for each test, cloned from a template in some milliseconds."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import uuid
from collections.abc import AsyncIterator
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from shared.postgres.migrate import ROOT, migrate, migration_files

#: Test runs that share a server take turns at building the template.
_BUILD_LOCK = 0x7E57DB


async def ensure_template(server_url: str) -> str:
    """Return the name of a database that has every migration; make it when it is not there.

    Its name says what the migrations are, so a changed file gets a new template.
    """
    name = f"template_{_migrations_hash()}"
    async with _administrator(server_url) as connection:
        await connection.execute("SELECT pg_advisory_lock($1)", _BUILD_LOCK)
        if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
            await _build(connection, server_url, name)
    return name


@contextlib.asynccontextmanager
async def cloned(server_url: str, template: str) -> AsyncIterator[str]:
    """Give the address of a copy of the template, and drop it afterwards."""
    name = f"test_{uuid.uuid4().hex}"
    async with _administrator(server_url) as connection:
        await connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
    try:
        yield with_database(server_url, name)
    finally:
        async with _administrator(server_url) as connection:
            await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def with_database(url: str, name: str) -> str:
    """Return the address of another database on the same server."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


async def _build(connection: asyncpg.Connection, server_url: str, name: str) -> None:
    unfinished = f"{name}_unfinished"
    await connection.execute(f"DROP DATABASE IF EXISTS {unfinished} WITH (FORCE)")
    await connection.execute(f"CREATE DATABASE {unfinished} TEMPLATE template0")
    await asyncio.to_thread(migrate, with_database(server_url, unfinished))
    await connection.execute(f"ALTER DATABASE {unfinished} RENAME TO {name}")


@contextlib.asynccontextmanager
async def _administrator(server_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(server_url)
    try:
        yield connection
    finally:
        await connection.close()


def _migrations_hash() -> str:
    digest = hashlib.sha256()
    for file in migration_files():
        digest.update(f"{file.relative_to(ROOT)}\n".encode() + file.read_bytes())
    return digest.hexdigest()[:16]
