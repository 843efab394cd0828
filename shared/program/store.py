"""Keeps every version of every tenant's program, and says which of them counts now."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from shared.clock import Clock, SystemClock
from shared.contracts.records import Rejected
from shared.errors import ClosedLoopError
from shared.postgres.pool import Connection, Pool, create_pool
from shared.postgres.sqlfile import load
from shared.program.document import Program
from shared.program.loading import read_program

QUERIES = load(Path(__file__).parent / "sql" / "program.sql")
#: The role that may activate; every service's own role may read.
ACTIVATING_ROLE = "closedloop_program"
#: How long a newly activated program may go unnoticed.
FRESH_FOR_S = 5.0


class NoReasonError(ClosedLoopError):
    """An activation does not say who wants it, or why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Activation:
    """An active program as it was handed in, and who activated it when and why."""

    tenant: str
    version: int
    document: str
    who: str
    why: str
    active_from: datetime


@dataclass(slots=True)
class ProgramStore:
    """The programs in PostgreSQL, remembered for five seconds.

    `active` takes a connection of `pool`. Whoever calls it while holding one of the same pool
    waits for itself when the pool is at its end: give the store a pool of its own
    (`open_programs`).
    """

    pool: Pool
    clock: Clock = field(default_factory=SystemClock)
    _active: Mapping[str, Program] = field(default_factory=dict)
    _looked_at: float = float("-inf")
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def active(self) -> Mapping[str, Program]:
        """Return each tenant's active program, at most five seconds old.

        Raises ProgramError when this version of the software can't read a stored program.
        """
        if self._is_fresh():
            return self._active
        async with self._lock:
            if not self._is_fresh():
                await self._look()
            return self._active

    async def active_for(self, tenants: Iterable[str]) -> Mapping[str, Program]:
        """Return each tenant's active program; look at once when one of `tenants` has none.

        A program that was activated a moment ago counts for the first event that needs it.
        """
        programs = await self.active()
        if programs.keys() >= set(tenants):
            return programs
        async with self._lock:
            await self._look()
            return self._active

    async def activate(self, program_yaml: str, *, who: str, why: str) -> Program:
        """Keep `program_yaml` as its tenant's next version and let it count from now on.

        The document that is active already stays as it is. Raises ProgramError for a document
        with faults, NoReasonError without `who` or `why`.
        """
        program = read_program(program_yaml)
        if not (who.strip() and why.strip()):
            raise NoReasonError(
                "An activation is kept with who wanted it and why.", remedy="Say both."
            )
        async with self.pool.acquire() as connection, connection.transaction():
            version = await self._keep(connection, program.tenant, program_yaml, who, why)
        self._looked_at = float("-inf")
        return program.model_copy(update={"version": version})

    async def version(self, tenant: str, number: int) -> Program | None:
        """Return that version of the tenant's program, None when there is none."""
        async with self.pool.acquire() as connection:
            found = await self._read(connection, [(tenant, number)])
        return found.get(tenant)

    async def activations(self, tenant: str | None = None) -> list[Activation]:
        """Return what is active for `tenant`, for all tenants when it is None."""
        async with self.pool.acquire() as connection:
            rows = await connection.fetch(QUERIES["show_active"], tenant)
        return [Activation(**dict(row)) for row in rows]

    def _is_fresh(self) -> bool:
        return time.monotonic() - self._looked_at < FRESH_FOR_S

    async def _look(self) -> None:
        started = time.monotonic()
        async with self.pool.acquire() as connection:
            rows = await connection.fetch(QUERIES["active_versions"])
            versions = {row["tenant"]: row["version"] for row in rows}
            known = {
                tenant: program
                for tenant, program in self._active.items()
                if versions.get(tenant) == program.version
            }
            missing = [item for item in versions.items() if item[0] not in known]
            self._active = known | await self._read(connection, missing)
        self._looked_at = started

    async def _read(
        self, connection: Connection, versions: list[tuple[str, int]]
    ) -> dict[str, Program]:
        if not versions:
            return {}
        tenants, numbers = zip(*versions, strict=True)
        rows = await connection.fetch(QUERIES["documents"], tenants, numbers)
        return {
            tenant: read_program(document, version=version) for tenant, version, document in rows
        }

    async def _keep(
        self, connection: Connection, tenant: str, document: str, who: str, why: str
    ) -> int:
        await connection.execute(QUERIES["lock_tenant"], tenant)
        digest = hashlib.sha256(document.encode()).digest()
        active = await connection.fetchrow(QUERIES["active_version"], tenant)
        if active is not None and active["sha256"] == digest:
            unchanged: int = active["version"]
            return unchanged
        now = self.clock.now()
        version: int = await connection.fetchval(
            QUERIES["insert_version"], tenant, document, digest, who, why, now
        )
        await connection.execute(QUERIES["insert_activation"], tenant, version, now, who, why)
        return version


def unknown_tenant(tenant: str) -> Rejected:
    """Return the refusal of an event whose tenant has no active program."""
    return Rejected(
        "unknown_tenant",
        f"No program is active for the tenant {tenant!r}.",
        field="tenant",
        remedy="Check the tenant's name, or activate a program: closedloop program activate FILE.",
    )


@asynccontextmanager
async def open_programs(database_url: str, *, role: str) -> AsyncIterator[ProgramStore]:
    """Open the store for a service, with a connection of its own under `role`."""
    pool = await create_pool(database_url, role=role, max_size=1)
    try:
        yield ProgramStore(pool)
    finally:
        await pool.close()
