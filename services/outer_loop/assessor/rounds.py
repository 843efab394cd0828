"""Rounds over the plans that are being measured, until it is told to stop.

Nothing is kept in memory: an assessment is due when the database has none for the weeks that are
complete. So a process killed anywhere, or away for months, goes on where the tables stand, and
two side by side do each assessment once.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

import structlog

from services.outer_loop.adapters.measured import measured_plans
from services.outer_loop.domain.ports import Plans
from services.outer_loop.handlers.assessing import Measured, assess_plan
from services.outer_loop.rounds import make_rounds
from shared.clock import Clock
from shared.postgres.pool import Pool
from shared.program.store import ProgramStore

#: Weeks become complete once a day at most; people who start measuring wait no longer than this.
ROUND_EACH_S = 30.0

log = structlog.get_logger()


@dataclass(slots=True, kw_only=True)
class Rounds:
    """Assesses what is due. `pool` sees every tenant's plans, `plans` one tenant at a time."""

    pool: Pool
    plans: Plans
    programs: ProgramStore
    clock: Clock
    stop: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Make a round now and then until `stop` is set; an assessment under way is finished."""
        await make_rounds(self.make_round, ROUND_EACH_S, self.stop)

    async def make_round(self) -> int:
        """Assess every plan that is due; return how many were."""
        programs, done = await self.programs.active(), 0
        for tenant, plan_id in await measured_plans(self.pool):
            if self.stop.is_set() or tenant not in programs:
                continue
            program = programs[tenant]
            zone = ZoneInfo(program.time_zone)
            # The first activation is no change of what counts.
            later = (await self.programs.history(tenant))[1:]
            measured = Measured(
                tenant=tenant,
                plan_id=plan_id,
                program=program,
                activated=sorted({one.active_from.astimezone(zone).date() for one in later}),
            )
            if await assess_plan(self.plans, measured, self.clock):
                log.info("assessed", tenant=tenant, plan_id=str(plan_id))
                done += 1
        return done
