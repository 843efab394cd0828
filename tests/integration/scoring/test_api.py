from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import httpx
import pytest

from services.scoring.adapters.postgres import PostgresScores
from services.scoring.app import create_app
from services.scoring.domain.received import Received
from services.scoring.handlers import score_batch
from shared.ids import feedback_id
from shared.postgres.pool import create_pool
from shared.program.store import ACTIVATING_ROLE, open_programs
from shared.settings import Settings
from shared.web.auth import Principal, issue_token
from tests.unit.program.samples import document
from tests.unit.scoring.events import event
from tests.unit.scoring.scorers import scorer_of

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


@pytest.fixture
def settings(database_url: str) -> Settings:
    return Settings.model_validate(
        {
            "DATABASE_URL": database_url,
            "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
            "secret": "a secret for tests, long enough to sign with",
        }
    )


@pytest.fixture
async def client(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(settings)
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://test") as opened,
    ):
        yield opened


@pytest.fixture
async def scored(settings: Settings) -> UUID:
    """Give the id of an event that the rule `refund` flagged."""
    said = event(text="I wait for my refund.", rating={"scale": "nps", "value": 2})
    url = settings.database_url
    async with (
        open_programs(url, role=ACTIVATING_ROLE) as programs,
        await create_pool(url, role="closedloop_scoring") as pool,
        pool.acquire() as connection,
    ):
        program = await programs.activate(document(), who="ann", why="to try it")
        scores = PostgresScores(connection)
        await score_batch(scores, [Received(said, NOW)], scorers=[scorer_of(program)])
    return feedback_id(said.tenant, said.source, said.id)


def signed_in(settings: Settings, tenant: str = "acme") -> dict[str, str]:
    who = Principal(tenant=tenant, subject="ann", name="Ann", roles=frozenset({"auditor"}))
    token = issue_token(who, settings.secret, lifetime=timedelta(minutes=5))
    return {"Authorization": f"Bearer {token}"}


async def test_a_score_is_explained_by_its_rule_and_program(
    client: httpx.AsyncClient, settings: Settings, scored: UUID
) -> None:
    answer = await client.get(f"/scoring/v1/feedback/{scored}", headers=signed_in(settings))
    assert answer.status_code == 200
    expected = {
        "feedback_id": str(scored),
        "received_at": "2026-11-22T09:30:00Z",
        "occurred_at": "2026-10-01T10:00:00+07:00",
        "customer_id": "c-1",
        "touchpoint": "shop",
        "language": "en",
        "category": "detractor",
        "severity": "high",
        "flagged": True,
        "rule": "refund",
        "condition": "category == 'detractor' && text_lower.contains('refund')",
        "reason": "An unhappy customer waits for money",
        "program_version": 1,
    }
    assert answer.json() | expected == answer.json()


async def test_another_tenants_score_is_as_unknown_as_none(
    client: httpx.AsyncClient, settings: Settings, scored: UUID
) -> None:
    other = signed_in(settings, tenant="other")
    answers = [
        await client.get(f"/scoring/v1/feedback/{scored}", headers=other),
        await client.get(f"/scoring/v1/feedback/{uuid4()}", headers=signed_in(settings)),
    ]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert {answer.headers["content-type"] for answer in answers} == {"application/problem+json"}


async def test_what_is_no_id_names_no_feedback(
    client: httpx.AsyncClient, settings: Settings
) -> None:
    answer = await client.get("/scoring/v1/feedback/17", headers=signed_in(settings))
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


async def test_nobody_reads_scores_without_signing_in(
    client: httpx.AsyncClient, scored: UUID
) -> None:
    answer = await client.get(f"/scoring/v1/feedback/{scored}")
    assert answer.status_code == 401


async def test_the_app_says_that_it_lives_and_is_ready(client: httpx.AsyncClient) -> None:
    for path in ("/healthz", "/readyz"):
        assert (await client.get(path)).json() == {"status": "ok"}
