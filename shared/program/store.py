"""Keeps every version of every tenant's program, and says which of them counts now."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence, Set
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime

from asyncpg import Record

from shared.clock import Clock, SystemClock
from shared.contracts.records import Rejected
from shared.postgres.pool import Connection, Pool, create_pool
from shared.program.deciding import QUERIES, Decision, Reason
from shared.program.document import Program
from shared.program.loading import base_of, read_program, read_stored
from shared.program.timeline import Start, Timeline

#: The role that may activate; every service's own role may read.
ACTIVATING_ROLE = "closedloop_program"
#: How long a newly activated program may go unnoticed.
FRESH_FOR_S = 5.0
#: Programs that are remembered: a year's changes, read again, bring many.
_MOST_REMEMBERED = 200

Version = tuple[str, int]  #: a tenant and the number of its version


@dataclass(frozen=True, slots=True, kw_only=True)
class Activation:
    """From `active_from` on a version counts; who decided it, why, and when (`activated_at`)."""

    tenant: str
    version: int
    who: str
    why: str
    active_from: datetime
    activated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveProgram(Activation):
    """An active program as it was handed in, with the activation that made it count."""

    document: str


@dataclass(slots=True)
class ProgramStore:
    """The programs in PostgreSQL, remembered for five seconds or until a planned one starts.

    `active` takes a connection of `pool`. Whoever calls it while holding one of the same pool
    waits for itself when the pool is at its end: give the store a pool of its own
    (`open_programs`). Moments are those of `clock`: the machines' clocks should be in step.
    """

    pool: Pool
    clock: Clock = field(default_factory=SystemClock)
    _timelines: Mapping[str, Timeline] = field(default_factory=dict)
    _programs: Mapping[Version, Program] = field(default_factory=dict)
    _active: Mapping[str, Program] = field(default_factory=dict)
    _looked_at: float = float("-inf")
    _next_start: datetime | None = None
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def active(self) -> Mapping[str, Program]:
        """Return each tenant's active program.

        An activation is seen at most five seconds after it was made, a planned one at its
        moment. What is returned stays as it is: whoever judges a batch by one answer judges it
        by one version. Raises ProgramError when this version of the software can't read a
        stored program.
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

    async def at(self, moments: Sequence[tuple[str, datetime]]) -> list[Program]:
        """Return the program that judges what came to each of the tenants at the moment.

        It depends on the activations alone: whoever reads a topic again gets the same programs.
        Raises LookupError for a tenant that has none, ProgramError as `active` does.
        """
        await self.active_for({tenant for tenant, _ in moments})
        wanted = [
            (tenant, self._timelines[tenant].judging(moment) or 0) for tenant, moment in moments
        ]
        found = self._programs
        if not found.keys() >= set(wanted):
            async with self._lock, self.pool.acquire() as connection:
                found = await self._find(connection, set(wanted))
        return [found[version] for version in wanted]

    async def activate(
        self, program_yaml: str, *, who: str, why: str, start: datetime | None = None
    ) -> Program:
        """Keep `program_yaml` as its tenant's next version and let it count from `start` on.

        Without `start` it counts at once where it is the first one, else after deciding.LEAD.
        The document that counts at that moment already stays as it is. Raises ProgramError for a
        document with faults, ActivationError for a moment that is too soon, NoReasonError without
        `who` or `why`.
        """
        program = read_program(program_yaml)
        async with self._deciding(program.tenant, Reason(who=who, why=why), start) as decision:
            version = await decision.keep(program_yaml, base_of(program))
        return program.model_copy(update={"version": version})

    async def roll_back(
        self, tenant: str, *, to: int, who: str, why: str, start: datetime | None = None
    ) -> None:
        """Let the version `to`, which counted or was planned once, count from `start` on.

        Raises ActivationError when there is no such version, when it counts at that moment
        anyway, or the moment is too soon; NoReasonError without `who` or `why`.
        """
        async with self._deciding(tenant, Reason(who=who, why=why), start) as decision:
            await decision.go_back(to)

    async def version(self, tenant: str, number: int) -> Program | None:
        """Return that version of the tenant's program, None when there is none."""
        async with self.pool.acquire() as connection:
            found = await self._find(connection, {(tenant, number)})
        return found.get((tenant, number))

    async def activations(self, tenant: str | None = None) -> list[ActiveProgram]:
        """Return what is active for `tenant`, for all tenants when it is None."""
        async with self.pool.acquire() as connection:
            rows = await connection.fetch(QUERIES["show_active"], tenant, self.clock.now())
        return [ActiveProgram(**dict(row)) for row in rows]

    async def history(self, tenant: str | None = None) -> list[Activation]:
        """Return every activation of `tenant` in the order of decision, of all when it is None."""
        async with self.pool.acquire() as connection:
            rows = await connection.fetch(QUERIES["history"], tenant)
        return [Activation(**dict(row)) for row in rows]

    @asynccontextmanager
    async def _deciding(
        self, tenant: str, reason: Reason, start: datetime | None
    ) -> AsyncIterator[Decision]:
        async with self.pool.acquire() as connection, connection.transaction():
            now = self.clock.now()
            yield await Decision.begin(connection, tenant, reason, now=now, start=start)
        self._looked_at = float("-inf")

    def _is_fresh(self) -> bool:
        if time.monotonic() - self._looked_at >= FRESH_FOR_S:
            return False
        return self._next_start is None or self.clock.now() < self._next_start

    async def _look(self) -> None:
        started, now = time.monotonic(), self.clock.now()
        async with self.pool.acquire() as connection:
            starts = _by_tenant(await connection.fetch(QUERIES["starts"]))
            timelines = {tenant: Timeline(own) for tenant, own in starts.items()}
            counting = {
                (tenant, version)
                for tenant, timeline in timelines.items()
                if (version := timeline.version_at(now))
            }
            programs = await self._find(connection, counting)
        self._timelines = timelines
        self._active = {tenant: program for (tenant, _), program in programs.items()}
        to_come = [timeline.next_start(now) for timeline in timelines.values()]
        self._next_start = min(filter(None, to_come), default=None)
        self._looked_at = started

    async def _find(
        self, connection: Connection, wanted: Set[Version]
    ) -> Mapping[Version, Program]:
        found = {version: self._programs[version] for version in wanted & self._programs.keys()}
        missing = wanted - found.keys()
        if not missing:
            return found
        tenants, numbers = zip(*missing, strict=True)
        rows = await connection.fetch(QUERIES["documents"], tenants, numbers)
        for tenant, version, document, base in rows:
            found[tenant, version] = read_stored(document, version=version, base=base)
        is_full = len(self._programs) + len(missing) > _MOST_REMEMBERED
        self._programs = found if is_full else {**self._programs, **found}
        return found


def _by_tenant(rows: Iterable[Record]) -> dict[str, list[Start]]:
    starts: dict[str, list[Start]] = {}
    for tenant, active_from, number, version in rows:
        starts.setdefault(tenant, []).append(Start(active_from, number, version))
    return starts


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
