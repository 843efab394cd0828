"""What a backtest takes, beside scoring the same texts from a file, and with more processes.

`python -m tests.bench.backtesting --events 5000000` measures one and two processes on as long a
history, with a PostgreSQL of its own that is gone afterwards.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import csv
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from itertools import islice, permutations
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg
import psutil

from services.scoring.bootstrap import WORKER_ROLE, ScoreEffects
from services.scoring.domain.received import Received
from shared.clock import SystemClock
from shared.contracts.codec import parser
from shared.contracts.events import FeedbackSubmitted
from shared.postgres.pool import create_pool
from shared.program.store import ProgramStore, open_programs
from shared.settings import Settings
from tests.bench import report
from tests.faults.keeper import ROOT, environment
from tests.faults.restarting import Server, running_postgres
from tests.faults.traffic import valid_messages
from tests.support.databases import cloned, ensure_template
from tests.unit.scoring.sentences import SENTENCES

#: Events that are scored one by one, and how often they are there in the long history.
EVENTS = 40_000
TIMES = 6
ROUNDS = 3

_BATCH = 500
_SINCE = "2025-12-01"
_LOOK_S = 0.2
#: Copies that one statement makes.
_AT_ONCE = 10

#: Other customers who said the same at the same moments. The message stays: of it only the words
#: and the rating are read.
_COPY = """
INSERT INTO scoring.feedback (feedback_id, received_at, tenant, customer_id, touchpoint,
    occurred_at, category, severity, flagged, rule, program_version, language, message, review)
SELECT md5(feedback_id::text || n)::uuid, received_at, tenant, 'copy-' || n || customer_id,
    touchpoint, occurred_at, category, severity, flagged, rule, program_version, language, message,
    review
FROM generate_series($1::int, $2::int) AS n, scoring.feedback
WHERE customer_id NOT LIKE 'copy-%'
"""


class Run(NamedTuple):
    """A run of a command: what it told, and the most memory (GB) of all its processes."""

    told: dict[str, Any]
    peak: float

    @property
    def rate(self) -> float:
        """Events a second, from the first one read to what is concluded."""
        return float(self.told["events"]) / float(self.told["seconds"])


async def measure_backtest(
    site: Settings, program: Path, texts: Sequence[str], folder: Path
) -> list[report.Finding]:
    """Let the program of `site` be its own candidate, on history that is filled in here."""
    await _fill(site, texts, EVENTS)
    file = _file(folder, texts)
    offline, short, one, two = [], [], [], []
    for _ in range(ROUNDS):
        offline.append(EVENTS / (await _score(site, program, file))["seconds"])
        short.append(await _backtest(site, program, processes=1))
    await _copy(site, 1, TIMES - 1)
    for _ in range(ROUNDS):
        one.append(await _backtest(site, program, processes=1))
        two.append(await _backtest(site, program, processes=2))
    return [
        report.ratio(
            "Backtest ÷ `closedloop score`, the same texts, one process each",
            [run.rate for run in short],
            offline,
            0.8,
            ["backtest in one process, events/s", "closedloop score in one process, rows/s"],
        ),
        report.ratio(
            f"Backtest of {EVENTS * TIMES:,} events in two processes ÷ in one",
            [run.rate for run in two],
            [run.rate for run in one],
            1.2,
            ["long backtest in two processes, events/s", "long backtest in one process, events/s"],
        ),
        report.at_most(
            f"Memory of a backtest of {EVENTS * TIMES:,} events ÷ of {EVENTS:,}",
            [long.peak / brief.peak for long, brief in zip(one, short, strict=True)],
            1.2,
            "×",
        ),
    ]


async def measure_long(events: int) -> None:
    """Say how fast a history of about `events` is tried, and how much memory that takes."""
    program = ROOT / "tests" / "faults" / "program.yaml"
    texts = [" ".join(pair) for told in SENTENCES.values() for pair in permutations(told, 2)]
    async with _own_site(program) as site:
        began = time.monotonic()
        await _fill(site, texts, min(events, EVENTS))
        await _copy(site, 1, -(-events // EVENTS) - 1)
        _say(f"history stored in {time.monotonic() - began:,.0f} s")
        for processes in (1, 2):
            run = await _backtest(site, program, processes=processes)
            _say(
                f"{processes} at work: {run.told['events']:,} events in {run.told['seconds']:,} s,"
                f" {run.rate:,.0f} events/s, {1000 * run.peak:,.0f} MB at most, all processes"
            )


@contextlib.asynccontextmanager
async def _own_site(program: Path) -> AsyncIterator[Settings]:
    """Start a PostgreSQL in which `program` counts; nothing is left of it."""
    document = await asyncio.to_thread(program.read_text)
    async with (
        _server() as postgres,
        cloned(postgres.address, await ensure_template(postgres.address)) as url,
    ):
        async with asyncpg.create_pool(url) as pool:
            await ProgramStore(pool, SystemClock()).activate(document, who="bench", why="bench")
        yield Settings.model_validate(
            {
                "DATABASE_URL": url,
                "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",  # a backtest asks no Kafka
                "secret": "a secret for benchmarks, long enough to sign with",
            }
        )


@contextlib.asynccontextmanager
async def _server() -> AsyncIterator[Server]:
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o711)  # noqa: S103  (PostgreSQL's unprivileged user passes through)
        async with running_postgres(Path(name)) as postgres:
            yield postgres


async def _copy(site: Settings, first: int, last: int) -> None:
    """Store the scored events so often again, as said by others."""
    connection = await asyncpg.connect(site.database_url)
    try:
        for begin in range(first, last + 1, _AT_ONCE):
            await connection.execute(_COPY, begin, min(begin + _AT_ONCE - 1, last))
        await connection.execute("VACUUM ANALYZE scoring.feedback")
    finally:
        await connection.close()


async def _fill(site: Settings, texts: Sequence[str], size: int) -> None:
    """Score events as the worker does, a batch a transaction."""
    parse, moment = parser(FeedbackSubmitted), datetime.now(UTC)
    told = iter(valid_messages(size, seed=0, texts=texts))
    async with (
        await create_pool(site.database_url, role=WORKER_ROLE) as pool,
        open_programs(site.database_url, role=WORKER_ROLE) as programs,
    ):
        effects = ScoreEffects.by(programs)
        while batch := [Received(parse(one.value or b""), moment) for one in islice(told, _BATCH)]:
            async with pool.acquire() as connection, connection.transaction():
                await effects(connection, batch)


def _file(folder: Path, texts: Sequence[str]) -> Path:
    """Write ratings and texts of the same kind to a file."""
    chance = random.Random(0)
    path = folder / "said.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["text", "rating"])
        rows.writerows([chance.choice(texts), chance.randint(0, 10)] for _ in range(EVENTS))
    return path


async def _score(site: Settings, program: Path, file: Path) -> dict[str, Any]:
    out = file.with_name("scored.csv")
    run = await _run(
        site,
        *("score", str(file), "--text-column", "text", "--rating-column", "rating"),
        *("--scale", "nps", "--program", str(program), "--out", str(out), "--force"),
        *("--processes", "1", "--json"),
    )
    return run.told


async def _backtest(site: Settings, program: Path, *, processes: int) -> Run:
    words = ("program", "backtest", str(program), "--since", _SINCE, "--json")
    return await _run(site, *words, "--processes", str(processes))


async def _run(site: Settings, *words: str) -> Run:
    """Run `closedloop`, watched."""
    process = await asyncio.create_subprocess_exec(
        str(Path(sys.executable).with_name("closedloop")),
        *words,
        cwd=ROOT,
        env={**os.environ, **environment(site, 0)},
        stdout=asyncio.subprocess.PIPE,
    )
    watching = asyncio.create_task(_most_memory(psutil.Process(process.pid)))
    out, _ = await process.communicate()
    return Run(json.loads(out), await watching)


async def _most_memory(root: psutil.Process) -> float:
    """Return the most that `root` and what it started held at once; shared pages count twice."""
    most = 0.0
    while root.is_running() and root.status() != psutil.STATUS_ZOMBIE:
        with contextlib.suppress(psutil.NoSuchProcess):
            tree = [root, *root.children(recursive=True)]
            most = max(most, sum(one.memory_info().rss for one in tree) / 1e9)
        await asyncio.sleep(_LOOK_S)
    return most


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")


def _events() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--events", type=int, required=True, help="How many, about.")
    wanted: int = options.parse_args().events
    if wanted < 1:
        options.error("--events: at least 1.")
    return wanted


if __name__ == "__main__":
    asyncio.run(measure_long(_events()))
