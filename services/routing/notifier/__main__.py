"""`python -m services.routing.notifier`: delivers webhooks and mails until a signal says stop."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from collections.abc import Sequence

import structlog

from services.routing.adapters.alerts import PostgresStaffLetters
from services.routing.adapters.communications import PostgresTellings
from services.routing.adapters.deliveries import PostgresDeliveries
from services.routing.adapters.mail import MailServer, SmtpSender, mail_server_of
from services.routing.adapters.outbound import Destinations, open_sender
from services.routing.adapters.replies import PostgresReplies
from services.routing.bootstrap import WORKER_ROLE
from services.routing.domain.destinations import allowed_by
from services.routing.notifier.changes import ChangeLetters
from services.routing.notifier.engine import Notifier
from services.routing.notifier.post import Letters, Postman
from shared.clock import SystemClock
from shared.errors import ClosedLoopError
from shared.postgres.pool import Pool, create_pool
from shared.settings import Settings, from_environment
from shared.telemetry.log import configure
from shared.web.auth import check_secret

log = structlog.get_logger()


async def notify(settings: Settings) -> None:
    """Deliver until a signal says stop.

    Raises SettingsError for a setting that can't be used, TransientError when PostgreSQL is away
    at the start.
    """
    check_secret(settings.secret)
    destinations = Destinations(
        allowed_by(settings.webhook_allow), https_only=settings.mode != "local"
    )
    server = mail_server_of(settings.smtp_url, settings.mode)
    async with (
        await create_pool(settings.database_url, role=WORKER_ROLE) as pool,
        open_sender(destinations) as sender,
    ):
        notifier = Notifier(
            deliveries=PostgresDeliveries(pool),
            sender=sender,
            secret=settings.secret,
            clock=SystemClock(),
        )
        loops: list[Notifier | Postman] = [notifier, *postmen(pool, server, settings)]
        for name in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(name, _stop, loops)
        log.info("ready", mail=server is not None)
        async with asyncio.TaskGroup() as group:
            for loop in loops:
                group.create_task(loop.run())


def postmen(pool: Pool, server: MailServer | None, settings: Settings) -> list[Postman]:
    """Return who sends mails: nobody without a mail server, then they wait."""
    if server is None:
        return []
    sender = SmtpSender(server)
    changes = ChangeLetters(
        tellings=PostgresTellings(pool), secret=settings.secret, public_url=settings.public_url
    )
    kinds: list[Letters] = [PostgresReplies(pool), PostgresStaffLetters(pool), changes]
    return [Postman(replies=letters, sender=sender, clock=SystemClock()) for letters in kinds]


def _stop(loops: Sequence[Notifier | Postman]) -> None:
    for loop in loops:
        loop.stop()


def main() -> None:
    """Run; what cannot be used in the environment is one line and exit code 1."""
    try:
        settings = from_environment()
        configure(settings.log_format, process="routing.notifier")
        logging.getLogger("httpx").setLevel(logging.WARNING)  # a line for each attempt
        asyncio.run(notify(settings))
    except ClosedLoopError as error:
        sys.exit(f"closedloop: {error}")


if __name__ == "__main__":
    main()
