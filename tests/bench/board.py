"""What the board's pages take with ten million feedback events, and with a tenth of them.

`python -m tests.bench.board` measures them alone, with a PostgreSQL and a Kafka of its own. The
facts are written by SQL and counted by the rebuild, whose time is said.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path

import asyncpg
from httpx import ASGITransport, AsyncClient

from services.outer_loop.app import create_app
from services.outer_loop.bootstrap import WORKER_ROLE, rebuild_counts
from shared.clock import SystemClock
from shared.postgres.pool import create_pool
from shared.postgres.sqlfile import load
from shared.program.store import ProgramStore
from shared.settings import Settings
from shared.web.auth import Principal, issue_token
from tests.bench import report
from tests.faults.keeper import ROOT
from tests.faults.restarting import running_kafka, running_postgres
from tests.support.databases import cloned, ensure_template

#: Feedback events, and follow-ups with a confirmed cause.
FEW, MANY = (1_000_000, 100_000), (10_000_000, 1_000_000)
ROUNDS = 15
ASKED = (
    "/board",
    "/board?view=late",
    "/board/causes",
    "/board/causes?by=why",
    "/outer-loop/v1/issues",
    "/outer-loop/v1/root-causes?group_by=touchpoint&interval=week",
    "/outer-loop/v1/root-causes?group_by=what",
)

_TENANT = "faults"
_SECRET = "a secret for benchmarks, long enough to sign with"
_FILL = load(Path(__file__).with_name("board_fill.sql"))
_FILLS_WITHIN_S = 3_600.0


async def measure_board(servers: str, database: str) -> list[report.Finding]:
    """Ask for each page in turn where little and where much is known; answers are whole pages."""
    took: dict[str, list[list[float]]] = {"few": [], "many": []}
    async with AsyncExitStack() as stack:
        boards = {
            name: await stack.enter_async_context(_board(servers, database, size))
            for name, size in (("few", FEW), ("many", MANY))
        }
        for _ in range(ROUNDS + 1):
            for name, board in boards.items():
                took[name].append([await _seconds(board, path) for path in ASKED])
    few, many = took["few"][1:], took["many"][1:]  # the first answers fill caches and plans
    for place, path in enumerate(ASKED):
        medians = [statistics.median(one[place] for one in runs) for runs in (few, many)]
        _say(f"{path}: {1000 * medians[0]:.0f} → {1000 * medians[1]:.0f} ms")
    every = [seconds for one in many for seconds in one]
    return [
        report.at_most(
            f"Board's pages of {MANY[0]:,} feedback events and {MANY[1]:,} follow-ups, p95",
            [1000 * statistics.quantiles(every, n=20)[-1]],
            300,
            "ms",
        ),
        report.at_most(
            f"The same pages with {MANY[0]:,} feedback events ÷ with {FEW[0]:,}",
            [sum(large) / sum(small) for large, small in zip(many, few, strict=True)],
            1.3,
            "×",
        ),
    ]


async def _seconds(board: AsyncClient, path: str) -> float:
    began = time.perf_counter()
    answer = await board.get(path)
    took = time.perf_counter() - began
    answer.raise_for_status()
    return took


@asynccontextmanager
async def _board(servers: str, database: str, size: tuple[int, int]) -> AsyncIterator[AsyncClient]:
    """Give somebody who asks an app that knows `size` feedback events and follow-ups."""
    async with cloned(database, await ensure_template(database)) as url:
        await _fill(url, size)
        settings = Settings.model_validate(
            {"DATABASE_URL": url, "KAFKA_BOOTSTRAP_SERVERS": servers, "secret": _SECRET}
        )
        app = create_app(settings)
        async with (
            app.router.lifespan_context(app),
            AsyncClient(
                transport=ASGITransport(app),
                base_url="http://bench.test",
                headers={"Authorization": f"Bearer {_token()}"},
                timeout=120,
            ) as client,
        ):
            yield client


async def _fill(url: str, size: tuple[int, int]) -> None:
    document = (ROOT / "tests" / "faults" / "program.yaml").read_text()
    began = time.monotonic()
    async with asyncpg.create_pool(url) as pool:
        program = await ProgramStore(pool, SystemClock()).activate(
            document, who="bench", why="bench"
        )
        for name, many in zip(("said", "solved"), size, strict=True):
            await pool.execute(_FILL[name], _TENANT, many, timeout=_FILLS_WITHIN_S)
        await pool.execute(_FILL["opened"], _TENANT)
        filled = time.monotonic()
        async with await create_pool(url, role=WORKER_ROLE) as worker:
            await rebuild_counts(worker, {_TENANT: program})
        counted = time.monotonic()
        await pool.execute("VACUUM ANALYZE", timeout=_FILLS_WITHIN_S)
    _say(
        f"{size[0]:,} feedback events stored in {filled - began:.0f} s, counted in "
        f"{counted - filled:.0f} s"
    )


def _token() -> str:
    who = Principal(tenant=_TENANT, subject="ann", name="Ann", roles=frozenset({"department_head"}))
    return issue_token(who, _SECRET, lifetime=timedelta(hours=2))


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")


async def main(folder: Path) -> None:
    """Measure and say it."""
    async with running_kafka(folder) as kafka, running_postgres(folder) as postgres:
        for one in await measure_board(kafka.address, postgres.address):
            _say(f"{one.claim}: {one.figure:.2f} {one.unit} (at most {one.bound:g})")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o711)
        asyncio.run(main(Path(name)))
