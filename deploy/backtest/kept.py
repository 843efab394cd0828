"""Backtests that were done, and whether one of them lets a document count."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from pathlib import Path

from deploy.backtest.errors import NotBacktestedError
from deploy.backtest.result import Backtest
from shared.postgres.sqlfile import load
from shared.program.document import Program
from shared.program.loading import base_of, read_program
from shared.program.store import ProgramStore

QUERIES = load(Path(__file__).parent / "sql" / "kept.sql")
#: A backtest says something for so long: what customers say changes.
VALID_FOR = timedelta(days=7)
_WITHOUT_WORDS = {"opened": {"examples"}, "dropped": {"examples"}}


def digest_of(document: str, program: Program) -> bytes:
    """Return the digest under which an activation keeps `document`, which says `program`."""
    return hashlib.sha256((document + (base_of(program) or "")).encode()).digest()


async def keep(programs: ProgramStore, document: str, result: Backtest) -> None:
    """Keep what came of trying `document`: the counts, without the customers' words."""
    async with programs.pool.acquire() as connection:
        await connection.execute(
            QUERIES["insert_backtest"],
            result.tenant,
            digest_of(document, read_program(document)),
            result.counting.version,
            result.at,
            result.since,
            result.until,
            result.passed,
            result.model_dump_json(exclude=_WITHOUT_WORDS),
        )


async def check_backtested(programs: ProgramStore, document: str) -> None:
    """Refuse a document that was not tried, where the program that counts sets limits.

    Raises NotBacktestedError unless its last backtest against that program is passed and not
    older than VALID_FOR.
    """
    program = read_program(document)
    counting = (await programs.active()).get(program.tenant)
    if counting is None or counting.backtest is None:
        return
    digest = digest_of(document, program)
    async with programs.pool.acquire() as connection:
        last = await connection.fetchrow(
            QUERIES["last_backtest"], program.tenant, digest, counting.version
        )
    fault = _fault(programs.clock.now(), *last) if last else "has not been tried"
    if fault:
        raise NotBacktestedError(
            f"Version {counting.version} of {program.tenant} sets limits, and this document"
            f" {fault} against it.",
            remedy="Try it first: closedloop program backtest FILE.",
        )


def _fault(now: datetime, at: datetime, passed: bool) -> str:
    if not passed:
        return "broke one when it was tried"
    return f"was last tried on {at:%Y-%m-%d}" if now - at > VALID_FOR else ""
