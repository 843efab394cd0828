"""A database with the worker's connections, programs, and a command line that finds them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from services.scoring.bootstrap import WORKER_ROLE
from shared.postgres.pool import Pool, create_pool
from shared.program.store import ACTIVATING_ROLE, ProgramStore, open_programs


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    """Give connections that run as the scoring worker."""
    async with await create_pool(database_url, role=WORKER_ROLE) as opened:
        yield opened


@pytest.fixture
async def programs(database_url: str) -> AsyncIterator[ProgramStore]:
    """Give the store of programs, to someone who may activate."""
    async with open_programs(database_url, role=ACTIVATING_ROLE) as opened:
        yield opened


@pytest.fixture
def configured(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let commands find this test's database."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1")
