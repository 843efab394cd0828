"""Erases one customer: waits for what is on its way, changes every table at once, looks again."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from uuid import uuid4

import asyncpg

from deploy.erasing.certificate import Certificate, Request, digest_of, topics_until
from deploy.erasing.passing import until_all_passed
from shared.clock import Clock
from shared.errors import ClosedLoopError, TransientError
from shared.ids import ERASED
from shared.postgres.pool import TRANSIENT_ERRORS, Connection
from shared.postgres.sqlfile import load
from shared.settings import Settings

QUERIES = load(Path(__file__).with_name("erasing.sql"))
_SERVICES = Path(__file__).parents[2] / "services"
#: Each service says itself what erasing means in its tables.
STATEMENTS = {
    f"{service}.{name}": statement
    for service in ("scoring", "routing", "outer_loop")
    for name, statement in load(_SERVICES / service / "sql" / "erasing.sql").items()
}


async def erase(settings: Settings, request: Request, clock: Clock) -> Certificate:
    """Take the customer out of all tables, in one transaction, and search them afterwards.

    Counts and scores stay: in every row a name that stands for nobody takes the customer's place.
    A second time finds nobody and changes nothing.

    Raises ClosedLoopError when events that may speak of the customer stay on their way or a table
    cannot be searched, TransientError when a server can't be reached. Nothing is erased then.
    """
    await until_all_passed(settings)
    try:
        connection = await asyncpg.connect(settings.database_url)
    except TRANSIENT_ERRORS as error:
        raise TransientError(f"PostgreSQL does not answer: {error}") from error
    try:
        async with connection.transaction():
            await connection.execute("SET LOCAL ROLE closedloop_eraser")
            return await _erase(connection, request, settings.secret, clock)
    finally:
        await connection.close()


async def _erase(
    connection: Connection, request: Request, secret: str, clock: Clock
) -> Certificate:
    tables = await _tables(connection)
    traces = await _traces(connection, request)
    changed = await _change(connection, request)
    at = clock.now()
    certificate = Certificate(
        erasure_id=uuid4(),
        request=request,
        customer_digest=digest_of(request, secret),
        erased_at=at,
        changed=changed,
        searched=len(tables),
        found=await _search(connection, request.tenant, tables, traces),
        topics_until=topics_until(at),
    )
    await _record(connection, certificate)
    return certificate


async def _tables(connection: Connection) -> Sequence[str]:
    rows = await connection.fetch(QUERIES["tables"])
    if hidden := [row["name"] for row in rows if not row["is_shown"]]:
        raise ClosedLoopError(
            f"Nothing was erased: {', '.join(hidden)} can't be searched afterwards.",
            remedy="Their migration must call ground.show_to_eraser.",
        )
    return [row["name"] for row in rows]


async def _traces(connection: Connection, request: Request) -> Sequence[str]:
    """Return the words that name this customer and nobody else."""
    rows = await connection.fetch(QUERIES["addresses"], request.tenant, request.customer_id)
    return [request.customer_id, *(row["address"] for row in rows)]


async def _change(connection: Connection, request: Request) -> Mapping[str, int]:
    """Run every statement of every service; return the rows that each changed, if any."""
    arguments = (request.tenant, request.customer_id, f"{ERASED}{uuid4()}")
    changed = {}
    for name, statement in STATEMENTS.items():
        needed = 3 if "$3" in statement else 2
        done = await connection.execute(statement, *arguments[:needed])
        if rows := int(done.split()[-1]):
            changed[name] = rows
    return changed


async def _search(
    connection: Connection, tenant: str, tables: Sequence[str], traces: Sequence[str]
) -> Mapping[str, int]:
    """Return the tables that still name the customer, and in how many rows."""
    counts = {
        table: await connection.fetchval(QUERIES["rows_that_name"], table, tenant, traces)
        for table in tables
    }
    return {table: int(count) for table, count in counts.items() if count}


async def _record(connection: Connection, certificate: Certificate) -> None:
    await connection.execute(
        QUERIES["record"],
        certificate.erasure_id,
        certificate.request.tenant,
        certificate.customer_digest,
        certificate.erased_at,
        certificate.request.who,
        certificate.request.why,
        json.dumps(certificate.changed),
    )
