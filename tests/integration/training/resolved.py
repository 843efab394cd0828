"""Follow-ups as routing tells of them, and the feedback that they answer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from services.scoring.adapters.confirmations import PostgresConfirmations
from services.scoring.adapters.postgres import PostgresScores
from services.scoring.confirming import keep_confirmations
from services.scoring.domain.received import Received
from services.scoring.handlers import score_batch
from shared.contracts.codec import parser
from shared.contracts.events import FollowUpChanged
from shared.contracts.records import Outcome
from shared.ids import derived_id, feedback_id
from shared.postgres.pool import Pool
from tests.unit.program.samples import program
from tests.unit.scoring.events import event
from tests.unit.scoring.scorers import scorer_of

OPENED = datetime(2026, 11, 20, 9, tzinfo=UTC)
_parse = parser(FollowUpChanged)


def changed(
    number: int = 1,
    version: int = 2,
    *,
    what: str | None = "delay",
    state: str = "resolved",
    tenant: str = "acme",
) -> FollowUpChanged:
    """Return a version of a follow-up; one with a cause, `what`, has a resolution."""
    at = (OPENED + timedelta(minutes=version)).isoformat()
    resolution = {
        "root_cause": {"what": what, "why": "unknown"},
        "action_taken": "We apologized.",
        "resolved_at": at,
    }
    data = {
        "followup_id": str(derived_id("followup", tenant, number)),
        "version": version,
        "change": state,
        "state": state,
        "feedback_id": str(feedback(number, tenant)),
        "customer_id": f"c-{number}",
        "touchpoint": "shop",
        "team": "desk",
        "department": "care",
        "severity": "high",
        "occurred_at": OPENED.isoformat(),
        "opened_at": OPENED.isoformat(),
        "due_at": (OPENED + timedelta(days=1)).isoformat(),
        "changed_at": at,
        "actor": "ann",
        "program_version": 1,
        **({"resolution": resolution} if what else {}),
    }
    envelope = {
        "specversion": "1.0",
        "id": f"{number}/{version}",
        "source": "urn:closedloop:routing",
        "type": "followup.changed.v1",
        "tenant": tenant,
        "data": data,
    }
    return _parse(json.dumps(envelope).encode())


def feedback(number: int, tenant: str = "acme") -> UUID:
    """Return the id of the feedback that follow-up `number` answers."""
    said_then = event(event_id=str(number), tenant=tenant)
    return feedback_id(tenant, said_then.source, said_then.id)


async def keep(pool: Pool, events: Sequence[FollowUpChanged]) -> list[Outcome]:
    """Handle one batch of followup.changed.v1, as the worker does."""
    async with pool.acquire() as connection, connection.transaction():
        return await keep_confirmations(PostgresConfirmations(connection), events)


async def said(
    pool: Pool, texts: Sequence[str | None], moments: Sequence[datetime], tenant: str = "acme"
) -> None:
    """Have customers say `texts`; the first of them is feedback 0."""
    batch = [
        Received(event(event_id=str(number), tenant=tenant, text=text), moment)
        for number, (text, moment) in enumerate(zip(texts, moments, strict=True))
    ]
    scorers = [scorer_of(program())] * len(batch)
    async with pool.acquire() as connection, connection.transaction():
        await score_batch(PostgresScores(connection), batch, scorers=scorers)
