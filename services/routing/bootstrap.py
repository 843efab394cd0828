"""Where the adapters meet the handlers: what the worker and the app are made of."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from services.routing.adapters.alerts import PostgresAlertMails
from services.routing.adapters.attachments import PostgresAttachmentTransactions
from services.routing.adapters.bulks import PostgresBulkTransactions
from services.routing.adapters.channel_replies import PostgresChannelTransactions
from services.routing.adapters.communications import PostgresCommunications
from services.routing.adapters.communications import load_wordings as load_change_wordings
from services.routing.adapters.desk import PostgresDesks
from services.routing.adapters.drafts import PostgresDraftTransactions
from services.routing.adapters.issues import PostgresIssueNews, PostgresIssueTransactions
from services.routing.adapters.live import Live, listening
from services.routing.adapters.mail import mail_server_of
from services.routing.adapters.measuring import PostgresWays
from services.routing.adapters.merges import PostgresMergeTransactions
from services.routing.adapters.outbound import Destinations
from services.routing.adapters.postgres import (
    PostgresOpenings,
    PostgresTransactions,
    prepare_months,
)
from services.routing.adapters.presence import PostgresPresenceTransactions
from services.routing.adapters.promises import PostgresPromiseTransactions
from services.routing.adapters.recoveries import PostgresRecoveryTransactions
from services.routing.adapters.replies import load_wordings
from services.routing.adapters.saved_views import PostgresSavedViewTransactions
from services.routing.adapters.webhooks import PostgresWebhookTransactions
from services.routing.domain.alert_ports import AlertMails
from services.routing.domain.attachments import AttachmentTransactions
from services.routing.domain.bulk import BulkTransactions
from services.routing.domain.channel_ports import ChannelTransactions
from services.routing.domain.desk import Desks
from services.routing.domain.destinations import allowed_by
from services.routing.domain.drafts import DraftTransactions
from services.routing.domain.issues import IssueTransactions
from services.routing.domain.merging import MergeTransactions
from services.routing.domain.ports import Transactions
from services.routing.domain.presence import PresenceTransactions
from services.routing.domain.recovery_ports import RecoveryTransactions
from services.routing.domain.replies import Wording
from services.routing.domain.saved_views import SavedViewTransactions
from services.routing.domain.ways import Ways
from services.routing.handlers.communications import take_communications
from services.routing.handlers.issues import keep_news
from services.routing.handlers.opening import open_followups
from services.routing.handlers.promising import PromiseOffice
from services.routing.handlers.webhooks import Office
from shared.clock import Clock, SystemClock
from shared.contracts.codec import decoder
from shared.contracts.communications import LoopCommunicationSent
from shared.contracts.events import FeedbackScored
from shared.contracts.plans import OuterLoopChanged
from shared.contracts.records import Outcome
from shared.kafka.worker import Subscription
from shared.postgres.ledger import LedgeredCommit
from shared.postgres.pool import Connection, Pool, create_pool
from shared.program.admission import Admission
from shared.program.store import ProgramStore, open_programs
from shared.settings import Settings
from shared.web.servers import open_servers

GROUP = "routing"
PING_TIMEOUT_S = 2.0
WORKER_ROLE = "closedloop_routing"
API_ROLE = "closedloop_routing_api"
SCORED = "feedback.scored.v1"
OUTER_LOOP = "outer_loop.changed.v1"
COMMUNICATIONS = "loop.communication.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What a request needs: its tenant's follow-ups, programs, the hour, a sign of life.

    `live` tells open inboxes what changes; `wordings` stand around replies, by language.
    `can_mail`: there is a mail server.
    """

    transactions: Transactions
    ways: Ways
    desks: Desks
    bulks: BulkTransactions
    merges: MergeTransactions
    recoveries: RecoveryTransactions
    channel_replies: ChannelTransactions
    alert_mails: AlertMails
    views: SavedViewTransactions
    issues: IssueTransactions
    drafts: DraftTransactions
    presences: PresenceTransactions
    programs: ProgramStore
    live: Live
    ping: Callable[[], Awaitable[object]]
    webhooks: Office
    promises: PromiseOffice
    attachments: AttachmentTransactions
    wordings: Mapping[str, Wording]
    can_mail: bool
    clock: Clock = field(default_factory=SystemClock)


@asynccontextmanager
async def open_subscriptions(settings: Settings) -> AsyncIterator[Sequence[Subscription[Any]]]:
    """Hold what the worker needs for as long as it runs."""
    pool = await create_pool(settings.database_url, role=WORKER_ROLE)
    async with pool, open_programs(settings.database_url, role=WORKER_ROLE) as programs:
        async with pool.acquire() as connection:
            await prepare_months(connection)
        yield [
            followup_opener(pool, programs, SystemClock()),
            issue_keeper(pool, programs),
            communicator(pool, programs, SystemClock()),
        ]


def followup_opener(
    pool: Pool, programs: ProgramStore, clock: Clock
) -> Subscription[FeedbackScored]:
    """Return what the worker does with scored feedback."""

    async def effects(
        connection: Connection, events: Sequence[FeedbackScored]
    ) -> Sequence[Outcome]:
        active = await programs.active()
        return await open_followups(
            PostgresOpenings(connection), events, programs=active, clock=clock
        )

    return Subscription(
        topic=SCORED,
        decode=decoder(FeedbackScored),
        admit=Admission(programs),
        commit=LedgeredCommit(pool=pool, group=GROUP, effects=effects),
    )


def issue_keeper(pool: Pool, programs: ProgramStore) -> Subscription[OuterLoopChanged]:
    """Return what the worker does with what the outer loop tells."""

    async def effects(
        connection: Connection, events: Sequence[OuterLoopChanged]
    ) -> Sequence[Outcome]:
        return await keep_news(PostgresIssueNews(connection), events)

    return Subscription(
        topic=OUTER_LOOP,
        decode=decoder(OuterLoopChanged),
        admit=Admission(programs),
        commit=LedgeredCommit(pool=pool, group=GROUP, effects=effects),
    )


def communicator(
    pool: Pool, programs: ProgramStore, clock: Clock
) -> Subscription[LoopCommunicationSent]:
    """Return what the worker does with what customers are to be told."""
    wordings = load_change_wordings()

    async def effects(
        connection: Connection, events: Sequence[LoopCommunicationSent]
    ) -> Sequence[Outcome]:
        return await take_communications(
            PostgresCommunications(connection),
            events,
            programs=await programs.active(),
            wordings=wordings,
            clock=clock,
        )

    return Subscription(
        topic=COMMUNICATIONS,
        decode=decoder(LoopCommunicationSent),
        admit=Admission(programs),
        commit=LedgeredCommit(pool=pool, group=GROUP, effects=effects),
    )


@asynccontextmanager
async def open_desk(settings: Settings) -> AsyncIterator[Desk]:
    """Hold what requests need, and publish what they change, for as long as the app runs."""
    async with (
        open_servers(settings, schema=GROUP, role=API_ROLE, relay_role=WORKER_ROLE) as servers,
        listening(servers.pool) as live,
    ):
        yield Desk(
            transactions=PostgresTransactions(servers.pool),
            ways=PostgresWays(servers.pool),
            desks=PostgresDesks(servers.pool),
            bulks=PostgresBulkTransactions(servers.pool),
            merges=PostgresMergeTransactions(servers.pool),
            recoveries=PostgresRecoveryTransactions(servers.pool),
            channel_replies=PostgresChannelTransactions(servers.pool),
            alert_mails=PostgresAlertMails(servers.pool),
            views=PostgresSavedViewTransactions(servers.pool),
            issues=PostgresIssueTransactions(servers.pool),
            drafts=PostgresDraftTransactions(servers.pool),
            presences=PostgresPresenceTransactions(servers.pool),
            programs=servers.programs,
            live=live,
            ping=partial(servers.pool.fetchval, "SELECT 1", timeout=PING_TIMEOUT_S),
            webhooks=webhook_office(servers.pool, settings),
            promises=PromiseOffice(
                transactions=PostgresPromiseTransactions(servers.pool),
                secret=settings.secret,
                public_url=settings.public_url,
            ),
            attachments=PostgresAttachmentTransactions(servers.pool),
            wordings=load_wordings(),
            can_mail=mail_server_of(settings.smtp_url, settings.mode) is not None,
        )


def webhook_office(pool: Pool, settings: Settings) -> Office:
    """Return what looking after webhooks takes."""
    return Office(
        transactions=PostgresWebhookTransactions(pool),
        destinations=Destinations(
            allowed_by(settings.webhook_allow), https_only=settings.mode != "local"
        ),
        secret=settings.secret,
        clock=SystemClock(),
    )
