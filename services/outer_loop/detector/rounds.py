"""Rounds over the companies, until it is told to stop.

Nothing is kept in memory: an issue is opened when it is flagged and there is none. So a process
killed anywhere goes on where the tables stand, and two side by side open each issue once.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import structlog

from services.outer_loop.domain.detected import DetectionTransactions
from services.outer_loop.handlers.detecting import open_detected
from services.outer_loop.rounds import make_rounds
from shared.clock import Clock
from shared.program.store import ProgramStore

#: A verdict looks at whole days; whoever waits for a safety case waits no longer than this.
ROUND_EACH_S = 300.0

log = structlog.get_logger()


@dataclass(slots=True, kw_only=True)
class Rounds:
    """Looks at every company that has an active program."""

    transactions: DetectionTransactions
    programs: ProgramStore
    clock: Clock
    stop: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Make a round now and then until `stop` is set; a company under way is finished."""
        await make_rounds(self.make_round, ROUND_EACH_S, self.stop)

    async def make_round(self) -> int:
        """Look at each company; return how many issues were opened."""
        opened = 0
        for tenant, program in sorted((await self.programs.active()).items()):
            if self.stop.is_set():
                break
            for one in await open_detected(self.transactions, program, self.clock):
                log.info("opened", tenant=tenant, issue_id=str(one.issue_id), why=one.sentence)
                opened += 1
        return opened
