"""Schemathesis asks each API all that its OpenAPI document allows, and much that it forbids.

Nothing may break, and each answer must be one that the document tells of, in its form.
SCHEMATHESIS_EXAMPLES says how many requests of each kind are made up for an operation.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest_asyncio
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck
from hypothesis import settings as examples
from schemathesis import Case, HookContext
from schemathesis.checks import CheckFunction, negative_data_rejection
from schemathesis.config import SchemathesisConfig
from schemathesis.core import NotSet
from schemathesis.schemas import BaseSchema

from services.ingest import app as ingest
from services.ingest.bootstrap import open_publishers
from services.ingest.handlers import add_publisher
from services.outer_loop import app as outer_loop
from services.outer_loop import bootstrap as outer_loop_bootstrap
from services.routing import app as routing
from services.scoring import app as scoring
from shared.clock import FixedClock
from shared.postgres.pool import create_pool
from shared.settings import Settings
from shared.web.auth import ROLES, Principal, issue_token
from tests.integration.outer_loop import story
from tests.integration.outer_loop.batches import NOW as DAY
from tests.integration.outer_loop.batches import Worker
from tests.integration.outer_loop.batches import activate_programs as activate_story
from tests.integration.outer_loop.test_api import PLAN
from tests.integration.routing.company import scored
from tests.integration.routing.conftest import activate_programs, opened
from tests.integration.routing.promised import followup_id
from tests.integration.scoring import said
from tests.support import databases, topics
from tests.support.serving import served

EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "15"))
CONFIG = {
    "generation": {
        "mode": "all",
        "deterministic": True,
        "no-shrink": True,
        # Parameters that nobody knows are passed over, and our own token replaces a made-up one.
        "allow-extra-parameters": False,
        "with-security-parameters": False,
    },
    "phases": {"coverage": {"enabled": True}},
    "checks": {
        # What a schema allows may still not fit: another version, a state that leads elsewhere,
        # an owner of another team. It is refused as the document says, which is checked.
        "positive_data_acceptance": {"enabled": False},
    },
}

#: Ids of what is there, by the name that addresses have for them.
KNOWN: dict[str, object] = {}

FRAMING = {"content-length", "transfer-encoding", "connection", "upgrade", "expect", "host"}

together = examples(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


NOWHERE = Settings.model_validate(
    {
        "DATABASE_URL": "postgresql://nobody@nowhere/nothing",
        "KAFKA_BOOTSTRAP_SERVERS": "nowhere:1",
        "secret": "a secret for tests, long enough to sign with",
        "mode": "local",
    }
)


def document_of(create_app: Callable[[Settings], FastAPI]) -> BaseSchema:
    """Return what an API says of itself, which takes no server."""
    config = SchemathesisConfig.from_dict(CONFIG)
    schema = schemathesis.openapi.from_dict(create_app(NOWHERE).openapi(), config=config)
    schema.hook("map_path_parameters")(_about_what_there_is)
    schema.hook("map_headers")(_without_framing)
    return schema


def _about_what_there_is(_: HookContext, path: dict[str, Any]) -> dict[str, Any]:
    """Let every other request that names something be about what is really there."""
    return {
        name: str(KNOWN[name]) if name in KNOWN and _is_even(value) else value
        for name, value in (path or {}).items()
    }


def _without_framing(_: HookContext, headers: dict[str, Any]) -> dict[str, Any]:
    """Leave out headers that say where a request ends: with wrong ones it is no HTTP any more.

    The server's parser refuses that in words of its own, before any app hears of it.
    """
    return {name: value for name, value in (headers or {}).items() if name.lower() not in FRAMING}


def _is_even(value: object) -> bool:
    try:
        return UUID(str(value)).int % 2 == 0
    except ValueError:
        return False


def token_of(tenant: str) -> str:
    """Return the token of somebody who has every role."""
    who = Principal(tenant=tenant, subject="vilay", name="Vilay", roles=frozenset(ROLES))
    return issue_token(who, NOWHERE.secret, lifetime=timedelta(hours=1))


Fresh = Callable[[], Awaitable[Settings]]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def fresh(
    postgres_url: str, _database_template: str, kafka_bootstrap: str
) -> AsyncIterator[Fresh]:
    """Give a function that returns the settings of an app on a database of its own."""

    async def settings() -> Settings:
        url = await stack.enter_async_context(databases.cloned(postgres_url, _database_template))
        return NOWHERE.model_copy(
            update={
                "database_url": url,
                "kafka_bootstrap_servers": kafka_bootstrap,
                "topic_prefix": prefix,
            }
        )

    async with AsyncExitStack() as stack:
        prefix = stack.enter_context(topics.created(kafka_bootstrap))
        yield settings


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def followups(fresh: Fresh) -> AsyncIterator[str]:
    """Give the address of the follow-up API, with a few follow-ups."""
    settings = await fresh()
    await activate_programs(settings)
    async with await create_pool(settings.database_url, role="closedloop_routing") as pool:
        await opened(pool, [scored(number) for number in range(3)])
    KNOWN["followup_id"] = followup_id(1)
    with served(routing.create_app(settings)) as address:
        yield address


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def board(fresh: Fresh) -> AsyncIterator[str]:
    """Give the address of the outer loop's API, with an issue and a plan."""
    settings = await fresh()
    await activate_story(settings.database_url)
    programs = {story.TENANT: story.program()}
    async with await create_pool(
        settings.database_url, role=outer_loop_bootstrap.WORKER_ROLE
    ) as pool:
        KNOWN["issue_id"] = await an_issue(Worker(pool, programs, FixedClock(DAY)))
    with served(outer_loop.create_app(settings)) as address:
        async with httpx.AsyncClient(base_url=address, headers=signed_in(story.TENANT)) as client:
            place = f"/outer-loop/v1/issues/{KNOWN['issue_id']}/plans"
            plan = await client.post(place, json=PLAN)
        KNOWN["plan_id"] = plan.json()["plan_id"]
        yield address


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scores(fresh: Fresh) -> AsyncIterator[str]:
    """Give the address of the scores' API, with feedback that contradicts itself."""
    settings = await fresh()
    program = await said.activate(settings, said.DOCUMENT)
    found = await said.score(settings, program, said.contradictions(3))
    KNOWN["feedback_id"] = found[0]
    with served(scoring.create_app(settings)) as address:
        yield address


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def intake(fresh: Fresh) -> AsyncIterator[tuple[str, str]]:
    """Give the address of the ingest API and a publisher's key."""
    settings = await fresh()
    async with open_publishers(settings) as publishers:
        key = await add_publisher(publishers, "demo", "survey tool")
    with served(ingest.create_app(settings)) as address:
        yield address, key


async def an_issue(worker: Worker) -> object:
    """Let five customers wait for refunds; return the id of the issue that this opens."""
    named = [(f"f{n}", f"c{n}") for n in range(5)]
    await worker.feedback([story.scored(one, customer=who) for one, who in named])
    await worker.followups([story.changed(one, customer=who, why="system") for one, who in named])
    (row,) = await worker.rows("SELECT issue_id FROM outer_loop.systemic_issue")
    return row["issue_id"]


def unchecked(case: Case[Any]) -> list[CheckFunction]:
    """Return the checks that are left out for a request.

    That what is wrong is refused is demanded of bodies: of a parameter that comes twice the last
    one counts. A list of events is taken whole, and what is wrong with one is told in its outcome,
    under a 200.
    """
    return [negative_data_rejection] if isinstance(case.body, NotSet | list) else []


def ask(case: Case[Any], address: str, headers: dict[str, str]) -> None:
    """Send a request and judge its answer."""
    case.call_and_validate(base_url=address, headers=headers, excluded_checks=unchecked(case))


def signed_in(tenant: str) -> dict[str, str]:
    """Return the header of somebody of the tenant who has every role."""
    return {"Authorization": f"Bearer {token_of(tenant)}"}


@document_of(routing.create_app).parametrize()
@together
def test_the_followup_api_is_as_its_document_says(case: Case[Any], followups: str) -> None:
    ask(case, followups, signed_in("demo"))


@document_of(outer_loop.create_app).parametrize()
@together
def test_the_outer_loops_api_is_as_its_document_says(case: Case[Any], board: str) -> None:
    ask(case, board, signed_in(story.TENANT))


@document_of(scoring.create_app).parametrize()
@together
def test_the_scores_api_is_as_its_document_says(case: Case[Any], scores: str) -> None:
    ask(case, scores, signed_in("acme"))


@document_of(ingest.create_app).parametrize()
@together
def test_the_ingest_api_is_as_its_document_says(case: Case[Any], intake: tuple[str, str]) -> None:
    address, key = intake
    ask(case, address, {"Authorization": f"Bearer {key}"})
