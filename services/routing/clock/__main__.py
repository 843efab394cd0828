"""`python -m services.routing.clock`: does what comes due until a signal says stop."""

from __future__ import annotations

import asyncio
import signal
import sys

import structlog

from services.routing.adapters.alarms import PostgresAlarmTransactions
from services.routing.adapters.alerts import load_wordings
from services.routing.adapters.mail import mail_server_of
from services.routing.adapters.postgres import prepare_months
from services.routing.bootstrap import WORKER_ROLE
from services.routing.clock.duties import duties_of
from services.routing.clock.engine import ClockWork
from services.routing.handlers.alerting import Mailing
from shared.clock import Clock, SystemClock
from shared.errors import ClosedLoopError
from shared.postgres.pool import create_pool
from shared.program.store import ProgramStore
from shared.settings import Settings, from_environment
from shared.telemetry.log import configure

log = structlog.get_logger()


async def keep_time(settings: Settings, clock: Clock) -> None:
    """Do what comes due by `clock` until a signal says stop.

    Raises TransientError when PostgreSQL is away at the start, SettingsError for a mail server
    that can't be used.
    """
    async with (
        await create_pool(settings.database_url, role=WORKER_ROLE, max_size=3) as pool,
        await create_pool(settings.database_url, role=WORKER_ROLE, max_size=1) as for_programs,
    ):
        async with pool.acquire() as connection:
            await prepare_months(connection)
        work = ClockWork(
            duties=duties_of(pool, ProgramStore(for_programs, clock), mailing_of(settings)),
            clock=clock,
            woken=PostgresAlarmTransactions(pool).woken,
        )
        for name in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(name, work.stop)
        log.info("ready")
        await work.run()


def mailing_of(settings: Settings) -> Mailing | None:
    """Return what mails to staff take; None where no mail server is set up."""
    if mail_server_of(settings.smtp_url, settings.mode) is None:
        return None
    return Mailing(wordings=load_wordings(), public_url=settings.public_url)


def main(clock: Clock) -> None:
    """Run; what cannot be used in the environment is one line and exit code 1."""
    try:
        settings = from_environment()
        configure(settings.log_format, process="routing.clock")
        asyncio.run(keep_time(settings, clock))
    except ClosedLoopError as error:
        sys.exit(f"closedloop: {error}")


if __name__ == "__main__":
    main(SystemClock())
