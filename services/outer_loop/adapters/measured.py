"""The plans of every tenant that are being measured."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from shared.postgres.pool import Pool
from shared.postgres.sqlfile import load

QUERIES = load(Path(__file__).parents[1] / "sql" / "queries" / "designs.sql")


async def measured_plans(pool: Pool) -> list[tuple[str, UUID]]:
    """Return tenant and id of each plan that is being measured. The pool's role is the worker's."""
    rows = await pool.fetch(QUERIES["measured_plans"])
    return [(row["tenant"], row["plan_id"]) for row in rows]
