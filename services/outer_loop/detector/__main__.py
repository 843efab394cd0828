"""`python -m services.outer_loop.detector`: looks for what goes wrong until a signal says stop."""

from __future__ import annotations

import asyncio
import sys

import structlog

from services.outer_loop.adapters.detecting import PostgresDetectionTransactions
from services.outer_loop.bootstrap import WORKER_ROLE
from services.outer_loop.detector.rounds import Rounds
from services.outer_loop.rounds import stop_on_signals
from shared.clock import Clock, SystemClock
from shared.errors import ClosedLoopError
from shared.postgres.pool import create_pool
from shared.program.store import open_programs
from shared.settings import Settings, from_environment
from shared.telemetry.log import configure

log = structlog.get_logger()


async def detect(settings: Settings, clock: Clock) -> None:
    """Look at every company until a signal says stop.

    Raises TransientError when PostgreSQL is away at the start.
    """
    url = settings.database_url
    async with (
        await create_pool(url, role=WORKER_ROLE, max_size=1) as pool,
        open_programs(url, role=WORKER_ROLE) as programs,
    ):
        rounds = Rounds(
            transactions=PostgresDetectionTransactions(pool), programs=programs, clock=clock
        )
        stop_on_signals(rounds.stop)
        log.info("ready")
        await rounds.run()


def main(clock: Clock) -> None:
    """Run; what cannot be used in the environment is one line and exit code 1."""
    try:
        settings = from_environment()
        configure(settings.log_format, process="outer_loop.detector")
        asyncio.run(detect(settings, clock))
    except ClosedLoopError as error:
        sys.exit(f"closedloop: {error}")


if __name__ == "__main__":
    main(SystemClock())
