"""Fixtures for every test: real servers once a run, a database and topics of its own a test.

KAFKA_BOOTSTRAP_SERVERS and DATABASE_URL in the environment name servers to use instead.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator

import hypothesis
import pytest
import pytest_asyncio
from anyio.from_thread import BlockingPortal, start_blocking_portal

from shared.settings import Settings
from tests.support import databases, servers, topics

# How long one example takes says more about the machine than about the code.
hypothesis.settings.register_profile("closedloop", deadline=None)
hypothesis.settings.load_profile("closedloop")


@pytest.fixture(scope="session")
def _server_loop() -> Iterator[BlockingPortal]:
    """Run an event loop beside the tests, in which the servers' processes are looked after."""
    with start_blocking_portal() as portal:
        yield portal


@pytest.fixture(scope="session")
def kafka_bootstrap(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Give the address of a real Kafka."""
    if configured := os.environ.get("KAFKA_BOOTSTRAP_SERVERS"):
        yield configured
        return
    portal: BlockingPortal = request.getfixturevalue("_server_loop")
    folder = tmp_path_factory.mktemp("kafka")
    with portal.wrap_async_context_manager(servers.running_kafka(folder)) as address:
        yield address


@pytest.fixture(scope="session")
def postgres_url(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Give the address of a real PostgreSQL, as one who may make databases and roles."""
    if configured := os.environ.get("DATABASE_URL"):
        yield configured
        return
    portal: BlockingPortal = request.getfixturevalue("_server_loop")
    folder = tmp_path_factory.mktemp("postgres")
    with portal.wrap_async_context_manager(servers.running_postgres(folder)) as address:
        yield address


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def _database_template(postgres_url: str) -> str:
    """Give the name of a database with every migration applied."""
    return await databases.ensure_template(postgres_url)


@pytest.fixture(scope="session")
def _shared_topics(kafka_bootstrap: str) -> Iterator[str]:
    """Give a prefix whose topics serve every test that does not look at what they hold."""
    with topics.created(kafka_bootstrap) as prefix:
        yield prefix


@pytest.fixture
async def database_url(postgres_url: str, _database_template: str) -> AsyncIterator[str]:
    """Give the address of a fresh, migrated database of this test's own."""
    async with databases.cloned(postgres_url, _database_template) as url:
        yield url


@pytest.fixture
def topic_prefix(request: pytest.FixtureRequest, kafka_bootstrap: str) -> Iterator[str]:
    """Give a prefix under which there are topics as topics.yaml declares them.

    They are this test's own where it, or its module, is marked `own_topics`.
    """
    if request.node.get_closest_marker("own_topics"):
        with topics.created(kafka_bootstrap) as prefix:
            yield prefix
    else:
        yield request.getfixturevalue("_shared_topics")


@pytest.fixture
def settings(database_url: str, kafka_bootstrap: str, topic_prefix: str) -> Settings:
    """Give the settings of a process that works on this test's database and topics."""
    return Settings.model_validate(
        {
            "DATABASE_URL": database_url,
            "KAFKA_BOOTSTRAP_SERVERS": kafka_bootstrap,
            "secret": "a secret for tests, long enough to sign with",
            "mode": "local",
            "topic_prefix": topic_prefix,
        }
    )
