"""`closedloop program backtest` on a real database, from the events to the exit code."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from typer.testing import CliRunner, Result

from deploy.backtest import stored
from deploy.backtest.job import Job
from deploy.backtest.result import Backtest
from deploy.cli.program import app
from shared.errors import ClosedLoopError, TransientError
from shared.program.document import Program
from tests.integration.backtest.history import activate, keep, resolve, said
from tests.unit.program.samples import document

#: Flags who is happy, and no longer who is unhappy for the first time.
CANDIDATE = document(
    replacing={
        "rules:\n": """rules:
  - {id: fan, when: category == 'promoter', severity: critical, reason: Thank them}
  - {id: again, when: earlier_detractors_90d >= 1.0, severity: medium, reason: Once more}
  - {id: first, when: "true", severity: none, flag: false, reason: Wait}
"""
    }
)
CUSTOMERS = 16


@pytest.fixture
async def history(database_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Give a database with 6 events of each customer: 4 in the last 90 days, 2 happy ones."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1")
    program = await activate(database_url)
    days = [(150, False), (120, True), (80, False), (40, True), (20, True), (5, False)]
    events = [
        said(6 * n + place, customer=f"c{n}", days_ago=ago + n / 100, happy=happy)
        for n in range(CUSTOMERS)
        for place, (ago, happy) in enumerate(days)
    ]
    await keep(database_url, program, events)
    other = await activate(database_url, tenant="other")
    strange = said(1, customer="c0", days_ago=3, happy=False, tenant="other")
    await keep(database_url, other, [strange])
    for customer, why in (("c0", "unknown"), ("c1", "process"), ("c2", "process")):
        await resolve(database_url, customer=customer, why=why)
    return database_url


@pytest.fixture
async def connection(history: str) -> AsyncIterator[asyncpg.Connection]:
    opened = await asyncpg.connect(history)
    yield opened
    await opened.close()


def file(folder: Path, text: str = CANDIDATE) -> str:
    path = folder / "candidate.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


async def run(*words: str) -> Result:
    """Run the command in a thread, where it may have event loops of its own."""
    return await asyncio.to_thread(CliRunner().invoke, app, ["backtest", *words])


async def told(*words: str) -> Backtest:
    result = await run(*words, "--json")
    assert result.exit_code == 0, result.output
    return Backtest.model_validate_json(result.stdout)


def without_times(result: Backtest) -> dict[str, Any]:
    return result.model_dump(exclude={"at", "since", "until", "seconds"})


@pytest.mark.usefixtures("history")
async def test_a_candidate_is_compared_with_what_counts_on_stored_events(tmp_path: Path) -> None:
    result = await told(file(tmp_path), "--processes", "1")
    assert (result.events, result.unreadable, result.differing.n) == (4 * CUSTOMERS, 0, 0)
    # What was said 80 days ago follows what was said 150 days ago, which is history only.
    assert {line.id: (line.counting, line.candidate) for line in result.rules} == {
        "fan": (0, 2 * CUSTOMERS),
        "again": (0, 2 * CUSTOMERS),
        "detractor": (2 * CUSTOMERS, 0),
    }
    assert (result.opened.share.n, result.dropped.share.n) == (2 * CUSTOMERS, 0)
    assert [(one.counting, one.candidate, one.n) for one in result.regraded] == [
        ("high", "medium", 2 * CUSTOMERS)
    ]
    (desk,) = result.teams
    assert (desk.counting, desk.candidate) == (2 * CUSTOMERS, 4 * CUSTOMERS)


@pytest.mark.usefixtures("history")
async def test_confirmed_reasons_and_real_paces_come_from_the_follow_ups(tmp_path: Path) -> None:
    result = await told(file(tmp_path), "--processes", "1")
    precision = result.under_candidate.precision
    assert (precision.n, precision.of) == (4, 6)
    assert result.under_candidate.without_outcome == 4 * CUSTOMERS - 6
    (desk,) = result.deadlines.teams
    assert (desk.resolved, desk.late) == (6, 0)
    assert desk.a_day == pytest.approx(6 / 75, rel=0.01)
    assert desk.missed_counting is not None


@pytest.mark.usefixtures("history")
async def test_examples_show_no_names_and_no_addresses(tmp_path: Path) -> None:
    examples = (await told(file(tmp_path), "--processes", "1")).opened.examples
    assert {example.text for example in examples} == {"I am ‹name›, reach me at ‹mail›"}


@pytest.mark.usefixtures("history")
async def test_several_processes_and_small_chunks_tell_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = await told(file(tmp_path), "--processes", "1")
    monkeypatch.setattr(stored, "CHUNK", 5)
    together = await told(file(tmp_path), "--processes", "2")
    assert without_times(together) == without_times(alone)


@pytest.mark.usefixtures("history")
async def test_a_time_can_be_named_and_ends_before_its_end(tmp_path: Path) -> None:
    result = await told(file(tmp_path), "--since", "60d", "--until", "10d", "--processes", "1")
    assert (result.events, result.under_counting.flagged.n) == (2 * CUSTOMERS, 0)
    nothing = await told(file(tmp_path), "--since", "2d", "--processes", "1")
    assert (nothing.events, nothing.opened.share.share) == (0, None)


async def test_nothing_changes_but_the_list_of_backtests_which_holds_no_words(
    tmp_path: Path, connection: asyncpg.Connection
) -> None:
    before = await rows(connection)
    await told(file(tmp_path), "--processes", "1")
    assert await rows(connection) == before
    (kept,) = await connection.fetch("SELECT * FROM program.backtest")
    assert (kept["tenant"], kept["counting_version"], kept["passed"]) == ("acme", 1, True)
    assert "reach me" not in kept["result"]
    assert json.loads(kept["result"])["opened"]["share"]["n"] == 2 * CUSTOMERS


async def rows(connection: asyncpg.Connection) -> list[int]:
    counts = await connection.fetchrow(
        "SELECT (SELECT count(*) FROM scoring.feedback), (SELECT count(*) FROM routing.followup),"
        " (SELECT count(*) FROM program.version), (SELECT count(*) FROM program.activation)"
    )
    assert counts is not None
    return list(counts)


@pytest.mark.usefixtures("history")
async def test_the_page_is_written_and_replaced_only_when_asked(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    words = (file(tmp_path), "--html", str(page), "--processes", "1")
    first = await run(*words)
    assert first.exit_code == 0
    assert "The candidate opens 32 follow-ups" in first.stdout
    assert "Candidate for Acme, tried" in page.read_text(encoding="utf-8")
    assert isinstance((await run(*words)).exception, ClosedLoopError)
    assert (await run(*words, "--force")).exit_code == 0
    lost = await run(file(tmp_path), "--html", str(tmp_path / "no" / "page.html"))
    assert "Cannot write" in str(lost.exception)
    assert names(tmp_path) == ["candidate.yaml", "page.html"]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def test_events_that_come_while_it_reads_are_not_seen(history: str) -> None:
    program = await activate(history)
    counted = await asyncio.to_thread(_counted_while_one_comes, history, program)
    assert counted == 4 * CUSTOMERS


def _counted_while_one_comes(database_url: str, program: Program) -> int:
    now = datetime.now(UTC)
    job = Job(candidate=program, counting=program, since=now - timedelta(days=90), until=now)
    with stored.open_stored(database_url, job) as opened:
        late = said(900, customer="late", days_ago=1, happy=False)
        asyncio.run(keep(database_url, program, [late]))
        return sum(len(chunk.events) for chunk in opened.chunks(by_customer=False))


async def test_the_history_is_read_only(history: str) -> None:
    program = await activate(history)
    with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
        await asyncio.to_thread(_write, history, program)


def _write(database_url: str, program: Program) -> None:
    now = datetime.now(UTC)
    job = Job(candidate=program, counting=program, since=now - timedelta(days=90), until=now)
    with stored.open_stored(database_url, job) as opened:
        opened.runner.run(opened.events.execute("CREATE TEMP TABLE t (n int)"))


@pytest.mark.usefixtures("history")
async def test_a_tenant_without_a_program_is_one_line(tmp_path: Path) -> None:
    result = await run(file(tmp_path, document(tenant="nobody")))
    assert "No program of 'nobody' counts" in str(result.exception)
    assert isinstance(result.exception, ClosedLoopError)


async def test_without_a_database_it_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody:x@127.0.0.1:1/none")
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1")
    result = await run(file(tmp_path))
    assert isinstance(result.exception, TransientError)
    assert "PostgreSQL does not answer" in str(result.exception)


async def test_a_candidate_with_faults_is_not_tried(tmp_path: Path) -> None:
    result = await run(file(tmp_path, document(replacing={"lead: ann": "lead: bob"})))
    assert result.exit_code == 1
    assert "teams" in result.stderr


@pytest.mark.usefixtures("history")
async def test_a_model_that_is_not_kept_is_named(tmp_path: Path) -> None:
    text = CANDIDATE + "models: {theme: 0123456789abcdef}\n"
    result = await run(file(tmp_path, text))
    assert "The model 0123456789abcdef of 'acme' is not kept." in str(result.exception)
