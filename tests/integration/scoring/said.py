"""What customers said to a small company, scored and kept as the worker does."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from services.scoring.adapters.postgres import PostgresScores
from services.scoring.domain.received import Received
from services.scoring.domain.scorer import Scorer
from services.scoring.handlers import score_batch
from shared.contracts.events import FeedbackSubmitted
from shared.ids import feedback_id
from shared.postgres.pool import create_pool
from shared.program.document import Program
from shared.program.store import ACTIVATING_ROLE, open_programs
from shared.settings import Settings
from shared.web.auth import Principal, Role, issue_token
from tests.unit.program.samples import document
from tests.unit.scoring.events import event
from tests.unit.scoring.scorers import scorer_of

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)

#: The sample program, with words for its theme and rules that read what the text says.
DOCUMENT = document(
    replacing={
        "what: [{id: delay, name: Too late}]": (
            "what: [{id: delay, name: Too late, words: {en: [late, 'still waiting'],"
            " th: [ช้า]}}, {id: manner, name: Rude staff, words: {en: [rude]}}]"
        ),
        "taxonomy:": (
            "  - id: angry\n"
            "    when: sentiment == 'negative' && sentiment_probability > 0.9\n"
            "    severity: medium\n"
            "    reason: The words are those of an angry customer\n"
            "taxonomy:"
        ),
    }
)
ANGRY = "Terrible service, the worst ever. Late again, and I am so angry and disappointed!"
GLAD = "I love it, wonderful and friendly staff, thank you so much!"


def settings_for(database_url: str) -> Settings:
    """Return the settings of a process that works on a database and needs no Kafka."""
    return Settings.model_validate(
        {
            "DATABASE_URL": database_url,
            "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
            "secret": "a secret for tests, long enough to sign with",
            "mode": "local",
        }
    )


async def activate(settings: Settings, text: str = DOCUMENT) -> Program:
    """Let a program count."""
    async with open_programs(settings.database_url, role=ACTIVATING_ROLE) as programs:
        return await programs.activate(text, who="ann", why="to try it")


async def score(
    settings: Settings,
    program: Program,
    events: Sequence[FeedbackSubmitted],
    *,
    scorer: Scorer | None = None,
) -> list[UUID]:
    """Score `events`, each received a second after the one before; return their ids."""
    scorer = scorer or scorer_of(program)
    moments = [NOW + timedelta(seconds=number) for number in range(len(events))]
    batch = [Received(one, moment) for one, moment in zip(events, moments, strict=True)]
    async with (
        await create_pool(settings.database_url, role="closedloop_scoring") as pool,
        pool.acquire() as connection,
        connection.transaction(),
    ):
        await score_batch(PostgresScores(connection), batch, scorers=[scorer] * len(batch))
    return [feedback_id(one.tenant, one.source, one.id) for one in events]


def said(number: int, text: str | None, nps: int | None = 2, **fields: Any) -> FeedbackSubmitted:  # noqa: ANN401  (what JSON can hold)
    """Return what the customer with this number said."""
    rating = {"scale": "nps", "value": nps} if nps is not None else None
    identity = fields.pop("event_id", f"said-{number}")
    return event(
        event_id=identity, customer_id=f"C-{number:05}", text=text, rating=rating, **fields
    )


def contradictions(count: int) -> list[FeedbackSubmitted]:
    """Return unhappy words with good ratings and happy words with bad ones, in turn."""
    return [
        said(number, GLAD, nps=1) if number % 2 else said(number, ANGRY, nps=10)
        for number in range(count)
    ]


def signed_in(settings: Settings, *roles: Role, tenant: str = "acme") -> dict[str, str]:
    """Return the header of somebody who has `roles`."""
    who = Principal(tenant=tenant, subject="ann", name="Ann Lee", roles=frozenset(roles))
    token = issue_token(who, settings.secret, lifetime=timedelta(minutes=5))
    return {"Authorization": f"Bearer {token}"}
