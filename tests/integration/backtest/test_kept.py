"""A document counts only after a passed backtest, where the program that counts says so."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from deploy.backtest.errors import NotBacktestedError
from deploy.backtest.kept import VALID_FOR, check_backtested, digest_of, keep
from deploy.backtest.result import LimitTold
from shared.clock import FixedClock
from shared.program.loading import read_program
from shared.program.store import ACTIVATING_ROLE, ProgramStore, open_programs
from tests.unit.backtest.support import NOW, concluded, job
from tests.unit.program.samples import document

LIMITS = {"name: Acme": "name: Acme\nbacktest: {since_days: 30}"}
LIMITED = document(replacing=LIMITS)
CANDIDATE = document(replacing={"name: Acme": "name: Acme again"})
BASED = document(replacing={"taxonomy:\n": "taxonomy:\n  base: default\n", **LIMITS})


@pytest.fixture
async def programs(database_url: str) -> AsyncIterator[ProgramStore]:
    """Give a store in which a program counts that sets limits."""
    async with open_programs(database_url, role=ACTIVATING_ROLE) as opened:
        await opened.activate(LIMITED, who="ann", why="the first one")
        opened.clock = FixedClock(NOW + timedelta(days=400))
        yield opened


async def tried(programs: ProgramStore, text: str, *, days_ago: float, passed: bool = True) -> None:
    """Keep a backtest of `text` against the program that counts."""
    counting = (await programs.active())["acme"]
    result = concluded(job(read_program(text), counting), [])
    limit = LimitTold(name="since_days", limit=30, found=30, kept=passed, detail="Set.")
    at = programs.clock.now() - timedelta(days=days_ago)
    await keep(programs, text, result.model_copy(update={"at": at, "limits": [limit]}))


async def test_the_digest_is_the_one_that_an_activation_keeps(programs: ProgramStore) -> None:
    version = await programs.activate(BASED, who="ann", why="more words")
    stored = await programs.pool.fetchval(
        "SELECT sha256 FROM program.version WHERE version = $1", version.version
    )
    assert digest_of(BASED, read_program(BASED)) == stored


async def test_a_document_that_was_not_tried_is_refused(programs: ProgramStore) -> None:
    await tried(programs, BASED, days_ago=1)
    with pytest.raises(NotBacktestedError, match="has not been tried against it"):
        await check_backtested(programs, CANDIDATE)


async def test_a_document_that_passed_within_a_week_may_count(programs: ProgramStore) -> None:
    await tried(programs, CANDIDATE, days_ago=3, passed=False)
    await tried(programs, CANDIDATE, days_ago=VALID_FOR.days)
    with pytest.raises(NotBacktestedError, match="broke one"):
        await check_backtested(programs, CANDIDATE)
    await tried(programs, CANDIDATE, days_ago=2)
    await check_backtested(programs, CANDIDATE)


async def test_a_backtest_that_is_older_than_a_week_counts_no_more(programs: ProgramStore) -> None:
    await tried(programs, CANDIDATE, days_ago=VALID_FOR.days + 0.01)
    with pytest.raises(NotBacktestedError, match="was last tried on"):
        await check_backtested(programs, CANDIDATE)


async def test_a_backtest_against_a_version_that_counts_no_more_does_not_help(
    programs: ProgramStore,
) -> None:
    await tried(programs, CANDIDATE, days_ago=1)
    await programs.activate(BASED, who="ann", why="more words")
    programs.clock = FixedClock(programs.clock.now() + timedelta(minutes=1))
    with pytest.raises(NotBacktestedError, match="Version 2 of acme sets limits"):
        await check_backtested(programs, CANDIDATE)


async def test_where_no_limits_are_set_nothing_has_to_be_tried(
    programs: ProgramStore,
) -> None:
    await programs.activate(document(tenant="free"), who="ann", why="no limits")
    await check_backtested(programs, document(tenant="free"))
    free = document(tenant="free", replacing={"name: Acme": "name: Free"})
    await check_backtested(programs, free)


async def test_a_first_program_needs_no_backtest(programs: ProgramStore) -> None:
    await check_backtested(programs, document(tenant="new"))
