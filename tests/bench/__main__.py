"""`make bench`: the claims about speed and memory, measured side by side in one run.

Starts a Kafka and a PostgreSQL of its own. Each round lets every contestant run once, so that a
change of the machine's mood meets them all.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Iterator, Sequence
from functools import partial
from itertools import permutations
from pathlib import Path

import asyncpg
import psutil

from shared.clock import SystemClock
from shared.contracts.records import Outgoing
from shared.kafka.admin import create_topics
from shared.kafka.producer import Producer
from shared.program.store import ProgramStore
from shared.settings import Settings
from tests.bench import report
from tests.bench.backtesting import measure_backtest
from tests.faults.keeper import ROOT, environment
from tests.faults.restarting import running_kafka, running_postgres
from tests.faults.traffic import TEXTS, TOPIC, valid_messages
from tests.support.databases import cloned, ensure_template
from tests.support.waiting import until
from tests.unit.scoring.sentences import SENTENCES

ROUNDS = 5
PARSED_EVENTS = 200_000
SCORED_EVENTS = 100_000
RESUME_EVENTS = 20_000
PROGRAM = ROOT / "tests" / "faults" / "program.yaml"


async def main() -> None:
    """Measure everything, write the report, and exit with 1 where a bound is not kept."""
    with _folder() as folder:
        async with running_kafka(folder) as kafka, running_postgres(folder) as postgres:
            findings = [
                *await measure_parsing(kafka.address),
                *await measure_scoring(kafka.address, postgres.address),
                await measure_reading(kafka.address, postgres.address),
                await measure_resume(kafka.address, postgres.address),
            ]
            async with _site(kafka.address, postgres.address) as site:
                findings += await measure_backtest(site, PROGRAM, _texts(), folder)
    findings.append(await measure_memory())
    report.write(findings)
    for one in findings:
        _say(f"{'kept' if one.kept else 'NOT KEPT'}: {one.claim}: {one.figure:.2f} {one.unit}")
    if not all(one.kept for one in findings):
        raise SystemExit(1)


# ── the transport alone ──────────────────────────────────────────────────────────────────────


async def measure_parsing(servers: str) -> list[report.Finding]:
    """Parse a topic's JSON: the batch transport, stock Faust, bare aiokafka."""
    prefix = f"parsing-{uuid.uuid4().hex}-"
    await _fill(servers, prefix, PARSED_EVENTS)
    rates: dict[str, list[float]] = {"batch": [], "faust": [], "aiokafka": []}
    for _ in range(ROUNDS):
        for name, runs in rates.items():
            out = await _run(
                ["tests.bench.contestants.parsing", name, prefix + TOPIC, str(PARSED_EVENTS)],
                {"KAFKA_BOOTSTRAP_SERVERS": servers},
            )
            found = json.loads(out)
            runs.append(found["events"] / found["seconds"])
            _say(f"parsing, {name}: {runs[-1]:,.0f} events/s")
    ours = rates["batch"]
    names = "batch transport, JSON parsed, events/s", "{}, JSON parsed, events/s"
    return [
        report.ratio(
            f"Batch transport ÷ {other}, JSON parsed, no database",
            ours,
            rates[key],
            bound,
            [names[0], names[1].format(other)],
        )
        for key, other, bound in (("faust", "stock Faust", 10), ("aiokafka", "bare aiokafka", 0.4))
    ]


# ── scoring, with its transaction and its publishing ─────────────────────────────────────────


async def measure_scoring(servers: str, database: str) -> list[report.Finding]:
    """Score a topic losslessly: the engine, stock Faust, a loop by hand. None reads the texts."""
    rates: dict[str, list[float]] = {"engine": [], "faust": [], "by_hand": []}
    for _ in range(ROUNDS):
        for name, runs in rates.items():
            runs.append(await _score(servers, database, name))
    names = "scoring engine, events/s", "{}, events/s"
    return [
        report.ratio(
            f"Scoring engine ÷ {other}, lossless, one transaction a batch, published",
            rates["engine"],
            rates[key],
            bound,
            [names[0], names[1].format(other)],
        )
        for key, other, bound in (
            ("faust", "stock Faust", 2.5),
            ("by_hand", "aiokafka and asyncpg by hand", 0.9),
        )
    ]


async def measure_reading(servers: str, database: str) -> report.Finding:
    """Score texts in eight languages: the worker, and the same one without reading them."""
    rates: dict[str, list[float]] = {"reader": [], "engine": []}
    for _ in range(ROUNDS):
        for name, runs in rates.items():
            runs.append(await _score(servers, database, name, texts=_texts()))
    return report.ratio(
        "Scoring worker with text analysis ÷ without, end to end",
        rates["reader"],
        rates["engine"],
        0.4,
        ["scoring worker, texts in eight languages, events/s", "the same, texts unread, events/s"],
    )


def _texts() -> list[str]:
    """Return texts of two sentences each, in eight languages."""
    return [" ".join(pair) for told in SENTENCES.values() for pair in permutations(told, 2)]


async def _score(
    servers: str, database: str, contestant: str, *, texts: Sequence[str] = TEXTS
) -> float:
    """Let a contestant score a topic of its own; return events a second."""
    async with _site(servers, database) as site:
        await _fill(servers, site.topic_prefix, SCORED_EVENTS, texts=texts)
        with _started(["tests.bench.contestants.scoring", contestant], site):
            await _until_scored(site, SCORED_EVENTS)
        rate = await _scoring_rate(site)
        _say(f"scoring, {contestant}: {rate:,.0f} events/s")
        return rate


#: Notes how many events each statement scored, and when: a row a batch, for every contestant.
_STOPWATCH = """
CREATE TABLE public.lap (at timestamptz NOT NULL, events int NOT NULL);
CREATE FUNCTION public.note_lap() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO public.lap SELECT clock_timestamp(), count(*) FROM fresh;
    RETURN NULL;
END $$;
CREATE TRIGGER lap AFTER INSERT ON scoring.feedback_key REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION public.note_lap();
"""


async def _scoring_rate(site: Settings) -> float:
    """Return events a second from the first batch to the last one."""
    connection = await asyncpg.connect(site.database_url)
    row = await connection.fetchrow(
        "SELECT sum(events) FILTER (WHERE at > first) AS events, "
        "extract(epoch FROM max(at) - min(at)) AS seconds "
        "FROM public.lap, (SELECT min(at) AS first FROM public.lap) AS f"
    )
    await connection.close()
    assert row is not None
    return float(row["events"]) / float(row["seconds"])


# ── resuming ─────────────────────────────────────────────────────────────────────────────────


async def measure_resume(servers: str, database: str) -> report.Finding:
    """SIGKILL a scoring worker under load; how long until its successor has committed?"""
    seconds = []
    async with _site(servers, database) as site:
        await _fill(servers, site.topic_prefix, RESUME_EVENTS)
        for number in range(1, ROUNDS + 1):
            with _started(["services.scoring"], site):
                await _until_scored(site, RESUME_EVENTS * number)
            await _fill(servers, site.topic_prefix, RESUME_EVENTS, seed=number)
            before = await _scored(site)
            began = time.monotonic()
            with _started(["services.scoring"], site):
                await until(partial(_more_scored, site, before), within_s=60)
                seconds.append(time.monotonic() - began)
                _say(f"resume: {seconds[-1]:.2f} s")
    return report.at_most("Resume after SIGKILL, process start included", seconds, 3.0, "s")


# ── memory ───────────────────────────────────────────────────────────────────────────────────


async def measure_memory() -> report.Finding:
    """Start the whole product with no traffic and add up what its processes hold."""
    with _folder() as folder:
        command = [str(Path(sys.executable).with_name("closedloop")), "up", "--no-open"]
        process = await asyncio.create_subprocess_exec(
            *command, "--data", str(folder), stdout=asyncio.subprocess.DEVNULL
        )
        try:
            await asyncio.sleep(45)
            sizes = [_private_gb(process.pid) for _ in range(ROUNDS)]
        finally:
            process.terminate()
            await process.wait()
    return report.at_most("Idle memory of `closedloop up`, all processes", sizes, 1.3, "GB")


def _private_gb(pid: int) -> float:
    """Return the proportional set size of a process and all below it: shared pages count once."""
    root = psutil.Process(pid)
    return sum(one.memory_full_info().pss for one in [root, *root.children(recursive=True)]) / 1e9


# ── servers and processes ────────────────────────────────────────────────────────────────────


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    """A temporary folder that PostgreSQL's unprivileged user can reach."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o711)
        yield Path(name)


@contextlib.asynccontextmanager
async def _site(servers: str, database: str) -> AsyncIterator[Settings]:
    """A fresh database with a program and fresh topics."""
    prefix = f"scoring-{uuid.uuid4().hex}-"
    await asyncio.to_thread(create_topics, servers, topic_prefix=prefix)
    async with cloned(database, await ensure_template(database)) as url:
        async with asyncpg.create_pool(url) as pool:
            await ProgramStore(pool, SystemClock()).activate(
                PROGRAM.read_text(), who="bench", why="bench"
            )
            await pool.execute(_STOPWATCH)
        yield Settings.model_validate(
            {
                "DATABASE_URL": url,
                "KAFKA_BOOTSTRAP_SERVERS": servers,
                "topic_prefix": prefix,
                "secret": "a secret for benchmarks, long enough to sign with",
            }
        )


async def _fill(
    servers: str, prefix: str, size: int, *, seed: int = 0, texts: Sequence[str] = TEXTS
) -> None:
    await asyncio.to_thread(create_topics, servers, topic_prefix=prefix)
    producer = Producer(servers, topic_prefix=prefix)
    some: list[Outgoing] = []
    for message in valid_messages(size, seed=seed, texts=texts):
        some.append(message)
        if len(some) == 10_000:
            await producer.send_all(some)
            some = []
    await producer.send_all(some)
    await producer.close()


async def _until_scored(site: Settings, wanted: int) -> None:
    """Wait, asking so seldom that the asking takes nothing from whoever is measured."""
    await until(partial(_more_scored, site, wanted - 1), within_s=600, pause_s=0.5)


async def _more_scored(site: Settings, than: int) -> bool:
    return await _scored(site) > than


async def _scored(site: Settings) -> int:
    connection = await asyncpg.connect(site.database_url)
    try:
        count: int = await connection.fetchval("SELECT count(*) FROM scoring.feedback_key")
        return count
    finally:
        await connection.close()


async def _run(arguments: list[str], variables: dict[str, str]) -> bytes:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        *arguments,
        cwd=ROOT,
        env={**os.environ, **variables},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    out, _ = await process.communicate()
    return out


@contextlib.contextmanager
def _started(arguments: list[str], site: Settings) -> Iterator[None]:
    """Run a worker while the block runs, and end it as rudely as a machine that fails."""
    process = subprocess.Popen(
        [sys.executable, "-m", *arguments],
        cwd=ROOT,
        env=environment(site, 0),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.kill()
        process.wait()


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")


if __name__ == "__main__":
    asyncio.run(main())
