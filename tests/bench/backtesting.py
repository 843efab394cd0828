"""What a backtest takes, beside scoring the same texts from a file."""

from __future__ import annotations

import asyncio
import csv
import json
import os
import random
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import psutil

from services.scoring.bootstrap import WORKER_ROLE, ScoreEffects
from services.scoring.domain.received import Received
from shared.contracts.codec import parser
from shared.contracts.events import FeedbackSubmitted
from shared.postgres.pool import create_pool
from shared.program.store import open_programs
from shared.settings import Settings
from tests.bench import report
from tests.faults.keeper import ROOT, environment
from tests.faults.traffic import valid_messages

#: Events for the speed, and so many more for the memory.
EVENTS = 40_000
TIMES = 5
ROUNDS = 3

_BATCH = 500
_SINCE = "2025-12-01"
_LOOK_S = 0.2


async def measure_backtest(
    site: Settings, program: Path, texts: Sequence[str], folder: Path
) -> list[report.Finding]:
    """Let the program of `site` be its own candidate, on history that is filled in here."""
    await _fill(site, texts, range(EVENTS))
    file = _file(folder, texts)
    rates: dict[str, list[float]] = {"backtest": [], "offline": [], "two": []}
    peak = 0.0
    for _ in range(ROUNDS):
        rates["offline"].append(EVENTS / (await _score(site, program, file))["seconds"])
        tried, peak = await _backtest(site, program, processes=1)
        rates["backtest"].append(EVENTS / tried["seconds"])
        tried, _ = await _backtest(site, program, processes=2)
        rates["two"].append(EVENTS / tried["seconds"])
    await _fill(site, texts, range(EVENTS, EVENTS * TIMES))
    _, larger = await _backtest(site, program, processes=1)
    one, two = "backtest in one process, events/s", "backtest in two processes, events/s"
    return [
        report.ratio(
            "Backtest ÷ `closedloop score`, the same texts, one process each",
            rates["backtest"],
            rates["offline"],
            0.8,
            [one, "closedloop score in one process, rows/s"],
        ),
        report.ratio(
            "Backtest in two processes ÷ in one", rates["two"], rates["backtest"], 1.2, [two, one]
        ),
        report.at_most(
            f"Memory of a backtest of {EVENTS * TIMES:,} events ÷ of {EVENTS:,}",
            [larger / peak],
            1.2,
            "×",
        ),
    ]


async def _fill(site: Settings, texts: Sequence[str], numbers: range) -> None:
    """Score events as the worker does, a batch a transaction."""
    parse, moment = parser(FeedbackSubmitted), datetime.now(UTC)
    told = iter(valid_messages(len(numbers), seed=numbers.start, texts=texts))
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
    told, _ = await _run(
        site,
        *("score", str(file), "--text-column", "text", "--rating-column", "rating"),
        *("--scale", "nps", "--program", str(program), "--out", str(out), "--force"),
        *("--processes", "1", "--json"),
    )
    return told


async def _backtest(
    site: Settings, program: Path, *, processes: int
) -> tuple[dict[str, Any], float]:
    words = ("program", "backtest", str(program), "--since", _SINCE, "--json")
    return await _run(site, *words, "--processes", str(processes))


async def _run(site: Settings, *words: str) -> tuple[dict[str, Any], float]:
    """Run `closedloop`; return what it tells and the most memory (GB) that it took."""
    process = await asyncio.create_subprocess_exec(
        str(Path(sys.executable).with_name("closedloop")),
        *words,
        cwd=ROOT,
        env={**os.environ, **environment(site, 0)},
        stdout=asyncio.subprocess.PIPE,
    )
    watching = asyncio.create_task(_most_memory(psutil.Process(process.pid)))
    out, _ = await process.communicate()
    told: dict[str, Any] = json.loads(out)
    return told, await watching


async def _most_memory(root: psutil.Process) -> float:
    most = 0.0
    try:
        while root.is_running() and root.status() != psutil.STATUS_ZOMBIE:
            most = max(most, root.memory_info().rss / 1e9)
            await asyncio.sleep(_LOOK_S)
    except psutil.NoSuchProcess:
        pass
    return most
