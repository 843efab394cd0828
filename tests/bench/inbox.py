"""What lists, filters and searches take with 200,000 open follow-ups, and with a tenth of them.

`python -m tests.bench.inbox` measures them alone, with a PostgreSQL and a Kafka of its own.
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

from services.routing.app import create_app
from shared.clock import SystemClock
from shared.postgres.sqlfile import load
from shared.program.store import ProgramStore
from shared.settings import Settings
from shared.web.auth import Principal, issue_token
from tests.bench import report
from tests.faults.keeper import ROOT
from tests.faults.restarting import running_kafka, running_postgres
from tests.support.databases import cloned, ensure_template

#: Open and closed follow-ups.
FEW, MANY = (20_000, 200_000), (200_000, 2_000_000)
ROUNDS = 9
#: What people open and programs ask for. Some match most of what is open, some hardly any.
ASKED = (
    "/inbox",
    "/inbox?view=all",
    "/inbox?view=all&due=overdue",
    "/inbox?view=all&due=today",
    "/inbox?view=all&due=waiting",
    "/inbox?view=unowned",
    "/inbox?view=all&team=team-3&severity=critical",
    "/inbox?view=all&language=lo&segment=Gold",
    "/inbox?view=all&state=reopened&severity=critical&language=lo&segment=Gold&touchpoint=billing",
    "/inbox?view=all&q=refund",
    "/inbox?view=all&q=late+parcel",
    "/inbox?view=all&q=退款",
    "/inbox?view=all&q=晚到&severity=critical",
    "/inbox?view=all&q=ເງິນຄືນ",
    "/inbox?view=all&q=zzzqqq",
    "/followups/v1/followups?open=true&limit=50",
    "/followups/v1/followups?open=true&owner=owner-7",
    "/followups/v1/followups?open=true&severity=critical&severity=high",
    "/followups/v1/followups?open=true&q=C-0012345",
    "/followups/v1/followups",
)

_TENANT = "faults"
_SECRET = "a secret for benchmarks, long enough to sign with"
_FILL = load(Path(__file__).with_name("inbox_fill.sql"))["fill"]
_FILLS_WITHIN_S = 1_800.0


async def measure_inbox(servers: str, database: str) -> list[report.Finding]:
    """Ask for each list in turn where few and where many are open; answers are whole pages."""
    took: dict[str, dict[str, list[float]]] = {}
    async with AsyncExitStack() as stack:
        desks = [
            await stack.enter_async_context(_desk(servers, database, size)) for size in (FEW, MANY)
        ]
        for _ in range(ROUNDS + 1):
            for path in ASKED:
                for name, desk in zip(("few", "many"), desks, strict=True):
                    seconds = await _seconds(desk, path)
                    took.setdefault(path, {}).setdefault(name, []).append(seconds)
    return _findings(took)


def _findings(took: dict[str, dict[str, list[float]]]) -> list[report.Finding]:
    # The first answer of each fills caches and plans.
    medians = {
        path: {name: statistics.median(runs[1:]) for name, runs in both.items()}
        for path, both in took.items()
    }
    for path, both in medians.items():
        _say(f"{path}: {1000 * both['few']:.0f} → {1000 * both['many']:.0f} ms")
    many = [run for both in took.values() for run in both["many"][1:]]
    rounds = list(zip(*(both["few"] for both in took.values()), strict=True))[1:]
    larger = list(zip(*(both["many"] for both in took.values()), strict=True))[1:]
    return [
        report.at_most(
            f"Inbox lists, filters and searches of {MANY[0]:,} open follow-ups, p95",
            [1000 * statistics.quantiles(many, n=20)[-1]],
            150,
            "ms",
        ),
        report.at_most(
            f"The same lists with {MANY[0]:,} open ÷ with {FEW[0]:,}",
            [sum(large) / sum(small) for large, small in zip(larger, rounds, strict=True)],
            1.3,
            "×",
        ),
    ]


async def _seconds(desk: AsyncClient, path: str) -> float:
    began = time.perf_counter()
    answer = await desk.get(path)
    took = time.perf_counter() - began
    answer.raise_for_status()
    return took


@asynccontextmanager
async def _desk(servers: str, database: str, size: tuple[int, int]) -> AsyncIterator[AsyncClient]:
    """Give somebody who asks an app on whose desk `size` follow-ups are open and closed."""
    async with stocked(servers, database, size) as settings:
        app = create_app(settings)
        async with (
            app.router.lifespan_context(app),
            AsyncClient(
                transport=ASGITransport(app),
                base_url="http://bench.test",
                headers={"Authorization": f"Bearer {token()}"},
                timeout=60,
            ) as client,
        ):
            yield client


@asynccontextmanager
async def stocked(servers: str, database: str, size: tuple[int, int]) -> AsyncIterator[Settings]:
    """Give the settings of a desk on which `size` follow-ups are open and closed."""
    async with cloned(database, await ensure_template(database)) as url:
        await _fill(url, size)
        yield Settings.model_validate(
            {"DATABASE_URL": url, "KAFKA_BOOTSTRAP_SERVERS": servers, "secret": _SECRET}
        )


async def _fill(url: str, size: tuple[int, int]) -> None:
    program = (ROOT / "tests" / "faults" / "program.yaml").read_text()
    began = time.monotonic()
    async with asyncpg.create_pool(url) as pool:
        active = await ProgramStore(pool, SystemClock()).activate(program, who="bench", why="bench")
        await pool.execute(_FILL, active.tenant, *size, timeout=_FILLS_WITHIN_S)
        await pool.execute("VACUUM ANALYZE routing.followup", timeout=_FILLS_WITHIN_S)
    _say(f"{size[0]:,} open follow-ups stored in {time.monotonic() - began:.0f} s")


def token() -> str:
    """Return an access token for an owner at that desk."""
    who = Principal(
        tenant=_TENANT, subject="owner-7", name="Noy", roles=frozenset({"frontline_owner"})
    )
    return issue_token(who, _SECRET, lifetime=timedelta(hours=1))


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")


async def main(folder: Path) -> None:
    """Measure and say it."""
    async with running_kafka(folder) as kafka, running_postgres(folder) as postgres:
        for one in await measure_inbox(kafka.address, postgres.address):
            _say(f"{one.claim}: {one.figure:.2f} {one.unit} (at most {one.bound:g})")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o711)
        asyncio.run(main(Path(name)))
